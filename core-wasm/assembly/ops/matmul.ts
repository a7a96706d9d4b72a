// The products that run the GEMM kernel: every one of them is C = alpha * A B + beta * S over matrices, batched or not.
// Types narrower than the kernel's are computed in float32 (float16, bfloat16) or int32 (integers up to 16 bits, whose
// results wrap around all the same) and rounded once at the end.
import { args } from "../dispatch/args";
import { Device } from "../dispatch/device";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import * as ops from "../gen/ops";
import { gemmWorkspace } from "../kernels/gemm/gemm";
import { commonDevice, hasShape } from "../tensor/broadcast";
import { copyInto, empty, rawContiguous, rawToDType } from "../tensor/create";
import { DType, isComplex, itemSize, takesStored } from "../tensor/dtype";
import { ErrorKind, cppTypeName, msg, msgDType, msgInt, msgInts, msgShape, raise } from "../tensor/error";
import { Ints, ints1, ints2, newInts, shapeOf } from "../tensor/ints";
import { Scalar } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { rawExpand, rawPart, rawTranspose, rawUnsqueeze, rawView } from "../tensor/views";

/** The dtype of the kernel's operands. */
function kernelDType(dtype: i32, device: i32): i32 {
  if (takesStored(device)) return dtype;
  switch (dtype) {
    case DType.Float32:
    case DType.Float64:
    case DType.Int32:
    case DType.Int64:
      return dtype;
    case DType.Float16:
    case DType.BFloat16:
      return DType.Float32;
    default:
      return DType.Int32;
  }
}

/** Raises for the dtype that has no product. */
function checkDType(kernel: string, dtype: i32): void {
  if (dtype != DType.Bool) return;
  msg('"');
  msg(kernel);
  msg("\" not implemented for '");
  msgDType(dtype);
  msg("'");
  raise(ErrorKind.Runtime);
}

/**
 * alpha * a b + beta * s for tensors of equal rank >= 2 whose batch dims agree; `s` can be expanded to the result. Nothing is
 * checked. The result has the shape of `a` with the last size of `b`.
 */
export function product(a: Tensor, b: Tensor, s: Tensor | null, alpha: f64, beta: f64): Tensor {
  const rank = <i32>a.ndim;
  const shape = shapeOf(a);
  const m = a.shape(rank - 2);
  const k = a.shape(rank - 1);
  const n = b.shape(rank - 1);
  shape.set(rank - 1, n);
  const device = commonDevice(a, b);
  const dtype = kernelDType(a.dtype, device);
  a = rawToDType(a, dtype);
  b = rawToDType(b, dtype);
  if (s !== null) s = rawExpand(rawToDType(s, dtype), shape);
  const out = empty(shape, dtype, device);
  if (out.numel > 0) {
    begin(Kernel.Gemm);
    addOperand(out);
    addOperand(a);
    addOperand(b);
    if (s !== null) addOperand(s);
    args.setParam(0, alpha);
    args.setParam(1, beta);
    if (device == Device.Cpu) workspace(gemmWorkspace(m, n, k, itemSize(dtype)));
    run(device);
  }
  return out;
}

/** `product`, in the dtype of `a`. */
function typedProduct(a: Tensor, b: Tensor, s: Tensor | null, alpha: f64, beta: f64): Tensor {
  if (isComplex(a.dtype)) return complexProduct(a, b, s, alpha, beta);
  return rawToDType(product(a, b, s, alpha, beta), a.dtype);
}

/** Four real products, of the strided parts as they lie. */
function complexProduct(a: Tensor, b: Tensor, s: Tensor | null, alpha: f64, beta: f64): Tensor {
  const re = 0;
  const im = 1;
  const shape = shapeOf(a);
  shape.set(shape.length - 1, b.shape(<i32>b.ndim - 1));
  const out = empty(shape, a.dtype, a.device);
  for (let part = re; part <= im; part++) {
    let addend: Tensor | null = null;
    if (s !== null) addend = rawPart(s, part);
    const first = product(rawPart(a, re), rawPart(b, part), addend, alpha, beta);
    const sign = part == re ? -alpha : alpha;
    copyInto(rawPart(out, part), product(rawPart(a, im), rawPart(b, im - part), first, sign, 1));
  }
  return out;
}

