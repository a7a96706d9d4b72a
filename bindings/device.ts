// The second device, as the core and the tensors see it. A backend (gpu/) is installed by torch.webgpu.init; until then
// every use says so.
//
// JavaScript cannot wait, and the device's values come later. An op that needs some (the size of a nonzero) asks for them by
// `deviceRead`, which throws unless it runs inside `resolve`: that awaits the bytes and runs the function again, whose k-th
// read is then answered by the k-th bytes.

import { core, currentBuffer, setDeviceImports } from "./core.ts";
import { RuntimeError } from "./error.ts";
import { scope } from "./memory/scope.ts";

/** Counts that a backend keeps. */
export interface DeviceStats {
  /** bytes of buffers that tensors hold */
  readonly usedBytes: number;
  readonly usedBuffers: number;
  /** bytes of freed buffers kept for reuse */
  readonly freeBytes: number;
  readonly freeBuffers: number;
  /** buffers ever created */
  readonly created: number;
  readonly dispatches: number;
  readonly submits: number;
  readonly pipelines: number;
  readonly bindGroups: number;
}

/** What a device does for the core; ids are of buffers, sizes and offsets in bytes. Implemented in gpu/. */
export interface DeviceBackend {
  /** @throws OutOfMemoryError */
  allocate(bytes: number): number;
  free(id: number, bytes: number): void;
  /** Runs the kernel of the argument block at an address. */
  run(args: number): void;
  /** Copies `bytes`, which lie in wasm memory, before it returns. */
  upload(id: number, offset: number, bytes: Uint8Array): void;
  /** The bytes as of now in the order of commands: the copy is recorded at once. */
  read(id: number, offset: number, bytes: number): Promise<Uint8Array>;
  /** Submits what is recorded. */
  flush(): void;
  /** Resolves when the device has done everything recorded so far. @throws what went wrong there */
  synchronize(): Promise<void>;
  /** Compiles the pipelines that `record` needs without running what it records. */
  warmup(record: () => void): Promise<void>;
  stats(): DeviceStats;
  /** Ends the device: everything on it is gone. */
  destroy(): void;
  /** whether the device has 16-bit floats */
  readonly hasHalf: boolean;
  /** why the device is gone, once it is */
  readonly lost: Error | undefined;
}

let backend: DeviceBackend | undefined;

/** The backend in use. @throws RuntimeError when none was started */
export function deviceBackend(): DeviceBackend {
  if (backend === undefined) throw new RuntimeError("no WebGPU device: await torch.webgpu.init() first");
  return backend;
}

export function hasDeviceBackend(): boolean {
  return backend !== undefined;
}

/** Installs the backend that tensors of device "webgpu" live on. */
export function setDeviceBackend(next: DeviceBackend | undefined): void {
  backend = next;
  if (next !== undefined) core.setDeviceHalf(next.hasHalf ? 1 : 0);
}

setDeviceImports({
  allocate: (bytes) => deviceBackend().allocate(bytes),
  free: (id, bytes) => backend?.free(id, bytes),
  run: (args) => deviceBackend().run(args),
  upload: (id, offset, address, bytes) =>
    deviceBackend().upload(id, offset, new Uint8Array(currentBuffer(), address, bytes)),
  read,
});

// ---- values that are needed now

/** One run of a function whose reads are answered from what earlier runs asked for. */
interface Attempt {
  readonly kept: readonly Uint8Array[];
  next: number;
  wanted: Promise<Uint8Array> | undefined;
}
let attempt: Attempt | undefined;

/** Whether the device may be read: inside `resolve`. */
export function canRead(): boolean {
  return attempt !== undefined;
}

/** Raised by a read that has to be awaited. */
class NeedsData extends RuntimeError {}

let reader: string | undefined;

/** Names the op that `call` runs ("torch.nonzero", "x.at"), for the error of a read that nobody awaits. */
export function reading<T>(op: string, call: () => T): T {
  const outer = reader;
  reader = op;
  try {
    return call();
  } finally {
    reader = outer;
  }
}

function read(id: number, offset: number, address: number, bytes: number): void {
  if (attempt === undefined) {
    throw new NeedsData(
      reader === undefined
        ? "the result depends on values on WebGPU, which can only be read asynchronously; " +
            "use await torch.webgpu.resolve(() => …), or move the tensors with await x.cpu()"
        : `${reader}(): the result depends on values on WebGPU, which can only be read asynchronously; ` +
            `use await ${reader}Async(…), or await torch.webgpu.resolve(() => …)`,
    );
  }
  const known = attempt.kept[attempt.next++];
  if (known === undefined) {
    attempt.wanted = deviceBackend().read(id, offset, bytes);
    throw new NeedsData("internal: a read outside of resolve");
  }
  new Uint8Array(currentBuffer(), address, bytes).set(known.subarray(0, bytes));
}

/**
 * Runs `fn`, whose ops may need values of the device, as often as it takes: each time that one is missing it is awaited, and
 * `fn` runs again from its start. What a run makes and does not return is released. `again` is called before each
 * further run.
 */
export async function resolve<T>(fn: () => T, again?: () => void): Promise<T> {
  const kept: Uint8Array[] = [];
  const mode = core.gradMode();
  for (;;) {
    const mine: Attempt = { kept, next: 0, wanted: undefined };
    const outer = attempt;
    const outerMode = core.setGradMode(mode);
    attempt = mine;
    try {
      return scope(fn);
    } catch (error) {
      if (mine.wanted === undefined || !(error instanceof NeedsData)) throw error;
    } finally {
      attempt = outer;
      core.setGradMode(outerMode);
    }
    kept.push(await mine.wanted);
    again?.();
  }
}

/** Runs `fn` with a handle that stays alive until its promise settles. */
export async function holding<T>(handle: number, fn: () => T): Promise<T> {
  core.retain(handle);
  try {
    return await resolve(fn);
  } finally {
    core.release(handle);
  }
}
