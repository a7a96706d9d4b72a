// All elementwise ops: broadcasting, type promotion, the program's run, its place on the tape and its derivative. What tells
// one op from another stands in the tables of gen/programs.ts (their layout: generate/programs.ts).
import { args } from "../dispatch/args";
import { Device } from "../dispatch/device";
import { Kernel } from "../dispatch/kernel";
import { observing } from "../dispatch/observe";
import { begin, countKernel, run } from "../dispatch/run";
import { BLOCK, readable } from "../kernels/program/blocks";
import { runBlock, setBlock, setNumber } from "../kernels/program/interpreter";
import { checkCast, checkInplace, assignInplace } from "../autograd/views";
import { gradEnabled } from "../autograd/mode";
import { Node, attach, doneNode, newNode } from "../autograd/node";
import { ELEMENTWISE, RARE, msgOpName, refuse } from "../gen/programs";
import {
  beginPromotion,
  broadcastInto,
  defaultDType,
  differentDevices,
  promoteOperand,
  promotedDType,
  sameShape,
  hasShape,
} from "../tensor/broadcast";
import { emptyPreserving, empty, rawCopy, wrappedNumber } from "../tensor/create";
import { Compute, DType, computeType, isComplex, isFloating, isIntegral } from "../tensor/dtype";
import { ErrorKind, dtypeName, msg, msgDType, msgInts, msgShape, raise } from "../tensor/error";
import { Ints, newInts, shapeOf } from "../tensor/ints";
import { ScalarKind } from "../tensor/scalar";
import { Flag, Tensor } from "../tensor/tensor";
import { Tensors } from "../tensor/tensors";
import { rawViewAsReal } from "../tensor/views";
import { complexElementwise } from "./complex";
import * as ops from "../gen/ops";
import { UPDATES } from "../gen/updates";

const enum Rule {
  Promote = 0,
  Float = 1,
  Compare = 2,
  Logical = 3,
  Integral = 4,
}

const ENTRY_SIZE: usize = 64;
const NO_FIXED_DTYPE: i32 = 255;
const MAX_INPUTS: i32 = 8;

/** operands of the call in progress */
const operands: usize = memory.data(8 * 4, 16);
/** params of the call in progress */
const params: usize = memory.data(32 * 8, 16);

export function setElementwiseParam(i: i32, value: f64): void {
  store<f64>(params + ((<usize>i) << 3), value);
}

// @ts-ignore: decorator
@inline function operand(i: i32): Tensor {
  return load<Tensor>(operands + ((<usize>i) << 2));
}
// @ts-ignore: decorator
@inline function setOperand(i: i32, t: Tensor): void {
  store<usize>(operands + ((<usize>i) << 2), changetype<usize>(t));
}
// @ts-ignore: decorator
@inline function entryOf(id: i32): usize {
  const entry = ELEMENTWISE + <usize>id * ENTRY_SIZE;
  return load<u32>(entry, 12) == 0 ? rareEntry(id) : entry;
}
/** Of a table that the second module of a divided core brings, with this function (core-wasm/split/data.mjs). */
function rareEntry(id: i32): usize {
  return RARE + 8 + <usize>id * ENTRY_SIZE;
}

export function elementwise1(id: i32, a: Tensor): Tensor {
  setOperand(0, a);
  return recorded(id, 1);
}

export function elementwise2(id: i32, a: Tensor, b: Tensor): Tensor {
  setOperand(0, a);
  setOperand(1, b);
  return recorded(id, 2);
}

export function elementwise3(id: i32, a: Tensor, b: Tensor, c: Tensor): Tensor {
  setOperand(0, a);
  setOperand(1, b);
  setOperand(2, c);
  return recorded(id, 3);
}

export function elementwise4(id: i32, a: Tensor, b: Tensor, c: Tensor, d: Tensor): Tensor {
  setOperand(0, a);
  setOperand(1, b);
  setOperand(2, c);
  setOperand(3, d);
  return recorded(id, 4);
}