function checkSameDType(a: Tensor, b: Tensor): void {
  if (a.dtype == b.dtype) return;
  msg("expected m1 and m2 to have the same dtype, but got: ");
  msg(cppTypeName(a.dtype));
  msg(" != ");
  msg(cppTypeName(b.dtype));
  raise(ErrorKind.Runtime);
}

function checkScalarType(a: Tensor, b: Tensor): void {
  if (a.dtype == b.dtype) return;
  msg("expected scalar type ");
  msgDType(a.dtype);
  msg(" but found ");
  msgDType(b.dtype);
  raise(ErrorKind.Runtime);
}

function checkInnerSizes(a: Tensor, b: Tensor): void {
  if (a.shape(1) == b.shape(0)) return;
  msg("mat1 and mat2 shapes cannot be multiplied (");
  msgInt(a.shape(0));
  msg("x");
  msgInt(a.shape(1));
  msg(" and ");
  msgInt(b.shape(0));
  msg("x");
  msgInt(b.shape(1));
  msg(")");
  raise(ErrorKind.Runtime);
}

function checkMatrix(t: Tensor, name: string): void {
  if (t.ndim == 2) return;
  msg(name);
  msg(" must be a matrix");
  if (name != "self") {
    msg(", got ");
    msgInt(t.ndim);
    msg("-D tensor");
  }
  raise(ErrorKind.Runtime);
}

export function mm(input: Tensor, mat2: Tensor): Tensor {
  checkMatrix(input, "self");
  if (mat2.ndim != 2) {
    msg("mat2 must be a matrix");
    raise(ErrorKind.Runtime);
  }
  checkInnerSizes(input, mat2);
  checkSameDType(input, mat2);
  checkDType("addmm_impl_cpu_", input.dtype);
  return typedProduct(input, mat2, null, 1, 0);
}

export function addmm(input: Tensor, mat1: Tensor, mat2: Tensor, beta: Scalar, alpha: Scalar): Tensor {
  checkMatrix(mat1, "mat1");
  checkMatrix(mat2, "mat2");
  checkInnerSizes(mat1, mat2);
  checkSameDType(mat1, mat2);
  if (input.dtype != mat2.dtype) {
    msg("self and mat2 must have the same dtype, but got ");
    msgDType(input.dtype);
    msg(" and ");
    msgDType(mat2.dtype);
    raise(ErrorKind.Runtime);
  }
  checkDType("addmm_impl_cpu_", input.dtype);
  const s = ops.expand(input, ints2(mat1.shape(0), mat2.shape(1)), false);
  return typedProduct(mat1, mat2, s, alpha.f, beta.f);
}

function checkBatches(a: Tensor, b: Tensor): void {
  if (a.ndim != 3) {
    msg("batch1 must be a 3D tensor");
    raise(ErrorKind.Runtime);
  }
  if (b.ndim != 3) {
    msg("batch2 must be a 3D tensor");
    raise(ErrorKind.Runtime);
  }
  if (a.shape(0) != b.shape(0) || a.shape(2) != b.shape(1)) {
    msg("Expected size for first two dimensions of batch2 tensor to be: [");
    msgInt(a.shape(0));
    msg(", ");
    msgInt(a.shape(2));
    msg("] but got: [");
    msgInt(b.shape(0));
    msg(", ");
    msgInt(b.shape(1));
    msg("].");
    raise(ErrorKind.Runtime);
  }
  checkScalarType(a, b);
}

export function bmm(input: Tensor, mat2: Tensor): Tensor {
  checkBatches(input, mat2);
  checkDType("bmm", input.dtype);
  return typedProduct(input, mat2, null, 1, 0);
}

export function baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, beta: Scalar, alpha: Scalar): Tensor {
  checkBatches(batch1, batch2);
  checkScalarType(input, batch1);
  checkDType("baddbmm", input.dtype);
  const shape = shapeOf(batch1);
  shape.set(2, batch2.shape(2));
  return typedProduct(batch1, batch2, ops.expand(input, shape, false), alpha.f, beta.f);
}

