// What nn.functional has beyond the generated functions, or in their place. Imported by bindings/nn/functional.ts.

export { conv1d, conv2d, conv3d, type Conv, type ConvOptions, type Padding } from "./convolution.ts";
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type AdaptiveMaxPool,
  type AdaptiveSizes,
  type MaxPool,
  type MaxPoolOptions,
} from "./pooling.ts";
export type { Sizes } from "./arguments.ts";
