// The grid of an affine map, for gridSample.
import * as ops from "../gen/ops";
import { full, wrappedNumber, zeros } from "../tensor/create";
import { isFloating } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgInts, msgShape, raise } from "../tensor/error";
import { Ints, ints1, ints2, newInts } from "../tensor/ints";
import { ScalarKind, intScalar } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { newTensors } from "../tensor/tensors";

/** The places of `n` elements between -1 and 1: the corners' centres, or with `align` their outer points, lie at the ends. */
function places(n: i32, align: bool, theta: Tensor): Tensor {
  if (n <= 1) return zeros(ints1(n), theta.dtype, theta.device);
  const line = ops.linspace(intScalar(-1), intScalar(1), n, theta.dtype, theta.device);
  return align ? line : ops.mul(line, wrappedNumber(<f64>(n - 1) / <f64>n, ScalarKind.Float));
}

export function affineGrid(theta: Tensor, size: Ints, alignCorners: i32): Tensor {
  if (!isFloating(theta.dtype)) {
    fail(ErrorKind.Value, "Expected theta to have floating point type, but got an integral one");
  }
  const rank = size.length - 2;
  const fits = rank == 2 || rank == 3;
  if (
    !fits ||
    theta.ndim != 3 ||
    theta.shape(1) != rank ||
    theta.shape(2) != rank + 1 ||
    theta.shape(0) != size.get(0)
  ) {
    msg(
      "Expected a batch of affine matrices of shape Nx2x3 for a size of 4 numbers, or Nx3x4 for one of 5. Got theta of shape ",
    );
    msgShape(theta);
    msg(" for size ");
    msgInts(size);
    msg(".");
    raise(ErrorKind.Value);
  }
  const align = alignCorners == 1;
  const spatial = newInts(rank);
  let count = 1;
  for (let i = 0; i < rank; i++) {
    spatial.set(i, size.get(i + 2));
    count *= spatial.get(i);
  }
  // x comes first, the last dim
  const coordinates = newTensors(rank + 1);
  for (let i = 0; i < rank; i++) {
    const dim = rank - 1 - i;
    const shape = newInts(rank);
    for (let d = 0; d < rank; d++) shape.set(d, d == dim ? spatial.get(dim) : 1);
    coordinates.set(i, ops.expand(ops.view(places(spatial.get(dim), align, theta), shape), spatial, false));
  }
  coordinates.set(rank, full(spatial, 1, theta.dtype, theta.device));
  const base = ops.reshape(ops.stack(coordinates, -1), ints2(count, rank + 1));
  const grid = ops.matmul(base, ops.transpose(theta, 1, 2));
  const shape = newInts(rank + 2);
  shape.set(0, size.get(0));
  for (let i = 0; i < rank; i++) shape.set(i + 1, spatial.get(i));
  shape.set(rank + 1, rank);
  return ops.view(grid, shape);
}
