// Rows brought down to a greatest norm, in place: embedding's maxNorm. Cost: two passes over every row that is too long.
import { Args, Operand } from "../dispatch/args";
import { DType } from "../tensor/dtype";

function rowNorm<T>(row: usize, n: i32, step: usize, p: f64): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const x = Math.abs(<f64>load<T>(row + <usize>i * step));
    if (p == 2) sum += x * x;
    else if (p == 1) sum += x;
    else if (p == Infinity) sum = Math.max(sum, x);
    else sum += Math.pow(x, p);
  }
  return p == 2 ? Math.sqrt(sum) : p == 1 || p == Infinity ? sum : Math.pow(sum, 1 / p);
}

function renormAs<T>(weight: Operand, index: Operand, limit: f64, p: f64): void {
  const columns = weight.shape(1);
  const step = <usize>weight.stride(1) * sizeof<T>();
  for (let i = 0; i < index.numel; i++) {
    const at = load<i32>(index.data + ((<usize>i) << 3));
    const row = weight.data + <usize>(at * weight.stride(0)) * sizeof<T>();
    const norm = rowNorm<T>(row, columns, step, p);
    if (norm <= limit) continue;
    const scale = <T>(limit / (norm + 1e-7));
    for (let c = 0; c < columns; c++) store<T>(row + <usize>c * step, <T>(load<T>(row + <usize>c * step) * scale));
  }
}

/** Operands: 0 weight [rows, columns], float32 or float64, 1 index int64, contiguous. params: 0 greatest norm, 1 order. */
export function renormRows(args: Args): void {
  const weight = args.operand(0);
  if (weight.dtype == DType.Float64) renormAs<f64>(weight, args.operand(1), args.param(0), args.param(1));
  else renormAs<f32>(weight, args.operand(1), args.param(0), args.param(1));
}
