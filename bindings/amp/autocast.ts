// torch.autocast: inside it, ops that gain from it get their operands in a smaller type, and ops that need the range of
// float32 get them in that. An interceptor of the core's ops (tensor/intercept.ts) does it: without autocast nothing costs more.

import { host } from "../boot.ts";
import { core, word } from "../core.ts";
import { RuntimeError } from "../error.ts";
import type { AsyncContext } from "../memory/scope.ts";
import { checkOptions, isOptions } from "../tensor/call.ts";
import { Code, deviceCode, dtypeCode, DTYPES, type Device, type DType } from "../tensor/dtype.ts";
import { deviceCodeOf } from "../tensor/read.ts";
import { intercept, mapHandles, parametersOf, type Run } from "../tensor/intercept.ts";

type Policy = "lower" | "float32" | "widest" | "banned";

/** PyTorch's lists (aten/src/ATen/autocast_mode.cpp): of both devices, of the CPU, and of a GPU. */
const BOTH: Partial<Record<Policy, string>> = {
  lower:
    "conv1d conv2d conv3d convTranspose1d convTranspose2d convTranspose3d convolution bmm mm baddbmm addmm addbmm linear matmul " +
    "einsum multiDot chainMatmul inner tensordot scaledDotProductAttention _scaledDotProductAttention",
  float32:
    "binaryCrossEntropyWithLogits prod cdist mseLoss cosineEmbeddingLoss nllLoss hingeEmbeddingLoss poissonNllLoss smoothL1Loss " +
    "crossEntropy l1Loss huberLoss marginRankingLoss softMarginLoss tripletMarginLoss multiMarginLoss ctcLoss klDiv " +
    "multilabelMarginLoss gaussianNllLoss multilabelSoftMarginLoss",
  widest: "stack cat indexCopy",
};
const CPU: Partial<Record<Policy, string>> = {
  float32: "avgPool3d binaryCrossEntropy gridSample polar quantile nanquantile trace viewAsComplex",
};
const GPU: Partial<Record<Policy, string>> = {
  lower: "prelu addmv addr mv outer",
  float32:
    "acos asin cosh erfinv exp expm1 log log10 log2 log1p reciprocal rsqrt sinh tan pow softplus layerNorm nativeLayerNorm groupNorm " +
    "rmsNorm norm vectorNorm cosineSimilarity dist pdist renorm logsumexp softmax softmin logSoftmax cumprod cumsum sum pairwiseDistance",
  widest: "addcdiv addcmul atan2 bilinear cross linalgCross dot gridSample indexPut scatterAdd",
  banned: "binaryCrossEntropy",
};
const tables: (Map<string, Policy> | undefined)[] = [];

/** The policies of a device's ops. */
function policies(device: number): Map<string, Policy> {
  let table = tables[device];
  if (table === undefined) {
    tables[device] = table = new Map();
    for (const lists of [BOTH, device === 0 ? CPU : GPU]) {
      for (const [policy, ops] of Object.entries(lists))
        for (const op of ops.split(" ")) table.set(op, policy as Policy);
    }
  }
  return table;
}

/** What holds for one device: the code of the smaller type. */
interface Setting {
  readonly enabled: boolean;
  readonly dtype: number;
}
interface Frame {
  /** by device */
  readonly settings: readonly Setting[];
  /** parameters in the smaller type, for as long as the outermost autocast lasts */
  readonly casts: Map<number, number> | undefined;
  ended: boolean;
}

const INITIAL: readonly Setting[] = [
  { enabled: false, dtype: Code.BFloat16 },
  { enabled: false, dtype: Code.Float16 },
];

/** The frame of the synchronous code that runs now. */
let current: Frame | undefined;
/** Those of guards, and of asynchronous functions where the host does not tell tasks apart: the latest holds. */
const lasting: Frame[] = [];
let open = 0;
let remove: (() => void) | undefined;
let context: AsyncContext<Frame> | undefined;

function active(): Frame | undefined {
  if (current !== undefined) return current;
  const frame = context?.getStore();
  return frame !== undefined && !frame.ended ? frame : lasting.at(-1);
}

function begin(device: number, setting: Setting, cacheEnabled: boolean): Frame {
  const outer = active();
  const settings = [...(outer?.settings ?? INITIAL)];
  settings[device] = setting;
  if (open++ === 0) remove = intercept(cast);
  const casts = cacheEnabled ? (outer?.casts ?? new Map<number, number>()) : undefined;
  return { settings, casts, ended: false };
}

