// Products of which one matrix is small and the other has lines contiguous along k, as a batch times the weights of a layer:
// the lines are read where they lie, six (four) at a time, and only the small matrix is packed. What packing spares is most
// of all memory: weights that come from beyond L2 are read once, in order, and nothing is written but C.
import { high, low, packB } from "./pack";
import { madd, MR, ROW, runLength, tileColumns } from "./tile";

/** Most lines of the small matrix, and in products of few steps: where addressing lines costs less than packing them. */
const SMALL: i32 = 128;
const SMALL_SHORT: i32 = 32;
/** Steps of k from which on a tile is worth its sums being kept in memory, and from which on that counts little. */
const STEPS: i32 = 64;
const MANY_STEPS: i32 = 129;
/** Bytes of the packed matrix, which stays in L2; a block of k has so many. */
const PACKED_BYTES: i32 = 256 << 10;
/** Most steps of k in a block: lines and a panel stay in L1. */
const DEPTH: i32 = 1024;
/** Bytes of a tile of sums. */
const TILE: usize = <usize>MR * ROW;

// @ts-ignore: decorator
@inline function blockOf(padded: i32): i32 {
  return min(DEPTH, (PACKED_BYTES / padded) & -STEPS);
}

/** Whether sizes are such that C[m, n] may be computed this way. */
// @ts-ignore: decorator
@inline export function mayBeByLines(m: i32, n: i32, k: i32): bool {
  return k >= STEPS && min(m, n) <= (k >= MANY_STEPS ? SMALL : SMALL_SHORT);
}

/** Whether C[m, n] is computed this way, by rows of A or columns of B that stay where they are. */
// @ts-ignore: decorator
@inline export function isByLines<T>(m: i32, n: i32, k: i32, csa: i32, rsb: i32): bool {
  return isFloat<T>() && mayBeByLines(m, n, k) && (m < n ? rsb == 1 : csa == 1);
}

/** Bytes that `multiplyByLines` uses of its workspace for `n` lines of the small matrix. */
export function linesBytes(n: i32, k: i32, size: i32): i32 {
  const padded = (n * size + 31) & -32;
  return padded * min(k, blockOf(padded)) + <i32>TILE;
}

/** Sums of MR lines, `line` bytes apart, times a panel over k steps; past `last` that line again. */
function sumLines<T>(k: i32, run: i32, a: usize, line: usize, last: i32, b: usize, sums: usize): void {
  const a1 = a + <usize>min(1, last) * line;
  const a2 = a + <usize>min(2, last) * line;
  const a3 = a + <usize>min(3, last) * line;
  const a4 = a + <usize>min(4, last) * line;
  const a5 = a + <usize>min(5, last) * line;
  let at: usize = 0;
  let add = false;
  for (;;) {
    const steps = min(k, run);
    const end = at + <usize>steps * sizeof<T>();
    let c00 = v128.splat<T>(0);
    let c01 = c00;
    let c10 = c00;
    let c11 = c00;
    let c20 = c00;
    let c21 = c00;
    let c30 = c00;
    let c31 = c00;
    let c40 = c00;
    let c41 = c00;
    let c50 = c00;
    let c51 = c00;
    do {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let x = splat<T>(a + at);
      c00 = madd<T>(x, b0, c00);
      c01 = madd<T>(x, b1, c01);
      x = splat<T>(a1 + at);
      c10 = madd<T>(x, b0, c10);
      c11 = madd<T>(x, b1, c11);
      x = splat<T>(a2 + at);
      c20 = madd<T>(x, b0, c20);
      c21 = madd<T>(x, b1, c21);
      x = splat<T>(a3 + at);
      c30 = madd<T>(x, b0, c30);
      c31 = madd<T>(x, b1, c31);
      if (MR == 6) {
        x = splat<T>(a4 + at);
        c40 = madd<T>(x, b0, c40);
        c41 = madd<T>(x, b1, c41);
        x = splat<T>(a5 + at);
        c50 = madd<T>(x, b0, c50);
        c51 = madd<T>(x, b1, c51);
      }
      b += ROW;
      at += sizeof<T>();
    } while (at != end);
    let to = keep<T>(sums, c00, c01, add);
    to = keep<T>(to, c10, c11, add);
    to = keep<T>(to, c20, c21, add);
    to = keep<T>(to, c30, c31, add);
    if (MR == 6) {
      to = keep<T>(to, c40, c41, add);
      keep<T>(to, c50, c51, add);
    }
    k -= steps;
    if (k == 0) return;
    add = true;
  }
}

// @ts-ignore: decorator
@inline function splat<T>(from: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(from) : v128.load64_splat(from);
}

