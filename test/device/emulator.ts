// A device without a GPU: buffers outside the wasm memory with elements as WebGPU stores them, reads that must be awaited,
// and the core's own kernels to compute. It shows that what runs on a device never reaches for the memory of the CPU, and
// gives the CPU's numbers.
import { core, currentBuffer, i32 } from "../../bindings/core.ts";
import type { DeviceBackend, DeviceStats } from "../../bindings/device.ts";
import { emptyHandle } from "../../bindings/tensor/create.ts";
import { Code, ITEM_SIZES } from "../../bindings/tensor/dtype.ts";
import { halfToNumber } from "../../bindings/tensor/half.ts";

const OPERANDS = 800;
const OPERAND_SIZE = 160;
const ARENA_BYTES = 256 << 20;
// Kernels that take on a device what the CPU's are given converted: Gemm … ConvolutionWeight, and those of images up to
// GridSampleGrid (core-wasm/assembly/dispatch/kernel.ts).
const FIRST_PRODUCT = 10;
const LAST_PRODUCT = 13;
const LAST_IMAGE = 24;
type Dtypes = Record<number, number>;
const HALVES: Dtypes = { [Code.Float16]: Code.Float32, [Code.BFloat16]: Code.Float32 };
const WIDENED: Dtypes = {
  ...HALVES,
  [Code.Uint8]: Code.Int32,
  [Code.Int8]: Code.Int32,
  [Code.Int16]: Code.Int32,
  [Code.Bool]: Code.Int32,
};

/** What a kernel's operands are converted to for the CPU, where that differs. */
function conversions(kernel: number): Dtypes {
  if (kernel < FIRST_PRODUCT || kernel > LAST_IMAGE) return {};
  return kernel <= LAST_PRODUCT ? WIDENED : HALVES;
}
/** bytes per element as WebGPU stores them */
const SIZES = [4, 4, 4, 4, 8, 2, 4, 0, 0, 0, 4, 4];

export interface Run {
  kernel: number;
  dtypes: number[];
}

export class Emulator implements DeviceBackend {
  readonly hasHalf = true;
  readonly lost = undefined;
  /** the kernels that ran, newest last */
  readonly runs: Run[] = [];
  reads = 0;
  #buffers = new Map<number, Uint8Array>();
  #next = 1;
  #created = 0;
  #arena = 0;
  #dry = false;

  /** Called outside of any call into the core. */
  constructor() {
    this.#arena = emptyHandle([ARENA_BYTES], Code.Uint8);
  }

