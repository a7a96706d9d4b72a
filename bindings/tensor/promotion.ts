// Which dtype a computation has: the questions that programs ask. The core answers them for itself in dtype.ts.

import { TypeError } from "../error.ts";
import { category } from "./casting.ts";
import { Code, DTYPES, dtypeCode, type DType } from "./dtype.ts";
import { defaultDtypeCode } from "./defaults.ts";
import { FloatScalar, type Scalar } from "./scalar.ts";
import { live, Tensor } from "./tensor.ts";
import { word } from "../core.ts";

function promote(a: number, b: number): number {
  if (a === b) return a;
  const [low, high] = category(a) <= category(b) ? [a, b] : [b, a];
  if (category(low) !== category(high)) {
    return high === Code.Complex64 && low === Code.Float64 ? Code.Complex128 : high;
  }
  switch (category(a)) {
    case 1:
      // uint8 with int8 needs the next wider signed type
      return Math.min(a, b) === Code.Uint8 && Math.max(a, b) === Code.Int8 ? Code.Int16 : Math.max(a, b);
    case 2:
      return a === Code.Float64 || b === Code.Float64 ? Code.Float64 : Code.Float32;
    default:
      return Code.Complex128;
  }
}

/**
 * The smallest dtype that holds both; follows torch.promote_types.
 * @example
 * torch.promoteTypes("int32", "float16"); // "float16"
 */
export function promoteTypes(type1: DType, type2: DType): DType {
  return DTYPES[promote(dtypeCode(type1), dtypeCode(type2))]!;
}

/**
 * The dtype of an op on two operands; follows torch.result_type. Tensors with dimensions decide before 0-d tensors, and
 * those before numbers, unless the lower one is of a higher category.
 * @example
 * torch.resultType(torch.tensor([1n]), 2.5); // "float32"
 */
export function resultType(tensor1: Tensor | Scalar, tensor2: Tensor | Scalar): DType {
  const codes: (number | undefined)[] = [undefined, undefined, undefined];
  for (const operand of [tensor1, tensor2]) {
    const [rank, code] = rankOf(operand);
    codes[rank] = codes[rank] === undefined ? code : promote(codes[rank], code);
  }
  const [dimensioned, zeroDim, number] = codes;
  let result = dimensioned;
  for (const lower of [zeroDim, number]) {
    if (lower === undefined) continue;
    if (result === undefined) result = lower;
    else if (category(lower) > category(result)) result = promote(result, lower);
  }
  return DTYPES[result!]!;
}

function rankOf(operand: Tensor | Scalar): [rank: 0 | 1 | 2, code: number] {
  if (operand instanceof Tensor) {
    const meta = word(live(operand) + 4);
    return [((meta >>> 16) & 0xff) > 0 ? 0 : 1, meta & 0xff];
  }
  switch (typeof operand) {
    case "boolean":
      return [2, Code.Bool];
    case "bigint":
      return [2, Code.Int64];
    case "number":
      return [2, Number.isInteger(operand) ? Code.Int64 : defaultDtypeCode()];
    default:
      if (operand instanceof FloatScalar) return [2, defaultDtypeCode()];
      throw new TypeError("resultType(): arguments must be Tensors or numbers");
  }
}

/** The limits of a floating dtype, as torch.finfo gives them. */
export interface FloatInfo {
  bits: number;
  dtype: DType;
  /** the difference between 1 and the next larger number */
  eps: number;
  max: number;
  min: number;
  /** the smallest positive normal number */
  tiny: number;
  smallestNormal: number;
  /** 10 to the number of decimal digits that are exact */
  resolution: number;
}

const FLOATS: Record<string, [bits: number, eps: number, max: number, tiny: number, resolution: number]> = {
  float16: [16, 2 ** -10, 65504, 2 ** -14, 1e-3],
  bfloat16: [16, 2 ** -7, (2 - 2 ** -7) * 2 ** 127, 2 ** -126, 1e-2],
  float32: [32, 2 ** -23, (2 - 2 ** -23) * 2 ** 127, 2 ** -126, 1e-6],
  float64: [64, 2 ** -52, Number.MAX_VALUE, 2 ** -1022, 1e-15],
};

/**
 * The limits of a floating dtype; follows torch.finfo.
 * @throws TypeError for any other
 * @example
 * torch.finfo("float32").eps; // 1.1920928955078125e-7
 */
export function finfo(dtype: DType = DTYPES[defaultDtypeCode()]!): FloatInfo {
  const name = DTYPES[dtypeCode(dtype)]!.replace("complex64", "float32").replace("complex128", "float64") as DType;
  const row = FLOATS[name];
  if (row === undefined) {
    throw new TypeError("torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'");
  }
  const [bits, eps, max, tiny, resolution] = row;
  return { bits, dtype: name, eps, max, min: -max, tiny, smallestNormal: tiny, resolution };
}

/** The limits of an integer dtype; int64's are BigInts, as numbers can't hold them. */
export interface IntInfo {
  bits: number;
  dtype: DType;
  min: number | bigint;
  max: number | bigint;
}

/**
 * The limits of an integer dtype; follows torch.iinfo.
 * @throws TypeError for any other
 * @example
 * torch.iinfo("int8").max; // 127
 */
export function iinfo(dtype: DType): IntInfo {
  const name = DTYPES[dtypeCode(dtype)]!;
  if (name === "bool") throw new TypeError("torch.bool is not supported by torch.iinfo");
  const bits = { uint8: 8, int8: 8, int16: 16, int32: 32, int64: 64 }[name as string];
  if (bits === undefined) {
    throw new TypeError("torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'");
  }
  if (name === "uint8") return { bits, dtype: name, min: 0, max: 255 };
  if (name === "int64") return { bits, dtype: name, min: -(2n ** 63n), max: 2n ** 63n - 1n };
  return { bits, dtype: name, min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 };
}
