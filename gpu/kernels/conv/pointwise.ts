// Convolutions of a single tap, stride 1 and no padding: a product of matrices for each entry of the batch, read as they are.

import type { Stream } from "../../stream.ts";
import { multiply } from "../gemm/gemm.ts";
import type { Factor } from "../gemm/problem.ts";
import { type Convolution, Kind, product } from "./geometry.ts";

/** Whether it is one, and has no groups. The weight's gradient, which sums over the batch, is none. */
export function isPointwise(c: Convolution): boolean {
  return (
    c.kind !== Kind.Weight &&
    c.groups === 1 &&
    [...c.kernel, ...c.stride].every((size) => size === 1) &&
    c.padding.every((size) => size === 0)
  );
}

export function pointwiseConvolution(c: Convolution, stream: Stream): void {
  const forward = c.kind === Kind.Forward;
  const plane = product(c.imageSize);
  const [m, k] = forward ? [c.mapChannels, c.imageChannels] : [c.imageChannels, c.mapChannels];
  const image = forward ? c.image : c.map;
  const { compute, out, bias } = c;
  // the weight is [map channels, image channels]: how far its elements lie apart along the result's channels and along k
  const [across, along] = forward ? [k, 1] : [1, m];
  if (plane === 1) {
    // one product of rows for all of the batch
    const a: Factor = { operand: image, rows: k, columns: 1, batch: [] };
    const b: Factor = { operand: c.weight, rows: along, columns: across, batch: [] };
    const s: Factor | undefined = bias && { operand: bias, rows: 0, columns: 1, batch: [] };
    return multiply({ compute, out, m: c.batch, n: m, k, batch: [], a, b, s, alpha: 1, beta: 1 }, stream);
  }
  const batch = (stride: number): number[] => (c.batch > 1 ? [stride] : []);
  const a: Factor = { operand: c.weight, rows: across, columns: along, batch: batch(0) };
  const b: Factor = { operand: image, rows: plane, columns: 1, batch: batch(k * plane) };
  const s: Factor | undefined = bias && { operand: bias, rows: 1, columns: 0, batch: batch(0) };
  multiply({ compute, out, m, n: plane, k, batch: batch(c.batch), a, b, s, alpha: 1, beta: 1 }, stream);
}
