// Pooling of float32 without indices, a row of output at a time: first the rows of the windows become one row, its padding
// beside it, then its elements the windows' values. Each input element is read once from memory, four at a time.
import { Args, Operand } from "../dispatch/args";
import { planes } from "./pool";
import { end, extent, fillWindows, first, lineBytes, setting, spatial } from "./poolWindows";

const enum Mode {
  Sum,
  /** NaNs are lost */
  Max,
  MaxOrNaN,
}

// @ts-ignore: decorator
@inline function combine(mode: Mode, a: v128, b: v128): v128 {
  if (mode == Mode.Sum) return f32x4.add(a, b);
  return mode == Mode.Max ? f32x4.pmax(a, b) : f32x4.max(a, b);
}

/**
 * line[0, width) = what the `n` rows from `row` on, `step` bytes apart, combine to. Returns lanes of NaN if a row has one.
 * A loop over rows costs more than two or three rows do.
 */
// @ts-ignore: decorator
@inline function joinRows(mode: Mode, line: usize, row: usize, n: i32, step: usize, width: i32): v128 {
  let check = f32x4.splat(0);
  const bytes = (<usize>width) << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    // the last four reach back over some that are done
    const c = min(i, bytes - 16);
    let at = row + c;
    let all = v128.load(at);
    if (mode == Mode.Max) check = f32x4.add(check, all);
    if (n > 1) {
      at += step;
      let v = v128.load(at);
      if (mode == Mode.Max) check = f32x4.add(check, v);
      all = combine(mode, v, all);
      if (n > 2) {
        at += step;
        v = v128.load(at);
        if (mode == Mode.Max) check = f32x4.add(check, v);
        all = combine(mode, v, all);
        if (n > 3) {
          for (let k = n - 3; k > 0; k--) {
            at += step;
            v = v128.load(at);
            if (mode == Mode.Max) check = f32x4.add(check, v);
            all = combine(mode, v, all);
          }
        }
      }
    }
    v128.store(line + c, all);
  }
  return check;
}

// @ts-ignore: decorator
@inline function joinNarrow(largest: bool, line: usize, row: usize, n: i32, step: usize, width: i32): void {
  for (let i: usize = 0; i < (<usize>width) << 2; i += 4) {
    let all = load<f32>(row + i);
    for (let k = 1; k < n; k++) {
      const v = load<f32>(row + i + <usize>k * step);
      all = largest ? (v > all || v != v ? v : all) : all + v;
    }
    store<f32>(line + i, all);
  }
}

/** Every `stride`th (1 or 2) of the floats at an address, four of them. */
// @ts-ignore: decorator
@inline function four(at: usize, stride: i32): v128 {
  return stride == 1 ? v128.load(at) : v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
}

/** The `width` windows of `kernel` elements, `spread` bytes apart, that begin `stride` elements apart, each divided by scale * count. */
// @ts-ignore: decorator
@inline function joinColumns(
  mode: Mode,
  to: usize,
  line: usize,
  width: i32,
  stride: i32,
  kernel: i32,
  spread: usize,
  scale: f32,
  counts: usize,
): void {
  const bytes = (<usize>width) << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    const c = min(i, bytes - 16);
    let at = line + c * stride;
    let all = four(at, stride);
    if (kernel > 1) {
      at += spread;
      all = combine(mode, four(at, stride), all);
      if (kernel > 2) {
        at += spread;
        all = combine(mode, four(at, stride), all);
        if (kernel > 3) {
          for (let k = kernel - 3; k > 0; k--) {
            at += spread;
            all = combine(mode, four(at, stride), all);
          }
        }
      }
    }
    if (mode == Mode.Sum) all = f32x4.div(all, f32x4.mul(f32x4.splat(scale), v128.load(counts + c)));
    v128.store(to + c, all);
  }
}

