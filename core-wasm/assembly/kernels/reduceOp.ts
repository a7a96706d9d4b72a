// The reductions: which there are, and how each is split into a map over elements, an associative combination and a
// finishing step. All four reduction files agree through these tables.

/** What a reduction computes. The codes go into `int(1)` of the reduce kernel's arguments. */
export const enum ReduceOp {
  Sum = 0,
  Mean = 1,
  /** NaN counts as 0 */
  NanSum = 2,
  SumSquares = 3,
  SumAbs = 4,
  /** sqrt(sum(x^2)) */
  Norm2 = 5,
  /** sum(|x|^p)^(1/p), p = param(0) */
  NormP = 6,
  CountNonzero = 7,
  Prod = 8,
  /** NaN if any element is NaN, as torch.amax */
  Max = 9,
  Min = 10,
  MaxAbs = 11,
  MinAbs = 12,
  Any = 13,
  All = 14,
  /** index of the first extremum; NaN counts as the extremum */
  ArgMax = 15,
  ArgMin = 16,
  /** param(0) = correction (1: unbiased) */
  Var = 17,
  Std = 18,
  LogSumExp = 19,
}

export const enum Combine {
  Sum,
  Prod,
  Max,
  Min,
  Arg,
  Moments,
  LogSumExp,
}

export const enum Map {
  None,
  Square,
  Abs,
  PowAbs,
  /** 1 where the element is not 0 */
  Nonzero,
  NanToZero,
}

export function combineOf(op: i32): i32 {
  switch (op) {
    case ReduceOp.Prod:
      return Combine.Prod;
    case ReduceOp.Max:
    case ReduceOp.MaxAbs:
    case ReduceOp.Any:
      return Combine.Max;
    case ReduceOp.Min:
    case ReduceOp.MinAbs:
    case ReduceOp.All:
      return Combine.Min;
    case ReduceOp.ArgMax:
    case ReduceOp.ArgMin:
      return Combine.Arg;
    case ReduceOp.Var:
    case ReduceOp.Std:
      return Combine.Moments;
    case ReduceOp.LogSumExp:
      return Combine.LogSumExp;
    default:
      return Combine.Sum;
  }
}

export function mapOf(op: i32): i32 {
  switch (op) {
    case ReduceOp.NanSum:
      return Map.NanToZero;
    case ReduceOp.SumSquares:
    case ReduceOp.Norm2:
      return Map.Square;
    case ReduceOp.SumAbs:
    case ReduceOp.MaxAbs:
    case ReduceOp.MinAbs:
      return Map.Abs;
    case ReduceOp.NormP:
      return Map.PowAbs;
    case ReduceOp.CountNonzero:
    case ReduceOp.Any:
    case ReduceOp.All:
      return Map.Nonzero;
    default:
      return Map.None;
  }
}

/** Turns the combined value of n elements into the result. */
export function finish(op: i32, value: f64, n: i32, p: f64): f64 {
  switch (op) {
    case ReduceOp.Mean:
      return value / <f64>n;
    case ReduceOp.Norm2:
      return Math.sqrt(value);
    case ReduceOp.NormP:
      return Math.pow(value, 1 / p);
    case ReduceOp.Var:
    case ReduceOp.Std: {
      const degrees = <f64>n - p;
      const variance = value / (degrees > 0 ? degrees : 0);
      return op == ReduceOp.Std ? Math.sqrt(variance) : variance;
    }
    default:
      return value;
  }
}
