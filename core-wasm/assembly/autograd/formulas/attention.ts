// The derivative of attention in one kernel: by such a kernel too, or recorded, made of ops that can be differentiated again.
import { resultAt } from "../../dispatch/entry";
import * as ops from "../../gen/ops";
import { weightsOf } from "../../ops/attention";
import { NO_DTYPE } from "../../tensor/dtype";
import { ints1 } from "../../tensor/ints";
import { Tensor } from "../../tensor/tensor";
import { newTensors, Tensors } from "../../tensor/tensors";
import { gradEnabled } from "../mode";
import { number } from "./reductions";

export function attentionGradients(
  grad: Tensor,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor | null,
  isCausal: bool,
  scale: f64,
  output: Tensor,
  statistics: Tensor,
): Tensors {
  const list = newTensors(3);
  if (!gradEnabled()) {
    ops.tiledAttentionBackward(grad, query, key, value, mask, isCausal, scale, output, statistics);
    for (let i = 0; i < 3; i++) list.set(i, resultAt(i));
    return list;
  }
  const weights = weightsOf(query, key, mask, isCausal, scale);
  const gradWeights = ops.matmul(grad, ops.transpose(value, -2, -1));
  const weighted = ops.mul(weights, gradWeights);
  let slopes = ops.sub(weighted, ops.mul(weights, ops.sum(weighted, ints1(-1), true, NO_DTYPE)));
  slopes = ops.mul(slopes, number(scale));
  list.set(0, ops.matmul(slopes, key));
  list.set(1, ops.matmul(ops.transpose(slopes, -2, -1), query));
  list.set(2, ops.matmul(ops.transpose(weights, -2, -1), grad));
  return list;
}