/** Windows of 2 x 2 side by side, the most there are, without a line between: `below` is the offset of the second row. */
// @ts-ignore: decorator
@inline function joinSquares(mode: Mode, to: usize, row: usize, below: usize, width: i32, divisor: f32): v128 {
  let check = f32x4.splat(0);
  const bytes = (<usize>width) << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    // the last four reach back over some that are done
    const c = min(i, bytes - 16);
    const at = row + 2 * c;
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const d = v128.load(at + below);
    const e = v128.load(at + below, 16);
    const left = f32x4.add(a, d);
    const right = f32x4.add(b, e);
    let all: v128;
    if (mode == Mode.Sum) {
      all = f32x4.add(v128.shuffle<f32>(left, right, 0, 2, 4, 6), v128.shuffle<f32>(left, right, 1, 3, 5, 7));
      all = f32x4.div(all, f32x4.splat(divisor));
    } else {
      check = f32x4.add(check, f32x4.add(left, right));
      const x = f32x4.pmax(a, d);
      const y = f32x4.pmax(b, e);
      all = f32x4.pmax(v128.shuffle<f32>(x, y, 0, 2, 4, 6), v128.shuffle<f32>(x, y, 1, 3, 5, 7));
    }
    v128.store(to + c, all);
  }
  return check;
}

/** False if there is a NaN, which would be lost. */
function maxOfSquares(to: usize, row: usize, below: usize, width: i32): bool {
  const check = joinSquares(Mode.Max, to, row, below, width, 0);
  return !v128.any_true(f32x4.ne(check, check));
}

function meanOfSquares(to: usize, row: usize, below: usize, width: i32, divisor: f32): void {
  joinSquares(Mode.Sum, to, row, below, width, divisor);
}

// @ts-ignore: decorator
@inline function highest(a: v128, b: v128, d: v128): v128 {
  return f32x4.pmax(f32x4.pmax(a, b), d);
}

/** The largest of four columns, and of their three rows; what they add up to tells of NaNs. */
// @ts-ignore: decorator
@inline function column(at: usize, below: usize): v128 {
  return highest(v128.load(at), v128.load(at + below), v128.load(at + 2 * below));
}
// @ts-ignore: decorator
@inline function columnSum(at: usize, below: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(at), v128.load(at + below)), v128.load(at + 2 * below));
}

/** Four windows of 3 columns, two apart: of the columns a, b and the first of d. */
// @ts-ignore: decorator
@inline function threes(a: v128, b: v128, d: v128): v128 {
  const even = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
  return highest(even, v128.shuffle<f32>(a, b, 1, 3, 5, 7), v128.shuffle<f32>(even, d, 1, 2, 3, 4));
}

/**
 * Windows of 3 x 3, two columns apart, the first of which begins in the column before `row` if `padding` is 1. False if there
 * is a NaN, which would be lost.
 */
function maxOfThrees(to: usize, row: usize, below: usize, width: i32, padding: i32, columns: i32): bool {
  let check = f32x4.splat(0);
  let x = padding;
  // as long as the columns after a group's, those of the next one, can be read whole
  const last = min(width - 4, (columns - 12 + padding) >> 1);
  if (x <= last) {
    let at = row + ((<usize>(2 * x - padding)) << 2);
    let a = column(at, below);
    check = columnSum(at, below);
    for (; x <= last; x += 4, at += 32) {
      // loaded once: engines load again what two functions load
      const b0 = v128.load(at, 16);
      const n0 = v128.load(at, 32);
      const b1 = v128.load(at + below, 16);
      const n1 = v128.load(at + below, 32);
      const b2 = v128.load(at + 2 * below, 16);
      const n2 = v128.load(at + 2 * below, 32);
      const next = highest(n0, n1, n2);
      check = f32x4.add(check, f32x4.add(f32x4.add(f32x4.add(b0, b1), b2), f32x4.add(f32x4.add(n0, n1), n2)));
      v128.store(to + ((<usize>x) << 2), threes(a, highest(b0, b1, b2), next));
      a = next;
    }
  }
  for (; x < width; x += 4) {
    // the last four reach back over some that are done
    const o = min(x, width - 4);
    const at = row + ((<usize>(2 * o - padding)) << 2);
    const d0 = v128.load32_splat(at, 32);
    const d1 = v128.load32_splat(at + below, 32);
    const d2 = v128.load32_splat(at + 2 * below, 32);
    check = f32x4.add(check, f32x4.add(columnSum(at, below), columnSum(at + 16, below)));
    check = f32x4.add(check, f32x4.add(f32x4.add(d0, d1), d2));
    v128.store(to + ((<usize>o) << 2), threes(column(at, below), column(at + 16, below), highest(d0, d1, d2)));
  }
  if (padding) {
    const a = v128.load64_zero(row);
    const b = v128.load64_zero(row + below);
    const d = v128.load64_zero(row + 2 * below);
    check = f32x4.add(check, f32x4.add(f32x4.add(a, b), d));
    const v = highest(a, b, d);
    store<f32>(to, f32x4.extract_lane(f32x4.pmax(v, v128.shuffle<f32>(v, v, 1, 1, 1, 1)), 0));
  }
  return !v128.any_true(f32x4.ne(check, check));
}

