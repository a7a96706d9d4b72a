// Cache blocking of C = alpha * A B (+ C), after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication":
// a KC x NC block of B is packed once and stays in the outer cache, an MC x KC block of A stays in L2, and one panel of B
// (KC x NR, 8 KiB) in L1 meets every panel of A. 2*m*n*k flops; memory-bound only when one of m, n is small.
import { packA, packB } from "./pack";
import { MR, ROW, tile, tileColumns } from "./tile";

/** Rows of A per block; a multiple of MR in both builds. */
// @ts-ignore: decorator
@inline export const MC: i32 = 96;
/** Steps of k per block. */
// @ts-ignore: decorator
@inline export const KC: i32 = 256;
/** Bytes of a row of the packed block of B: 1024 float32 columns. */
// @ts-ignore: decorator
@inline export const NC_BYTES: i32 = 4096;

/** B stays where it is, if its rows are contiguous, for up to so many rows of A ... */
const IN_PLACE_ROWS: i32 = 24;
/** ... or if a block of it has no more bytes. */
const IN_PLACE_BYTES: usize = 64 << 10;

// @ts-ignore: decorator
@inline export function columnBlock<T>(): i32 {
  return NC_BYTES / <i32>sizeof<T>();
}

/** Room for the tile that edges are computed into. */
export const EDGE_BYTES: usize = 6 * 32;

// @ts-ignore: decorator
@inline export function roundUp(x: i32, step: i32): i32 {
  return ((x + step - 1) / step) * step;
}

/** Bytes of a packed block of m rows of A. */
export function packedABytes(m: i32, k: i32, size: i32): i32 {
  return roundUp(m, MR) * k * size;
}

/** Bytes of a packed block of n columns of B. */
export function packedBBytes(k: i32, n: i32, size: i32): i32 {
  return roundUp(n * size, 32) * k;
}

/** Bytes that `gemmBlocked` uses of its workspace. */
export function gemmBlockedBytes(m: i32, n: i32, k: i32, size: i32): i32 {
  const kc = min(k, KC);
  return <i32>EDGE_BYTES + packedABytes(MR, kc, size) + packedBBytes(kc, min(n, NC_BYTES / size), size);
}

/**
 * A packed panel of `rows` rows of A times n columns of B into C[rows, n]. Rows of B are `stepB` bytes apart, its panels
 * `panelB`; a last, narrower panel is packed at `narrow`. `ldc` in bytes; `edge` has room for one tile.
 */
function sweep<T>(
  rows: i32,
  n: i32,
  k: i32,
  alpha: T,
  a: usize,
  b: usize,
  stepB: usize,
  panelB: usize,
  narrow: usize,
  c: usize,
  ldc: usize,
  accumulate: bool,
  edge: usize,
  bias: usize,
): void {
  const width = tileColumns<T>();
  for (; n >= width; n -= width) {
    tile<T>(k, a, b, stepB, c, ldc, alpha, rows, accumulate, bias);
    b += panelB;
    c += ROW;
  }
  if (n == 0) return;
  // what C has goes through the tile as well, so that an element is the same wherever its column lies
  if (accumulate) copyColumns<T>(rows, n, c, ldc, edge, ROW);
  tile<T>(k, a, narrow, ROW, edge, ROW, alpha, rows, accumulate, bias);
  copyColumns<T>(rows, n, edge, ROW, c, ldc);
}

function copyColumns<T>(rows: i32, n: i32, from: usize, step: usize, to: usize, toStep: usize): void {
  const bytes = <usize>n * sizeof<T>();
  for (let r = 0; r < rows; r++) {
    for (let at: usize = 0; at < bytes; at += sizeof<T>()) store<T>(to + at, load<T>(from + at));
    from += step;
    to += toStep;
  }
}

/**
 * A packed block of A times a packed block of B into C[m, n]; `ldc` in bytes; `edge` has room for one tile. `bias`, an address
 * or 0, has a value for each row that C starts from unless it is accumulated.
 */
export function multiplyPacked<T>(
  m: i32,
  n: i32,
  k: i32,
  alpha: T,
  a: usize,
  b: usize,
  c: usize,
  ldc: usize,
  accumulate: bool,
  edge: usize,
  bias: usize = 0,
): void {
  const panelA = <usize>MR * <usize>k * sizeof<T>();
  const panelB = ROW * <usize>k;
  const narrow = b + panelB * <usize>(n / tileColumns<T>());
  for (let i = 0; i < m; i += MR) {
    sweep<T>(min(MR, m - i), n, k, alpha, a, b, ROW, panelB, narrow, c, ldc, accumulate, edge, bias);
    if (bias) bias += <usize>MR * sizeof<T>();
    a += panelA;
    c += <usize>MR * ldc;
  }
}

/**
 * C[m, n] = alpha * A[m, k] B[k, n], plus C if `accumulate`; strides in elements, `ldc` too. k > 0.
 * `work` has gemmBlockedBytes bytes.
 */
export function gemmBlocked<T>(
  m: i32,
  n: i32,
  k: i32,
  alpha: T,
  a: usize,
  rsa: i32,
  csa: i32,
  b: usize,
  rsb: i32,
  csb: i32,
  c: usize,
  ldc: i32,
  accumulate: bool,
  work: usize,
): void {
  const width = tileColumns<T>();
  const nc = columnBlock<T>();
  const edge = work;
  const packedA = work + EDGE_BYTES;
  const packedB = packedA + <usize>packedABytes(MR, min(k, KC), <i32>sizeof<T>());
  const ldcBytes = <usize>ldc * sizeof<T>();
  const stays = m <= IN_PLACE_ROWS || <usize>min(k, KC) * <usize>rsb * sizeof<T>() <= IN_PLACE_BYTES;
  const inPlace = csb == 1 && rsb != 0 && stays;
  for (let j = 0; j < n; j += nc) {
    const columns = min(nc, n - j);
    for (let p = 0; p < k; p += KC) {
      const depth = min(KC, k - p);
      let from = b + (<usize>p * <usize>rsb + <usize>j * <usize>csb) * sizeof<T>();
      let stepB = ROW;
      let panelB = ROW * <usize>depth;
      let narrow = packedB;
      if (inPlace) {
        const whole = columns & -width;
        packB<T>(depth, columns - whole, from + <usize>whole * sizeof<T>(), rsb, csb, packedB);
        stepB = <usize>rsb * sizeof<T>();
        panelB = ROW;
      } else {
        packB<T>(depth, columns, from, rsb, csb, packedB);
        from = packedB;
        narrow += panelB * <usize>(columns / width);
      }
      let rowA = a + <usize>p * <usize>csa * sizeof<T>();
      let to = c + <usize>j * sizeof<T>();
      for (let i = 0; i < m; i += MR) {
        const rows = min(MR, m - i);
        packA<T>(rows, depth, rowA, rsa, csa, packedA);
        sweep<T>(
          rows,
          columns,
          depth,
          alpha,
          packedA,
          from,
          stepB,
          panelB,
          narrow,
          to,
          ldcBytes,
          accumulate || p > 0,
          edge,
          0,
        );
        rowA += <usize>MR * <usize>rsa * sizeof<T>();
        to += <usize>MR * ldcBytes;
      }
    }
  }
}