/** Both of rank >= 2, batch dims broadcast without being written out. */
export function batchMatmul(input: Tensor, mat2: Tensor): Tensor {
  const rank = max(<i32>input.ndim, <i32>mat2.ndim);
  const batch = newInts(rank - 2);
  for (let i = 0; i < rank - 2; i++) {
    const a = batchSize(input, rank, i);
    const b = batchSize(mat2, rank, i);
    if (a != b && a != 1 && b != 1) {
      msg("The size of tensor a (");
      msgInt(a);
      msg(") must match the size of tensor b (");
      msgInt(b);
      msg(") at non-singleton dimension ");
      msgInt(i);
      raise(ErrorKind.Runtime);
    }
    batch.set(i, a == 1 ? b : a);
  }
  const k = input.shape(<i32>input.ndim - 1);
  if (k != mat2.shape(<i32>mat2.ndim - 2)) {
    let n: i32 = 1;
    for (let i = 0; i < batch.length; i++) n *= batch.get(i);
    msg("Expected size for first two dimensions of batch2 tensor to be: [");
    msgInt(n);
    msg(", ");
    msgInt(k);
    msg("] but got: [");
    msgInt(n);
    msg(", ");
    msgInt(mat2.shape(<i32>mat2.ndim - 2));
    msg("].");
    raise(ErrorKind.Runtime);
  }
  checkScalarType(input, mat2);
  checkDType("bmm", input.dtype);
  return typedProduct(withBatch(input, batch, rank), withBatch(mat2, batch, rank), null, 1, 0);
}

/** The size of batch dim `i` of `rank - 2`, 1 where the tensor has fewer. */
function batchSize(t: Tensor, rank: i32, i: i32): i32 {
  const d = i - (rank - <i32>t.ndim);
  return d < 0 ? 1 : t.shape(d);
}

function withBatch(t: Tensor, batch: Ints, rank: i32): Tensor {
  const shape = newInts(rank);
  for (let i = 0; i < rank - 2; i++) shape.set(i, batch.get(i));
  shape.set(rank - 2, t.shape(<i32>t.ndim - 2));
  shape.set(rank - 1, t.shape(<i32>t.ndim - 1));
  return rawExpand(t, shape);
}

function checkVectorSizes(mat: Tensor, vec: Tensor, input: Tensor | null): void {
  if (mat.ndim != 2 || vec.ndim != 1 || (input !== null && input.ndim > 1)) {
    msg("vector + matrix @ vector expected, got ");
    msgInt(input === null ? 1 : <i32>input.ndim);
    msg(", ");
    msgInt(mat.ndim);
    msg(", ");
    msgInt(vec.ndim);
    raise(ErrorKind.Runtime);
  }
  if (mat.shape(1) != vec.shape(0)) {
    msg("size mismatch, got ");
    msgInt(mat.shape(0));
    msg(", ");
    msgInt(mat.shape(0));
    msg("x");
    msgInt(mat.shape(1));
    msg(",");
    msgInt(vec.shape(0));
    raise(ErrorKind.Runtime);
  }
  checkScalarType(mat, vec);
  checkDType("addmv_impl_cpu", mat.dtype);
}

export function mv(input: Tensor, vec: Tensor): Tensor {
  checkVectorSizes(input, vec, null);
  return rawView(typedProduct(input, rawUnsqueeze(vec, 1), null, 1, 0), ints1(input.shape(0)))!;
}

export function addmv(input: Tensor, mat: Tensor, vec: Tensor, beta: Scalar, alpha: Scalar): Tensor {
  checkVectorSizes(mat, vec, input);
  checkScalarType(mat, input);
  const s = rawUnsqueeze(ops.expand(input, ints1(mat.shape(0)), false), 1);
  return rawView(typedProduct(mat, rawUnsqueeze(vec, 1), s, alpha.f, beta.f), ints1(mat.shape(0)))!;
}

