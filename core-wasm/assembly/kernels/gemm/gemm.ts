// The contraction kernel: C[..., m, n] = alpha * A[..., m, k] B[..., k, n] + beta * S[..., m, n].
// Operand 0 is C, contiguous; 1 is A, 2 is B, any strides (a batch stride of 0 repeats a matrix); 3, if there, is S, any
// strides, and is not read if beta is 0. All have the same dtype (float32, float64, int32, int64) and rank. Param 0 is
// alpha, 1 is beta. The workspace has gemmWorkspace() bytes. 2*m*n*k flops a batch entry.
import { Args, Operand } from "../../dispatch/args";
import { DType } from "../../tensor/dtype";
import { gemmBlocked, gemmBlockedBytes } from "./block";
import { multiplyDots } from "./dots";
import { packScalar } from "./pack";
import { multiplyVector } from "./vector";

/** Up to so many rows, a pass over B per row costs less than packing B. */
const FEW_ROWS: i32 = 2;
/** Up to so many rows or columns, a register tile would multiply too much padding. */
const THIN: i32 = 12;
/** Steps of k from which adding up the lanes of a dot product's sum does not count. */
const LONG: i32 = 64;
/** Steps of k, or rows of A, that a thin product rearranges at a time. */
const SPAN: i32 = 4096;

/** Bytes of workspace for a product of [m, k] and [k, n], per element size. */
export function gemmWorkspace(m: i32, n: i32, k: i32, size: i32): i32 {
  const bytes = (m <= FEW_ROWS || n == 1 ? k * size : gemmBlockedBytes(m, n, k, size)) + 128;
  if (n > THIN) return bytes;
  m = min(m, SPAN);
  return n * max(m, min(k, SPAN)) * size + max(bytes, gemmBlockedBytes(n, m, k, size));
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
  const row = <usize>n * sizeof<T>();
  if (k == 0) {
    if (!accumulate) memory.fill(c, 0, <usize>m * row);
  } else if (n == 1) {
    multiplyVector<T>(m, k, alpha, a, rsa, csa, b, rsb, c, accumulate, work);
  } else if (
    isFloat<T>() &&
    m > 1 &&
    csa == 1 &&
    k >= LONG &&
    (rsb == 1 ? min(m, n) <= THIN : n <= THIN && k <= SPAN)
  ) {
    let sums = work;
    let lineB = <usize>csb * sizeof<T>();
    if (rsb != 1) {
      packScalar<T>(k, k, n, b, rsb, csb, work);
      b = work;
      lineB = <usize>k * sizeof<T>();
      sums += <usize>n * lineB;
    }
    const lineA = <usize>rsa * sizeof<T>();
    if (m < n) multiplyDots<T>(m, n, k, alpha, a, lineA, b, lineB, c, row, sizeof<T>(), accumulate, sums);
    else multiplyDots<T>(n, m, k, alpha, b, lineB, a, lineA, c, sizeof<T>(), row, accumulate, sums);
  } else if (m <= FEW_ROWS) {
    for (let i = 0; i < m; i++) {
      const line = a + <usize>i * <usize>rsa * sizeof<T>();
      multiplyVector<T>(n, k, alpha, b, csb, rsb, line, csa, c + <usize>i * row, accumulate, work);
    }
  } else if (n <= THIN && m > THIN && rsa == 1) {
    const blocked = work + <usize>min(m, SPAN) * row;
    for (let i = 0; i < m; i += SPAN) {
      const rows = min(m - i, SPAN);
      gemmBlocked<T>(n, rows, k, alpha, b, csb, rsb, a, csa, 1, work, rows, false, blocked);
      addTransposed<T>(rows, n, work, c, accumulate);
      a += <usize>SPAN * sizeof<T>();
      c += <usize>SPAN * row;
    }
  } else {
    gemmBlocked<T>(m, n, k, alpha, a, rsa, csa, b, rsb, csb, c, n, accumulate, work);
  }
}

/** C[m, n] = X[n, m] transposed, plus C if `accumulate`. */
function addTransposed<T>(m: i32, n: i32, x: usize, c: usize, accumulate: bool): void {
  for (let i = 0; i < m; i++) {
    let from = x + <usize>i * sizeof<T>();
    for (let j = 0; j < n; j++) {
      const value = load<T>(from);
      store<T>(c, accumulate ? <T>(load<T>(c) + value) : value);
      from += <usize>m * sizeof<T>();
      c += sizeof<T>();
    }
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
