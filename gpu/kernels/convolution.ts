// Convolutions over one to three spatial dims, their transposes and the gradients of their weights
// (core-wasm/assembly/kernels/conv/conv.ts). Everything is contiguous.

import type { Call } from "../call.ts";
import type { Stream } from "../stream.ts";
import { directConvolution } from "./conv/direct.ts";
import { convolutionOf, Kind } from "./conv/geometry.ts";

function run(call: Call, stream: Stream, kind: Kind): void {
  if (call.operand(0).numel === 0) return;
  const c = convolutionOf(call, kind);
  directConvolution(c, stream);
}

export function convolution(call: Call, stream: Stream): void {
  run(call, stream, Kind.Forward);
}

export function convolutionTranspose(call: Call, stream: Stream): void {
  run(call, stream, Kind.Transpose);
}

export function convolutionWeight(call: Call, stream: Stream): void {
  run(call, stream, Kind.Weight);
}
