// The line search of L-BFGS: a step that satisfies the strong Wolfe conditions.

import { Tensor } from "../tensor/tensor.ts";

/** A step, the loss there, its gradient, and the gradient along the direction. */
export interface Point {
  t: number;
  loss: number;
  gradient: Tensor;
  slope: number;
}

/** PyTorch keeps these numbers in float32 tensors; near convergence the rounding decides where the search ends. */
const f32 = Math.fround;

/** The least of the cubic through two points with their slopes, within bounds. */
function cubicMinimum(a: Point, b: Point, bounds?: readonly [number, number]): number {
  const [low, high] = bounds ?? (a.t <= b.t ? [a.t, b.t] : [b.t, a.t]);
  const d1 = f32(f32(a.slope + b.slope) - f32((3 * (a.loss - b.loss)) / (a.t - b.t)));
  const square = f32(f32(d1 * d1) - f32(a.slope * b.slope));
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = f32(Math.sqrt(square));
  const [near, far] = a.t <= b.t ? [a, b] : [b, a];
  const share = f32(f32(f32(far.slope + d2) - d1) / f32(f32(far.slope - near.slope) + f32(2 * d2)));
  const least = f32(far.t - f32((far.t - near.t) * share));
  return Math.min(Math.max(least, low), high);
}

const SUFFICIENT_DECREASE = 1e-4;
const CURVATURE = 0.9;
const MAX_STEPS = 25;

/**
 * Searches from `start` (where t is 0) with a first step of `t`; follows torch.optim.lbfgs._strong_wolfe.
 * @param evaluate the point at a step
 * @param reach the largest change that a step of 1 makes
 * @returns the point found, and how often `evaluate` was called
 */
export function* strongWolfe<Read>(
  evaluate: (t: number) => Generator<Read, Point, number>,
  start: Point,
  t: number,
  reach: number,
  toleranceChange = 1e-9,
): Generator<Read, { point: Point; evaluations: number }, number> {
  const bound = (at: number): number => f32(start.loss + f32(f32(SUFFICIENT_DECREASE * at) * start.slope));
  const flat = (point: Point): boolean => Math.abs(point.slope) <= -CURVATURE * start.slope;
  let point = yield* evaluate(t);
  let evaluations = 1;
  let previous = start;
  let iteration = 0;
  let bracket: [Point, Point] | undefined;
  while (iteration < MAX_STEPS) {
    if (point.loss > bound(point.t) || (iteration > 1 && point.loss >= previous.loss)) {
      bracket = [previous, point];
      break;
    }
    if (flat(point)) return { point, evaluations };
    if (point.slope >= 0) {
      bracket = [previous, point];
      break;
    }
    const least = point.t + 0.01 * (point.t - previous.t);
    const next = cubicMinimum(previous, point, [least, point.t * 10]);
    previous = point;
    point = yield* evaluate(next);
    evaluations++;
    iteration++;
  }
  bracket ??= [start, point];

  let stalled = false;
  let [low, high] = bracket[0].loss <= bracket[1].loss ? [0, 1] : [1, 0];
  while (iteration < MAX_STEPS) {
    const [first, second] = bracket;
    if (Math.abs(second.t - first.t) * reach < toleranceChange) break;
    let next = cubicMinimum(first, second);
    const [least, most] = [Math.min(first.t, second.t), Math.max(first.t, second.t)];
    const margin = 0.1 * (most - least);
    if (Math.min(most - next, next - least) < margin) {
      // close to an end: the second time, or at the end itself, a tenth of the way in
      if (stalled || next >= most || next <= least) {
        next = Math.abs(next - most) < Math.abs(next - least) ? most - margin : least + margin;
        stalled = false;
      } else stalled = true;
    } else stalled = false;

    point = yield* evaluate(next);
    evaluations++;
    iteration++;
    if (point.loss > bound(point.t) || point.loss >= bracket[low]!.loss) {
      bracket[high] = point;
      [low, high] = bracket[0].loss <= bracket[1].loss ? [0, 1] : [1, 0];
    } else {
      const done = flat(point);
      if (!done && point.slope * (bracket[high]!.t - bracket[low]!.t) >= 0) bracket[high] = bracket[low]!;
      bracket[low] = point;
      if (done) break;
    }
  }
  return { point: bracket[low]!, evaluations };
}
