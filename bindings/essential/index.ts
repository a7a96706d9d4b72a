// What `flambeau/core` exports: training and inference. Modules that this file reaches are the chunk `core` of the bundle
// (rollup.config.js), which every entry loads; the others are what `flambeau` has besides.

export {
  IndexError,
  NotImplementedError,
  OutOfMemoryError,
  RuntimeError,
  TorchError,
  TypeError,
  UnpicklingError,
  ValueError,
} from "../error.ts";
export * from "../gen/functions.ts";
export * from "../tensor/dtypes.ts";
export * as autograd from "./autograd.ts";
export {
  enableGrad,
  inferenceMode,
  isGradEnabled,
  isInferenceModeEnabled,
  noGrad,
  setGradEnabled,
  type GradModeGuard,
} from "../autograd/mode.ts";
export { keep, scope, scoped } from "../memory/scope.ts";
export { setWatermark } from "../memory/pressure.ts";
export { memoryStats, setMemoryLimit, type MemoryStats } from "../memory/stats.ts";
export {
  arange,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  scalarTensor,
  zeros,
  zerosLike,
  type FactoryOptions,
} from "../factories.ts";
export {
  bernoulli,
  defaultGenerator,
  Generator,
  getRngState,
  initialSeed,
  manualSeed,
  multinomial,
  normal,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  randperm,
  seed,
  setRngState,
} from "../random.ts";
export * as nn from "./nn.ts";
export * as optim from "./optim.ts";
export * as utils from "./utils.ts";
export { backends, type Backends } from "../backends.ts";
export {
  load,
  save,
  type FileProgress,
  type FileSource,
  type FileTarget,
  type LoadOptions,
  type ReadNamedOptions,
  type ReadOptions,
} from "../io/checkpoint.ts";
export * as safetensors from "../io/safetensors.ts";
export * as webgpu from "../webgpu.ts";
export { asTensor, tensor, type TensorData, type TensorOptions } from "../tensor/create.ts";
export { getDefaultDtype, setDefaultDtype } from "../tensor/defaults.ts";
export type { Device, DType, TypedArray } from "../tensor/dtype.ts";
export type { Index } from "../tensor/index.ts";
export {
  channelsLast,
  channelsLast3d,
  contiguousFormat,
  preserveFormat,
  type MemoryFormat,
} from "../tensor/memory-format.ts";
export { setPrintOptions, type PrintOptions } from "../tensor/print.ts";
export { float, FloatScalar, type Scalar } from "../tensor/scalar.ts";
export { fromBuffer, fromNumpy, sharedArray } from "../tensor/shared.ts";
export { max, median, min, norm, std, stdMean, var, varMean } from "../tensor/reductions.ts";
export { broadcastTensors, clone, meshgrid, nonzero, unique, where } from "../tensor/shapes.ts";
export { isTensor, Tensor } from "../tensor/tensor.ts";
export { getNumThreads, setNumThreads } from "../threads.ts";

import "../tensor/methods.ts";