function dotOf(name: string, input: Tensor, other: Tensor): Tensor {
  if (input.ndim != 1 || other.ndim != 1) {
    msg("1D tensors expected, but got ");
    msgInt(input.ndim);
    msg("D and ");
    msgInt(other.ndim);
    msg("D tensors");
    raise(ErrorKind.Runtime);
  }
  if (input.dtype != other.dtype) {
    msg("dot : expected both vectors to have same dtype, but found ");
    msgDType(input.dtype);
    msg(" and ");
    msgDType(other.dtype);
    raise(ErrorKind.Runtime);
  }
  if (input.numel != other.numel) {
    msg("inconsistent tensor size, expected tensor ");
    msgShape(input);
    msg(" and src ");
    msgShape(other);
    msg(" to have the same number of elements, but got ");
    msgInt(input.numel);
    msg(" and ");
    msgInt(other.numel);
    msg(" elements respectively");
    raise(ErrorKind.Runtime);
  }
  checkDType(name, input.dtype);
  return rawView(typedProduct(rawUnsqueeze(input, 0), rawUnsqueeze(other, 1), null, 1, 0), newInts(0))!;
}

export function dot(input: Tensor, other: Tensor): Tensor {
  return dotOf("dot", input, other);
}

export function vdot(input: Tensor, other: Tensor): Tensor {
  return dotOf("vdot", ops.conj(input), other);
}

/** input weight^T + bias for a weight of two dims, over any number of leading dims of the input. */
export function linearRows(input: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  const rank = <i32>input.ndim;
  const features = rank == 0 ? 1 : input.shape(rank - 1);
  const rows = numelBefore(input);
  const flat = rawView(rawFoldable(input), ints2(rows, features))!;
  const matrix = rawTranspose(weight, 0, 1);
  checkInnerSizes(flat, matrix);
  checkSameDType(flat, matrix);
  checkDType("addmm_impl_cpu_", input.dtype);
  if (bias !== null) {
    if (bias.dtype != input.dtype) checkSameDType(bias, input);
    bias = ops.expand(bias, ints2(rows, weight.shape(0)), false);
  }
  const shape = shapeOf(input);
  shape.set(rank - 1, weight.shape(0));
  return rawView(typedProduct(flat, matrix, bias, 1, 1), shape)!;
}

function numelBefore(t: Tensor): i32 {
  let n = 1;
  for (let i = 0; i < <i32>t.ndim - 1; i++) n *= t.shape(i);
  return n;
}

/** `t`, or a contiguous copy where its leading dims cannot be seen as one. */
function rawFoldable(t: Tensor): Tensor {
  const flat = ints2(numelBefore(t), t.shape(<i32>t.ndim - 1));
  return rawView(t, flat) === null ? rawContiguous(t) : t;
}

function checkInplaceSize(input: Tensor, size: Ints): void {
  if (hasShape(input, size)) return;
  msg("Bad in-place call: input tensor size ");
  msgShape(input);
  msg(" and output tensor size ");
  msgInts(size);
  msg(" should match");
  raise(ErrorKind.Runtime);
}

// The in-place forms: the result has to have the input's size.

export function addmmInplace(input: Tensor, mat1: Tensor, mat2: Tensor, _beta: Scalar, _alpha: Scalar): void {
  if (mat1.ndim == 2 && mat2.ndim == 2) checkInplaceSize(input, ints2(mat1.shape(0), mat2.shape(1)));
}

export function addmvInplace(input: Tensor, mat: Tensor, vec: Tensor, _beta: Scalar, _alpha: Scalar): void {
  if (mat.ndim == 2) checkInplaceSize(input, ints1(mat.shape(0)));
}

export function baddbmmInplace(input: Tensor, batch1: Tensor, batch2: Tensor, _beta: Scalar, _alpha: Scalar): void {
  if (batch1.ndim != 3 || batch2.ndim != 3) return;
  const size = shapeOf(batch1);
  size.set(2, batch2.shape(2));
  checkInplaceSize(input, size);
}

export function addrInplace(input: Tensor, vec1: Tensor, vec2: Tensor, _beta: Scalar, _alpha: Scalar): void {
  if (input.ndim == 2) return;
  msg("2D tensor expected, got ");
  msgInt(input.ndim);
  msg("D tensor for input");
  raise(ErrorKind.Runtime);
}
