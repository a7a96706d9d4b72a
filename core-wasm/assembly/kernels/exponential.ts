// Exponentials of blocks and their sums, which softmax and logsumexp are made of.
import { exp32, expShifted } from "./math/f32";
import { addLanes } from "./reduceBlock";

/** exp(x - shift) of one element. */
export function expOfDifference<A>(x: A, shift: A): A {
  if (sizeof<A>() == 4) return f32x4.extract_lane(exp32(f32x4.splat(<f32>x - <f32>shift)), 0);
  return <A>Math.exp(<f64>x - <f64>shift);
}

/** The 1 to 3 floats before `end`, the other lanes filled with `pad`. */
// @ts-ignore: decorator
@inline
function loadTail(p: usize, end: usize, pad: f32): v128 {
  let v = f32x4.replace_lane(f32x4.splat(pad), 0, load<f32>(p));
  if (p + 4 < end) v = f32x4.replace_lane(v, 1, load<f32>(p, 4));
  if (p + 8 < end) v = f32x4.replace_lane(v, 2, load<f32>(p, 8));
  return v;
}

// @ts-ignore: decorator
@inline
function storeTail(p: usize, end: usize, v: v128): void {
  store<f32>(p, f32x4.extract_lane(v, 0));
  if (p + 4 < end) store<f32>(p, f32x4.extract_lane(v, 1), 4);
  if (p + 8 < end) store<f32>(p, f32x4.extract_lane(v, 2), 8);
}

/** out = exp(x - shift) over a float block, which may be `out` itself; returns the sum of the results in f64. */
export function expBlock<A>(out: usize, p: usize, n: i32, shift: A): f64 {
  const end = p + <usize>n * sizeof<A>();
  if (sizeof<A>() == 4) {
    let lanes = f32x4.splat(0);
    const s = f32x4.splat(<f32>shift);
    for (; p + 64 <= end; p += 64, out += 64) lanes = f32x4.add(lanes, expShifted(out, p, s));
    for (; p + 16 <= end; p += 16, out += 16) {
      const e = exp32(f32x4.sub(v128.load(p), s));
      v128.store(out, e);
      lanes = f32x4.add(lanes, e);
    }
    if (p < end) {
      const e = exp32(f32x4.sub(loadTail(p, end, -Infinity), s));
      storeTail(out, out + (end - p), e);
      lanes = f32x4.add(lanes, e);
    }
    return addLanes<f32>(lanes);
  }
  let sum: f64 = 0;
  for (; p < end; p += sizeof<A>(), out += sizeof<A>()) {
    const e = Math.exp(<f64>load<A>(p) - <f64>shift);
    store<A>(out, <A>e);
    sum += e;
  }
  return sum;
}
