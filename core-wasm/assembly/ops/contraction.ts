// The matmul family that is made of other products.
import { MAX_DIMS } from "../dispatch/args";
import * as ops from "../gen/ops";
import { wrapped, wrappedInt, zeros } from "../tensor/create";
import { DType, isIntegral } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgInt, msgShape, raise } from "../tensor/error";
import { Ints, ints1, ints2, ints3, newInts, shapeOf } from "../tensor/ints";
import { Scalar, ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { Tensors } from "../tensor/tensors";

function last(t: Tensor): i32 {
  return t.shape(<i32>t.ndim - 1);
}

/** The product of all sizes but the last `tail`. */
function leading(t: Tensor, tail: i32): i32 {
  let n = 1;
  for (let i = 0; i < <i32>t.ndim - tail; i++) n *= t.shape(i);
  return n;
}

export function matmul(input: Tensor, other: Tensor): Tensor {
  const a = <i32>input.ndim;
  const b = <i32>other.ndim;
  if (a == 0 || b == 0) {
    msg("both arguments to matmul need to be at least 1D, but they are ");
    msgInt(a);
    msg("D and ");
    msgInt(b);
    msg("D");
    raise(ErrorKind.Runtime);
  }
  if (b == 1) {
    if (a == 1) return ops.dot(input, other);
    if (a == 2) return ops.mv(input, other);
    // rows of all leading dims at once
    const shape = newInts(a - 1);
    for (let i = 0; i < a - 1; i++) shape.set(i, input.shape(i));
    return ops.reshape(ops.mv(ops.reshape(input, ints2(leading(input, 1), last(input))), other), shape);
  }
  if (a == 1) {
    if (b == 2) return ops.squeeze(ops.mm(ops.unsqueeze(input, 0), other), 0);
    return ops.squeeze(ops.batchMatmul(ops.unsqueeze(input, 0), other), -2);
  }
  if (b == 2) {
    if (a == 2) return ops.mm(input, other);
    const shape = shapeOf(input);
    shape.set(a - 1, other.shape(1));
    return ops.reshape(ops.mm(ops.reshape(input, ints2(leading(input, 1), last(input))), other), shape);
  }
  return ops.batchMatmul(input, other);
}

export function linear(input: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  if (weight.ndim == 2 && input.ndim > 0) return ops.linearRows(input, weight, bias);
  const result = ops.matmul(input, ops.t(weight));
  return bias === null ? result : ops.add(result, bias);
}

export function outer(input: Tensor, vec2: Tensor): Tensor {
  if (input.ndim != 1 || vec2.ndim != 1) {
    const which = input.ndim != 1;
    msg(which ? "outer: Expected 1-D argument self, but got " : "outer: Expected 1-D argument vec2, but got ");
    msgInt(which ? <i32>input.ndim : <i32>vec2.ndim);
    msg("-D");
    raise(ErrorKind.Runtime);
  }
  return ops.mul(ops.unsqueeze(input, 1), vec2);
}

export function inner(input: Tensor, other: Tensor): Tensor {
  if (input.ndim == 0 || other.ndim == 0) return ops.mul(input, other);
  if (last(input) != last(other)) {
    msg("inner() the last dimension must match on both input tensors but got shapes ");
    msgShape(input);
    msg(" and ");
    msgShape(other);
    raise(ErrorKind.Runtime);
  }
  if (input.ndim == 1 && other.ndim == 1) return ops.dot(input, other);
  const k = last(input);
  const a = ops.reshape(input, ints2(leading(input, 1), k));
  const b = ops.reshape(other, ints2(leading(other, 1), k));
  const shape = newInts(<i32>input.ndim + <i32>other.ndim - 2);
  let at = 0;
  for (let i = 0; i < <i32>input.ndim - 1; i++) shape.set(at++, input.shape(i));
  for (let i = 0; i < <i32>other.ndim - 1; i++) shape.set(at++, other.shape(i));
  return ops.reshape(ops.mm(a, ops.transpose(b, 0, 1)), shape);
}

/** `t` times a plain number; `t` itself if that is 1. */
function scaled(t: Tensor, s: Scalar): Tensor {
  if (s.f == 1) return t;
  // integers are scaled by the number's integral part, as the kernels of the other products do
  return isIntegral(t.dtype, false) ? ops.mul(t, wrappedInt(s.i)) : ops.mul(t, wrapped(s));
}

export function addr(input: Tensor, vec1: Tensor, vec2: Tensor, beta: Scalar, alpha: Scalar): Tensor {
  if (vec1.ndim != 1 || vec2.ndim != 1) {
    const which = vec1.ndim != 1;
    msg(which ? "addr: Expected 1-D argument vec1, but got " : "addr: Expected 1-D argument vec2, but got ");
    msgInt(which ? <i32>vec1.ndim : <i32>vec2.ndim);
    msg("-D");
    raise(ErrorKind.Runtime);
  }
  if (isIntegral(input.dtype, true) && isIntegral(vec1.dtype, true) && isIntegral(vec2.dtype, true)) {
    if (beta.kind == ScalarKind.Float) {
      fail(ErrorKind.Runtime, "For integral input tensors, argument beta must not be a floating point number.");
    }
    if (alpha.kind == ScalarKind.Float) {
      fail(ErrorKind.Runtime, "For integral input tensors, argument alpha must not be a floating point number.");
    }
  }
  const size = ints2(vec1.shape(0), vec2.shape(0));
  const spread = ops.expand(input, size, false);
  const product = ops.outer(vec1, vec2);
  if (product.dtype == DType.Bool && input.dtype == DType.Bool) {
    const right = alpha.f != 0 ? product : zeros(size, DType.Bool, product.device);
    return beta.f != 0 ? ops.add(spread, right) : ops.clone(right);
  }
  const right = scaled(product, alpha);
  return beta.f == 0 ? right : ops.add(scaled(spread, beta), right);
}

/** The sum over the batch is one more contracted dim: a product of [n, batch * m] and [batch * m, p]. */
export function addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, beta: Scalar, alpha: Scalar): Tensor {
  if (batch1.ndim != 3) fail(ErrorKind.Runtime, "batch1 must be a 3D tensor");
  if (batch2.ndim != 3) fail(ErrorKind.Runtime, "batch2 must be a 3D tensor");
  if (batch1.shape(0) != batch2.shape(0)) {
    msg("batch1 and batch2 must have same number of batches, got ");
    msgInt(batch1.shape(0));
    msg(" and ");
    msgInt(batch2.shape(0));
    raise(ErrorKind.Runtime);
  }
  if (batch1.shape(2) != batch2.shape(1)) {
    msg("Incompatible matrix sizes for bmm (");
    msgInt(batch1.shape(1));
    msg("x");
    msgInt(batch1.shape(2));
    msg(" and ");
    msgInt(batch2.shape(1));
    msg("x");
    msgInt(batch2.shape(2));
    msg(")");
    raise(ErrorKind.Runtime);
  }
  const depth = batch1.shape(0) * batch1.shape(2);
  const a = ops.reshape(ops.permute(batch1, ints3(1, 0, 2)), ints2(batch1.shape(1), depth));
  return ops.addmm(input, a, ops.reshape(batch2, ints2(depth, batch2.shape(2))), beta, alpha);
}

