// Tensors as the raw little-endian bytes that files hold. wasm memory is little-endian everywhere.

import { currentBuffer, word } from "../core.ts";
import { Code, type DType, dtypeCode } from "./dtype.ts";
import { emptyHandle } from "./create.ts";
import { Tensor } from "./tensor.ts";

function bytesOf(handle: number, length: number): Uint8Array {
  return new Uint8Array(currentBuffer(), word(word(handle + 8) + 4) >>> 0, length);
}

/** A CPU tensor with these elements in row-major order; bytes that are no bool count as true. */
export function fromBytes(bytes: Uint8Array, shape: readonly number[], dtype: DType): Tensor {
  const code = dtypeCode(dtype);
  const tensor = new Tensor(emptyHandle(shape, code));
  const target = bytesOf(tensor.handle, bytes.length);
  if (code === Code.Bool) bytes.forEach((byte, i) => (target[i] = byte === 0 ? 0 : 1));
  else target.set(bytes);
  return tensor;
}
