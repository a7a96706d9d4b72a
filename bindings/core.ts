// The wasm instance: its exports, its memory as typed arrays, and the functions it calls.
//
// A host compiles the module and calls `instantiate` once; everything else in bindings/ reads `core` and the views, which
// are live bindings. They are renewed whenever the memory grows: one that was kept is stale then.

import type { KernelTask } from "../hosts/host.ts";
import type { OpExports } from "./gen/exports.ts";
import { errorOfCore, errorOfKind } from "./error.ts";
import { headOf, lines } from "./signatures.ts";

/** The exports that are written by hand (core-wasm/assembly/index.ts). Handles and addresses are i32. */
export interface CoreExports {
  retain(handle: number): void;
  release(handle: number): void;
  scratch(): number;
  scratchGrow(count: number): number;
  results(): number;
  resultCount(): number;
  empty(shape: number, dtype: number, device: number): number;
  wrappedScalar(value: number, kind: number): number;
  wrappedInt(low: number, high: number): number;
  endCall(): void;
  releaseMany(handles: number, count: number): void;
  alias(handle: number): number;
  bumpVersion(handle: number): void;
  setDefaultDType(dtype: number): void;
  setRequiresGrad(handle: number, value: number): void;
  requiresGrad(handle: number): number;
  detach(handle: number): number;
  detach_(handle: number): void;
  isLeaf(handle: number): number;
  getGrad(handle: number): number;
  setGrad(handle: number, grad: number): void;
  retainGrad(handle: number): void;
  gradFnName(handle: number): number;
  gradFnCallback(handle: number): number;
  messageText(): number;
  nodeName(node: number): number;
  nodeCallback(node: number): number;
  setObserving(on: number): void;
  backward(tensors: number, grads: number, retainGraph: number, createGraph: number, inputs: number): void;
  autogradGrad(
    outputs: number,
    grads: number,
    inputs: number,
    retainGraph: number,
    createGraph: number,
    allowUnused: number,
  ): number;
  hasOtherLeaves(outputs: number, leaves: number): number;
  setDetectAnomaly(on: number): void;
  setGradMode(bits: number): number;
  gradMode(): number;
  addHook(handle: number, id: number): void;
  removeHook(handle: number, id: number): void;
  functionNode(id: number, inputs: number, outputs: number): number;
  functionOutput(node: number, index: number, handle: number): void;
  functionDone(node: number): void;
  abandonCallback(): void;
  abandonCall(): void;
  readBack(handle: number): number;
  runBlock(args: number): void;
  update(which: number, tensors: number, ...numbers: number[]): void;
  /** lays down the data of a core that shares its memory */
  _init?(): void;
  setThreads(count: number): void;
  servingThreads(): number;
  threadMemory(): number;
  setDeviceHalf(has: number): void;
  memoryStats(): number;
  setMemoryLimit(bytes: number): void;
  newGenerator(): number;
  freeGenerator(generator: number): void;
  seedGenerator(generator: number, low: number, high: number): void;
  initialSeed(generator: number): number;
  generatorBlock(generator: number): number;
  setGeneratorState(generator: number, address: number): number;
}

export type Core = CoreExports & OpExports;

export const notStarted = (): Error =>
  new Error('flambeau is not started: await init() of "flambeau/manual", or import "flambeau", before the first call');
/** Stands for what `instantiate` makes, until it does. */
const nothing = new Proxy<never>({} as never, {
  get() {
    throw notStarted();
  },
  set() {
    throw notStarted();
  },
});

/** The exports, once a host has called `instantiate`. */
export let core: Core = nothing;
/** The whole wasm memory, by element type. Renewed when it grows. */
export let i32: Int32Array = nothing;
export let u8: Uint8Array = nothing;
export let f64: Float64Array = nothing;
let memory: WebAssembly.Memory;

/** Address of the core's scratch block for argument lists, in i32 units. */
export let scratchBase = 0;
export const SCRATCH_LENGTH = 4096;

/** What the core calls while it runs; autograd sets these when it is loaded. */
export interface Callbacks {
  callHook(id: number, grad: number): number;
  callFunction(id: number, count: number): void;
  releaseCallback(id: number): void;
  /** anomaly mode: a node was made, at this address */
  nodeCreated(node: number): void;
  /** anomaly mode: a node's backward gave NaN */
  nodeFailed(node: number): void;
  /** there has been work for more threads than there are */
  wantThreads(): void;
  /** a kernel (0) or a node's derivative (1) begins, at this address; the last that began has ended (2) */
  observe(event: number, address: number): void;
}
const callbacks: Callbacks = {
  nodeCreated: () => {},
  nodeFailed: () => {},
  wantThreads: () => {},
  observe: () => {},
  callHook: () => 0,
  callFunction: () => {},
  releaseCallback: () => {},
};