/** How many steps fit into an extent; without a division where it can be. */
// @ts-ignore: decorator
@inline function count(extent: i32, step: i32): i32 {
  return step == 1 ? extent : (extent + step - 1) / step;
}

// The loops are functions, called, since among all that `rows` keeps in registers theirs would be spilled.

/** Whether a row had a NaN, which the vectors of joinColumns would lose. */
function maxOfRows(line: usize, row: usize, n: i32, step: usize, width: i32): bool {
  // three rows are frequent, and known to be three they need no tests
  const check = n == 3 ? joinRows(Mode.Max, line, row, 3, step, width) : joinRows(Mode.Max, line, row, n, step, width);
  if (!v128.any_true(f32x4.ne(check, check))) return false;
  joinRows(Mode.MaxOrNaN, line, row, n, step, width);
  return true;
}

function sumOfRows(line: usize, row: usize, n: i32, step: usize, width: i32): void {
  joinRows(Mode.Sum, line, row, n, step, width);
}

function maxOfColumns(to: usize, line: usize, width: i32, stride: i32, kernel: i32, spread: usize): void {
  if (stride == 1) joinColumns(Mode.Max, to, line, width, 1, kernel, spread, 0, 0);
  else if (kernel == 3) joinColumns(Mode.Max, to, line, width, 2, 3, spread, 0, 0);
  else joinColumns(Mode.Max, to, line, width, 2, kernel, spread, 0, 0);
}

function meanOfColumns(
  to: usize,
  line: usize,
  width: i32,
  stride: i32,
  kernel: i32,
  spread: usize,
  scale: f32,
  counts: usize,
): void {
  if (stride == 1) joinColumns(Mode.Sum, to, line, width, 1, kernel, spread, scale, counts);
  else joinColumns(Mode.Sum, to, line, width, 2, kernel, spread, scale, counts);
}

