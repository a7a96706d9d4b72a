// Pooling over one to three spatial dimensions, and the scatter and gather by plane that max pooling's gradients are.
// Tensors are contiguous, [..., depth, height, width]; everything before the spatial dimensions counts as planes.
// Memory-bound for small windows: one pass over the input, output elements * window elements comparisons or additions.
//
// ints: 0 spatial rank, 1 adaptive, 2 count padding in averages, 3 divisor (0: the window's size), then kernel size,
// stride, padding, dilation per spatial dimension. The workspace has poolWorkspace() bytes.
//   maxPool:       0 values, 1 indices (int64, within the input's plane), 2 input: float32 or float64;
//                  int 2: values alone, 0 values, 1 input, both float32
//   averagePool:   0 out, 1 input: float32, float64, int64 (divided towards zero)
//   averageSpread: 0 gradient of the input, 1 gradient of the output
import { Args, Operand } from "../dispatch/args";
import { DType } from "../tensor/dtype";
import { averageRows, maxRows } from "./poolRows";
import { end, extent, fillWindows, first, setting, spatial } from "./poolWindows";

// @ts-ignore: decorator
@inline export function planes(x: Operand, rank: i32): i32 {
  let n = 1;
  for (let d = 0; d < x.ndim - rank; d++) n *= x.shape(d);
  return n;
}

/** a if `which`, else b, without a branch: no predictor knows which element is the largest, and floats have no cmov. */
// @ts-ignore: decorator
@inline function choose<T>(a: T, b: T, which: i32): T {
  if (sizeof<T>() == 4)
    return <T>reinterpret<f32>(select<i32>(reinterpret<i32>(<f32>a), reinterpret<i32>(<f32>b), which));
  return <T>reinterpret<f64>(select<i64>(reinterpret<i64>(<f64>a), reinterpret<i64>(<f64>b), which));
}

/** Four float32 elements, `stride` apart. */
// @ts-ignore: decorator
@inline function loadStrided(at: usize, stride: i32): v128 {
  if (stride == 1) return v128.load(at);
  if (stride == 2) return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
  const step = (<usize>stride) << 2;
  let v = v128.load32_zero(at);
  v = v128.load_lane<f32>(at + step, v, 1);
  v = v128.load_lane<f32>(at + 2 * step, v, 2);
  return v128.load_lane<f32>(at + 3 * step, v, 3);
}

/** Four neighbouring windows of a float32 row, the first beginning at column `left`. */
function maxOfFour(
  from: usize,
  index: usize,
  to: usize,
  left: i32,
  stride: i32,
  kernel: i32,
  stepX: i32,
  z0: i32,
  z1: i32,
  stepZ: i32,
  y0: i32,
  y1: i32,
  stepY: i32,
  ih: i32,
  iw: i32,
): void {
  const lanes = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(stride));
  let best = f32x4.splat(-Infinity);
  let at = i32x4.add(lanes, i32x4.splat((z0 * ih + y0) * iw + left));
  for (let iz = z0; iz < z1; iz += stepZ) {
    for (let iy = y0; iy < y1; iy += stepY) {
      let place = (iz * ih + iy) * iw + left;
      for (let k = 0; k < kernel; k++) {
        const v = loadStrided(from + ((<usize>place) << 2), stride);
        const larger = v128.or(f32x4.gt(v, best), f32x4.ne(v, v));
        best = v128.bitselect(v, best, larger);
        at = v128.bitselect(i32x4.add(lanes, i32x4.splat(place)), at, larger);
        place += stepX;
      }
    }
  }
  v128.store(to, best);
  v128.store(index, i64x2.extend_low_i32x4_s(at));
  v128.store(index, i64x2.extend_high_i32x4_s(at), 16);
}

/**
 * Windows of 2 x 2 float32 side by side, `below` the bytes from a row to the next; `place` is the index of the first element.
 * False if there is a NaN, which would be lost.
 */
function maxOfSquares(to: usize, index: usize, row: usize, below: usize, width: i32, place: i32): bool {
  let check = f32x4.splat(0);
  const next = i32x4.splat(<i32>(below >> 2));
  for (let i = 0; i < width; i += 4) {
    // the last four reach back over some that are done
    const c = min(i, width - 4);
    const at = row + ((<usize>c) << 3);
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const d = v128.load(at + below);
    const e = v128.load(at + below, 16);
    check = f32x4.add(check, f32x4.add(f32x4.add(a, b), f32x4.add(d, e)));
    const v0 = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
    const v1 = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
    const w0 = v128.shuffle<f32>(d, e, 0, 2, 4, 6);
    const w1 = v128.shuffle<f32>(d, e, 1, 3, 5, 7);
    const v = f32x4.pmax(v0, v1);
    const w = f32x4.pmax(w0, w1);
    // a comparison that holds is -1
    const right = f32x4.gt(v1, v0);
    const under = i32x4.sub(next, f32x4.gt(w1, w0));
    const step = v128.bitselect(under, i32x4.neg(right), f32x4.gt(w, v));
    const first = i32x4.add(i32x4.splat(place + 2 * c), i32x4(0, 2, 4, 6));
    const all = i32x4.add(first, step);
    v128.store(to + ((<usize>c) << 2), f32x4.pmax(v, w));
    v128.store(index + ((<usize>c) << 3), i64x2.extend_low_i32x4_s(all));
    v128.store(index + ((<usize>c) << 3), i64x2.extend_high_i32x4_s(all), 16);
  }
  return !v128.any_true(f32x4.ne(check, check));
}

