// torch.nn.functional: the generated functions, and those whose arguments are read by hand, which take precedence. What
// `flambeau/core` leaves out stands in all-functional.ts.

export * from "../gen/nn-functional.ts";
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  conv1d,
  conv2d,
  conv3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from "../functional/index.ts";
export {
  celu_,
  convTbc,
  elu_,
  hardtanh_,
  leakyRelu_,
  relu_,
  rrelu_,
  selu_,
  threshold_,
} from "../functional/inplace.ts";
export { gumbelSoftmax, type GumbelOptions } from "../functional/gumbel.ts";