export function elementwiseInPlace1(id: i32, self: Tensor): Tensor {
  setOperand(0, self);
  return inPlace(id, 1);
}

export function elementwiseInPlace2(id: i32, self: Tensor, b: Tensor): Tensor {
  setOperand(0, self);
  setOperand(1, b);
  return inPlace(id, 2);
}

export function elementwiseInPlace3(id: i32, self: Tensor, b: Tensor, c: Tensor): Tensor {
  setOperand(0, self);
  setOperand(1, b);
  setOperand(2, c);
  return inPlace(id, 3);
}

export function elementwiseInPlace4(id: i32, self: Tensor, b: Tensor, c: Tensor, d: Tensor): Tensor {
  setOperand(0, self);
  setOperand(1, b);
  setOperand(2, c);
  setOperand(3, d);
  return inPlace(id, 4);
}

// ---- dtypes ------------------------------------------------------------------------------------------------------

/** The dtype the inputs are computed in; raises for those the op refuses. */
function computeDType(id: i32, entry: usize, count: i32): i32 {
  const rule = <i32>load<u8>(entry, 2);
  const masks = <i32>load<u8>(entry, 3);
  let dtype: i32;
  if (count == 1 && masks == 0) {
    dtype = operand(0).has(Flag.Wrapped) && operand(0).dtype == DType.Float64 ? defaultDType : <i32>operand(0).dtype;
  } else if (
    count == 2 &&
    masks == 0 &&
    operand(0).dtype == operand(1).dtype &&
    ((operand(0).flags | operand(1).flags) & (<u8>Flag.Wrapped)) == 0
  ) {
    dtype = operand(0).dtype;
  } else {
    beginPromotion();
    for (let i = 0; i < count; i++) if (!(masks & (1 << i))) promoteOperand(operand(i));
    dtype = promotedDType();
  }
  if (rule == Rule.Logical) return DType.Bool;
  if (load<u32>(entry, 8) & (1 << dtype)) refuse(id, dtype);
  if (isComplex(dtype)) notImplemented(id, dtype);
  if (rule == Rule.Float && isIntegral(dtype, true)) return defaultDType;
  if (rule == Rule.Integral && isFloating(dtype)) notImplemented(id, dtype);
  return dtype;
}

export function notImplemented(id: i32, dtype: i32): void {
  msg('"');
  msgOpName(id);
  msg("\" not implemented for '");
  msg(dtypeName(dtype));
  msg("'");
  raise(ErrorKind.Runtime);
}

function resultDType(entry: usize, dtype: i32): i32 {
  const fixed = <i32>load<u8>(entry, 4);
  if (fixed != NO_FIXED_DTYPE) return fixed;
  const rule = <i32>load<u8>(entry, 2);
  return rule == Rule.Compare || rule == Rule.Logical ? DType.Bool : dtype;
}

function programFor(entry: usize, dtype: i32): usize {
  if (isFloating(dtype)) return entry + <usize>load<u32>(entry, 12);
  let program = dtype == DType.Bool ? load<u32>(entry, 20) : 0;
  if (program == 0) program = load<u32>(entry, 16);
  if (program == 0) program = load<u32>(entry, 12);
  return entry + <usize>program;
}

function deviceOf(count: i32): i32 {
  let device = -1;
  for (let i = 0; i < count; i++) {
    const t = operand(i);
    if (t.device == 0 && t.ndim == 0) continue;
    if (device < 0) device = t.device;
    else if (<i32>t.device != device) differentDevices(device, t.device);
  }
  return max(device, 0);
}

// ---- running a program -------------------------------------------------------------------------------------------

/** The shape all operands broadcast to; null when the first has it already. */
function broadcastShape(count: i32): Ints | null {
  let shape: Ints | null = null;
  const first = operand(0);
  for (let i = 1; i < count; i++) {
    const t = operand(i);
    if (t.ndim == 0) continue;
    if (shape === null) {
      if (sameShape(first, t)) continue;
      shape = shapeOf(first);
    }
    shape = broadcastInto(shape, t);
  }
  return shape;
}

