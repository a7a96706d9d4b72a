/** torch.vision: datasets, transforms, models, images: what torchvision has. */
export * as datasets from "./datasets/index.ts";
export * as models from "./models/index.ts";
export * as transforms from "./transforms/index.ts";