export function bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  if (input1.ndim != input2.ndim) {
    msg("bilinear(): input dimensions do not match: got ");
    msgInt(input1.ndim);
    msg(" and ");
    msgInt(input2.ndim);
    raise(ErrorKind.Runtime);
  }
  for (let i = 0; i < <i32>input1.ndim - 1; i++) {
    if (input1.shape(i) == input2.shape(i)) continue;
    msg("bilinear(): input batch dimensions do not match at dim ");
    msgInt(i);
    msg(": got ");
    msgInt(input1.shape(i));
    msg(" and ");
    msgInt(input2.shape(i));
    raise(ErrorKind.Runtime);
  }
  checkBilinearSize(1, input1, weight);
  checkBilinearSize(2, input2, weight);
  const n = leading(input1, 1);
  const out = weight.shape(0);
  const left = weight.shape(1);
  const right = weight.shape(2);
  const w = ops.reshape(ops.permute(weight, ints3(1, 0, 2)), ints2(left, out * right));
  const half = ops.reshape(ops.mm(ops.reshape(input1, ints2(n, left)), w), ints3(n, out, right));
  const full = ops.bmm(half, ops.reshape(input2, ints3(n, right, 1)));
  const shape = shapeOf(input1);
  shape.set(shape.length - 1, out);
  const result = ops.reshape(full, shape);
  return bias === null ? result : ops.add(result, bias);
}

function checkBilinearSize(which: i32, input: Tensor, weight: Tensor): void {
  if (weight.ndim == 3 && last(input) == weight.shape(which)) return;
  msg("bilinear(): input");
  msgInt(which);
  msg(" size does not match weight size: got ");
  msgInt(last(input));
  msg(" but expected ");
  msgInt(weight.ndim == 3 ? weight.shape(which) : 0);
  raise(ErrorKind.Runtime);
}

