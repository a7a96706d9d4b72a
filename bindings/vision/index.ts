/** torch.vision: datasets, transforms, models, images: what torchvision has. */
export * as datasets from "./datasets/index.ts";
export * as io from "./io/index.ts";
export * as models from "./models/index.ts";
export { Image, type RawImage } from "./image.ts";
export * as utils from "./utils.ts";
export * as transforms from "./transforms/index.ts";