/** Installs the functions that run hooks and user-defined autograd functions. */
export function setCallbacks(functions: Partial<Callbacks>): void {
  Object.assign(callbacks, functions);
}

/** Makes the views; the core calls it when its memory has grown. */
function makeViews(): void {
  const buffer = memory.buffer;
  i32 = new Int32Array(buffer);
  u8 = new Uint8Array(buffer);
  f64 = new Float64Array(buffer);
}

/** The buffer of the wasm memory as it is now. */
export function currentBuffer(): ArrayBufferLike {
  return memory.buffer;
}

/** The word at byte address `address`. */
export const word = (address: number): number => i32[address >>> 2]!;

/** Text that the core has laid down as UTF-16. */
export function textAt(address: number, length: number): string {
  const units = new Uint16Array(memory.buffer, address >>> 0, length);
  let text = "";
  for (let i = 0; i < length; i += 4096) text += String.fromCharCode(...units.slice(i, i + 4096));
  return text;
}

const OUT_OF_MEMORY = 5;

function raise(kind: number, address: number, length: number): never {
  let message = textAt(address, length);
  if (kind === OUT_OF_MEMORY) {
    message +=
      " Dropped tensors are released by garbage collection, which needs a turn of the event loop; " +
      "torch.scope(() => { … }) and dispose() release them at once.";
  }
  throw errorOfCore(kind, message, raise);
}

/** What JavaScript throws inside a callback ends the call that it was made from. */
function guarded<T>(callback: () => T): T {
  try {
    return callback();
  } catch (error) {
    core.abandonCallback();
    throw error;
  }
}

/** What the core calls for tensors on WebGPU (bindings/device.ts). `args` is the address of an argument block. */
export interface DeviceImports {
  allocate(bytes: number): number;
  free(buffer: number, bytes: number): void;
  run(args: number): void;
  upload(buffer: number, offset: number, address: number, bytes: number): void;
  read(buffer: number, offset: number, address: number, bytes: number): void;
}

const noDevice = (): never => {
  throw errorOfKind(0, "no WebGPU device: await torch.webgpu.init() first");
};
let device: DeviceImports = { allocate: noDevice, free: () => {}, run: noDevice, upload: noDevice, read: noDevice };

export function setDeviceImports(imports: DeviceImports): void {
  device = imports;
}

/** The bit of a tensor's device that marks the stand-ins which functions inside vmap see (func/batched.ts). */
export const BATCHED = 4;
export const BATCHED_ELSEWHERE =
  "this tensor was made inside of torch.func.vmap and does not exist outside of it: return it from the mapped function";

/** An import that may throw: the call it was made from is abandoned then, as `raise` does it. */
function abandoning<A extends number[], R>(call: (...args: A) => R): (device: number, ...args: A) => R {
  return (device, ...args) => {
    try {
      if (device >= BATCHED) throw errorOfKind(0, BATCHED_ELSEWHERE);
      return call(...args);
    } catch (error) {
      core.abandonCall();
      throw error;
    }
  };
}

function warn(address: number, length: number): void {
  console.warn(textAt(address, length));
}

/** The memory of a new core in pages of 64 KiB: what core-wasm/build.mjs has written into the module. */
const PAGES = { initial: 16, maximum: 65536 };

/** What a thread needs to be another instance of the core. */
export type WholeCore = Omit<KernelTask, "own">;

/**
 * Starts the runtime on a compiled module; boot.ts calls it, once.
 * @param shared the module is one for threads
 * @param restModule gives the core's second module, where the first is but a part of it (core-wasm/split)
 * @returns gives the core with its second module
 */
