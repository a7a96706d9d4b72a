/** torch.webgpu: the WebGPU device. `await torch.webgpu.init()` starts it; then `x.to("webgpu")`, `model.to("webgpu")`. */
import { host } from "./boot.ts";
import { core, currentBuffer } from "./core.ts";
import { deviceBackend, hasDeviceBackend, resolve as replay, setDeviceBackend, type DeviceStats } from "./device.ts";
import { scope } from "./memory/scope.ts";
import { checkOptions } from "./tensor/call.ts";
import type { Tensor } from "./tensor/tensor.ts";

export type { DeviceStats } from "./device.ts";

export interface WebGpuOptions {
  /** a WebGPU implementation; the host's unless given */
  gpu?: GPU;
  powerPreference?: GPUPowerPreference;
  /** ask for a software adapter */
  forceFallbackAdapter?: boolean;
  /** limits to ask for in place of the adapter's maxima */
  requiredLimits?: Record<string, number>;
  /** features not to use though the adapter has them, such as "subgroups" or "shader-f16" */
  withoutFeatures?: readonly string[];
}

const NAMES = ["gpu", "powerPreference", "forceFallbackAdapter", "requiredLimits", "withoutFeatures"];

let starting: Promise<void> | undefined;

/**
 * Starts the device; a second call has no effect unless the device was lost. In Node and Bun it needs the npm package
 * `webgpu`; browsers and Deno have WebGPU themselves.
 * @throws RuntimeError where the host has no WebGPU or no adapter
 * @example
 * await torch.webgpu.init();
 * const x = torch.ones(3).to("webgpu");
 * await x.sum().itemAsync(); // 3
 */
export async function init(options: WebGpuOptions = {}): Promise<void> {
  checkOptions(options, NAMES, "init");
  if (hasDeviceBackend() && !isLost()) return;
  starting ??= start(options).finally(() => (starting = undefined));
  return starting;
}

async function start(options: WebGpuOptions): Promise<void> {
  const gpu = options.gpu ?? (await host().gpu());
  const { startWebGpu } = await import("../gpu/index.ts");
  setDeviceBackend(await startWebGpu(gpu, options));
}

/**
 * Whether the host has WebGPU with an adapter.
 * @example
 * (await torch.webgpu.isAvailable()) || console.log("this example needs webgpu");
 */
export async function isAvailable(options: WebGpuOptions = {}): Promise<boolean> {
  checkOptions(options, NAMES, "isAvailable");
  try {
    const gpu = options.gpu ?? (await host().gpu());
    const { powerPreference, forceFallbackAdapter = false } = options;
    const wanted = { forceFallbackAdapter, ...(powerPreference === undefined ? {} : { powerPreference }) };
    return (await gpu.requestAdapter(wanted)) !== null;
  } catch {
    return false;
  }
}

const GENERATOR_BYTES = 5056;

/**
 * Runs a synchronous function that needs values of the device, such as `torch.nonzero(x)` or `x.item()` in an `if`: each time
 * one is missing it is awaited, and the function runs again from its start, with the random numbers it drew before. It must
 * not change anything outside, since it may do so several times; what it makes and does not return is released, as by
 * torch.scope.
 * @example
 * await torch.webgpu.init();
 * const mask = torch.tensor([1, 0, 2]).to("webgpu");
 * await torch.webgpu.resolve(() => torch.nonzero(mask).size(0)); // 2
 */
export function resolve<T>(fn: () => T): Promise<T> {
  const generator = () => new Uint8Array(currentBuffer(), core.generatorBlock(0), GENERATOR_BYTES);
  const before = generator().slice();
  return replay(fn, () => generator().set(before));
}

/**
 * Resolves when the device has done all the work given to it so far.
 * @throws what failed there, such as an index out of range
 * @example
 * await torch.webgpu.init();
 * const y = torch.ones(3).to("webgpu").mul(2);
 * await torch.webgpu.synchronize(); // y is computed
 */
export function synchronize(): Promise<void> {
  return deviceBackend().synchronize();
}

/**
 * Compiles the pipelines that a function, a training step for instance, needs, all at the same time and without blocking;
 * nothing is computed, and what the function makes is released.
 * @example
 * await torch.webgpu.init();
 * await torch.webgpu.warmup(() => torch.ones(3, { device: "webgpu" }).exp());
 */
export function warmup(fn: () => unknown): Promise<void> {
  return deviceBackend().warmup(() => scope(() => void fn()));
}

/**
 * Copies of several tensors on the CPU, read together.
 * @example
 * await torch.webgpu.init();
 * const [a, b] = await torch.webgpu.readMany([torch.ones(1).to("webgpu"), torch.zeros(1).to("webgpu")]);
 * a; // tensor([1.])
 */
export function readMany(tensors: readonly Tensor[]): Promise<Tensor[]> {
  // reads that are recorded in one turn travel together
  return Promise.all(tensors.map((tensor) => tensor.cpu()));
}

/**
 * Whether the device is gone; its tensors went with it, and `init` starts another.
 * @example
 * await torch.webgpu.init();
 * torch.webgpu.isLost(); // false
 */
export function isLost(): boolean {
  return hasDeviceBackend() && deviceBackend().lost !== undefined;
}

/**
 * Counts of the device: buffers, bytes, pipelines, submissions.
 * @example
 * await torch.webgpu.init();
 * torch.webgpu.stats().dispatches >= 0; // true
 */
export function stats(): DeviceStats {
  return deviceBackend().stats();
}
