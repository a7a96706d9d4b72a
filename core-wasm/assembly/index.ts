// The module's exports: one function per op (gen/exports.ts), and what the bindings need beside them.
export * from "./gen/exports";
import { setDetecting } from "./autograd/anomaly";
import * as engine from "./autograd/engine";
import { addHook as prependHook, removeHook as withoutHook } from "./autograd/hooks";
import { gradMode as currentMode } from "./autograd/mode";
import { Node, SpecialNode, attach, doneNode, liveNodes, newNode, retainGradOf } from "./autograd/node";
import { detach as detached, detachInPlace, historyOf } from "./autograd/views";
import { Args } from "./dispatch/args";
import { runCpu } from "./dispatch/kernel";
import { kernelCount } from "./dispatch/run";
import { THREAD_BYTES } from "./dispatch/threads";
export { serve, servingThreads, setThreads } from "./dispatch/threads";
import {
  abandonCall as abandonThis,
  abandonCallback as abandon,
  leave,
  leaveList,
  leaveNothing,
  resultsAddress,
  setUserMode,
} from "./dispatch/entry";
import { msgNodeName } from "./gen/programs";
import { setElementwiseParam, updateInPlace } from "./ops/elementwise";
import * as generators from "./kernels/generator";
import { allocate, free, liveBytes, peakBytes, reservedBytes, setByteLimit } from "./memory/allocator";
import { deviceBytes, devicePeakBytes, deviceStorages, liveStorages } from "./memory/storage";
import {
  promotedDType,
  promoteOperand,
  beginPromotion,
  setDefaultDType as changeDefaultDType,
} from "./tensor/broadcast";
import { canCast as castable, promoteTypes as promoted, isFloating, isComplex, setWebGpuHasHalf } from "./tensor/dtype";
import { alias as aliased, empty as newEmpty, wrappedInt as newWrappedInt, wrappedNumber } from "./tensor/create";
import { ErrorKind, fail, messageText as textAddress, msg, takeMessage } from "./tensor/error";
import { Ints } from "./tensor/ints";
import { Flag, Tensor, deviceTensors, liveTensors } from "./tensor/tensor";
import { readBack as readBackOf } from "./tensor/transfer";
import { Tensors, copyTensors, newTensors } from "./tensor/tensors";

// ---- lifetime ----------------------------------------------------------------------------------------------------

export function retain(t: Tensor): void {
  t.retain();
}

export function release(t: Tensor): void {
  t.release();
}

/** Releases `count` handles at `address`. */
export function releaseMany(address: usize, count: i32): void {
  for (let i = 0; i < count; i++) load<Tensor>(address + ((<usize>i) << 2)).release();
}

// ---- arguments and results ---------------------------------------------------------------------------------------

const SCRATCH_CAPACITY: i32 = 4096;
const scratchArea: usize = memory.data(4096 * 4, 16);
let longScratch: usize = 0;
let longCapacity: i32 = 0;

/** Where JavaScript writes the lists of a call: 4096 integers. */
export function scratch(): usize {
  return scratchArea;
}

/** Room for `n` integers; valid until the next call of scratchGrow. */
export function scratchGrow(n: i32): usize {
  if (n <= SCRATCH_CAPACITY) return scratchArea;
  if (n > longCapacity) {
    if (longCapacity > 0) free(longScratch, (<usize>longCapacity) << 2);
    longCapacity = 0;
    longScratch = allocate((<usize>n) << 2);
    longCapacity = n;
  }
  return longScratch;
}

export function results(): usize {
  return resultsAddress();
}

/** Address of the text that a call composed for JavaScript, UTF-16. */
export function messageText(): usize {
  return textAddress();
}

export function empty(shape: Ints, dtype: i32, device: i32): usize {
  return leave(newEmpty(shape, dtype, device));
}

/** A 0-d tensor for a plain number, owned by the pool: it lives until the next call ends. */
export function wrappedScalar(value: f64, kind: i32): usize {
  return changetype<usize>(wrappedNumber(value, kind));
}

export function wrappedInt(low: i32, high: i32): usize {
  return changetype<usize>(newWrappedInt(((<i64>high) << 32) | (<i64>(<u32>low))));
}

/** Ends a call that JavaScript gave up before it began: the numbers wrapped for it go. */
export function endCall(): void {
  leaveNothing();
}

// ---- dtypes ------------------------------------------------------------------------------------------------------

export function setDefaultDType(dtype: i32): void {
  changeDefaultDType(dtype);
}

export function promoteTypes(a: i32, b: i32): i32 {
  return promoted(a, b);
}

export function canCast(from: i32, to: i32): i32 {
  return castable(from, to) ? 1 : 0;
}