function maxOf<T>(args: Args): void {
  const values = args.operand(0);
  const input = args.operand(2);
  const rank = args.int(0);
  const od = spatial(values, rank, 0);
  const oh = spatial(values, rank, 1);
  const ow = spatial(values, rank, 2);
  const id = spatial(input, rank, 0);
  const ih = spatial(input, rank, 1);
  const iw = spatial(input, rank, 2);
  const depths = args.workspace;
  const heights = fillWindows(args, rank, 0, id, od, depths);
  const widths = fillWindows(args, rank, 1, ih, oh, heights);
  fillWindows(args, rank, 2, iw, ow, widths);
  const adaptive = args.int(1) != 0;
  const stepZ = adaptive ? 1 : setting(args, rank, 3, 0, 1);
  const stepY = adaptive ? 1 : setting(args, rank, 3, 1, 1);
  const stepX = adaptive ? 1 : setting(args, rank, 3, 2, 1);
  const kernelX = setting(args, rank, 0, 2, 1);
  const strideX = setting(args, rank, 1, 2, 1);
  const paddingX = setting(args, rank, 2, 2, 0);
  // the columns whose windows, and what four lanes read beside them, lie inside the row
  const room = iw + paddingX - stepX * (kernelX - 1) - strideX;
  const vectorFrom = (paddingX + strideX - 1) / strideX;
  const vectorEnd = adaptive || room < 0 ? 0 : min(ow, room / strideX + 1);
  const squares =
    sizeof<T>() == 4 &&
    !adaptive &&
    ow >= 4 &&
    2 * ow <= iw &&
    kernelX == 2 &&
    strideX == 2 &&
    paddingX == 0 &&
    stepX == 1 &&
    stepY == 1;
  const plane = <usize>(id * ih * iw) * sizeof<T>();
  let to = values.data;
  let index = args.operand(1).data;
  let from = input.data;
  for (let p = planes(input, rank); p > 0; p--) {
    for (let z = 0; z < od; z++) {
      const z0 = first(depths, z);
      const z1 = end(depths, z);
      for (let y = 0; y < oh; y++) {
        const y0 = first(heights, y);
        const y1 = end(heights, y);
        if (squares && z1 - z0 == 1 && y1 - y0 == 2) {
          const row = (z0 * ih + y0) * iw;
          if (maxOfSquares(to, index, from + ((<usize>row) << 2), (<usize>iw) << 2, ow, row)) {
            to += (<usize>ow) << 2;
            index += (<usize>ow) << 3;
            continue;
          }
        }
        for (let x = 0; x < ow; x++) {
          if (sizeof<T>() == 4 && x >= vectorFrom && x < vectorEnd && vectorEnd - vectorFrom >= 4) {
            // the last group reaches back over windows that are done already
            const at = min(x, vectorEnd - 4);
            const back = <usize>(x - at);
            const left = at * strideX - paddingX;
            const value = to - back * 4;
            const place = index - back * 8;
            maxOfFour(from, place, value, left, strideX, kernelX, stepX, z0, z1, stepZ, y0, y1, stepY, ih, iw);
            to = value + 16;
            index = place + 32;
            x = at + 3;
            continue;
          }
          const x0 = first(widths, x);
          const x1 = end(widths, x);
          let best = <T>-Infinity;
          let at = (z0 * ih + y0) * iw + x0;
          for (let iz = z0; iz < z1; iz += stepZ) {
            for (let iy = y0; iy < y1; iy += stepY) {
              const row = (iz * ih + iy) * iw;
              for (let ix = x0; ix < x1; ix += stepX) {
                const v = load<T>(from + <usize>(row + ix) * sizeof<T>());
                // a NaN replaces everything, and stays: the comparison with it is false
                const larger = i32(v > best) | i32(v != v);
                best = choose<T>(v, best, larger);
                at = select<i32>(row + ix, at, larger);
              }
            }
          }
          store<T>(to, best);
          store<i64>(index, at);
          to += sizeof<T>();
          index += 8;
        }
      }
    }
    from += plane;
  }
}

export function maxPool(args: Args): void {
  if (args.int(2)) maxRows(args);
  else if (args.operand(0).dtype == DType.Float64) maxOf<f64>(args);
  else maxOf<f32>(args);
}