export function instantiate(
  module: WebAssembly.Module,
  shared: boolean,
  restModule?: () => WebAssembly.Module,
): () => WholeCore {
  memory = new WebAssembly.Memory({ ...PAGES, shared });
  const env = {
    memory,
    raise,
    warn,
    abort: (message: number, _file: number, line: number) => {
      throw new Error(`internal error in the core (${message}:${line})`);
    },
    callHook: (id: number, grad: number) => guarded(() => callbacks.callHook(id, grad)),
    callFunction: (id: number, count: number) => guarded(() => callbacks.callFunction(id, count)),
    releaseCallback: (id: number) => callbacks.releaseCallback(id),
    nodeCreated: (node: number) => callbacks.nodeCreated(node),
    nodeFailed: (node: number) => callbacks.nodeFailed(node),
    wantThreads: () => callbacks.wantThreads(),
    observe: (event: number, address: number) => callbacks.observe(event, address),
    memoryGrown: makeViews,
    loadRest() {
      try {
        rest();
      } catch (cause) {
        core.abandonCall();
        throw cause;
      }
    },
    deviceAllocate: abandoning((bytes: number) => device.allocate(bytes >>> 0)),
    deviceFree: (_device: number, buffer: number, bytes: number) => device.free(buffer, bytes >>> 0),
    deviceRun: abandoning((args: number) => device.run(args)),
    deviceUpload: abandoning((buffer: number, offset: number, from: number, bytes: number) =>
      device.upload(buffer, offset >>> 0, from >>> 0, bytes >>> 0),
    ),
    deviceRead: abandoning((buffer: number, offset: number, to: number, bytes: number) =>
      device.read(buffer, offset >>> 0, to >>> 0, bytes >>> 0),
    ),
  };
  const { exports } = new WebAssembly.Instance(module, { env });
  (exports as unknown as CoreExports)._init?.();
  let divided: WebAssembly.Module | undefined;
  let second: WebAssembly.Exports | undefined;
  const rest = (): WebAssembly.Exports => {
    if (second !== undefined) return second;
    if (restModule === undefined)
      throw errorOfKind(0, "this is the first module of a core that is divided: init needs the whole");
    divided = restModule();
    const given: WebAssembly.ModuleImports = { ...env, ...exports };
    // functions of the first module, by their places in its table
    for (const { name } of WebAssembly.Module.imports(divided)) {
      if (name.startsWith("!")) given[name] = (exports["_table"] as WebAssembly.Table).get(Number(name.slice(1)));
    }
    second = new WebAssembly.Instance(divided, { env: given }).exports;
    (second as unknown as CoreExports)._init?.();
    Object.assign(compiled, plainExports({ ...exports, ...second }));
    return second;
  };
  // what the first module has not got is there at its first call
  const later =
    (name: string): Export =>
    (...words) =>
      (rest()[name] as Export)(...words);
  compiled = flattened(plainExports(exports, later)) as Exports;
  core = compiled as unknown as Core;
  makeViews();
  scratchBase = core.scratch() >>> 2;
  return () => {
    if (restModule !== undefined) rest();
    return { module, ...(divided && { rest: divided }), memory };
  };
}

type Exports = Record<string, unknown>;
type Export = (...words: unknown[]) => unknown;
type Wrap = (op: string, run: (...words: number[]) => number) => unknown;
/** What the core exports. */
let compiled: Exports;
/** What stands in the place of that. */
let wrapOp: Wrap | undefined;
let others: Partial<Core> | undefined;
/** the last replacement, which often is put in again */
let built: { wrap: Wrap | undefined; exports: Partial<Core> | undefined; core: Core } | undefined;

/** The core's own exports, whatever has been put in their place. */
export const plainCore = (): Core => compiled as unknown as Core;

/** Puts a function of one's own in the place of every op (tensor/intercept.ts), or the ops back in theirs. */
export function replaceOps(wrap: Wrap | undefined): void {
  wrapOp = wrap;
  rebuild();
}

/** Puts functions of one's own in the place of exports that are no ops (func/tape.ts), or all back in theirs. */
export function replaceExports(exports: Partial<Core> | undefined): void {
  others = exports;
  rebuild();
}

function rebuild(): void {
  const wrap = wrapOp;
  if (wrap === undefined && others === undefined) {
    core = compiled as unknown as Core;
    return;
  }
  if (built?.wrap !== wrap || built?.exports !== others) {
    const entries = Object.entries(compiled).map(([name, value]) =>
      wrap !== undefined && name.startsWith("op_") ? [name, wrap(name.slice(3), value as () => number)] : [name, value],
    );
    built = { wrap, exports: others, core: flattened({ ...Object.fromEntries(entries), ...others }) as Core };
  }
  core = built!.core;
}

/** The exports by their names, which those of ops get back here: core-wasm/generate/exports.ts has numbered them. */
function plainExports(exports: WebAssembly.Exports, absent?: (name: string) => unknown): Exports {
  const plain: Exports = {};
  for (const name in exports) if (name[0] !== "_") plain[name] = exports[name];
  let number = 0;
  const name = (op: string): void => {
    const short = `_${(number++).toString(36)}`;
    plain[`op_${op}`] = exports[short] ?? absent?.(short);
  };
  for (const op of lines.keys()) {
    name(op);
    if (headOf(op)[1].includes("I")) name(`${op}_`);
  }
  return plain;
}

/**
 * An ordinary object with fast properties. An exports object is a dictionary in V8, where a property costs
 * a hash look-up at every call; an object that serves as a prototype is laid out flat.
 */
function flattened(flat: Exports): unknown {
  function Holder() {}
  Holder.prototype = flat;
  return Object.create(flat) && flat;
}
