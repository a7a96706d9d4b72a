// The kernels by the core's number (core-wasm/assembly/dispatch/kernel.ts). A new kernel is a line here.

import type { Call } from "../call.ts";
import type { Stream } from "../stream.ts";
import { copy, fill } from "./copy.ts";
import { program } from "./program.ts";

export type Kernel = (call: Call, stream: Stream) => void;

export const kernels: Record<number, Kernel> = {
  0: program,
  1: copy,
  2: fill,
};