/**
 * Fills the argument block with `out` and the operands over the shape of `out`, dims merged wherever all of them allow it,
 * ordered so that `out` is walked through in memory order.
 */
function layOut(out: Tensor, count: i32): void {
  begin(Kernel.Program);
  args.count = count + 1;
  let flat = out.isContiguous();
  for (let i = -1; i < count; i++) {
    const t = i < 0 ? out : operand(i);
    const o = args.operand(i + 1);
    o.data = t.dataPtr();
    o.offset = t.offset;
    o.dtype = t.dtype;
    o.device = t.device;
    if (i >= 0 && flat) flat = t.numel == 1 || (sameShape(t, out) && t.isContiguous());
  }
  if (flat) {
    for (let i = 0; i <= count; i++) {
      const t = i == 0 ? out : operand(i - 1);
      const o = args.operand(i);
      o.ndim = 1;
      o.numel = out.numel;
      o.setShape(0, out.numel);
      o.setStride(0, t.numel == 1 && out.numel != 1 ? 0 : 1);
    }
    return;
  }
  strided(out, count);
}

/** dims of `out` in the order they are walked through: outermost first */
const order: usize = memory.data(16 * 4, 16);

function strided(out: Tensor, count: i32): void {
  const ndim = <i32>out.ndim;
  let dims = 0;
  for (let d = 0; d < ndim; d++) {
    if (out.shape(d) == 1) continue;
    // insertion by falling stride keeps the given order among equals
    let at = dims;
    while (at > 0 && out.stride(load<i32>(order + ((<usize>(at - 1)) << 2))) < out.stride(d)) {
      store<i32>(order + ((<usize>at) << 2), load<i32>(order + ((<usize>(at - 1)) << 2)));
      at--;
    }
    store<i32>(order + ((<usize>at) << 2), d);
    dims++;
  }
  for (let i = 0; i <= count; i++) {
    const t = i == 0 ? out : operand(i - 1);
    const o = args.operand(i);
    const lead = ndim - <i32>t.ndim;
    for (let k = 0; k < dims; k++) {
      const d = load<i32>(order + ((<usize>k) << 2));
      const broadcast = d < lead || (t.shape(d - lead) == 1 && out.shape(d) != 1);
      o.setShape(k, out.shape(d));
      o.setStride(k, broadcast ? 0 : t.stride(d - lead));
    }
  }
  // merge dim k+1 into k where every operand steps through both evenly
  let last = 0;
  for (let k = 1; k < dims; k++) {
    const size = args.operand(0).shape(k);
    let even = true;
    for (let i = 0; even && i <= count; i++) {
      const o = args.operand(i);
      even = o.stride(last) == size * o.stride(k);
    }
    if (!even) last++;
    for (let i = 0; i <= count; i++) {
      const o = args.operand(i);
      o.setShape(last, even ? o.shape(last) * size : size);
      o.setStride(last, o.stride(k));
    }
  }
  const merged = dims == 0 ? 0 : last + 1;
  for (let i = 0; i <= count; i++) {
    const o = args.operand(i);
    o.ndim = merged;
    o.numel = out.numel;
  }
}

/** Runs a program of few float32 elements without an argument block; false where operands are not that simple. */
function ranInBlock(out: Tensor, count: i32, program: usize): bool {
  const n = out.numel;
  // nor a result that is a mask, nor inputs that are
  if (n > BLOCK || observing || out.dtype != DType.Float32 || load<u16>(program, 6) != 0 || !out.isContiguous())
    return false;
  for (let i = 0; i < count; i++) {
    const t = operand(i);
    if (t.device != 0) return false;
    const data = t.dataPtr();
    if (t.numel == 1) {
      if (t.dtype == DType.Float32) setNumber(i, load<f32>(data), n);
      else if (t.dtype == DType.Float64) setNumber(i, <f32>load<f64>(data), n);
      else if (t.dtype == DType.Int64) setNumber(i, <f32>load<i64>(data), n);
      else return false;
    } else {
      if (t.dtype != DType.Float32 || !sameShape(t, out) || !t.isContiguous()) return false;
      if (!readable(data, (<usize>n) << 2)) return false;
      setBlock(i, data);
    }
  }
  countKernel();
  runBlock(program, out.dataPtr(), n, params);
  return true;
}

