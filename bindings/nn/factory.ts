// Tensors that modules and optimizers begin with.

import { deviceCode, dtypeCode } from "../tensor/dtype.ts";
import { defaultDtypeCode } from "../tensor/defaults.ts";
import { emptyHandle } from "../tensor/create.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Factory } from "./arguments.ts";

/** Factory settings as `take` gives them. */
type Given = { [Name in keyof Factory]: Factory[Name] | undefined };

/** An uninitialised tensor, of the default dtype on the CPU unless `factory` says otherwise. */
export function empty(shape: readonly number[], { dtype, device }: Given = {}): Tensor {
  const code = dtype === undefined ? defaultDtypeCode() : dtypeCode(dtype);
  return new Tensor(emptyHandle(shape, code, device === undefined ? 0 : deviceCode(device)));
}

/** A tensor of one value. */
export const full = (shape: readonly number[], value: number, factory?: Given): Tensor =>
  empty(shape, factory).fill_(value);

/** A tensor of one value, like another in shape, dtype and device. */
export const fullLike = ({ shape, dtype, device }: Tensor, value: number): Tensor =>
  full(shape, value, { dtype, device });
