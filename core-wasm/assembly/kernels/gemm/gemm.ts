// The contraction kernel: C[..., m, n] = alpha * A[..., m, k] B[..., k, n] + beta * S[..., m, n].
// Operand 0 is C, contiguous; 1 is A, 2 is B, any strides (a batch stride of 0 repeats a matrix); 3, if there, is S, any
// strides, and is not read if beta is 0. All have the same dtype (float32, float64, int32, int64) and rank. Param 0 is
// alpha, 1 is beta. The workspace has gemmWorkspace() bytes. 2*m*n*k flops a batch entry.
import { Args, Operand } from "../../dispatch/args";
import { DType } from "../../tensor/dtype";
import { gemmBlocked, gemmBlockedBytes } from "./block";
import { multiplyVector } from "./vector";

/** Up to so many rows, a pass over B per row costs less than packing B. */
const THIN_ROWS: i32 = 2;

/** Bytes of workspace for a product of [m, k] and [k, n], per element size. */
export function gemmWorkspace(m: i32, n: i32, k: i32, size: i32): i32 {
  return m <= THIN_ROWS || n == 1 ? k * size + 64 : gemmBlockedBytes(m, n, k, size);
}

/** One matrix: C = alpha * A B (+ C); strides in elements, C's rows are n apart. */
export function multiply<T>(
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
  accumulate: bool,
  work: usize,
): void {
  if (k == 0) {
    if (!accumulate) memory.fill(c, 0, <usize>m * <usize>n * sizeof<T>());
  } else if (n == 1) {
    multiplyVector<T>(m, k, alpha, a, rsa, csa, b, rsb, c, accumulate, work);
  } else if (m <= THIN_ROWS) {
    for (let i = 0; i < m; i++) {
      const row = a + <usize>i * <usize>rsa * sizeof<T>();
      multiplyVector<T>(n, k, alpha, b, csb, rsb, row, csa, c + <usize>i * <usize>n * sizeof<T>(), accumulate, work);
    }
  } else {
    gemmBlocked<T>(m, n, k, alpha, a, rsa, csa, b, rsb, csb, c, n, accumulate, work);
  }
}

/** C[m, n] = beta * S, any strides of S. */
function scaleInto<T>(m: i32, n: i32, beta: T, s: usize, rowStride: i32, columnStride: i32, c: usize): void {
  const row = <usize>n * sizeof<T>();
  for (let i = 0; i < m; i++) {
    if (columnStride == 1 && beta == <T>1) {
      memory.copy(c, s, row);
    } else {
      let from = s;
      for (let at: usize = 0; at < row; at += sizeof<T>()) {
        store<T>(c + at, <T>(beta * load<T>(from)));
        from += <usize>columnStride * sizeof<T>();
      }
    }
    s += <usize>rowStride * sizeof<T>();
    c += row;
  }
}

/** Elements from the start of `x` to matrix `index` of the batch; the last two dimensions are the matrix. */
function batchOffset(x: Operand, index: i32): isize {
  let offset: isize = 0;
  for (let d = x.ndim - 3; d >= 0; d--) {
    const size = x.shape(d);
    offset += <isize>(index % size) * <isize>x.stride(d);
    index /= size;
  }
  return offset;
}

function run<T>(args: Args): void {
  const c = args.operand(0);
  const a = args.operand(1);
  const b = args.operand(2);
  const rank = c.ndim;
  const m = c.shape(rank - 2);
  const n = c.shape(rank - 1);
  const k = a.shape(rank - 1);
  let batch = 1;
  for (let d = 0; d < rank - 2; d++) batch *= c.shape(d);
  if (batch == 0 || m == 0 || n == 0) return;
  const alpha = <T>args.param(0);
  const beta = <T>args.param(1);
  const accumulate = args.count > 3 && args.param(1) != 0;
  for (let i = 0; i < batch; i++) {
    const to = c.data + <usize>i * <usize>m * <usize>n * sizeof<T>();
    if (accumulate) {
      const s = args.operand(3);
      const from = s.data + <usize>batchOffset(s, i) * sizeof<T>();
      scaleInto<T>(m, n, beta, from, s.stride(rank - 2), s.stride(rank - 1), to);
    }
    multiply<T>(
      m,
      n,
      k,
      alpha,
      a.data + <usize>batchOffset(a, i) * sizeof<T>(),
      a.stride(rank - 2),
      a.stride(rank - 1),
      b.data + <usize>batchOffset(b, i) * sizeof<T>(),
      b.stride(rank - 2),
      b.stride(rank - 1),
      to,
      accumulate,
      args.workspace,
    );
  }
}

export function gemm(args: Args): void {
  switch (args.operand(0).dtype) {
    case DType.Float32:
      return run<f32>(args);
    case DType.Float64:
      return run<f64>(args);
    case DType.Int64:
      return run<i64>(args);
    default:
      return run<i32>(args);
  }
}
