// Numerical gradients: spacing and dims in all their forms.

import { core } from "../core.ts";
import { IndexError, RuntimeError } from "../error.ts";
import * as call from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import { positional } from "./arguments.ts";

export interface GradientOptions {
  /** distance between samples, one for every dim, or the coordinates of the samples of every dim */
  spacing?: number | readonly number[] | readonly Tensor[] | null;
  dim?: number | readonly number[] | null;
  /** order of the one-sided differences at the edges: 1 or 2 */
  edgeOrder?: number;
}

/**
 * Derivatives of a sampled function along dims, by central differences. Follows torch.gradient.
 * @throws RuntimeError for dims with fewer than edgeOrder + 1 samples
 * @example
 * torch.gradient(torch.tensor([1, 4, 9, 16]))[0]; // tensor([3., 4., 6., 7.])
 */
export function gradient(input: Tensor, options?: GradientOptions): Tensor[];
export function gradient(...given: unknown[]): Tensor[] {
  const [input, spacing, dim, edgeOrder] = positional(given, ["input", "spacing", "dim", "edgeOrder"], "gradient");
  const handle = call.tensorArg(input, "gradient", "input", 1);
  const rank = (input as Tensor).ndim;
  const dims = dimsOf(dim, rank);
  const distances = spacingOf(spacing, dims.length, typeof dim === "number");
  const order = edgeOrder === undefined ? 1 : call.intArg(edgeOrder, "gradient", "edge_order", 4);
  return dims.map((d, i) => {
    const h = distances[i]!;
    if (h instanceof Tensor) return call.wrap(core.op_gradientOver(handle, d, h.handle, order));
    return call.wrap(core.op_gradientAlong(handle, d, call.floatArg(h, "gradient", "spacing", 2), order));
  });
}

function dimsOf(dim: unknown, rank: number): number[] {
  if (dim === undefined || dim === null) return Array.from({ length: rank }, (_, i) => i);
  const list = (Array.isArray(dim) ? dim : [dim]).map((d: unknown) => call.intArg(d, "gradient", "dim", 3));
  const seen = new Set<number>();
  for (const d of list) {
    if (d < -rank || d >= rank) {
      throw new IndexError(`Dimension out of range (expected to be in range of [${-rank}, ${rank - 1}], but got ${d})`);
    }
    const wrapped = d < 0 ? d + rank : d;
    if (seen.has(wrapped)) throw new RuntimeError(`dim ${wrapped} appears multiple times in the list of dims`);
    seen.add(wrapped);
  }
  return list;
}

/** One distance or tensor of coordinates for every dim. */
function spacingOf(spacing: unknown, count: number, single: boolean): unknown[] {
  if (spacing === undefined || spacing === null) return new Array<number>(count).fill(1);
  if (!Array.isArray(spacing)) return new Array<unknown>(count).fill(spacing);
  if (spacing.length !== count && !(single && spacing.length === 1)) {
    throw new RuntimeError(
      "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to have the same " +
        `length, but got a spacing argument of length ${spacing.length} and a dim argument of length ${count}.`,
    );
  }
  return spacing;
}