/** Contracts `dims1` of input with `dims2` of other; the rest stay in order. */
export function tensordot(input: Tensor, other: Tensor, dims1: Ints, dims2: Ints): Tensor {
  if (dims1.length != dims2.length) {
    fail(ErrorKind.Runtime, "both dimension lists should have same length");
  }
  let depth = 1;
  for (let i = 0; i < dims1.length; i++) {
    const d1 = position(dims1.get(i), input);
    const d2 = position(dims2.get(i), other);
    const s1 = input.shape(d1);
    const s2 = other.shape(d2);
    if (s1 == s2) {
      depth *= s1;
    } else if (s1 == 1) {
      other = ops.sum(other, ints1(d2), true, other.dtype);
    } else if (s2 == 1) {
      input = ops.sum(input, ints1(d1), true, input.dtype);
    } else {
      msg("contracted dimensions need to match, but first has size ");
      msgInt(s1);
      msg(" in dim ");
      msgInt(dims1.get(i));
      msg(" and second has size ");
      msgInt(s2);
      msg(" in dim ");
      msgInt(dims2.get(i));
      raise(ErrorKind.Runtime);
    }
  }
  const free1 = freeDims(input, dims1);
  const free2 = freeDims(other, dims2);
  const shape = newInts(free1.length + free2.length);
  const order1 = newInts(input.ndim);
  const order2 = newInts(other.ndim);
  let rows = 1;
  let columns = 1;
  for (let i = 0; i < free1.length; i++) {
    order1.set(i, free1.get(i));
    shape.set(i, input.shape(free1.get(i)));
    rows *= shape.get(i);
  }
  for (let i = 0; i < dims1.length; i++) {
    order1.set(free1.length + i, position(dims1.get(i), input));
    order2.set(i, position(dims2.get(i), other));
  }
  for (let i = 0; i < free2.length; i++) {
    order2.set(dims2.length + i, free2.get(i));
    shape.set(free1.length + i, other.shape(free2.get(i)));
    columns *= other.shape(free2.get(i));
  }
  const a = ops.reshape(ops.permute(input, order1), ints2(rows, depth));
  const b = ops.reshape(ops.permute(other, order2), ints2(depth, columns));
  return ops.reshape(ops.mm(a, b), shape);
}

function position(dim: i32, t: Tensor): i32 {
  const ndim = <i32>t.ndim;
  if (dim < -ndim || dim >= ndim) {
    msg("Dimension out of range (expected to be in range of [");
    msgInt(-ndim);
    msg(", ");
    msgInt(ndim - 1);
    msg("], but got ");
    msgInt(dim);
    msg(")");
    raise(ErrorKind.Index);
  }
  return dim < 0 ? dim + ndim : dim;
}

function freeDims(t: Tensor, dims: Ints): Ints {
  let set: u32 = 0;
  for (let i = 0; i < dims.length; i++) {
    const dim = position(dims.get(i), t);
    if (set & (1 << dim)) {
      msg("dim ");
      msgInt(dim);
      msg(" appears multiple times in the list of dims");
      raise(ErrorKind.Runtime);
    }
    set |= 1 << dim;
  }
  const free = newInts(<i32>t.ndim - dims.length);
  let at = 0;
  for (let i = 0; i < <i32>t.ndim; i++) if (!(set & (1 << i))) free.set(at++, i);
  return free;
}

export function kron(input: Tensor, other: Tensor): Tensor {
  const rank = max(<i32>input.ndim, <i32>other.ndim);
  const a = newInts(2 * rank);
  const b = newInts(2 * rank);
  const shape = newInts(rank);
  for (let i = 0; i < rank; i++) {
    const da = i - (rank - <i32>input.ndim);
    const db = i - (rank - <i32>other.ndim);
    a.set(2 * i, da < 0 ? 1 : input.shape(da));
    a.set(2 * i + 1, 1);
    b.set(2 * i, 1);
    b.set(2 * i + 1, db < 0 ? 1 : other.shape(db));
    shape.set(i, a.get(2 * i) * b.get(2 * i + 1));
  }
  // the product has twice as many dims as the operands
  if (2 * rank <= MAX_DIMS) return ops.reshape(ops.mul(ops.reshape(input, a), ops.reshape(other, b)), shape);
  fail(ErrorKind.Runtime, "kron: tensors of more than 8 dimensions are not supported");
  return input;
}

export function vecdot(x: Tensor, y: Tensor, dim: i32): Tensor {
  return ops.sum(ops.mul(ops.conj(x), y), ints1(dim), false, x.dtype);
}

