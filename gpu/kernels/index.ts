// The kernels by the core's number (core-wasm/assembly/dispatch/kernel.ts). A new kernel is a line here.

import type { Call } from "../call.ts";
import type { Stream } from "../stream.ts";
import { copy, fill } from "./copy.ts";
import { program } from "./program.ts";
import { batchNorm, batchNormBackward } from "./batchNorm.ts";
import { groupNorm, groupNormBackward } from "./groupNorm.ts";
import { layerNorm, layerNormBackward } from "./layerNorm.ts";
import { softmax, softmaxBackward } from "./softmax.ts";

export type Kernel = (call: Call, stream: Stream) => void;

export const kernels: Record<number, Kernel> = {
  0: program,
  1: copy,
  2: fill,
  81: softmax,
  82: softmaxBackward,
  83: layerNorm,
  84: layerNormBackward,
  85: groupNorm,
  86: groupNormBackward,
  87: batchNorm,
  88: batchNormBackward,
};
