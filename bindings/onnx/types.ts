// Element types of ONNX, and tensors of files as tensors of ours.

import { NotImplementedError, ValueError } from "../error.ts";
import { fromBytes } from "../tensor/bytes.ts";
import { dtypeCode, ITEM_SIZES, type DType } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { TensorProto } from "./schema.ts";

/** ONNX's numbers of the element types: the dtype here, and the bytes of an element in a file. */
const TYPES: Record<number, readonly [DType, number]> = {
  1: ["float32", 4],
  2: ["uint8", 1],
  3: ["int8", 1],
  4: ["int32", 2],
  5: ["int16", 2],
  6: ["int32", 4],
  7: ["int64", 8],
  9: ["bool", 1],
  10: ["float16", 2],
  11: ["float64", 8],
  12: ["int64", 4],
  13: ["int64", 8],
  14: ["complex64", 8],
  15: ["complex128", 16],
  16: ["bfloat16", 2],
};
const UINT16 = 4;
const UINT32 = 12;

/** The dtype of ONNX's element type. @throws NotImplementedError for strings and the like */
export function dtypeOf(type: number | undefined): DType {
  const known = TYPES[type ?? 0];
  if (known === undefined) throw new NotImplementedError(`ONNX tensors of element type ${type} are not supported`);
  return known[0];
}

/** ONNX's element type of a dtype. */
export function elementType(dtype: DType): number {
  // the first that fits is the type itself, those that stand in for it come later
  return (
    { int32: 6, int64: 7 }[dtype as string] ??
    Number(Object.keys(TYPES).find((key) => TYPES[Number(key)]![0] === dtype))
  );
}

/** Reads a tensor. `external` gives the bytes that lie in a file beside the model. */
export function tensorOf(
  proto: TensorProto,
  external: (entries: ReadonlyMap<string, string>) => Uint8Array = noFile,
): Tensor {
  const { name = "", dims, dataType } = proto;
  const dtype = dtypeOf(dataType);
  const [, size] = TYPES[dataType!]!;
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0) || count > 0x7fffffff || dims.length > 16)
    throw new ValueError(`tensor '${name}' has the shape [${dims.join(", ")}]`);
  const raw =
    proto.dataLocation === 1
      ? external(new Map(proto.externalData.map(({ key = "", value = "" }) => [key, value])))
      : (proto.rawData ?? typed(proto, dtype, size, count));
  if (raw.length !== count * size) {
    throw new ValueError(`tensor '${name}' of shape [${dims.join(", ")}] has ${raw.length} bytes, not ${count * size}`);
  }
  return fromBytes(widened(raw, dataType!, count), dims, dtype);
}

/** Unsigned integers for which there is no dtype, in the next larger one. */
function widened(raw: Uint8Array, type: number, count: number): Uint8Array {
  if (type !== UINT16 && type !== UINT32) return raw;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (type === UINT16) {
    return new Uint8Array(Int32Array.from({ length: count }, (_, i) => view.getUint16(2 * i, true)).buffer);
  }
  const wide = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) wide[2 * i] = view.getUint32(4 * i, true);
  return new Uint8Array(wide.buffer);
}

/** The elements that stand in a field of their own type, as bytes. */
function typed(proto: TensorProto, dtype: DType, size: number, count: number): Uint8Array {
  const { floatData, int32Data, int64Data, doubleData, uint64Data } = proto;
  const wide = int64Data.length > 0 ? int64Data : uint64Data;
  const { length } = [floatData, doubleData, wide, int32Data].find((list) => list.length > 0) ?? [];
  const perElement = dtype.startsWith("complex") ? 2 : 1;
  if ((length ?? 0) !== count * perElement)
    throw new ValueError(`tensor '${proto.name ?? ""}' has ${length} elements, not ${count}`);
  if (floatData.length > 0) return bytesOf(Float32Array.from(floatData));
  if (doubleData.length > 0) return bytesOf(Float64Array.from(doubleData));
  if (wide.length > 0) {
    const all = BigInt64Array.from(wide);
    return size === 8 ? bytesOf(all) : bytesOf(Uint32Array.from(all, Number));
  }
  const array = { 1: Uint8Array, 2: Uint16Array, 4: Int32Array }[size as 4];
  if (array === undefined) return new Uint8Array(0);
  return bytesOf(array.from(int32Data));
}

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const noFile = (): never => {
  throw new ValueError("this tensor's data cannot lie in another file");
};

/** Bytes of an element of `dtype` in memory. */
export const itemSize = (dtype: DType): number => ITEM_SIZES[dtypeCode(dtype)]!;
