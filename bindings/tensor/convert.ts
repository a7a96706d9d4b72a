// Conversions of dtype and device: `to` and its short forms.

import { core } from "../core.ts";
import { holding } from "../device.ts";
import { TypeError } from "../error.ts";
import { positional } from "../functional/arguments.ts";
import { checkOptions, defineMethods, isOptions, tensorArg, typeName } from "./call.ts";
import { codeOf, deviceCode, dtypeCode, DTYPES, type Device, type DType } from "./dtype.ts";
import { inFormat, type MemoryFormat } from "./memory-format.ts";
import { convert, CPU, moved, mustWait, WEBGPU } from "./move.ts";
import { live, Tensor } from "./tensor.ts";

export interface ToOptions {
  dtype?: DType | undefined;
  device?: Device | undefined;
  /** copy even where nothing changes */
  copy?: boolean | undefined;
  /** accepted for PyTorch's sake: copies never wait here */
  nonBlocking?: boolean | undefined;
  memoryFormat?: MemoryFormat | undefined;
}

/** The methods that this file adds to Tensor. */
export interface TensorConversions {
  /**
   * The tensor with another dtype or on another device; the tensor itself where nothing changes, unless `copy`.
   * To the CPU it is a promise where the tensor is on WebGPU. Follows torch.Tensor.to.
   * @throws RuntimeError for an unknown device
   * @example
   * torch.tensor([1.7]).to("int64"); // tensor([1])
   */
  to(device: "cpu", options?: ToOptions): Tensor | Promise<Tensor>;
  to(device: "cpu", dtype: DType, nonBlocking?: boolean, copy?: boolean, options?: ToOptions): Tensor | Promise<Tensor>;
  to(target: DType | Device | Tensor, options?: ToOptions): Tensor;
  to(target: DType | Tensor, nonBlocking?: boolean, copy?: boolean, options?: ToOptions): Tensor;
  to(device: Device, dtype: DType, nonBlocking?: boolean, copy?: boolean, options?: ToOptions): Tensor;
  to(options: ToOptions): Tensor;
  /**
   * The tensor with another dtype; follows torch.Tensor.type. Without one: the dtype's name.
   * @example
   * torch.tensor([1]).type(); // "float32"
   * torch.tensor([1]).type("int64").dtype; // "int64"
   */
  type(): string;
  type(dtype: DType): Tensor;
  /**
   * The dtype of `other`.
   * Follows torch.Tensor.type_as.
   * @example
   * torch.tensor([1.5]).typeAs(torch.tensor([1n])); // tensor([1])
   */
  typeAs(other: Tensor): Tensor;
  /**
   * The tensor on the CPU: itself, or a promise where it is on WebGPU.
   * Follows torch.Tensor.cpu.
   * @example
   * torch.tensor([1]).cpu().device; // "cpu"
   */
  cpu(): Tensor | Promise<Tensor>;
  /**
   * The tensor on WebGPU.
   * @throws RuntimeError before torch.webgpu.init
   * @example
   * await torch.webgpu.init();
   * torch.ones(2).webgpu().device; // "webgpu"
   */
  webgpu(): Tensor;
  /**
   * The tensor as float32.
   * Follows torch.Tensor.float.
   * @example
   * torch.tensor([1.7, -2]).float(); // tensor([1.7000, -2.0000])
   */
  float(options?: FormatOptions): Tensor;
  /**
   * The tensor as float64.
   * Follows torch.Tensor.double.
   * @example
   * torch.tensor([1.7, -2]).double(); // tensor([1.7000, -2.0000], dtype=torch.float64)
   */
  double(options?: FormatOptions): Tensor;
  /**
   * The tensor as float16.
   * Follows torch.Tensor.half.
   * @example
   * torch.tensor([1.7, -2]).half(); // tensor([1.7002, -2.0000], dtype=torch.float16)
   */
  half(options?: FormatOptions): Tensor;
  /**
   * The tensor as bfloat16.
   * Follows torch.Tensor.bfloat16.
   * @example
   * torch.tensor([1.7, -2]).bfloat16(); // tensor([1.7031, -2.0000], dtype=torch.bfloat16)
   */
  bfloat16(options?: FormatOptions): Tensor;
  /**
   * The tensor as int64.
   * Follows torch.Tensor.long.
   * @example
   * torch.tensor([1.7, -2]).long(); // tensor([1, -2])
   */
  long(options?: FormatOptions): Tensor;
  /**
   * The tensor as int32.
   * Follows torch.Tensor.int.
   * @example
   * torch.tensor([1.7, -2]).int(); // tensor([1, -2], dtype=torch.int32)
   */
  int(options?: FormatOptions): Tensor;
  /**
   * The tensor as int16.
   * Follows torch.Tensor.short.
   * @example
   * torch.tensor([1.7, -2]).short(); // tensor([1, -2], dtype=torch.int16)
   */
  short(options?: FormatOptions): Tensor;
  /**
   * The tensor as int8.
   * Follows torch.Tensor.char.
   * @example
   * torch.tensor([1.7, -2]).char(); // tensor([1, -2], dtype=torch.int8)
   */
  char(options?: FormatOptions): Tensor;
  /**
   * The tensor as uint8.
   * Follows torch.Tensor.byte.
   * @example
   * torch.tensor([1.7, 2]).byte(); // tensor([1, 2], dtype=torch.uint8)
   */
  byte(options?: FormatOptions): Tensor;
  /**
   * The tensor as truth values: whether each element is not 0.
   * Follows torch.Tensor.bool.
   * @example
   * torch.tensor([1.7, -2]).bool(); // tensor([True, True])
   */
  bool(options?: FormatOptions): Tensor;
}