function runProgram(out: Tensor, count: i32, program: usize, compute: i32, paramCount: i32, device: i32): void {
  if (out.numel == 0) return;
  if (device == 0 && compute == Compute.F32 && ranInBlock(out, count, program)) return;
  layOut(out, count);
  args.program = program;
  args.compute = compute;
  for (let i = 0; i < paramCount; i++) args.setParam(i, load<f64>(params + ((<usize>i) << 3)));
  run(device);
}

/**
 * Runs program `which` of gen/updates.ts on each set of tensors in the list: what an optimizer's step makes of a parameter,
 * its state and its gradient. The params have been set.
 */
export function updateInPlace(which: i32, tensors: Tensors): void {
  const entry = UPDATES + ((<usize>which) << 4);
  const program = UPDATES + <usize>load<u32>(entry);
  const inputs = <i32>load<u8>(entry, 4);
  const results = <i32>load<u8>(entry, 5);
  for (let at = 0; at + inputs <= tensors.length; at += inputs) {
    const param = tensors.get(at);
    for (let i = 1; i < inputs; i++) {
      const t = tensors.get(at + i);
      if (!sameShape(param, t)) {
        msg("The size of a tensor of the optimizer's state, ");
        msgShape(t);
        msg(", is not that of the parameter, ");
        msgShape(param);
        raise(ErrorKind.Runtime);
      }
      setOperand(i - 1, t);
    }
    for (let i = 0; i < inputs; i++) {
      if (isFloating(tensors.get(at + i).dtype)) continue;
      msg("optimizers change floating tensors, not torch.");
      msgDType(tensors.get(at + i).dtype);
      raise(ErrorKind.Runtime);
    }
    if (param.numel == 0) continue;
    layOut(param, inputs - 1);
    args.kernel = Kernel.Update;
    args.program = program;
    args.compute = computeOf(param.dtype);
    const paramCount = <i32>load<u8>(program, 1);
    for (let i = 0; i < paramCount; i++) args.setParam(i, load<f64>(params + ((<usize>i) << 3)));
    args.setInt(0, results);
    for (let i = 0; i < results; i++) {
      args.setInt(1 + i, <i32>load<u8>(entry + <usize>i, 6));
      tensors.get(at + i).storage.version++;
    }
    run(param.device);
  }
}

/** bool results are computed with masks or small integers alike, 32 bits wide */
// @ts-ignore: decorator
@inline function computeOf(dtype: i32): i32 {
  return dtype == DType.Bool ? Compute.I32 : computeType(dtype);
}

function newOutput(shape: Ints | null, dtype: i32, device: i32, count: i32): Tensor {
  if (shape === null) {
    const first = operand(0);
    return <i32>first.device == device ? emptyPreserving(first, dtype) : empty(shapeOf(first), dtype, device);
  }
  // the memory order of the first operand that has the full shape, as PyTorch keeps it
  for (let i = 0; i < count; i++) {
    const t = operand(i);
    if (<i32>t.device == device && hasShape(t, shape)) return emptyPreserving(t, dtype);
  }
  return empty(shape, dtype, device);
}

function forward(id: i32, entry: usize, count: i32): Tensor {
  const device = deviceOf(count);
  const dtype = computeDType(id, entry, count);
  const shape = broadcastShape(count);
  const out = newOutput(shape, resultDType(entry, dtype), device, count);
  runProgram(out, count, programFor(entry, dtype), computeOf(dtype), load<u8>(entry, 1), device);
  return out;
}

// ---- recording ---------------------------------------------------------------------------------------------------

function needsHistory(entry: usize, count: i32): bool {
  if (!gradEnabled()) return false;
  const differentiable = <i32>load<u8>(entry, 7);
  for (let i = 0; i < count; i++) if (differentiable & (1 << i) && operand(i).requiresGrad) return true;
  return false;
}

