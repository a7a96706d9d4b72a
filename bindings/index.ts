// The torch namespace: `import * as torch from "flambeau"`.

export {
  IndexError,
  NotImplementedError,
  OutOfMemoryError,
  RuntimeError,
  TorchError,
  TypeError,
  UnpicklingError,
  ValueError,
} from "./error.ts";
export * from "./gen/functions.ts";
export * from "./gen/rare-functions.ts";
export * from "./tensor/dtypes.ts";
export * as autograd from "./autograd/index.ts";
export * as linalg from "./linalg/index.ts";
export * as func from "./func/index.ts";
export * as fft from "./fft/index.ts";
export { istft, stft, type IstftOptions, type StftOptions } from "./fft/stft.ts";
export * as special from "./gen/special.ts";

export {
  enableGrad,
  inferenceMode,
  isGradEnabled,
  isInferenceModeEnabled,
  noGrad,
  setGradEnabled,
  type GradModeGuard,
} from "./autograd/mode.ts";
export { einsum } from "./functional/einsum.ts";
export { bartlettWindow, blackmanWindow, hammingWindow, hannWindow, kaiserWindow } from "./functional/windows.ts";
export { gradient, type GradientOptions } from "./functional/gradient.ts";
export { chainMatmul, tensordot, type ContractedDims } from "./functional/products.ts";
export {
  cholesky,
  choleskyInverse,
  choleskySolve,
  det,
  geqrf,
  inverse,
  logdet,
  lu,
  luSolve,
  luUnpack,
  matrixExp,
  matrixPower,
  orgqr,
  ormqr,
  pcaLowrank,
  pinverse,
  qr,
  slogdet,
  svd,
  svdLowrank,
  triangularSolve,
  vander,
} from "./linalg/torch.ts";
export { keep, scope, scoped } from "./memory/scope.ts";
export { setWatermark } from "./memory/pressure.ts";
export { memoryStats, setMemoryLimit, type MemoryStats } from "./memory/stats.ts";
export {
  arange,
  empty,
  emptyLike,
  emptyStrided,
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
} from "./factories.ts";
export { logspace, range, trilIndices, triuIndices } from "./more-factories.ts";
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
  randintLike,
  randLike,
  randn,
  randnLike,
  randperm,
  seed,
  setRngState,
} from "./random.ts";
export * as nn from "./nn/index.ts";
export * as onnx from "./onnx/index.ts";
export * as optim from "./optim/index.ts";
export * as amp from "./amp/index.ts";
export * as profiler from "./profiler/index.ts";
export { autocast, getAutocastDtype, isAutocastEnabled } from "./amp/autocast.ts";
export { backends, type Backends } from "./backends.ts";
export {
  load,
  save,
  type FileProgress,
  type FileSource,
  type FileTarget,
  type LoadOptions,
  type ReadNamedOptions,
  type ReadOptions,
} from "./io/checkpoint.ts";
export * as io from "./io/index.ts";
export * as safetensors from "./io/safetensors.ts";
export { fromTransferable, toTransferable } from "./transfer.ts";
export * as utils from "./utils/index.ts";
export * as webgpu from "./webgpu.ts";
export * as vision from "./vision/index.ts";
export { asTensor, tensor, type TensorData, type TensorOptions } from "./tensor/create.ts";
export { getDefaultDtype, setDefaultDtype } from "./tensor/defaults.ts";
export type { Device, DType, TypedArray } from "./tensor/dtype.ts";
export type { Index } from "./tensor/index.ts";
export {
  channelsLast,
  channelsLast3d,
  contiguousFormat,
  preserveFormat,
  type MemoryFormat,
} from "./tensor/memory-format.ts";
export {
  histogramAsync,
  multinomialAsync,
  nonzeroAsync,
  uniqueAsync,
  uniqueConsecutiveAsync,
  whereAsync,
} from "./tensor/later.ts";
export { setPrintOptions, type PrintOptions } from "./tensor/print.ts";
export { canCast, finfo, iinfo, promoteTypes, resultType, type FloatInfo, type IntInfo } from "./tensor/promotion.ts";
export { adjoint, fill, isNonzero } from "./tensor/matrices.ts";
export { float, FloatScalar, type Scalar } from "./tensor/scalar.ts";
export { fromBuffer, fromNumpy, sharedArray } from "./tensor/shared.ts";
export { max, median, min, nanmedian, norm, std, stdMean, var, varMean } from "./tensor/reductions.ts";
export {
  broadcastTensors,
  clone,
  dsplit,
  histogram,
  hsplit,
  meshgrid,
  nonzero,
  tensorSplit,
  unique,
  uniqueConsecutive,
  vsplit,
  where,
} from "./tensor/shapes.ts";
export { atleast1d, atleast2d, atleast3d, blockDiag, broadcastShapes, cartesianProd } from "./tensor/more-shapes.ts";
export { isTensor, Tensor } from "./tensor/tensor.ts";
export { getNumThreads, setNumThreads } from "./threads.ts";

import "./tensor/methods.ts";
import "./tensor/more-methods.ts";