function end(frame: Frame): void {
  if (frame.ended) return;
  frame.ended = true;
  const at = lasting.indexOf(frame);
  if (at >= 0) lasting.splice(at, 1);
  const isShared = [current, context?.getStore(), ...lasting].some(
    (other) => other !== undefined && !other.ended && other.casts === frame.casts,
  );
  if (!isShared) forget(frame);
  if (--open === 0) {
    remove!();
    remove = undefined;
  }
}

function forget({ casts }: Frame): void {
  for (const [handle, copy] of casts ?? []) {
    core.release(handle);
    core.release(copy);
  }
  casts?.clear();
}

// ---- the interceptor

const dtypeOfHandle = (handle: number): number => word(handle + 4) & 255;
/** Floating, but not float64, which stays what it is. */
const isEligible = (dtype: number): boolean =>
  dtype === Code.Float32 || dtype === Code.Float16 || dtype === Code.BFloat16;

function cast(op: string, words: readonly number[], run: Run): number {
  const frame = active();
  if (frame === undefined || op.endsWith("_")) return run(...words);
  let device = -1;
  let widest = Code.Float16 as number;
  mapHandles(op, words, (handle) => {
    const dtype = dtypeOfHandle(handle);
    if (!isEligible(dtype)) return handle;
    device = Math.max(device, deviceCodeOf(handle));
    if (dtype === Code.Float32) widest = dtype;
    return handle;
  });
  const setting = frame.settings[device];
  if (!setting?.enabled) return run(...words);
  const policy = policies(device).get(op);
  if (policy === undefined) return run(...words);
  if (policy === "banned") {
    throw new RuntimeError(
      "torch.nn.functional.binary_cross_entropy and torch.nn.BCELoss are unsafe to autocast.\n" +
        "Many models use a sigmoid layer right before the binary cross entropy layer.\n" +
        "In this case, combine the two layers using torch.nn.functional.binary_cross_entropy_with_logits\n" +
        "or torch.nn.BCEWithLogitsLoss.  binary_cross_entropy_with_logits and BCEWithLogits are\nsafe to autocast.",
    );
  }
  // a dtype that was asked for is kept
  if (parametersOf(op).some(({ kind }, i) => kind === "d" && words[i] !== -1)) return run(...words);
  const target =
    policy === "lower" || (policy === "widest" && widest !== Code.Float32) ? setting.dtype : (Code.Float32 as number);
  const made: number[] = [];
  try {
    return run(
      ...mapHandles(op, words, (handle) => {
        const dtype = dtypeOfHandle(handle);
        if (dtype === target || !isEligible(dtype) || deviceCodeOf(handle) !== device) return handle;
        return converted(handle, dtype, target, frame, made);
      }),
    );
  } finally {
    for (const handle of made) core.release(handle);
  }
}

const REQUIRES_GRAD = 1 << 24;

/** The tensor in another type; of parameters one copy serves until autocast ends, so that their gradients are cast once. */
function converted(handle: number, from: number, to: number, frame: Frame, made: number[]): number {
  const isParameter =
    from === Code.Float32 &&
    to !== Code.Float32 &&
    (word(handle + 4) & REQUIRES_GRAD) !== 0 &&
    core.isLeaf(handle) !== 0;
  const known = isParameter ? frame.casts?.get(handle) : undefined;
  if (known !== undefined && dtypeOfHandle(known) === to) return known;
  const copy = core.op_to(handle, to);
  if (isParameter && frame.casts !== undefined && known === undefined && (core.gradMode() & 1) !== 0) {
    core.retain(handle);
    frame.casts.set(handle, copy);
  } else made.push(copy);
  return copy;
}

// ---- the API

export interface AutocastOptions {
  /** Whose tensors are meant: "webgpu" or "cpu". */
  deviceType?: Device;
  /** The smaller type (default float16 on WebGPU, bfloat16 on the CPU). */
  dtype?: DType | null;
  /** Off: nothing is cast within, also inside another autocast (default true). */
  enabled?: boolean;
  /** Keeps the cast parameters until the outermost autocast ends (default true). */
  cacheEnabled?: boolean;
}