  allocate(bytes: number): number {
    if (bytes % 4 !== 0 || bytes === 0) throw new Error(`a buffer of ${bytes} bytes`);
    // what a new buffer holds is anything
    this.#buffers.set(this.#next, new Uint8Array(bytes).fill(0x7b));
    this.#created++;
    return this.#next++;
  }
  free(id: number, bytes: number): void {
    if (this.#buffers.get(id)?.length !== bytes) throw new Error(`buffer ${id} is freed wrongly`);
    this.#buffers.delete(id);
  }
  upload(id: number, offset: number, bytes: Uint8Array): void {
    if ((offset | bytes.length) % 4 !== 0) throw new Error(`upload of ${bytes.length} bytes at ${offset}`);
    this.#buffers.get(id)!.set(bytes, offset);
  }
  read(id: number, offset: number, bytes: number): Promise<Uint8Array> {
    if ((offset | bytes) % 4 !== 0) throw new Error(`read of ${bytes} bytes at ${offset}`);
    this.reads++;
    const copy = this.#buffers.get(id)!.slice(offset, offset + bytes);
    if (copy.length !== bytes) throw new Error(`read of ${bytes} bytes at ${offset} beyond the buffer`);
    return Promise.resolve(copy);
  }
  flush(): void {}
  async synchronize(): Promise<void> {}
  async warmup(record: () => void): Promise<void> {
    this.#dry = true;
    try {
      record();
    } finally {
      this.#dry = false;
    }
  }
  stats(): DeviceStats {
    const usedBytes = [...this.#buffers.values()].reduce((sum, buffer) => sum + buffer.length, 0);
    return {
      usedBytes,
      usedBuffers: this.#buffers.size,
      freeBytes: 0,
      freeBuffers: 0,
      created: this.#created,
      dispatches: this.runs.length,
      submits: 0,
      pipelines: 0,
      bindGroups: 0,
    };
  }
  destroy(): void {
    this.#buffers.clear();
  }

  /** Moves the operands' buffers into wasm memory, runs the CPU's kernel there, and moves them back. */
  run(args: number): void {
    const base = args >>> 2;
    const count = i32[base + 1]!;
    const operands = Array.from({ length: count }, (_, k) => (args + OPERANDS + k * OPERAND_SIZE) >>> 2);
    this.runs.push({ kernel: i32[base]!, dtypes: operands.map((at) => i32[at + 2]!) });
    if (this.#dry) return;
    let top = i32[(i32[(this.#arena >>> 2) + 2]! >>> 2) + 1]! >>> 0;
    const placed = new Map<number, { address: number; dtype: number }>();
    const saved = operands.map((at) => [i32[at]!, i32[at + 2]!, i32[at + 5]!]);
    const converted = conversions(i32[base]!);
    for (const at of operands) {
      if (i32[at + 5] === 0) continue;
      const [id, offset, dtype] = [i32[at]!, i32[at + 1]!, i32[at + 2]!];
      let place = placed.get(id);
      if (place === undefined) {
        place = { address: top, dtype };
        placed.set(id, place);
        top += dtype in converted ? this.#loadWide(id, dtype, top) : this.#load(id, dtype, top);
        top = (top + 63) & ~63;
      } else if (place.dtype !== dtype) {
        throw new Error("operands of one buffer have different dtypes");
      }
      const local = converted[dtype] ?? dtype;
      i32[at] = place.address + offset * ITEM_SIZES[local]!;
      i32[at + 2] = local;
      i32[at + 5] = 0;
    }
    // the core gives scratch memory to the CPU's own calls only
    i32[base + 4] = top;
    i32[base + 5] = ARENA_BYTES / 2;
    core.runBlock(args);
    for (const [id, { address, dtype }] of placed) {
      if (dtype in converted) this.#storeWide(id, dtype, address);
      else this.#store(id, dtype, address);
    }
    operands.forEach((at, k) => {
      [i32[at], i32[at + 2], i32[at + 5]] = saved[k] as [number, number, number];
    });
  }

  /** As #load, small integers as int32 and halves as float32. */
  #loadWide(id: number, dtype: number, address: number): number {
    const buffer = this.#buffers.get(id)!;
    const count = buffer.length / SIZES[dtype]!;
    if (dtype === Code.Float16) {
      const raw = new Uint16Array(buffer.buffer, buffer.byteOffset, count);
      new Float32Array(currentBuffer(), address, count).set(Array.from(raw, (bits) => halfToNumber(bits, dtype)));
    } else new Uint8Array(currentBuffer(), address, buffer.length).set(buffer);
    return 4 * count;
  }

  #storeWide(id: number, dtype: number, address: number): void {
    const buffer = this.#buffers.get(id)!;
    const count = buffer.length / SIZES[dtype]!;
    const floats = new Float32Array(currentBuffer(), address, count);
    if (dtype === Code.Float16) {
      new Uint16Array(buffer.buffer, buffer.byteOffset, count).set(Array.from(floats, toHalf));
      return;
    }
    const stored = new Int32Array(buffer.buffer, buffer.byteOffset, count);
    if (dtype === Code.BFloat16) {
      const bits = new Uint32Array(currentBuffer(), address, count);
      for (let i = 0; i < count; i++) {
        const word = bits[i]!;
        stored[i] = Number.isNaN(floats[i]) ? word : (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000;
      }
      return;
    }
    const values = new Int32Array(currentBuffer(), address, count);
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (dtype === Code.Int8) stored[i] = (value << 24) >> 24;
      else if (dtype === Code.Int16) stored[i] = (value << 16) >> 16;
      else stored[i] = dtype === Code.Bool ? Number(value !== 0) : value & 255;
    }
  }

  /** Lays a buffer down as the CPU stores its elements; returns the bytes taken. */
  #load(id: number, dtype: number, address: number): number {
    const buffer = this.#buffers.get(id);
    if (buffer === undefined) throw new Error(`there is no buffer ${id}`);
    const count = Math.floor(buffer.length / SIZES[dtype]!);
    const bytes = count * ITEM_SIZES[dtype]!;
    const [stored, local] = [wide(buffer, dtype), narrow(address, count, dtype)];
    if (stored === undefined) new Uint8Array(currentBuffer(), address, bytes).set(buffer.subarray(0, bytes));
    else for (let i = 0; i < count; i++) local![i] = dtype === Code.BFloat16 ? stored[i]! >>> 16 : stored[i]!;
    return bytes;
  }

  #store(id: number, dtype: number, address: number): void {
    const buffer = this.#buffers.get(id)!;
    const count = Math.floor(buffer.length / SIZES[dtype]!);
    const [stored, local] = [wide(buffer, dtype), narrow(address, count, dtype)];
    if (stored === undefined) {
      const bytes = count * ITEM_SIZES[dtype]!;
      buffer.set(new Uint8Array(currentBuffer(), address, bytes));
    } else for (let i = 0; i < count; i++) stored[i] = dtype === Code.BFloat16 ? local![i]! << 16 : local![i]!;
  }
}

/** The bits of a number as float16, ties to even. */
function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude)));
  const units = magnitude / 2 ** (exponent - 10);
  let rounded = Math.floor(units);
  const rest = units - rounded;
  if (rest > 0.5 || (rest === 0.5 && rounded % 2 === 1)) rounded++;
  // a carry out of the fraction runs into the exponent, as it should
  return sign | (rounded + (magnitude === 0 ? 0 : (exponent + 14) << 10));
}

/** The elements of a buffer as words, where the device stores the dtype wider than the CPU. */
function wide(buffer: Uint8Array, dtype: number): Int32Array | undefined {
  const differs = SIZES[dtype] !== ITEM_SIZES[dtype];
  return differs ? new Int32Array(buffer.buffer, buffer.byteOffset, buffer.length / 4) : undefined;
}

/** The same elements in wasm memory. */
function narrow(address: number, count: number, dtype: number): Uint8Array | Int8Array | Int16Array | Uint16Array {
  const memory = currentBuffer();
  switch (dtype) {
    case Code.Int8:
      return new Int8Array(memory, address, count);
    case Code.Int16:
      return new Int16Array(memory, address, count);
    case Code.BFloat16:
      return new Uint16Array(memory, address, count);
    default:
      return new Uint8Array(memory, address, count);
  }
}
