// The second wasm module, core-wasm/numerics: matrix factorisations and Fourier transforms, with a memory of its own.
// It is compiled at the first use, in hosts that read files synchronously; others await `load` before.

import { host } from "../boot.ts";
import { core, i32 } from "../core.ts";
import { NotImplementedError } from "../error.ts";
import { scope } from "../memory/scope.ts";
import { emptyHandle, memoryOf } from "../tensor/create.ts";
import { Code, ITEM_SIZES } from "../tensor/dtype.ts";
import { live, Tensor } from "../tensor/tensor.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  reserve(bytes: number): number;
  release(address: number): void;
  compute(
    routine: number,
    sizes: number,
    batch: number,
    count: number,
    operands: number,
    steps: number,
    info: number,
  ): void;
}

/** The routines in the order of core-wasm/numerics/main.cpp. */
export const Routine = {
  Inverse: 0,
  Solve: 1,
  LuFactor: 2,
  Determinant: 3,
  Cholesky: 4,
  TriangularSolve: 5,
  Qr: 6,
  Svd: 7,
  EigenSymmetric: 8,
  EigenGeneral: 9,
  Exponential: 10,
  Fourier: 11,
  EigenComplex: 12,
  DeterminantComplex: 13,
  Householder: 14,
} as const;

let exports: Exports | undefined;

function start(module: WebAssembly.Module): Exports {
  const instance = new WebAssembly.Instance(module, {
    env: { emscripten_notify_memory_growth: () => {} },
    wasi_snapshot_preview1: {
      proc_exit: () => {
        throw new Error("internal error in the numerics module");
      },
    },
  });
  const started = instance.exports as unknown as Exports;
  started._initialize();
  return started;
}

/**
 * Loads what torch.linalg and torch.fft compute with. Needed before their first use in browsers and workers, which cannot
 * read files synchronously; elsewhere it happens by itself.
 * @throws NotImplementedError if this build of flambeau has no numerics module
 * @example
 * // in a page, before the first use
 * await torch.linalg.load();
 */
export async function load(): Promise<void> {
  if (exports !== undefined) return;
  const { numerics } = host();
  const module = await numerics?.();
  if (module === undefined) throw missing();
  exports ??= start(module);
}

function missing(): NotImplementedError {
  return new NotImplementedError(
    "torch.linalg and torch.fft need flambeau.numerics.wasm, which this build lacks: it is made by `make build` where " +
      "emcc (emscripten) and Eigen (libeigen3-dev) are installed",
  );
}

function loaded(): Exports {
  if (exports !== undefined) return exports;
  const { numerics, numericsSync } = host();
  if (numericsSync === undefined && numerics !== undefined) {
    throw new NotImplementedError(
      "this host loads files asynchronously: await torch.linalg.load() before the first use",
    );
  }
  const module = numericsSync?.();
  if (module === undefined) throw missing();
  return (exports = start(module));
}

export interface Output {
  readonly shape: readonly number[];
  /** doubles per matrix of the batch */
  readonly step: number;
  readonly code: number;
}

/**
 * Runs a routine on every matrix of the batch. Inputs are CPU tensors (copies of device tensors are made) of one batch; the
 * outputs are new tensors on the device of the first input.
 * @returns the outputs, and what the routine says of every matrix: 0, or where it failed
 */
export function compute(
  routine: number,
  sizes: readonly number[],
  batch: number,
  inputs: readonly Tensor[],
  outputs: readonly Output[],
): { results: Tensor[]; info: Int32Array } {
  return scope(() => computeAll(loaded(), routine, sizes, batch, inputs, outputs));
}

function computeAll(
  numerics: Exports,
  routine: number,
  sizes: readonly number[],
  batch: number,
  inputs: readonly Tensor[],
  outputs: readonly Output[],
): { results: Tensor[]; info: Int32Array } {
  const device = inputs[0]!.device;
  // reads of a device's values come first: outside of torch.webgpu.resolve they end the call
  const local = inputs.map((input) => {
    const dense = input.detach().contiguous();
    return device === "cpu" ? dense : new Tensor(core.readBack(live(dense)));
  });
  const lengths = [...outputs.map(({ step }) => step * batch), ...local.map((input) => input.numel())];
  const count = lengths.length;
  const steps = lengths.map((length) => (batch === 0 ? 0 : length / batch));
  const words = sizes.length + 2 * count + batch;
  let bytes = 8 * Math.ceil(words / 2);
  const offsets = lengths.map((length) => {
    const at = bytes;
    bytes += 8 * length;
    return at;
  });
  const base = numerics.reserve(bytes);
  if (base === 0) throw new NotImplementedError("torch.linalg: out of memory in the numerics module");
  try {
    const buffer = numerics.memory.buffer;
    const header = new Int32Array(buffer, base, words);
    header.set(sizes);
    header.set(
      offsets.map((offset) => base + offset),
      sizes.length,
    );
    header.set(steps, sizes.length + count);
    local.forEach((input, k) => {
      const at = base + offsets[outputs.length + k]!;
      new Float64Array(buffer, at, input.numel()).set(memoryAt(input));
    });
    const infoAt = sizes.length + 2 * count;
    const word = (index: number) => base + 4 * index;
    if (batch > 0) {
      numerics.compute(routine, base, batch, count, word(sizes.length), word(sizes.length + count), word(infoAt));
    }
    // the memory may have grown
    const after = numerics.memory.buffer;
    const info = new Int32Array(after, word(infoAt), batch).slice();
    const results = outputs.map(({ shape, code }, k) => {
      const tensor = new Tensor(emptyHandle(shape, code));
      const memory = memoryOf(tensor.handle, tensor.numel());
      const values = new Float64Array(after, base + offsets[k]!, lengths[k]!);
      (memory as Float64Array).set(code === Code.Int32 ? Int32Array.from(values) : values);
      return device === "cpu" ? tensor : (tensor.to(device) as Tensor);
    });
    return { results, info };
  } finally {
    numerics.release(base);
  }
}

/** The elements of a contiguous CPU tensor, complex numbers as pairs. */
function memoryAt(tensor: Tensor): ArrayLike<number> {
  const handle = live(tensor);
  const offset = i32[(handle >>> 2) + 3]!;
  const itemBytes = ITEM_SIZES[tensor.dtypeCode]!;
  const whole = memoryOf(handle, offset + tensor.numel());
  return whole.subarray((offset * itemBytes) / whole.BYTES_PER_ELEMENT) as unknown as ArrayLike<number>;
}
