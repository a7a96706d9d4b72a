// The torch namespace: `import * as torch from "flambeau"`.

export * from "./essential/index.ts";
// what `flambeau/core` leaves out
export * from "./gen/rare-functions.ts";
export * as amp from "./amp/index.ts";
export * as autograd from "./autograd/index.ts";
export * as fft from "./fft/index.ts";
export * as func from "./func/index.ts";
export * as io from "./io/index.ts";
export * as linalg from "./linalg/index.ts";
export * as nn from "./nn/index.ts";
export * as onnx from "./onnx/index.ts";
export * as optim from "./optim/index.ts";
export * as profiler from "./profiler/index.ts";
export * as special from "./gen/special.ts";
export * as utils from "./utils/index.ts";
export * as vision from "./vision/index.ts";

export { autocast, getAutocastDtype, isAutocastEnabled } from "./amp/autocast.ts";
export { emptyStrided } from "./factories.ts";
export { istft, stft, type IstftOptions, type StftOptions } from "./fft/stft.ts";
export { einsum } from "./functional/einsum.ts";
export { gradient, type GradientOptions } from "./functional/gradient.ts";
export { chainMatmul, tensordot, type ContractedDims } from "./functional/products.ts";
export { bartlettWindow, blackmanWindow, hammingWindow, hannWindow, kaiserWindow } from "./functional/windows.ts";
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
export { logspace, range, trilIndices, triuIndices } from "./more-factories.ts";
export { randintLike } from "./random.ts";
export {
  histogramAsync,
  multinomialAsync,
  nonzeroAsync,
  uniqueAsync,
  uniqueConsecutiveAsync,
  whereAsync,
} from "./tensor/later.ts";
export { adjoint, fill, isNonzero } from "./tensor/matrices.ts";
export { atleast1d, atleast2d, atleast3d, blockDiag, broadcastShapes, cartesianProd } from "./tensor/more-shapes.ts";
export { canCast } from "./tensor/casting.ts";
export { finfo, iinfo, promoteTypes, resultType, type FloatInfo, type IntInfo } from "./tensor/promotion.ts";
export { nanmedian } from "./tensor/reductions.ts";
export { dsplit, histogram, hsplit, tensorSplit, uniqueConsecutive, vsplit } from "./tensor/shapes.ts";
export { fromTransferable, toTransferable } from "./transfer.ts";

import "./tensor/more-methods.ts";
