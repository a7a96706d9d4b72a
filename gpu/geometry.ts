// Iteration spaces: dims of size 1 dropped, and dims merged wherever every operand allows it.

import type { Operand } from "./call.ts";

export interface Geometry {
  readonly ndim: number;
  readonly sizes: number[];
  /** per operand, per dim; in elements */
  readonly strides: number[][];
}

/** What an iteration space is made from. */
export type Shaped = Pick<Operand, "ndim" | "shape" | "stride">;

/** The common iteration space of operands that have the same shape. */
export function coalesce(...operands: readonly Shaped[]): Geometry {
  const first = operands[0]!;
  const sizes: number[] = [];
  const strides: number[][] = operands.map(() => []);
  for (let d = 0; d < first.ndim; d++) {
    const size = first.shape(d);
    if (size === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && operands.every((o, k) => strides[k]![last] === size * o.stride(d))) {
      sizes[last]! *= size;
      operands.forEach((o, k) => (strides[k]![last] = o.stride(d)));
    } else {
      sizes.push(size);
      operands.forEach((o, k) => strides[k]!.push(o.stride(d)));
    }
  }
  return { ndim: sizes.length, sizes, strides };
}

/** Whether operand k of the space is walked through element by element. */
export function isLinear(g: Geometry, k: number): boolean {
  return g.ndim === 0 || (g.ndim === 1 && g.strides[k]![0] === 1);
}
