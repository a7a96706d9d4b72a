// Distances between all rows of two matrices, and between two tensors.
import * as ops from "../gen/ops";
import { wrappedNumber } from "../tensor/create";
import { isFloating } from "../tensor/dtype";
import { ErrorKind, cppTypeName, fail, msg, msgInt, raise } from "../tensor/error";
import { ints1 } from "../tensor/ints";
import { ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";

/** Above so many rows, "if necessary" takes squared distances from products, which need no tensor of all differences. */
const PRODUCT_ROWS: i32 = 25;

const enum Mode {
  IfNecessary = 0,
  Product = 1,
  Differences = 2,
}

export function cdist(x1: Tensor, x2: Tensor, p: f64, computeMode: i32): Tensor {
  checkFloat(x1, "X1");
  checkFloat(x2, "X2");
  const n1 = <i32>x1.ndim;
  const n2 = <i32>x2.ndim;
  if (n1 < 2) fail(ErrorKind.Runtime, "cdist only supports at least 2D tensors, X1 got: 1D");
  if (n2 < 2) fail(ErrorKind.Runtime, "cdist only supports at least 2D tensors, X2 got: 1D");
  if (x1.shape(n1 - 1) != x2.shape(n2 - 1)) {
    msg("X1 and X2 must have the same number of columns. X1: ");
    msgInt(x1.shape(n1 - 1));
    msg(" X2: ");
    msgInt(x2.shape(n2 - 1));
    raise(ErrorKind.Runtime);
  }
  if (!(p >= 0)) fail(ErrorKind.Runtime, "cdist only supports non-negative p values");
  const many = x1.shape(n1 - 2) > PRODUCT_ROWS || x2.shape(n2 - 2) > PRODUCT_ROWS;
  if (p == 2 && (computeMode == Mode.Product || (computeMode == Mode.IfNecessary && many))) return euclidean(x1, x2);
  const differences = ops.sub(ops.unsqueeze(x1, -2), ops.unsqueeze(x2, -3));
  return ops.norm(differences, p, ints1(-1), false);
}

/** |a - b|² = |a|² + |b|² - 2 a b, kept off zero, where the root has no slope. */
function euclidean(x1: Tensor, x2: Tensor): Tensor {
  const squares1 = ops.sum(ops.mul(x1, x1), ints1(-1), true);
  const squares2 = ops.transpose(ops.sum(ops.mul(x2, x2), ints1(-1), true), -2, -1);
  const products = ops.matmul(ops.mul(x1, wrappedNumber(-2, ScalarKind.Float)), ops.transpose(x2, -2, -1));
  const squared = ops.add(ops.add(products, squares1), squares2);
  return ops.sqrt(ops.clampMin(squared, wrappedNumber(1e-30, ScalarKind.Float)));
}

function checkFloat(x: Tensor, name: string): void {
  if (isFloating(x.dtype)) return;
  msg("cdist only supports floating-point dtypes, ");
  msg(name);
  msg(" got: ");
  msg(cppTypeName(x.dtype));
  raise(ErrorKind.Runtime);
}

export function dist(input: Tensor, other: Tensor, p: f64): Tensor {
  return ops.norm(ops.sub(input, other), p, null, false);
}
