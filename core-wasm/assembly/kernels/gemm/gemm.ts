// The contraction kernel: C[..., m, n] = alpha * A[..., m, k] B[..., k, n] + beta * S[..., m, n].
// Operand 0 is C, contiguous; 1 is A, 2 is B, any strides (a batch stride of 0 repeats a matrix); 3, if there, is S, any
// strides, and is not read if beta is 0. All have the same dtype (float32, float64, int32, int64) and rank. Param 0 is
// alpha, 1 is beta. The workspace has gemmWorkspace() bytes. 2*m*n*k flops a batch entry.
import { Args, Operand } from "../../dispatch/args";
import { DType } from "../../tensor/dtype";
import { gemmBlocked, gemmBlockedBytes, roundUp } from "./block";
import { multiplyDots } from "./dots";
import { packScalar } from "./pack";
import { isByLines, linesBytes, mayBeByLines, multiplyByLines } from "./lines";
import { MR } from "./tile";
import { multiplyVector } from "./vector";

/** Up to so many rows, a pass over B per row costs less than packing B. */
const FEW_ROWS: i32 = 2;
/** Up to so many rows or columns, a register tile would multiply too much padding. */
const THIN: i32 = 12;
/** Steps of k from which adding up the lanes of a dot product's sum does not count. */
const LONG: i32 = 64;
/** Columns that stay on one thread: whole register tiles of either dtype. */
const PANEL: i32 = 16;
/** Steps of k, or rows of A, that a thin product rearranges at a time. */
const SPAN: i32 = 4096;

/** Bytes of workspace for a product of [m, k] and [k, n], per element size. */
export function gemmWorkspace(m: i32, n: i32, k: i32, size: i32): i32 {
  let bytes = (m <= FEW_ROWS || n == 1 ? k * size : gemmBlockedBytes(m, n, k, size)) + 128;
  if (mayBeByLines(m, n, k)) bytes = max(bytes, linesBytes(min(m, n), k, size));
  if (n > THIN) return bytes;
  m = min(m, SPAN);
  return n * max(m, min(k, SPAN)) * size + max(bytes, gemmBlockedBytes(n, m, k, size));
}

/** Dot products of rows of A with columns of B, for a result of few rows or columns. */
// @ts-ignore: decorator
@inline function isDots<T>(m: i32, n: i32, k: i32, csa: i32, rsb: i32): bool {
  return isFloat<T>() && m > 1 && csa == 1 && k >= LONG && (rsb == 1 ? min(m, n) <= THIN : n <= THIN && k <= SPAN);
}

/** A narrow result whose transpose suits the register tile. */
// @ts-ignore: decorator
@inline function isThin(m: i32, n: i32, rsa: i32): bool {
  return n <= THIN && m > THIN && rsa == 1;
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
  } else if (isDots<T>(m, n, k, csa, rsb)) {
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
  } else if (isThin(m, n, rsa)) {
    const blocked = work + <usize>min(m, SPAN) * row;
    for (let i = 0; i < m; i += SPAN) {
      const rows = min(m - i, SPAN);
      gemmBlocked<T>(n, rows, k, alpha, b, csb, rsb, a, csa, 1, work, rows, false, blocked);
      addTransposed<T>(rows, n, work, c, accumulate);
      a += <usize>SPAN * sizeof<T>();
      c += <usize>SPAN * row;
    }
  } else {
    multiplyFull<T>(
      isByLines<T>(m, n, k, csa, rsb),
      m < n,
      m,
      n,
      k,
      alpha,
      a,
      rsa,
      csa,
      b,
      rsb,
      csb,
      c,
      n,
      accumulate,
      work,
    );
  }
}

