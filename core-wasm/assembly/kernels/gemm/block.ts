// Cache blocking of C = alpha * A B (+ C), after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication":
// a KC x NC block of B is packed once and stays in the outer cache, an MC x KC block of A stays in L2, and one panel of B
// (KC x NR, 8 KiB) in L1 meets every panel of A. 2*m*n*k flops; memory-bound only when one of m, n is small.
import { packA, packB } from "./pack";
import { MR, tile, tileColumns } from "./tile";

/** Rows of A per block; a multiple of MR in both builds. */
// @ts-ignore: decorator
@inline export const MC: i32 = 96;
/** Steps of k per block. */
// @ts-ignore: decorator
@inline export const KC: i32 = 256;
/** Bytes of a row of the packed block of B: 1024 float32 columns. */
// @ts-ignore: decorator
@inline export const NC_BYTES: i32 = 4096;

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
  return <i32>EDGE_BYTES + packedABytes(min(m, MC), kc, size) + packedBBytes(kc, min(n, NC_BYTES / size), size);
}

/** A packed block of A times a packed block of B into C[m, n]; `ldc` in bytes; `edge` has room for one tile. */
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
): void {
  const width = tileColumns<T>();
  const panelA = <usize>MR * <usize>k * sizeof<T>();
  const panelB = (<usize>k) << 5;
  for (let j = 0; j < n; j += width) {
    const columns = min(width, n - j);
    let pa = a;
    let pc = c;
    for (let i = 0; i < m; i += MR) {
      const rows = min(MR, m - i);
      if (columns == width) {
        tile<T>(k, pa, b, pc, ldc, alpha, rows, accumulate);
      } else {
        tile<T>(k, pa, b, edge, 32, alpha, rows, false);
        for (let r = 0; r < rows; r++) {
          const from = edge + <usize>r * 32;
          const to = pc + <usize>r * ldc;
          for (let q = 0; q < columns; q++) {
            const at = <usize>q * sizeof<T>();
            const value = load<T>(from + at);
            store<T>(to + at, accumulate ? load<T>(to + at) + value : value);
          }
        }
      }
      pa += panelA;
      pc += <usize>MR * ldc;
    }
    b += panelB;
    c += 32;
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
  const nc = columnBlock<T>();
  const edge = work;
  const packedA = work + EDGE_BYTES;
  const packedB = packedA + <usize>packedABytes(min(m, MC), min(k, KC), <i32>sizeof<T>());
  const ldcBytes = <usize>ldc * sizeof<T>();
  for (let j = 0; j < n; j += nc) {
    const columns = min(nc, n - j);
    for (let p = 0; p < k; p += KC) {
      const depth = min(KC, k - p);
      packB<T>(depth, columns, b + (<usize>p * <usize>rsb + <usize>j * <usize>csb) * sizeof<T>(), rsb, csb, packedB);
      for (let i = 0; i < m; i += MC) {
        const rows = min(MC, m - i);
        packA<T>(rows, depth, a + (<usize>i * <usize>rsa + <usize>p * <usize>csa) * sizeof<T>(), rsa, csa, packedA);
        const to = c + <usize>i * ldcBytes + <usize>j * sizeof<T>();
        multiplyPacked<T>(rows, columns, depth, alpha, packedA, packedB, to, ldcBytes, accumulate || p > 0, edge);
      }
    }
  }
}