function anyComplex(count: i32): bool {
  for (let i = 0; i < count; i++) if (isComplex(operand(i).dtype)) return true;
  return false;
}

/** Whether the operands are float32 tensors of the CPU, numbers among them: what most calls have. */
function allFloat(count: i32): bool {
  let tensors = 0;
  for (let i = 0; i < count; i++) {
    const t = operand(i);
    // dtype, device and the flag of wrapped numbers in one word
    if ((load<u32>(changetype<usize>(t), 4) & ((Flag.Wrapped << 24) | 0xffff)) == DType.Float32) tensors++;
    else if (!t.has(Flag.Wrapped) || isComplex(t.dtype)) return false;
  }
  return tensors > 0;
}

/** Whether float32 operands have a result of float32. */
// @ts-ignore: decorator
@inline function keepsFloat(entry: usize): bool {
  const rule = <i32>load<u8>(entry, 2);
  return (
    rule <= Rule.Float && load<u16>(entry, 3) == NO_FIXED_DTYPE << 8 && !(load<u32>(entry, 8) & (1 << DType.Float32))
  );
}

function recorded(id: i32, count: i32): Tensor {
  const entry = entryOf(id);
  let result: Tensor;
  if (allFloat(count) && keepsFloat(entry)) {
    result = newOutput(broadcastShape(count), DType.Float32, 0, count);
    const program = entry + <usize>load<u32>(entry, 12);
    runProgram(result, count, program, Compute.F32, load<u8>(entry, 1), 0);
  } else if (anyComplex(count)) {
    return complexElementwise(id, count, operand(0), operand(1), operand(2), load<f64>(params));
  } else result = forward(id, entry, count);
  if (needsHistory(entry, count) && isFloating(result.dtype)) record(id, entry, count, result);
  return result;
}

/** Node of an elementwise op: saved tensors are the inputs, then the result; int list i: dtype and sizes of input i. */
function record(id: i32, entry: usize, count: i32, result: Tensor): void {
  const paramCount = <i32>load<u8>(entry, 1);
  const differentiable = <i32>load<u8>(entry, 7);
  const saves = load<u8>(entry, 5) != 0 || load<u8>(entry, 6) != 0;
  const saved = saves ? readByDerivatives(entry, count, differentiable) : 0;
  const node = newNode(id, count, 1, saved == 0 ? 0 : count + 1, count, paramCount);
  for (let i = 0; i < count; i++) {
    const t = operand(i);
    if (differentiable & (1 << i)) {
      node.edge(i, t);
      if (node.target(i) != 0 && (t.dtype != result.dtype || t.device != result.device || !sameShape(t, result))) {
        const d = newInts(1 + <i32>t.ndim);
        d.set(0, (<i32>t.dtype) | ((<i32>t.device) << 8));
        for (let k = 0; k < <i32>t.ndim; k++) d.set(k + 1, t.shape(k));
        node.saveInts(i, d);
      }
    }
    if (saved & (1 << i)) node.saveTensor(i, t, false);
  }
  for (let i = 0; i < paramCount; i++) node.saveF64(i, load<f64>(params + ((<usize>i) << 3)));
  attach(result, node, 0);
  if (saved & RESULT) node.saveTensor(count, result, true);
  doneNode(node);
}

/** the bit of the result in a set of saved inputs */
const RESULT: i32 = 1 << 8;

/** The inputs, and the result, that the derivatives actually wanted read. */
function readByDerivatives(entry: usize, count: i32, differentiable: i32): i32 {
  let saved = 0;
  for (let i = 0; i < count; i++) {
    if (!(differentiable & (1 << i)) || !operand(i).requiresGrad) continue;
    const derivative = load<u32>(entry + ((<usize>i) << 2), 24);
    if (derivative == 0) continue;
    const p = entry + <usize>derivative;
    const n = <i32>load<u8>(p);
    for (let k = 1; k <= n; k++) {
      const kind = <i32>load<u8>(p + <usize>k);
      // operand codes: 1 … 8 an input, 9 the result
      if (kind >= 1) saved |= 1 << (kind - 1);
    }
  }
  return saved;
}

