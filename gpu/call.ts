// The argument block (core-wasm/assembly/dispatch/args.ts) as kernels here see it. One static block serves every call:
// objects of this file read it in place and are valid only while the kernel runs.

import { currentBuffer, f64, i32, u8 } from "../bindings/core.ts";

const PARAMS = 32;
const INTS = 288;
const OPERANDS = 800;
const OPERAND_SIZE = 160;
const MAX_OPERANDS = 16;

/** What a dispatch binds: a buffer, seen from an element on, as elements of a dtype. */
export interface Bound {
  /** the buffer's id */
  readonly id: number;
  /** elements from the buffer's start to element 0 */
  readonly offset: number;
  /** DType, from which the WGSL element type follows */
  readonly dtype: number;
}

/** One tensor of the call in progress. Strides are in elements. */
export class Operand implements Bound {
  #word: number;

  constructor(address: number) {
    this.#word = address >>> 2;
  }

  get id(): number {
    return i32[this.#word]!;
  }
  get offset(): number {
    return i32[this.#word + 1]!;
  }
  get dtype(): number {
    return i32[this.#word + 2]!;
  }
  get ndim(): number {
    return i32[this.#word + 3]!;
  }
  get numel(): number {
    return i32[this.#word + 4]!;
  }
  /** 0: a 0-d tensor of the CPU, whose value `scalar` and `scalarInt` give */
  get device(): number {
    return i32[this.#word + 5]!;
  }
  shape(dim: number): number {
    return i32[this.#word + 8 + dim]!;
  }
  stride(dim: number): number {
    return i32[this.#word + 24 + dim]!;
  }

  /** Whether element i lies at offset + i. */
  get isContiguous(): boolean {
    let expected = 1;
    for (let d = this.ndim - 1; d >= 0; d--) {
      const size = this.shape(d);
      if (size !== 1 && this.stride(d) !== expected) return false;
      expected *= size;
    }
    return true;
  }

  /** The value of a 0-d CPU operand. */
  scalar(): number {
    const at = this.id >>> 0;
    const view = new DataView(currentBuffer(), at, 16);
    switch (this.dtype) {
      case DType.Int64:
        return Number(view.getBigInt64(0, true));
      case DType.Float64:
        return view.getFloat64(0, true);
      case DType.Float32:
        return view.getFloat32(0, true);
      case DType.Float16:
        return halfToNumber(view.getUint16(0, true));
      case DType.BFloat16:
        return floatOfBits(view.getUint16(0, true) << 16);
      case DType.Int32:
        return view.getInt32(0, true);
      case DType.Int16:
        return view.getInt16(0, true);
      case DType.Int8:
        return view.getInt8(0);
      default:
        return u8[at]!;
    }
  }

  /** The value of a 0-d CPU operand as a 64-bit integer. */
  scalarInt(): bigint {
    if (this.dtype === DType.Int64) return new DataView(currentBuffer(), this.id >>> 0, 8).getBigInt64(0, true);
    const value = Math.trunc(this.scalar());
    return Number.isFinite(value) ? BigInt(value) : 0n;
  }
}

/** The dtypes' codes in the core. */
export const DType = {
  UInt8: 0,
  Int8: 1,
  Int16: 2,
  Int32: 3,
  Int64: 4,
  Float16: 5,
  Float32: 6,
  Float64: 7,
  Bool: 10,
  BFloat16: 11,
} as const;

/** The types that kernels compute in. */
export const Compute = { F32: 0, I32: 2, I64: 3 } as const;
export type Compute = (typeof Compute)[keyof typeof Compute];

/** The compute type that elements of a dtype are loaded as. */
export function computeOf(dtype: number): Compute {
  if (dtype === DType.Float16 || dtype === DType.Float32 || dtype === DType.BFloat16) return Compute.F32;
  return dtype === DType.Int64 ? Compute.I64 : Compute.I32;
}

export class Call {
  #address = 0;
  #operands: Operand[] = [];

  /** Turns to the block at `address`, which the core has just filled. */
  read(address: number): void {
    if (this.#address === address) return;
    this.#address = address;
    for (let k = 0; k < MAX_OPERANDS; k++) this.#operands[k] = new Operand(address + OPERANDS + k * OPERAND_SIZE);
  }

  get kernel(): number {
    return i32[this.#address >>> 2]!;
  }
  get count(): number {
    return i32[(this.#address >>> 2) + 1]!;
  }
  /** address of an encoded elementwise program in wasm memory, or 0 */
  get program(): number {
    return i32[(this.#address >>> 2) + 2]!;
  }
  get compute(): Compute {
    return i32[(this.#address >>> 2) + 3]! as Compute;
  }
  param(i: number): number {
    return f64[((this.#address + PARAMS) >>> 3) + i]!;
  }
  int(i: number): number {
    return i32[((this.#address + INTS) >>> 2) + i]!;
  }
  operand(k: number): Operand {
    return this.#operands[k]!;
  }
}

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/** The bits of a number as float32, for a dispatch's words. */
export function floatBits(value: number): number {
  floats[0] = value;
  return bits[0]!;
}

function floatOfBits(value: number): number {
  bits[0] = value;
  return floats[0]!;
}

function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