/** As `convert`, for a move that has to be awaited. */
function convertLater(tensor: Tensor, code: number, format: MemoryFormat = "preserveFormat"): Promise<Tensor> {
  const handle = live(tensor);
  return holding(handle, () => inFormat(moved(handle, code, CPU), format, false));
}

/** Reads (dtype | device | tensor | options)…, nonBlocking, copy in PyTorch's order. */
function to(this: Tensor, ...args: unknown[]): Tensor | Promise<Tensor> {
  let code = -1;
  let device = -1;
  let format: MemoryFormat = "preserveFormat";
  const flags: boolean[] = [];
  for (const value of args) {
    if (value === undefined || value === null) continue;
    if (value instanceof Tensor) {
      code = value.dtypeCode;
      device = deviceCode(value.device);
    } else if (codeOf(value) >= 0) {
      code = codeOf(value);
    } else if (typeof value === "string") {
      device = deviceCode(value);
    } else if (typeof value === "boolean") {
      flags.push(value);
    } else if (isOptions(value)) {
      const options = value as ToOptions;
      checkOptions(value, ["dtype", "device", "copy", "nonBlocking", "memoryFormat"], "to");
      if (options.dtype !== undefined && options.dtype !== null) code = dtypeCode(options.dtype);
      if (options.device !== undefined && options.device !== null) device = deviceCode(options.device);
      if (options.copy === true) flags[1] = true;
      format = options.memoryFormat ?? format;
    } else {
      throw new TypeError(`to() received an invalid combination of arguments - got (${typeName(value)})`);
    }
  }
  if (mustWait(this, device)) return convertLater(this, code, format);
  const converted = convert(this, code, device, flags[1] === true);
  return inFormat(converted, format, false);
}

interface FormatOptions {
  memoryFormat?: MemoryFormat;
}

const formatOf = (value: unknown, fallback: MemoryFormat, op: string): MemoryFormat =>
  (positional([value], ["memoryFormat"], op)[0] as MemoryFormat | undefined) ?? fallback;

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
  cpu(this: Tensor): Tensor | Promise<Tensor> {
    return mustWait(this, CPU) ? convertLater(this, -1) : convert(this, -1, CPU, false);
  },
  webgpu(this: Tensor): Tensor {
    return convert(this, -1, WEBGPU, false);
  },
  type(this: Tensor, dtype?: DType): Tensor | string | Promise<Tensor> {
    return dtype === undefined ? DTYPES[this.dtypeCode]! : to.call(this, dtype);
  },
  typeAs(this: Tensor, other: Tensor): Tensor {
    tensorArg(other, "type_as", "other", 1);
    return convert(this, other.dtypeCode, -1, false);
  },
});
for (const [name, dtype] of Object.entries(SHORT_FORMS)) {
  const code = codeOf(dtype);
  defineMethods(Tensor, {
    [name](this: Tensor, options?: FormatOptions): Tensor {
      if (options === undefined) return convert(this, code, -1, false);
      const format = formatOf(options, "preserveFormat", name);
      return inFormat(convert(this, code, -1, false), format, false);
    },
  });
}

// The generated methods, with what their records can't say: memory formats, and the view as another dtype.
const { view, contiguous, clone } = Tensor.prototype as unknown as Record<string, (...args: unknown[]) => Tensor>;
defineMethods(Tensor, {
  view(this: Tensor, ...args: unknown[]): Tensor {
    if (typeof args[0] === "string") return new Tensor(core.op_viewDtype(live(this), dtypeCode(args[0])));
    return view!.apply(this, args);
  },
  contiguous(this: Tensor, format?: unknown): Tensor {
    if (format === undefined) return contiguous!.call(this);
    return inFormat(this, formatOf(format, "contiguousFormat", "contiguous"), false);
  },
  clone(this: Tensor, format?: unknown): Tensor {
    if (format === undefined) return clone!.call(this);
    const order = formatOf(format, "preserveFormat", "clone");
    return order === "preserveFormat" ? clone!.call(this) : inFormat(this, order, true);
  },
});