/** torch.result_type of tensors and wrapped numbers. */
export function resultType(a: Tensor, b: Tensor): i32 {
  beginPromotion();
  promoteOperand(a);
  promoteOperand(b);
  const dtype = promotedDType();
  leaveNothing();
  return dtype;
}

// ---- autograd ----------------------------------------------------------------------------------------------------

export function setRequiresGrad(t: Tensor, on: bool): void {
  if (on && !isFloating(t.dtype) && !isComplex(t.dtype)) {
    fail(ErrorKind.Runtime, "only Tensors of floating point and complex dtype can require gradients");
  }
  if (t.requiresGrad && historyOf(t) !== null) {
    if (on) return;
    fail(
      ErrorKind.Runtime,
      "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach().",
    );
  }
  if (on && t.has(Flag.Inference)) {
    fail(ErrorKind.Runtime, "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.");
  }
  t.set(Flag.RequiresGrad, on);
}

export function requiresGrad(t: Tensor): i32 {
  return t.requiresGrad ? 1 : 0;
}

export function isLeaf(t: Tensor): i32 {
  return !t.requiresGrad || historyOf(t) === null ? 1 : 0;
}

export function detach(t: Tensor): usize {
  return leave(detached(t));
}

export function detach_(t: Tensor): void {
  detachInPlace(t);
}

/** A second handle of the same storage and geometry, without history. */
export function alias(t: Tensor): usize {
  return leave(aliased(t));
}

/** The gradient, with a reference for JavaScript; 0 where there is none. */
export function getGrad(t: Tensor): usize {
  const grad = t.grad;
  if (grad !== null) grad.retain();
  return changetype<usize>(grad);
}

export function setGrad(t: Tensor, grad: usize): void {
  const old = t.grad;
  if (grad != 0) changetype<Tensor>(grad).retain();
  t.grad = changetype<Tensor | null>(grad);
  if (old !== null) old.release();
}

export function retainGrad(t: Tensor): void {
  if (!t.requiresGrad) fail(ErrorKind.Runtime, "can't retain_grad on Tensor that has requires_grad=False");
  historyOf(t);
  retainGradOf(t);
}

/** Composes the name of the node that made `t` ("AddBackward0"); 0 for leaves. */
export function gradFnName(t: Tensor): i32 {
  const node = historyOf(t);
  return node === null ? 0 : nodeName(node);
}

export function nodeName(node: Node): i32 {
  msgNodeName(node.op);
  return takeMessage();
}

/** The number of the JavaScript function behind a user's Function; 0 for other nodes. */
export function nodeCallback(node: Node): i32 {
  return node.callback;
}

/** The number of the JavaScript function behind a user's Function that made `t`; 0 for other tensors. */
export function gradFnCallback(t: Tensor): i32 {
  const node = historyOf(t);
  return node === null ? 0 : node.callback;
}

/** From now on the host hears of kernels and nodes as they begin and end. */
export { setObserving } from "./dispatch/observe";

export function setDetectAnomaly(on: bool): void {
  setDetecting(on);
}

export function setGradMode(mode: i32): i32 {
  return setUserMode(mode);
}

export function gradMode(): i32 {
  return currentMode;
}

/** From roots and as many gradients (0: implicit); without `inputs`: to all leaves. */
export function backward(roots: Tensors, grads: Tensors, retain: i32, create: bool, inputs: Tensors | null): void {
  engine.backward(copyTensors(roots), copyTensors(grads), retain, create, inputs === null ? null : copyTensors(inputs));
  leaveNothing();
}

/** The gradients of the inputs, at results(): 0 where an input was not used. */
export function autogradGrad(
  roots: Tensors,
  grads: Tensors,
  inputs: Tensors,
  retain: i32,
  create: bool,
  allowUnused: bool,
): i32 {
  const found: Tensors = newTensors(inputs.length);
  engine.grad(copyTensors(roots), copyTensors(grads), copyTensors(inputs), retain, create, allowUnused, found);
  return leaveList(found);
}

export function hasOtherLeaves(roots: Tensors, leaves: Tensors): i32 {
  return i32(engine.hasOtherLeaves(roots, leaves));
}

/** Registers JavaScript function `id` as a gradient hook of `t`. */
export function addHook(t: Tensor, id: i32): void {
  if (!t.requiresGrad) fail(ErrorKind.Runtime, "cannot register a hook on a tensor that doesn't require gradient");
  const node = historyOf(t);
  if (node === null) t.hooks = prependHook(t.hooks, id, 0);
  else node.addHook(id, t.outputNr);
}

export function removeHook(t: Tensor, id: i32): void {
  t.hooks = withoutHook(t.hooks, id);
  const node = historyOf(t);
  if (node !== null) node.hooks = withoutHook(node.hooks, id);
}