// ---- in place ----------------------------------------------------------------------------------------------------

function inPlace(id: i32, count: i32): Tensor {
  const entry = entryOf(id);
  const self = operand(0);
  checkInplace(self);
  const device = deviceOf(count);
  const shape = broadcastShape(count);
  if (shape !== null && !hasShape(self, shape)) {
    msg("output with shape ");
    msgShape(self);
    msg(" doesn't match the broadcast shape ");
    msgInts(shape);
    raise(ErrorKind.Runtime);
  }
  if (anyComplex(count)) {
    // a derivative may read the input as it was before the write
    if (gradEnabled()) setOperand(0, ops.clone(self));
    const result = recorded(id, count);
    checkCast(result.dtype, self.dtype);
    return assignInplace(self, result);
  }
  const dtype = computeDType(id, entry, count);
  checkCast(resultDType(entry, dtype), self.dtype);
  if (needsHistory(entry, count) || (gradEnabled() && self.requiresGrad)) {
    // a derivative that reads the input needs it as it was before the write
    if (load<u8>(entry, 5) & 1) setOperand(0, ops.clone(self));
    return assignInplace(self, recorded(id, count));
  }
  for (let i = 1; i < count; i++) {
    // an operand that shares memory in another geometry would be read after it was written
    const t = operand(i);
    if (t.storage == self.storage && !(t.offset == self.offset && sameGeometry(t, self))) setOperand(i, rawCopy(t));
  }
  runProgram(self, count, programFor(entry, dtype), computeOf(dtype), load<u8>(entry, 1), device);
  self.storage.version++;
  return self;
}

function sameGeometry(a: Tensor, b: Tensor): bool {
  if (!sameShape(a, b)) return false;
  for (let i = 0; i < <i32>a.ndim; i++) if (a.stride(i) != b.stride(i)) return false;
  return true;
}

/** sum += grad, elementwise, nothing recorded: for gradients that only the engine holds */
export function addInPlaceRaw(sum: Tensor, grad: Tensor): void {
  setOperand(0, sum);
  setOperand(1, grad);
  if (isComplex(sum.dtype)) {
    setOperand(0, (sum = rawViewAsReal(sum)));
    setOperand(1, rawViewAsReal(grad));
  }
  const program = programFor(entryOf(MICRO_ADD), sum.dtype);
  runProgram(sum, 2, program, computeOf(sum.dtype), 0, sum.device);
}

/** the micro-op `add` heads the list (ops/micro.ts) */
const MICRO_ADD: i32 = 0;

// ---- backward ----------------------------------------------------------------------------------------------------

/** Computes and sends on the gradients of the inputs of an elementwise node. */
export function elementwiseBackward(node: Node): void {
  const entry = entryOf(node.op);
  const count = <i32>node.inputCount;
  const grad = node.grad(0);
  let last = count - 1;
  while (last > 0 && !node.needs(last)) last--;
  for (let i = 0; i < count; i++) {
    if (!node.needs(i)) continue;
    const offset = load<u32>(entry + ((<usize>i) << 2), 24);
    if (offset == 0) continue;
    let g = derivative(node, entry + <usize>offset, grad, i == last);
    if (node.hasInts(i)) g = towards(g, node.savedInts(i));
    node.give(i, g);
  }
}

/** Sums `g` to the sizes of an input described by [dtype | device << 8, sizes…], and takes it to its dtype and device. */
function towards(g: Tensor, input: Ints): Tensor {
  const ndim = input.length - 1;
  let same = <i32>g.ndim == ndim;
  for (let k = 0; same && k < ndim; k++) same = g.shape(k) == input.get(k + 1);
  if (!same) {
    const sizes = newInts(ndim);
    for (let k = 0; k < ndim; k++) sizes.set(k, input.get(k + 1));
    g = ops.sumToSize(g, sizes);
  }
  const device = input.get(0) >> 8;
  if (<i32>g.device != device) g = ops.toDevice(g, device, g.device);
  return ops.to(g, input.get(0) & 255);
}

