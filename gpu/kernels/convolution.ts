// Convolutions over one to three spatial dims, their transposes and the gradients of their weights
// (core-wasm/assembly/kernels/conv/conv.ts). Everything is contiguous.

import { type Call, Compute } from "../call.ts";
import type { Stream } from "../stream.ts";
import { directConvolution } from "./conv/direct.ts";
import { convolutionOf, Kind } from "./conv/geometry.ts";
import { isPointwise, pointwiseConvolution } from "./conv/pointwise.ts";
import { shapeOf, tiledConvolution } from "./conv/tiled.ts";

/** up to so many multiplications, tiles are not worth it; in software, not worth compiling */
const SMALL = 1 << 15;
const SMALL_IN_SOFTWARE = 1 << 21;
/** fewer rows would leave tiles mostly empty */
const LEAST_ROWS = 5;
const LEAST_DEPTH = 8;

function run(call: Call, stream: Stream, kind: Kind): void {
  if (call.operand(0).numel === 0) return;
  const c = convolutionOf(call, kind);
  if (isPointwise(c)) return pointwiseConvolution(c, stream);
  const { m, n, k, layers } = shapeOf(c);
  const small = stream.swiftShader || m * n * k * layers <= (stream.software ? SMALL_IN_SOFTWARE : SMALL);
  if (c.compute !== Compute.F32 || small || m < LEAST_ROWS || k < LEAST_DEPTH) directConvolution(c, stream);
  else tiledConvolution(c, stream);
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