/** A row of a tile of sums; returns the next. */
// @ts-ignore: decorator
@inline function keep<T>(sums: usize, x: v128, y: v128, add: bool): usize {
  if (add) {
    x = v128.add<T>(x, v128.load(sums));
    y = v128.add<T>(y, v128.load(sums, 16));
  }
  v128.store(sums, x);
  v128.store(sums, y, 16);
  return sums + ROW;
}

/** A tile's sums, as columns of C: two lines at a time give pairs of adjacent elements. */
function storeTurned<T>(sums: usize, alpha: T, c: usize, ldc: usize, accumulate: bool): void {
  const scale = v128.splat<T>(alpha);
  for (let r = 0; r < MR; r += 2) {
    let to = c;
    for (let half: usize = 0; half < ROW; half += 16) {
      const x = v128.mul<T>(scale, v128.load(sums + half));
      const y = v128.mul<T>(scale, v128.load(sums + half, ROW));
      const first = low<T>(x, y);
      const second = high<T>(x, y);
      if (sizeof<T>() == 8) {
        v128.store(to, accumulate ? v128.add<T>(first, v128.load(to)) : first);
        to += ldc;
        v128.store(to, accumulate ? v128.add<T>(second, v128.load(to)) : second);
        to += ldc;
      } else {
        to = storePairs<T>(to, first, ldc, accumulate);
        to = storePairs<T>(to, second, ldc, accumulate);
      }
    }
    sums += 2 * ROW;
    c += 2 * sizeof<T>();
  }
}

/** The halves of a vector, to a row and to the next; returns the one behind them. */
// @ts-ignore: decorator
@inline function storePairs<T>(to: usize, x: v128, ldc: usize, accumulate: bool): usize {
  const next = to + ldc;
  if (accumulate) x = v128.add<T>(x, v128.load64_lane(next, v128.load64_zero(to), 1));
  v128.store64_lane(to, x, 0);
  v128.store64_lane(next, x, 1);
  return next + ldc;
}

/**
 * C = alpha * X Y, plus C if `accumulate`: m lines of X, `line` bytes apart and contiguous along k, and Y[k, n] of any strides
 * in elements. The product of line i and column j is at c + i * stepLine + j * stepColumn, in bytes, of which one is an element.
 */
export function multiplyByLines<T>(
  m: i32,
  n: i32,
  k: i32,
  alpha: T,
  x: usize,
  line: usize,
  y: usize,
  rsy: i32,
  csy: i32,
  c: usize,
  stepLine: usize,
  stepColumn: usize,
  accumulate: bool,
  work: usize,
): void {
  const run = runLength(k);
  const width = tileColumns<T>();
  const padded = (n * <i32>sizeof<T>() + 31) & -32;
  const block = min(k, blockOf(padded));
  for (let p = 0; p < k; p += block) {
    const depth = min(block, k - p);
    packB<T>(depth, n, y + <usize>p * <usize>rsy * sizeof<T>(), rsy, csy, work + TILE);
    for (let i = 0; i < m; i += MR) {
      const last = min(MR, m - i) - 1;
      const from = x + <usize>i * line + <usize>p * sizeof<T>();
      let panel = work + TILE;
      let to = c + <usize>i * stepLine;
      for (let j = 0; j < n; j += width) {
        const columns = min(width, n - j);
        sumLines<T>(depth, run, from, line, last, panel, work);
        if (stepLine == sizeof<T>() && last == MR - 1 && columns == width) {
          storeTurned<T>(work, alpha, to, stepColumn, accumulate);
        } else {
          storeEach<T>(work, last + 1, columns, alpha, to, stepLine, stepColumn, accumulate);
        }
        panel += <usize>depth * ROW;
        to += <usize>width * stepColumn;
      }
    }
    accumulate = true;
  }
}

/** The first rows and columns of a tile. */
function storeEach<T>(
  sums: usize,
  rows: i32,
  columns: i32,
  alpha: T,
  c: usize,
  stepLine: usize,
  stepColumn: usize,
  accumulate: bool,
): void {
  const scale = v128.splat<T>(alpha);
  for (let r = 0; r < rows; r++) {
    let from = sums;
    let to = c;
    const end = sums + <usize>columns * sizeof<T>();
    if (stepColumn == sizeof<T>()) {
      for (; from + 16 <= end; from += 16, to += 16) {
        const x = v128.mul<T>(scale, v128.load(from));
        v128.store(to, accumulate ? v128.add<T>(x, v128.load(to)) : x);
      }
    }
    while (from < end) {
      const value = <T>(alpha * load<T>(from));
      store<T>(to, accumulate ? <T>(load<T>(to) + value) : value);
      from += sizeof<T>();
      to += stepColumn;
    }
    sums += ROW;
    c += stepLine;
  }
}