/** Operand `kind` of a derivative: 0 the gradient, 1…8 a saved input, 9 the saved result. */
function derivativeOperand(node: Node, kind: i32, grad: Tensor): Tensor {
  if (kind == 0) return grad;
  return node.savedTensor(kind == MAX_INPUTS + 1 ? <i32>node.inputCount : kind - 1);
}

/** `last`: nothing else of this node is to be computed from `grad`, which is overwritten if the node alone holds it. */
function derivative(node: Node, p: usize, grad: Tensor, last: bool): Tensor {
  const count = <i32>load<u8>(p);
  const program = p + 8;
  if (gradEnabled()) return derivativeByOps(node, p, grad);
  // the gradient itself, unchanged (add, …): no kernel
  if (load<u8>(program, 3) == 0 && count == 1 && load<u8>(p, 1) == 0 && load<u8>(program, 5) == 0) return grad;
  const paramCount = <i32>node.paramCount;
  for (let i = 0; i < count; i++) setOperand(i, derivativeOperand(node, <i32>load<u8>(p + <usize>i, 1), grad));
  for (let i = 0; i < paramCount; i++) setElementwiseParam(i, node.savedF64(i));
  const free = last && grad.refs == 1 && grad.storage.refs == 1 && grad.device == Device.Cpu && grad.isContiguous();
  const out = free ? grad : emptyPreserving(grad, grad.dtype);
  runProgram(out, count, program, computeOf(grad.dtype), paramCount, grad.device);
  return out;
}

/** registers of derivativeByOps */
const registers: usize = memory.data(256 * 4, 16);

// @ts-ignore: decorator
@inline function register(i: i32): Tensor {
  return load<Tensor>(registers + ((<usize>i) << 2));
}

/** The same derivative, instruction by instruction as recorded ops, so that it can be differentiated again. */
function derivativeByOps(node: Node, p: usize, grad: Tensor): Tensor {
  const count = <i32>load<u8>(p);
  const program = p + 8;
  const paramCount = <i32>load<u8>(program, 1);
  const constCount = <i32>load<u8>(program, 2);
  const instructionCount = <i32>load<u8>(program, 3);
  let next = 0;
  for (let i = 0; i < count; i++) setRegister(next++, derivativeOperand(node, <i32>load<u8>(p + <usize>i, 1), grad));
  for (let i = 0; i < paramCount; i++) setRegister(next++, wrappedNumber(node.savedF64(i), ScalarKind.Float));
  for (let i = 0; i < constCount; i++) {
    setRegister(next++, wrappedNumber(load<f64>(program + 8 + ((<usize>i) << 3)), ScalarKind.Float));
  }
  const code = program + 8 + ((<usize>constCount) << 3);
  for (let i = 0; i < instructionCount; i++) {
    const at = code + ((<usize>i) << 3);
    const micro = <i32>load<u8>(at);
    const inputs = <i32>load<u8>(entryOf(micro));
    const a = register(<i32>load<u8>(at, 2));
    let value: Tensor;
    if (inputs == 1) value = elementwise1(micro, a);
    else if (inputs == 2) value = elementwise2(micro, a, register(<i32>load<u8>(at, 3)));
    else value = elementwise3(micro, a, register(<i32>load<u8>(at, 3)), register(<i32>load<u8>(at, 4)));
    setRegister(<i32>load<u8>(at, 1), value);
  }
  let value = register(<i32>load<u8>(program, 5));
  if (!sameShape(value, grad)) value = ops.expand(value, shapeOf(grad), false);
  return value.dtype == grad.dtype ? value : ops.to(value, grad.dtype);
}

function setRegister(i: i32, t: Tensor): void {
  store<usize>(registers + ((<usize>i) << 2), changetype<usize>(t));
}