/** A product, or a part of one, of which the whole is computed `byLines` or blocked; of `fewRows` the lines are B's columns. */
function multiplyFull<T>(
  byLines: bool,
  fewRows: bool,
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
  if (isFloat<T>()) {
    if (byLines) {
      const row = <usize>ldc * sizeof<T>();
      const lineA = <usize>rsa * sizeof<T>();
      const lineB = <usize>csb * sizeof<T>();
      if (fewRows) multiplyByLines<T>(n, m, k, alpha, b, lineB, a, csa, rsa, c, sizeof<T>(), row, accumulate, work);
      else multiplyByLines<T>(m, n, k, alpha, a, lineA, b, rsb, csb, c, row, sizeof<T>(), accumulate, work);
      return;
    }
  }
  gemmBlocked<T>(m, n, k, alpha, a, rsa, csa, b, rsb, csb, c, ldc, accumulate, work);
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

/** C[m, n] = beta * S, any strides of S; rows of C are `ldc` elements apart. */
function scaleInto<T>(m: i32, n: i32, beta: T, s: usize, rowStride: i32, columnStride: i32, c: usize, ldc: i32): void {
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
    c += <usize>ldc * sizeof<T>();
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

/** Matrices in the batch. */
function batchOf(c: Operand): i32 {
  let batch = 1;
  for (let d = 0; d < c.ndim - 2; d++) batch *= c.shape(d);
  return batch;
}

/** Products [begin, end) of the batch. */
function run<T>(args: Args, begin: i32, end: i32, work: usize): void {
  const c = args.operand(0);
  const a = args.operand(1);
  const b = args.operand(2);
  const rank = c.ndim;
  const m = c.shape(rank - 2);
  const n = c.shape(rank - 1);
  const k = a.shape(rank - 1);
  if (m == 0 || n == 0) return;
  const alpha = <T>args.param(0);
  const beta = <T>args.param(1);
  const accumulate = args.count > 3 && args.param(1) != 0;
  for (let i = begin; i < end; i++) {
    const to = c.data + <usize>i * <usize>m * <usize>n * sizeof<T>();
    if (accumulate) {
      const s = args.operand(3);
      const from = s.data + <usize>batchOffset(s, i) * sizeof<T>();
      scaleInto<T>(m, n, beta, from, s.stride(rank - 2), s.stride(rank - 1), to, n);
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
      work,
    );
  }
}

function runTyped(args: Args, begin: i32, end: i32, work: usize): void {
  switch (args.operand(0).dtype) {
    case DType.Float32:
      return run<f32>(args, begin, end, work);
    case DType.Float64:
      return run<f64>(args, begin, end, work);
    case DType.Int64:
      return run<i64>(args, begin, end, work);
    default:
      return run<i32>(args, begin, end, work);
  }
}

export function gemm(args: Args): void {
  runTyped(args, 0, batchOf(args.operand(0)), args.workspace);
}

/**
 * Units of work that threads may do apart: products of a batch; else, of one product of floats by the register tile, panels of
 * columns or of rows, whichever are more. 0 where there are none.
 */
export function gemmUnits(args: Args): i32 {
  const c = args.operand(0);
  const a = args.operand(1);
  const batch = batchOf(c);
  if (batch != 1) return batch;
  const dtype = c.dtype;
  if (dtype != DType.Float32 && dtype != DType.Float64) return 0;
  const rank = c.ndim;
  const m = c.shape(rank - 2);
  const n = c.shape(rank - 1);
  const k = a.shape(rank - 1);
  if (k == 0 || n == 1 || m <= FEW_ROWS || isThin(m, n, a.stride(rank - 2))) return 0;
  if (isDots<f32>(m, n, k, a.stride(rank - 1), args.operand(2).stride(rank - 2))) return 0;
  return n >= m ? roundUp(n, PANEL) / PANEL : roundUp(m, MR) / MR;
}

/** Units [begin, end) of those. */
export function gemmPart(args: Args, begin: i32, end: i32, work: usize): void {
  const c = args.operand(0);
  if (batchOf(c) != 1) runTyped(args, begin, end, work);
  else if (c.dtype == DType.Float32) part<f32>(args, begin, end, work);
  else part<f64>(args, begin, end, work);
}

/** Panels of one product: columns of C and B, or rows of C and A. */
function part<T>(args: Args, begin: i32, end: i32, work: usize): void {
  const c = args.operand(0);
  const a = args.operand(1);
  const b = args.operand(2);
  const inner = c.ndim - 1;
  const m = c.shape(inner - 1);
  const n = c.shape(inner);
  const k = a.shape(inner);
  const byColumns = n >= m;
  const row = byColumns ? 0 : begin * MR;
  const rows = byColumns ? m : min(m, end * MR) - row;
  const column = byColumns ? begin * PANEL : 0;
  const columns = byColumns ? min(n, end * PANEL) - column : n;
  const to = c.data + (<usize>row * <usize>n + <usize>column) * sizeof<T>();
  const accumulate = args.count > 3 && args.param(1) != 0;
  if (accumulate) {
    const s = args.operand(3);
    const rowStride = s.stride(inner - 1);
    const columnStride = s.stride(inner);
    const from = s.data + (<usize>row * <usize>rowStride + <usize>column * <usize>columnStride) * sizeof<T>();
    scaleInto<T>(rows, columns, <T>args.param(1), from, rowStride, columnStride, to, n);
  }
  multiplyFull<T>(
    isByLines<T>(m, n, k, a.stride(inner), b.stride(inner - 1)),
    m < n,
    rows,
    columns,
    k,
    <T>args.param(0),
    a.data + <usize>row * <usize>a.stride(inner - 1) * sizeof<T>(),
    a.stride(inner - 1),
    a.stride(inner),
    b.data + <usize>column * <usize>b.stride(inner) * sizeof<T>(),
    b.stride(inner - 1),
    b.stride(inner),
    to,
    n,
    accumulate,
    work,
  );
}
