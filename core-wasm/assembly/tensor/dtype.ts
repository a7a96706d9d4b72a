// dtypes: codes, sizes, categories, promotion. The codes are shared with the bindings (bindings/tensor/dtype.ts).
import { Device } from "../dispatch/device";

export const enum DType {
  Uint8 = 0,
  Int8 = 1,
  Int16 = 2,
  Int32 = 3,
  Int64 = 4,
  Float16 = 5,
  Float32 = 6,
  Float64 = 7,
  Complex64 = 8,
  Complex128 = 9,
  Bool = 10,
  BFloat16 = 11,
}

/** Marks an absent dtype argument. */
export const NO_DTYPE: i32 = -1;
export const DTYPE_COUNT: i32 = 12;

// @ts-ignore: decorator
@lazy const SIZES = memory.data<u8>([1, 1, 2, 4, 8, 2, 4, 8, 8, 16, 1, 2]);

/** Bytes per element. */
export function itemSize(dtype: i32): i32 {
  return <i32>load<u8>(SIZES + <usize>dtype);
}

// @ts-ignore: decorator
@lazy const WEBGPU_SIZES = memory.data<u8>([4, 4, 4, 4, 8, 2, 4, 0, 0, 0, 4, 4]);

/** whether the WebGPU device in use has 16-bit floats */
let webGpuHasHalf: bool = true;

export function setWebGpuHasHalf(value: bool): void {
  webGpuHasHalf = value;
}

/** Bytes per element as a device stores it; 0: the device lacks the dtype. */
export function deviceItemSize(dtype: i32, device: i32): i32 {
  if (device != Device.WebGpu) return itemSize(dtype);
  return dtype == DType.Float16 && !webGpuHasHalf ? 0 : <i32>load<u8>(WEBGPU_SIZES + <usize>dtype);
}

/** The dtype whose bytes in wasm memory are those that WebGPU stores for `dtype`: there small integers are i32, bfloat16 is f32. */
export function stagedDType(dtype: i32): i32 {
  if (dtype < DType.Int32 || dtype == DType.Bool) return DType.Int32;
  return dtype == DType.BFloat16 ? DType.Float32 : dtype;
}

/** Whether kernels of the device take elements as they are stored, and round to that: the CPU's need wider types. */
export function takesStored(device: i32): bool {
  return device == Device.WebGpu;
}

export function isFloating(dtype: i32): bool {
  return (dtype >= DType.Float16 && dtype <= DType.Float64) || dtype == DType.BFloat16;
}

export function isComplex(dtype: i32): bool {
  return dtype == DType.Complex64 || dtype == DType.Complex128;
}

/** True for the integer dtypes; `includeBool` counts bool in. */
export function isIntegral(dtype: i32, includeBool: bool): bool {
  return dtype <= DType.Int64 || (includeBool && dtype == DType.Bool);
}

/** The arithmetic type of a kernel: what the elements are converted to in registers. */
export const enum Compute {
  F32 = 0,
  F64 = 1,
  I32 = 2,
  I64 = 3,
}

/** float16 and bfloat16 compute in float32; bool and integers up to 32 bits in int32. */
export function computeType(dtype: i32): i32 {
  switch (dtype) {
    case DType.Float64:
      return Compute.F64;
    case DType.Float16:
    case DType.BFloat16:
    case DType.Float32:
      return Compute.F32;
    case DType.Int64:
      return Compute.I64;
    default:
      return Compute.I32;
  }
}

function category(dtype: i32): i32 {
  if (dtype == DType.Bool) return 0;
  if (dtype <= DType.Int64) return 1;
  return isComplex(dtype) ? 3 : 2;
}

/** torch.promoteTypes: the smallest dtype that holds both. */
export function promoteTypes(a: i32, b: i32): i32 {
  if (a == b) return a;
  const ca = category(a);
  const cb = category(b);
  if (ca != cb) {
    const high = ca > cb ? a : b;
    const low = ca > cb ? b : a;
    if (high == DType.Complex64 && low == DType.Float64) return DType.Complex128;
    return high;
  }
  if (ca == 1) {
    // uint8 with a signed type of the same width needs the next wider signed type
    const low = a < b ? a : b;
    const high = a < b ? b : a;
    return low == DType.Uint8 && high == DType.Int8 ? DType.Int16 : high;
  }
  if (ca == 2) {
    if (a == DType.Float64 || b == DType.Float64) return DType.Float64;
    return DType.Float32; // float16 with bfloat16, or either with float32
  }
  return DType.Complex128;
}

/** torch.canCast: whether `from` may be written into `to` without changing category downwards. */
export function canCast(from: i32, to: i32): bool {
  const cf = category(from);
  const ct = category(to);
  if (cf == 3 && ct < 3) return false;
  if (cf == 2 && ct < 2) return false;
  if (to == DType.Bool && from != DType.Bool) return false;
  return true;
}
