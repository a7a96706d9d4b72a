// Finding the adapter and asking for a device with all that it has.

import { errorOfKind } from "../bindings/error.ts";

/** WebGPU's numbers, which are globals only in browsers and Deno. */
export const BufferUsage = {
  MapRead: 1,
  CopySource: 4,
  CopyTarget: 8,
  Uniform: 64,
  Storage: 128,
} as const;
export const MAP_READ = 1;
export const COMPUTE_STAGE = 4;

export interface WebGpuOptions {
  /** an entry point of one's own, such as the `gpu` that npm `webgpu` creates; default: the host's */
  gpu?: GPU;
  powerPreference?: GPUPowerPreference;
  /** a software adapter; others are refused unless there is nothing else */
  forceFallbackAdapter?: boolean;
  /** limits to ask for in place of the adapter's maxima */
  requiredLimits?: Record<string, number>;
  /** features not to use though the adapter has them, such as "shader-f16" */
  withoutFeatures?: readonly string[];
}

/** Features that kernels here have a use for. */
const FEATURES = ["shader-f16", "timestamp-query"] as const;

/** Limits whose maxima are worth asking for. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
  "maxImmediateSize",
] as const;
/** Limits where less is better: the adapter's minima. */
const ALIGNMENTS = ["minStorageBufferOffsetAlignment", "minUniformBufferOffsetAlignment"] as const;

export interface Adapter {
  /** kept for as long as the device: npm `webgpu` ends the process when its entry point is collected before */
  readonly gpu: GPU;
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  /** those that were asked for; what a probe finds not to work is taken out */
  readonly features: Set<string>;
  readonly languageFeatures: ReadonlySet<string>;
}

/** Asks for an adapter and a device. Raises RuntimeError where there is none. */
export async function requestDevice(gpu: GPU, options: WebGpuOptions): Promise<Adapter> {
  const wanted: GPURequestAdapterOptions = {};
  if (options.powerPreference !== undefined) wanted.powerPreference = options.powerPreference;
  if (options.forceFallbackAdapter !== undefined) wanted.forceFallbackAdapter = options.forceFallbackAdapter;
  const adapter = await gpu.requestAdapter(wanted);
  if (adapter === null) {
    throw errorOfKind(0, "WebGPU is there, but no adapter: this machine has no GPU (or software driver) it can use");
  }
  const requiredLimits: Record<string, number> = {};
  const given = adapter.limits as unknown as Record<string, number | undefined>;
  for (const name of [...LIMITS, ...ALIGNMENTS]) {
    const value = given[name];
    if (value !== undefined) requiredLimits[name] = value;
  }
  Object.assign(requiredLimits, options.requiredLimits);
  const requiredFeatures = FEATURES.filter(
    (name) => adapter.features.has(name) && !options.withoutFeatures?.includes(name),
  );
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  } catch (error) {
    throw errorOfKind(0, `WebGPU's adapter gave no device: ${(error as Error).message}`);
  }
  return {
    gpu,
    device,
    info: adapter.info,
    features: new Set(requiredFeatures),
    languageFeatures: new Set<string>(gpu.wgslLanguageFeatures ?? []),
  };
}
