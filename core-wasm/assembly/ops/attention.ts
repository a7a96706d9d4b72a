// Scaled dot-product attention, made of products and a softmax, or on a GPU of one kernel that stores no scores.
import { gradEnabled } from "../autograd/mode";
import { args } from "../dispatch/args";
import { Device } from "../dispatch/device";
import { setResult } from "../dispatch/entry";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import * as ops from "../gen/ops";
import { Hidden, MAX_FEATURES } from "../kernels/attention";
import { attentionWorkspace } from "../kernels/attentionBlocks";
import { empty, emptyLike, full, rawContiguous, rawToDType, wrappedNumber } from "../tensor/create";
import { Compute, DType } from "../tensor/dtype";
import { ErrorKind, fail } from "../tensor/error";
import { Ints, ints1, ints2, shapeOf } from "../tensor/ints";
import { Scalar, ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { newTensors } from "../tensor/tensors";
import { rawExpand } from "../tensor/views";

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
  return weightsOf(query, key, mask, isCausal, scaleOf(query, scale));
}

function scaleOf(query: Tensor, scale: Scalar | null): f64 {
  return scale !== null ? scale.f : 1 / Math.sqrt(<f64>query.shape(<i32>query.ndim - 1));
}

export function weightsOf(query: Tensor, key: Tensor, mask: Tensor | null, isCausal: bool, scale: f64): Tensor {
  const scaled = ops.mul(query, wrappedNumber(scale, ScalarKind.Float));
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
  if (dropoutP <= 0 && isTiled(query, key, value, attnMask, isCausal)) {
    const batch = batchOf(query, key, value);
    return ops.tiledAttention(
      inBatch(query, batch),
      inBatch(key, batch),
      inBatch(value, batch),
      attnMask,
      isCausal,
      scaleOf(query, scale),
    );
  }
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

// ---- in one kernel

/** Queries and keys from which on the kernel has work for its threads. */
const FEW: i32 = 8;

/** Whether `t` may be expanded to `shape`, at least in its dims before `end`. */
function expands(t: Tensor, shape: Ints, end: i32): bool {
  const lead = shape.length - <i32>t.ndim;
  if (lead < 0) return false;
  for (let d = lead; d < end; d++) {
    const size = t.shape(d - lead);
    if (size != 1 && size != shape.get(d)) return false;
  }
  return true;
}

/** The common shape of the batch dims, with the queries and a last dim of the keys behind them. */
function batchOf(query: Tensor, key: Tensor, value: Tensor): Ints {
  const shape = shapeOf(query);
  const last = shape.length - 1;
  for (let d = 0; d < last - 1; d++) {
    if (shape.get(d) == 1) shape.set(d, key.shape(d) == 1 ? value.shape(d) : key.shape(d));
  }
  shape.set(last, key.shape(last - 1));
  return shape;
}

/** `t` with the batch dims of `batch`. */
function inBatch(t: Tensor, batch: Ints): Tensor {
  const shape = shapeOf(t);
  let same = true;
  for (let d = 0; d < shape.length - 2; d++) {
    same = same && shape.get(d) == batch.get(d);
    shape.set(d, batch.get(d));
  }
  return same ? t : ops.expand(t, shape);
}

/** Whether the kernel computes this attention. What is wrong with the arguments is left to the other way to say. */
function isTiled(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | null, isCausal: bool): bool {
  const ndim = <i32>query.ndim;
  const dtype = query.dtype;
  if (dtype != DType.Float32 && (query.device != Device.WebGpu || dtype != DType.Float16)) return false;
  if (key.device != query.device || value.device != query.device || key.dtype != dtype || value.dtype != dtype)
    return false;
  if (ndim < 2 || key.ndim != ndim || value.ndim != ndim) return false;
  const features = query.shape(ndim - 1);
  if (key.shape(ndim - 1) != features) return false;
  if (query.device == Device.Cpu) {
    const wantsGradients = gradEnabled() && (query.requiresGrad || key.requiresGrad || value.requiresGrad);
    if (mask !== null || wantsGradients) return false;
  } else if (query.device != Device.WebGpu || max(features, value.shape(ndim - 1)) > MAX_FEATURES) return false;
  if (value.shape(ndim - 2) != key.shape(ndim - 2)) return false;
  if (query.shape(ndim - 2) < FEW || key.shape(ndim - 2) < FEW) return false;
  if (query.numel == 0 || key.numel == 0 || value.numel == 0) return false;
  const batch = batchOf(query, key, value);
  if (!expands(query, batch, ndim - 2) || !expands(key, batch, ndim - 2) || !expands(value, batch, ndim - 2))
    return false;
  if (mask === null) return true;
  if (isCausal || mask.device != query.device || (mask.requiresGrad && gradEnabled())) return false;
  return (mask.dtype == DType.Bool || mask.dtype == dtype) && expands(mask, batch, ndim);
}

/** Adds the mask's operand and sets what the kernel is told; `query` and the others are contiguous. */
function runTiled(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | null, isCausal: bool, scale: f64): void {
  const last = <i32>query.ndim - 1;
  if (mask !== null) addOperand(rawExpand(mask, batchOf(query, key, value)));
  args.setInt(0, query.numel / (query.shape(last - 1) * query.shape(last)));
  args.setInt(1, query.shape(last - 1));
  args.setInt(2, key.shape(last - 1));
  args.setInt(3, query.shape(last));
  args.setInt(4, value.shape(last));
  args.setInt(
    5,
    isCausal ? Hidden.Later : mask === null ? Hidden.None : mask.dtype == DType.Bool ? Hidden.Mask : Hidden.Added,
  );
  args.setParam(0, scale);
  args.compute = Compute.F32;
  if (args.kernel == Kernel.Attention) workspace(attentionWorkspace(args));
  run(query.device);
}

export function tiledAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor | null,
  isCausal: bool,
  scale: f64,
): Tensor {
  const q = rawContiguous(query);
  const k = rawContiguous(key);
  const v = rawContiguous(value);
  const last = <i32>query.ndim - 1;
  const shape = shapeOf(query);
  shape.set(last, value.shape(last));
  const output = empty(shape, query.dtype, query.device);
  shape.set(last, 2);
  const statistics = empty(shape, DType.Float32, query.device);
  begin(Kernel.Attention);
  addOperand(output);
  addOperand(statistics);
  addOperand(q);
  addOperand(k);
  addOperand(v);
  runTiled(q, k, v, mask, isCausal, scale);
  setResult(0, output);
  setResult(1, statistics);
  return output;
}

export function tiledAttentionBackward(
  grad: Tensor,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor | null,
  isCausal: bool,
  scale: f64,
  output: Tensor,
  statistics: Tensor,
): Tensor {
  const g = rawContiguous(rawToDType(grad, query.dtype));
  const q = rawContiguous(query);
  const k = rawContiguous(key);
  const v = rawContiguous(value);
  const product = ops.mul(rawToDType(g, DType.Float32), rawToDType(output, DType.Float32));
  const rows = newTensors(2);
  rows.set(0, statistics);
  rows.set(1, ops.sum(product, ints1(-1), true, DType.Float32));
  const all = ops.cat(rows, -1);
  const gradQuery = emptyLike(q, q.dtype);
  const gradKey = emptyLike(k, k.dtype);
  const gradValue = emptyLike(v, v.dtype);
  begin(Kernel.AttentionBackward);
  addOperand(gradQuery);
  addOperand(gradKey);
  addOperand(gradValue);
  addOperand(g);
  addOperand(q);
  addOperand(k);
  addOperand(v);
  addOperand(all);
  runTiled(q, k, v, mask, isCausal, scale);
  setResult(0, gradQuery);
  setResult(1, gradKey);
  setResult(2, gradValue);
  return gradQuery;
}
