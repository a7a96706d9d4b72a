// Conversions of dtype and device: `to` and its short forms.

import { core } from "../core.ts";
import { NotImplementedError, RuntimeError } from "../error.ts";
import { defineMethods, typeName } from "./call.ts";
import { emptyHandle } from "./create.ts";
import { codeOf, deviceCode, DTYPES, type Device, type DType } from "./dtype.ts";
import { live, Tensor } from "./tensor.ts";

export interface ToOptions {
  dtype?: DType | undefined;
  device?: Device | undefined;
  /** copy even where nothing changes */
  copy?: boolean | undefined;
}

/** The methods that this file adds to Tensor. */
export interface TensorConversions {
  /**
   * The tensor with another dtype or on another device; the tensor itself where nothing changes, unless `copy`.
   * Follows torch.Tensor.to. @throws RuntimeError for an unknown device
   * @example x.to("float64"); x.to("cpu"); x.to(other); x.to({ dtype: "int64", copy: true });
   */
  to(target: DType | Device | Tensor, options?: ToOptions): Tensor;
  to(device: Device, dtype: DType): Tensor;
  to(options: ToOptions): Tensor;
  /** The tensor with another dtype; follows torch.Tensor.type. Without one: the dtype's name. */
  type(): string;
  type(dtype: DType): Tensor;
  /** The dtype of `other`. */
  typeAs(other: Tensor): Tensor;
  /** The tensor on the CPU. */
  cpu(): Tensor;
  float(): Tensor;
  double(): Tensor;
  half(): Tensor;
  bfloat16(): Tensor;
  long(): Tensor;
  int(): Tensor;
  short(): Tensor;
  char(): Tensor;
  byte(): Tensor;
  bool(): Tensor;
}

const META = deviceCode("meta");

function convert(tensor: Tensor, code: number, device: number, copy: boolean): Tensor {
  const handle = live(tensor);
  if (device >= 0 && device !== deviceCode(tensor.device)) {
    if (device === META) return new Tensor(emptyHandle(tensor.shape, code >= 0 ? code : tensor.dtypeCode, META));
    if (tensor.device === "meta") throw new NotImplementedError("Cannot copy out of meta tensor; no data!");
    throw new RuntimeError(`no device ${device === 0 ? tensor.device : "webgpu"} is started`);
  }
  if (code >= 0 && code !== tensor.dtypeCode) return new Tensor(core.op_to(handle, code));
  return copy ? tensor.clone() : tensor;
}

function to(this: Tensor, target: unknown, second?: unknown): Tensor {
  let code = -1;
  let device = -1;
  let copy = false;
  for (const value of [target, second]) {
    if (value === undefined || value === null) continue;
    if (value instanceof Tensor) {
      code = value.dtypeCode;
      device = deviceCode(value.device);
    } else if (typeof value === "string") {
      const known = codeOf(value);
      if (known >= 0) code = known;
      else device = deviceCode(value);
    } else if (typeof value === "object") {
      const options = value as ToOptions;
      if (options.dtype !== undefined && options.dtype !== null) code = codeOf(options.dtype);
      if (options.device !== undefined && options.device !== null) device = deviceCode(options.device);
      copy = options.copy === true;
      if (options.dtype && code < 0) throw new RuntimeError(`to(): unknown dtype ${String(options.dtype)}`);
    } else {
      throw new RuntimeError(`to() received an invalid combination of arguments - got (${typeName(value)})`);
    }
  }
  return convert(this, code, device, copy);
}

const SHORT_FORMS: Record<string, DType> = {
  float: "float32",
  double: "float64",
  half: "float16",
  bfloat16: "bfloat16",
  long: "int64",
  int: "int32",
  short: "int16",
  char: "int8",
  byte: "uint8",
  bool: "bool",
};

defineMethods(Tensor, {
  to,
  cpu(this: Tensor): Tensor {
    return convert(this, -1, 0, false);
  },
  type(this: Tensor, dtype?: DType): Tensor | string {
    return dtype === undefined ? DTYPES[this.dtypeCode]! : to.call(this, dtype);
  },
  typeAs(this: Tensor, other: Tensor): Tensor {
    return convert(this, other.dtypeCode, -1, false);
  },
});
for (const [name, dtype] of Object.entries(SHORT_FORMS)) {
  const code = codeOf(dtype);
  defineMethods(Tensor, {
    [name](this: Tensor): Tensor {
      return convert(this, code, -1, false);
    },
  });
}