function rows(args: Args, out: Operand, x: Operand, largest: bool): void {
  const rank = args.int(0);
  const adaptive = args.int(1) != 0;
  const od = spatial(out, rank, 0);
  const oh = spatial(out, rank, 1);
  const ow = spatial(out, rank, 2);
  const id = spatial(x, rank, 0);
  const ih = spatial(x, rank, 1);
  const iw = spatial(x, rank, 2);
  const depths = args.workspace;
  const heights = fillWindows(args, rank, 0, id, od, depths);
  const widths = fillWindows(args, rank, 1, ih, oh, heights);
  const padded = (fillWindows(args, rank, 2, iw, ow, widths) + 15) & ~15;
  const stepZ = adaptive ? 1 : setting(args, rank, 3, 0, 1);
  const stepY = adaptive ? 1 : setting(args, rank, 3, 1, 1);
  const stepX = adaptive ? 1 : setting(args, rank, 3, 2, 1);
  const stride = setting(args, rank, 1, 2, 1);
  const kernel = setting(args, rank, 0, 2, 1);
  const padding = adaptive ? 0 : setting(args, rank, 2, 2, 0);
  const line = padded + ((<usize>padding) << 2);
  const counts = padded + lineBytes(args, rank, x, out);
  const none: f32 = largest ? -Infinity : 0;
  for (let p = padded; p < counts; p += 4) store<f32>(p, none);
  const countPadding = args.int(2) != 0 && !adaptive;
  const divisor = args.int(3);
  if (!largest) {
    for (let i = 0; i < ow; i++) {
      const size = countPadding ? extent(widths, i) : end(widths, i) - first(widths, i);
      store<f32>(counts + ((<usize>i) << 2), divisor ? 1 : <f32>max(size, 1));
    }
  }
  const even = !adaptive && stride <= 2 && ow >= 4 && iw >= 4;
  const squares = even && stride == 2 && kernel == 2 && stepX == 1 && padding == 0 && 2 * ow <= iw;
  const triples =
    largest &&
    even &&
    stride == 2 &&
    kernel == 3 &&
    stepX == 1 &&
    padding < 2 &&
    ow >= 4 + padding &&
    2 * ow + 1 - padding <= iw;
  const rowBytes = (<usize>iw) << 2;
  let plane = x.data;
  let to = out.data;
  for (let p = planes(x, rank); p > 0; p--) {
    for (let z = 0; z < od; z++) {
      const z0 = first(depths, z);
      const nz = count(end(depths, z) - z0, stepZ);
      for (let y = 0; y < oh; y++) {
        const y0 = first(heights, y);
        const ny = count(end(heights, y) - y0, stepY);
        if (nz <= 0 || ny <= 0) {
          // windows that lie in the padding alone
          for (let i = 0; i < ow; i++) store<f32>(to + ((<usize>i) << 2), none);
          to += (<usize>ow) << 2;
          continue;
        }
        const step = <usize>stepY * rowBytes;
        let vectors = even;
        const scale = <f32>(
          (divisor
            ? divisor
            : countPadding
              ? extent(depths, z) * extent(heights, y)
              : (end(depths, z) - z0) * (end(heights, y) - y0))
        );
        if (triples && nz == 1 && ny == 3) {
          if (maxOfThrees(to, plane + <usize>(z0 * ih + y0) * rowBytes, step, ow, padding, iw)) {
            to += (<usize>ow) << 2;
            continue;
          }
        }
        if (squares && nz == 1 && ny == 2) {
          const row = plane + <usize>(z0 * ih + y0) * rowBytes;
          let done = true;
          if (largest) done = maxOfSquares(to, row, step, ow);
          else meanOfSquares(to, row, step, ow, scale * load<f32>(counts));
          if (done) {
            to += (<usize>ow) << 2;
            continue;
          }
        }
        for (let k = 0; k < nz; k++) {
          // of a volume, each depth's rows make a line, the first of which collects the others
          const row = plane + <usize>((z0 + k * stepZ) * ih + y0) * rowBytes;
          const into = k == 0 ? line : counts + ((<usize>ow) << 2);
          if (iw < 4) joinNarrow(largest, into, row, ny, step, iw);
          else if (!largest) sumOfRows(into, row, ny, step, iw);
          else if (maxOfRows(into, row, ny, step, iw)) vectors = false;
          if (k > 0) joinNarrow(largest, line, line, 2, into - line, iw);
        }
        const spread = (<usize>stepX) << 2;
        if (vectors) {
          if (largest) maxOfColumns(to, padded, ow, stride, kernel, spread);
          else meanOfColumns(to, padded, ow, stride, kernel, spread, scale, counts);
          to += (<usize>ow) << 2;
          continue;
        }
        for (let i = 0; i < ow; i++) {
          const stop = end(widths, i);
          let all = none;
          for (let c = first(widths, i); c < stop; c += stepX) {
            const v = load<f32>(line + ((<usize>c) << 2));
            all = largest ? (v > all || v != v ? v : all) : all + v;
          }
          if (!largest && first(widths, i) < stop) all /= scale * load<f32>(counts + ((<usize>i) << 2));
          store<f32>(to + ((<usize>i) << 2), all);
        }
        to += (<usize>ow) << 2;
      }
    }
    plane += <usize>(id * ih) * rowBytes;
  }
}

export function maxRows(args: Args): void {
  rows(args, args.operand(0), args.operand(1), true);
}

export function averageRows(args: Args): void {
  rows(args, args.operand(0), args.operand(1), false);
}
