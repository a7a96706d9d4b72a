/** torch.vision.transforms: preparing images, as torchvision.transforms does. */
export * as functional from "./functional/index.ts";
export { Image, type RawImage } from "../image.ts";
export * from "./color.ts";
export * from "./compose.ts";
export * from "./convert.ts";
export * from "./geometry.ts";
export type { Range } from "./draw.ts";
export { ImageTransform, Transform, type TransformFunction } from "./transform.ts";
