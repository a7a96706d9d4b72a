// Derivatives of table look-ups.
import * as ops from "../../gen/ops";
import { paddingRow } from "../../ops/embedding";
import { DType } from "../../tensor/dtype";
import { scalarTensor } from "../../tensor/create";
import { Ints, ints1 } from "../../tensor/ints";
import { Tensor } from "../../tensor/tensor";

export function embeddingBackward(
  grad: Tensor,
  input: Tensor,
  weightShape: Ints,
  paddingIdx: i32,
  scaleGradByFreq: bool,
): Tensor {
  const rows = weightShape.get(0);
  if (scaleGradByFreq) {
    const line = ops.to(ops.reshape(input, ints1(-1)), DType.Int64);
    const counts = ops.to(ops.take(ops.bincount(line, null, rows), ops.to(input, DType.Int64)), grad.dtype);
    grad = ops.div(grad, ops.unsqueeze(counts, -1));
  }
  return ops.embeddingDenseBackward(grad, input, rows, paddingRow(paddingIdx, rows));
}

/** The look-ups of a gradient of the weight's gradient; padding has none. */
export function embeddingDoubleBackward(grad: Tensor, indices: Tensor, padding: i32): Tensor {
  const rows = ops.embedding(indices, grad);
  if (padding < 0) return rows;
  const isPadding = ops.eq(indices, scalarTensor(padding, indices.dtype, indices.device));
  return ops.maskedFill(rows, ops.unsqueeze(isPadding, -1), scalarTensor(0, grad.dtype, grad.device));
}
