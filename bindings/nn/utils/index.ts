// torch.nn.utils
export * from "./clip-grad.ts";
export { fuseConvBnEval, fuseConvBnWeights, fuseLinearBnEval, skipInit } from "./fusion.ts";
export * as parametrizations from "./parametrizations.ts";
export * as parametrize from "./parametrize.ts";
export * as rnn from "./rnn.ts";
export {
  removeSpectralNorm,
  removeWeightNorm,
  spectralNorm,
  weightNorm,
  type SpectralNormOptions,
} from "./weight-norm.ts";