/** `spread` false: out (operand 0) = averages of operand 1. True: the transpose, operand 0 being the input's gradient. */
function average<T>(args: Args, spread: bool): void {
  const small = args.operand(spread ? 1 : 0);
  const large = args.operand(spread ? 0 : 1);
  const rank = args.int(0);
  const countPadding = args.int(2) != 0 && !args.int(1);
  const divisor = args.int(3);
  const od = spatial(small, rank, 0);
  const oh = spatial(small, rank, 1);
  const ow = spatial(small, rank, 2);
  const id = spatial(large, rank, 0);
  const ih = spatial(large, rank, 1);
  const iw = spatial(large, rank, 2);
  const depths = args.workspace;
  const heights = fillWindows(args, rank, 0, id, od, depths);
  const widths = fillWindows(args, rank, 1, ih, oh, heights);
  fillWindows(args, rank, 2, iw, ow, widths);
  const plane = <usize>(id * ih * iw) * sizeof<T>();
  let window = small.data;
  let image = large.data;
  if (spread) memory.fill(image, 0, <usize>large.numel * sizeof<T>());
  for (let p = planes(large, rank); p > 0; p--) {
    for (let z = 0; z < od; z++) {
      const z0 = first(depths, z);
      const z1 = end(depths, z);
      for (let y = 0; y < oh; y++) {
        const y0 = first(heights, y);
        const y1 = end(heights, y);
        const padded = extent(depths, z) * extent(heights, y);
        const inside = (z1 - z0) * (y1 - y0);
        for (let x = 0; x < ow; x++) {
          const x0 = first(widths, x);
          const x1 = end(widths, x);
          const count = divisor ? divisor : countPadding ? padded * extent(widths, x) : inside * (x1 - x0);
          if (z0 >= z1 || y0 >= y1 || x0 >= x1) {
            // a window that lies in the padding alone
            if (!spread) store<T>(window, <T>0);
          } else if (spread) {
            const value = <T>(load<T>(window) / <T>count);
            for (let iz = z0; iz < z1; iz++) {
              for (let iy = y0; iy < y1; iy++) {
                const row = image + <usize>((iz * ih + iy) * iw) * sizeof<T>();
                for (let ix = x0; ix < x1; ix++) {
                  const at = row + <usize>ix * sizeof<T>();
                  store<T>(at, <T>(load<T>(at) + value));
                }
              }
            }
          } else {
            let sum = <T>0;
            for (let iz = z0; iz < z1; iz++) {
              for (let iy = y0; iy < y1; iy++) {
                const row = image + <usize>((iz * ih + iy) * iw) * sizeof<T>();
                for (let ix = x0; ix < x1; ix++) sum = <T>(sum + load<T>(row + <usize>ix * sizeof<T>()));
              }
            }
            store<T>(window, <T>(sum / <T>count));
          }
          window += sizeof<T>();
        }
      }
    }
    image += plane;
  }
}

export function averagePool(args: Args): void {
  switch (args.operand(0).dtype) {
    case DType.Float32:
      return averageRows(args);
    case DType.Float64:
      return average<f64>(args, false);
    default:
      return average<i64>(args, false);
  }
}

export function averageSpread(args: Args): void {
  if (args.operand(0).dtype == DType.Float64) average<f64>(args, true);
  else average<f32>(args, true);
}

function scatterOf<T>(args: Args): void {
  const out = args.operand(0);
  const input = args.operand(1);
  const count = args.int(0);
  const size = args.int(1);
  const add = args.int(2) != 0;
  memory.fill(out.data, 0, <usize>out.numel * sizeof<T>());
  if (count == 0) return;
  let plane = out.data;
  let from = input.data;
  let index = args.operand(2).data;
  for (let p = input.numel / count; p > 0; p--) {
    for (let i = 0; i < count; i++) {
      const at = plane + <usize>load<i64>(index) * sizeof<T>();
      const v = load<T>(from);
      store<T>(at, add ? <T>(load<T>(at) + v) : v);
      from += sizeof<T>();
      index += 8;
    }
    plane += <usize>size * sizeof<T>();
  }
}

/**
 * Operand 0 [planes, size] = 0, then elements of operand 1 [planes, count] go where operand 2 (int64, same shape) says.
 * ints: 0 count, 1 size, 2 whether to add (else the last write stays).
 */
export function planeScatter(args: Args): void {
  if (args.operand(0).dtype == DType.Float64) scatterOf<f64>(args);
  else scatterOf<f32>(args);
}

function gatherOf<T>(args: Args): void {
  const out = args.operand(0);
  const count = args.int(0);
  const size = args.int(1);
  if (count == 0) return;
  let to = out.data;
  let plane = args.operand(1).data;
  let index = args.operand(2).data;
  for (let p = out.numel / count; p > 0; p--) {
    for (let i = 0; i < count; i++) {
      store<T>(to, load<T>(plane + <usize>load<i64>(index) * sizeof<T>()));
      to += sizeof<T>();
      index += 8;
    }
    plane += <usize>size * sizeof<T>();
  }
}

/** Operand 0 [planes, count] = elements of operand 1 [planes, size] at operand 2. ints: 0 count, 1 size. */
export function planeGather(args: Args): void {
  if (args.operand(0).dtype == DType.Float64) gatherOf<f64>(args);
  else gatherOf<f32>(args);
}