/** A node of a user's Function over its inputs (0: not a tensor); give it its outputs with functionOutput, then functionDone. */
export function functionNode(id: i32, inputs: Tensors, outputs: i32): usize {
  const node = newNode(SpecialNode.Function, inputs.length, outputs, 0, 0, 0);
  node.callback = id;
  for (let i = 0; i < inputs.length; i++) if (inputs.has(i)) node.edge(i, inputs.get(i));
  return changetype<usize>(node);
}

/** Makes `t` output `i` of the node. */
export function functionOutput(node: Node, i: i32, t: Tensor): void {
  attach(t, node, i);
}

export function functionDone(node: Node): void {
  doneNode(node);
  leaveNothing();
}

/** After a callback threw: puts the core back to where the outermost call began. */
export function abandonCallback(): void {
  abandon();
}

/** After a device threw: what the call had made is released. */
export function abandonCall(): void {
  abandonThis();
}

/** A copy on the CPU without history. */
export function readBack(t: Tensor): usize {
  return leave(readBackOf(t));
}

/** Runs an argument block whose operands all lie in wasm memory: what a device is compared with, or does not do itself. */
export function runBlock(block: usize): void {
  runCpu(changetype<Args>(block));
}

/** Memory for one more thread, which it keeps. */
export function threadMemory(): usize {
  return allocate(THREAD_BYTES);
}

/** A step of an optimizer: update `which` (core-wasm/ops/updates.ts) of sets of tensors, with its numbers. */
export function update(
  which: i32,
  tensors: Tensors,
  a: f64,
  b: f64,
  c: f64,
  d: f64,
  e: f64,
  f: f64,
  g: f64,
  h: f64,
  i: f64,
): void {
  setElementwiseParam(0, a);
  setElementwiseParam(1, b);
  setElementwiseParam(2, c);
  setElementwiseParam(3, d);
  setElementwiseParam(4, e);
  setElementwiseParam(5, f);
  setElementwiseParam(6, g);
  setElementwiseParam(7, h);
  setElementwiseParam(8, i);
  updateInPlace(which, tensors);
  leaveNothing();
}

/** Tells whether the WebGPU device has 16-bit floats. */
export function setDeviceHalf(has: bool): void {
  setWebGpuHasHalf(has);
}

// ---- statistics --------------------------------------------------------------------------------------------------

const stats: usize = memory.data(12 * 8, 16);

/**
 * live tensors, live bytes, reserved bytes, peak bytes, live nodes, live storages, kernels started, wasm memory bytes; then
 * of WebGPU: live tensors, live storages, live bytes, peak bytes
 */
export function memoryStats(): usize {
  store<f64>(stats, <f64>liveTensors);
  store<f64>(stats, liveBytes, 8);
  store<f64>(stats, reservedBytes(), 16);
  store<f64>(stats, peakBytes, 24);
  store<f64>(stats, <f64>liveNodes, 32);
  store<f64>(stats, <f64>liveStorages, 40);
  store<f64>(stats, <f64>kernelCount, 48);
  store<f64>(stats, <f64>memory.size() * 65536, 56);
  store<f64>(stats, <f64>deviceTensors, 64);
  store<f64>(stats, <f64>deviceStorages, 72);
  store<f64>(stats, deviceBytes, 80);
  store<f64>(stats, devicePeakBytes, 88);
  return stats;
}

/** Lets allocations fail beyond `bytes` in use (0: no limit), for tests and small hosts. */
export function setMemoryLimit(bytes: f64): void {
  setByteLimit(bytes);
}

/** Bumps the version of `t`'s storage, after JavaScript wrote into it. */
export function bumpVersion(t: Tensor): void {
  t.storage.version++;
}

// ---- random generators: 0 is the default one ---------------------------------------------------------------------

function generatorAt(address: usize): usize {
  return address == 0 ? generators.defaultGenerator() : address;
}

/** The address of a new generator with PyTorch's default seed. */
export function newGenerator(): usize {
  const generator = allocate(generators.GENERATOR_BYTES);
  generators.seedGenerator(generator, generators.DEFAULT_SEED);
  return generator;
}

export function freeGenerator(generator: usize): void {
  free(generator, generators.GENERATOR_BYTES);
}

export function seedGenerator(generator: usize, low: i32, high: i32): void {
  generators.seedGenerator(generatorAt(generator), ((<u64>high) << 32) | (<u64>(<u32>low)));
}

/** Address of a generator's 5056 bytes of state in PyTorch's layout; the seed is the u64 they begin with. */
export function generatorBlock(generator: usize): usize {
  return generatorAt(generator);
}

/** Takes over the state in the 5056 bytes at `state`; 0 if they are none. */
export function setGeneratorState(generator: usize, state: usize): i32 {
  if (!generators.isGeneratorState(state)) return 0;
  memory.copy(generatorAt(generator), state, generators.GENERATOR_BYTES);
  return 1;
}
