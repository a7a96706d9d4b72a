/** torch.vision.transforms.functional: what the transforms do, with the parameters given. */
export * from "./color.ts";
export {
  convertImageDtype,
  getDimensions,
  normalize,
  pilToTensor,
  toPilImage,
  toTensor,
  type Interpolation,
  type Size,
} from "./image.ts";
export {
  affine,
  centerCrop,
  crop,
  fiveCrop,
  hflip,
  pad,
  resize,
  resizedCrop,
  rotate,
  tenCrop,
  vflip,
  type Fill,
  type Padding,
  type PaddingMode,
} from "./geometry.ts";
export { rgbToGrayscale as toGrayscale } from "./color.ts";