/**
 * An autocast that lasts until it is disposed of: `using guard = torch.autocast("webgpu")`.
 * @example
 * const guard = torch.autocast("cpu");
 * torch.ones(1, 2).mm(torch.ones(2, 1)).dtype; // "bfloat16"
 * guard.dispose();
 * torch.isAutocastEnabled("cpu"); // false
 */
export class AutocastGuard {
  private readonly frame: Frame;
  /** @internal */
  constructor(frame: Frame) {
    this.frame = frame;
    lasting.push(frame);
  }
  /**
   * Ends the autocast, as the end of a block does for `using`.
   * Follows torch.autocast.
   * @example
   * const guard = torch.autocast("cpu");
   * guard.dispose();
   * torch.isAutocastEnabled("cpu"); // false
   */
  dispose(): void {
    end(this.frame);
  }
  [Symbol.dispose](): void {
    end(this.frame);
  }
}

/**
 * Runs `fn`, sync or async, with matrix products and convolutions in a smaller type and sensitive ops in float32; follows
 * torch.autocast, with its lists of ops. The backward pass belongs outside: its ops have the types of their forwards. Without a
 * function it is a guard for `using`.
 * @param device "webgpu" or "cpu", or all options in one object
 * @throws RuntimeError for a device or a type that it is not for; TypeError for an unknown option
 * @example
 * const a = torch.ones(1, 2);
 * torch.autocast("cpu", () => a.mm(a.t())).dtype; // "bfloat16"
 */
export function autocast<T>(device: Device | AutocastOptions, fn: () => T): T;
export function autocast<T>(device: Device, options: AutocastOptions | DType, fn: () => T): T;
export function autocast(device: Device | AutocastOptions, options?: AutocastOptions | DType): AutocastGuard;
export function autocast<T>(
  device: Device | AutocastOptions,
  second?: AutocastOptions | DType | (() => T),
  third?: () => T,
): T | AutocastGuard {
  const fn = typeof second === "function" ? second : third;
  const options: AutocastOptions = {
    ...(isOptions(device) ? device : { deviceType: device as Device }),
    ...(typeof second === "object" ? second : typeof second === "string" ? { dtype: second } : {}),
  };
  checkOptions(options, ["deviceType", "dtype", "enabled", "cacheEnabled"], "autocast");
  const { deviceType, enabled = true, cacheEnabled = true } = options;
  if (deviceType !== "cpu" && deviceType !== "webgpu") {
    throw new RuntimeError("User specified autocast device_type must be 'webgpu' or 'cpu'");
  }
  const place = deviceCode(deviceType);
  const dtype = options.dtype == null ? INITIAL[place]!.dtype : dtypeCode(options.dtype);
  if (dtype !== Code.Float16 && dtype !== Code.BFloat16) {
    throw new RuntimeError(
      `In ${deviceType} autocast, but the target dtype is not supported: use torch.bfloat16 or torch.float16, not ` +
        `torch.${options.dtype}`,
    );
  }
  if (fn !== undefined && context === undefined) context = host().asyncContext?.() as AsyncContext<Frame> | undefined;
  const frame = begin(place, { enabled, dtype }, cacheEnabled);
  if (fn === undefined) return new AutocastGuard(frame);
  const before = current;
  current = frame;
  let result: T;
  try {
    result = context === undefined ? fn() : context.run(frame, fn);
  } catch (error) {
    current = before;
    end(frame);
    throw error;
  }
  current = before;
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then === "function") {
    if (context === undefined) lasting.push(frame);
    return Promise.resolve(result).finally(() => end(frame)) as T;
  }
  end(frame);
  return result;
}

/**
 * Whether autocast is on for a device; follows torch.is_autocast_enabled.
 * @example
 * torch.autocast("cpu", () => torch.amp.isAutocastEnabled("cpu")); // true
 */
export const isAutocastEnabled = (deviceType: Device = "webgpu"): boolean =>
  active()?.settings[deviceCode(deviceType)]?.enabled ?? false;

/**
 * The smaller type of a device's autocast; follows torch.get_autocast_dtype.
 * @example
 * torch.amp.getAutocastDtype("cpu"); // "bfloat16"
 */
export const getAutocastDtype = (deviceType: Device): DType =>
  DTYPES[(active()?.settings ?? INITIAL)[deviceCode(deviceType)]!.dtype]!;