/** n >= 0 by repeated squaring. */
export function matrixPower(input: Tensor, n: i32): Tensor {
  const rank = <i32>input.ndim;
  if (rank < 2 || input.shape(rank - 1) != input.shape(rank - 2)) {
    if (rank < 2) {
      msg("linalg.matrix_power: The input tensor A must have at least 2 dimensions.");
    } else {
      msg("linalg.matrix_power: A must be batches of square matrices, but they are ");
      msgInt(input.shape(rank - 2));
      msg(" by ");
      msgInt(input.shape(rank - 1));
      msg(" matrices");
    }
    raise(ErrorKind.Runtime);
  }
  if (n < 0) fail(ErrorKind.Runtime, "linalg.matrix_power: negative powers are those of the inverse");
  if (n < 0) {
    msg("linalg.matrix_power: negative powers need torch.linalg.inv, which is not there yet");
    raise(ErrorKind.NotImplemented);
  }
  if (n == 0) {
    const size = input.shape(rank - 1);
    const identity = zeros(ints1(size * size), input.dtype, input.device);
    const diagonal = ops.asStrided(identity, ints1(size), ints1(size + 1), 0);
    ops.add_(diagonal, wrappedInt(1));
    // written into a copy, so that the result has the (zero) gradient that PyTorch's has
    return ops.copy_(ops.clone(input), ops.view(identity, ints2(size, size)));
  }
  let power = input;
  let result: Tensor | null = null;
  for (;;) {
    if (n & 1) result = result === null ? power : ops.matmul(result, power);
    n >>= 1;
    if (n == 0) break;
    power = ops.matmul(power, power);
  }
  return result! === input ? ops.clone(input) : result!;
}

/** The product of a chain of matrices in the order that needs the fewest multiplications. */
export function multiDot(tensors: Tensors): Tensor {
  const n = tensors.length;
  if (n < 2) {
    msg("multi_dot(): expected at least 2 tensors but got ");
    msgInt(n);
    raise(ErrorKind.Runtime);
  }
  const first = tensors.get(0);
  const final = tensors.get(n - 1);
  for (let i = 0; i < n; i++) {
    const t = tensors.get(i);
    const fits = i == 0 || i == n - 1 ? t.ndim == 1 || t.ndim == 2 : t.ndim == 2;
    if (!fits) {
      msg("multi_dot(): ");
      if (i == 0) msg("the first tensor must be 1D or 2D but got ");
      else if (i == n - 1) msg("the last tensor must be 1D or 2D but got ");
      else {
        msg("tensor ");
        msgInt(i);
        msg(" must be 2D but got ");
      }
      msgInt(t.ndim);
      msg("D");
      raise(ErrorKind.Runtime);
    }
    if (t.dtype != first.dtype) {
      fail(ErrorKind.Runtime, "multi_dot(): all tensors must have be the same dtype but got different ones");
    }
  }
  if (first.ndim == 1) tensors.set(0, ops.unsqueeze(first, 0));
  if (final.ndim == 1) tensors.set(n - 1, ops.unsqueeze(final, 1));
  const result = multiplyChain(tensors, bestSplits(tensors), 0, n - 1);
  if (first.ndim == 1 && final.ndim == 1) return ops.reshape(result, newInts(0));
  if (first.ndim == 1) return ops.squeeze(result, 0);
  if (final.ndim == 1) return ops.squeeze(result, 1);
  return result;
}

/** split[i * n + j]: where the product of matrices i..j is best parted (Cormen et al., Introduction to Algorithms, 15.2). */
function bestSplits(tensors: Tensors): Ints {
  const n = tensors.length;
  const cost = newInts(2 * n * n);
  const split = newInts(n * n);
  for (let i = 0; i < n; i++) setCost(cost, i * n + i, 0);
  for (let length = 1; length < n; length++) {
    for (let i = 0; i + length < n; i++) {
      const j = i + length;
      let best: f64 = Infinity;
      for (let s = i; s < j; s++) {
        const here =
          costAt(cost, i * n + s) +
          costAt(cost, (s + 1) * n + j) +
          <f64>tensors.get(i).shape(0) * <f64>tensors.get(s).shape(1) * <f64>tensors.get(j).shape(1);
        if (here < best) {
          best = here;
          split.set(i * n + j, s);
        }
      }
      setCost(cost, i * n + j, best);
    }
  }
  return split;
}

// @ts-ignore: decorator
@inline function costAt(cost: Ints, i: i32): f64 {
  return load<f64>(changetype<usize>(cost) + 4 + ((<usize>i) << 3));
}

// @ts-ignore: decorator
@inline function setCost(cost: Ints, i: i32, value: f64): void {
  store<f64>(changetype<usize>(cost) + 4 + ((<usize>i) << 3), value);
}

function multiplyChain(tensors: Tensors, split: Ints, i: i32, j: i32): Tensor {
  if (i == j) return tensors.get(i);
  const s = split.get(i * tensors.length + j);
  return ops.mm(multiplyChain(tensors, split, i, s), multiplyChain(tensors, split, s + 1, j));
}

export function chainMatmul(matrices: Tensors): Tensor {
  if (matrices.length == 0) fail(ErrorKind.Runtime, "chain_matmul(): Expected one or more matrices");
  for (let i = 0; i < matrices.length; i++) {
    if (matrices.get(i).ndim == 2) continue;
    msg("Tensor dimension is ");
    msgInt(matrices.get(i).ndim);
    msg(", expected 2 instead.");
    raise(ErrorKind.Runtime);
  }
  return matrices.length == 1 ? matrices.get(0) : multiDot(matrices);
}
