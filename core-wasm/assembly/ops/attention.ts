// Scaled dot-product attention, made of products and a softmax.
import { setResult } from "../dispatch/entry";
import * as ops from "../gen/ops";
import { full, wrappedNumber } from "../tensor/create";
import { DType } from "../tensor/dtype";
import { ErrorKind, fail } from "../tensor/error";
import { ints2 } from "../tensor/ints";
import { Scalar, ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";

/** The weights: softmax of scaled and masked products of queries and keys. */
function attentionWeights(
  query: Tensor,
  key: Tensor,
  mask: Tensor | null,
  isCausal: bool,
  scale: Scalar | null,
): Tensor {
  if (query.ndim < 2 || key.ndim < 2) {
    fail(ErrorKind.Runtime, "scaled_dot_product_attention: expected query, key and value of at least 2 dimensions");
  }
  if (mask !== null && isCausal) {
    fail(ErrorKind.Runtime, "scaled_dot_product_attention: explicit attn_mask should not be set when is_causal=True");
  }
  const features = query.shape(<i32>query.ndim - 1);
  const factor = scale !== null ? scale.f : 1 / Math.sqrt(<f64>features);
  const scaled = ops.mul(query, wrappedNumber(factor, ScalarKind.Float));
  let scores = ops.matmul(scaled, ops.transpose(key, -2, -1));
  const never = wrappedNumber(-Infinity, ScalarKind.Float);
  if (isCausal) {
    const square = ints2(query.shape(<i32>query.ndim - 2), key.shape(<i32>key.ndim - 2));
    scores = ops.maskedFill(scores, ops.triu(full(square, 1, DType.Bool, query.device), 1), never);
  } else if (mask !== null) {
    if (mask.dtype == DType.Bool) scores = ops.maskedFill(scores, ops.logicalNot(mask), never);
    else scores = ops.add(scores, mask);
  }
  return ops.softmax(scores, -1);
}

export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  attnMask: Tensor | null,
  dropoutP: f64,
  isCausal: bool,
  scale: Scalar | null,
): Tensor {
  let weights = attentionWeights(query, key, attnMask, isCausal, scale);
  if (dropoutP > 0) weights = ops.dropout(weights, dropoutP, true);
  return ops.matmul(weights, value);
}

/** The form of PyTorch 1.13, which also gives the weights. */
export function attentionAndWeights(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  attnMask: Tensor | null,
  dropoutP: f64,
  _needAttnWeights: bool,
  isCausal: bool,
): Tensor {
  let weights = attentionWeights(query, key, attnMask, isCausal, null);
  if (dropoutP > 0) weights = ops.dropout(weights, dropoutP, true);
  const output = ops.matmul(weights, value);
  setResult(0, output);
  setResult(1, weights);
  return output;
}
