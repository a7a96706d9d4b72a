/** torch.vision.datasets */
export { type DownloadOptions, type Sample, type SplitOptions, type TransformOptions, VisionDataset } from "./base.ts";
export { CIFAR10, CIFAR100 } from "./cifar.ts";
export { FakeData, type FakeDataOptions } from "./fake.ts";
export { DatasetFolder, type DatasetFolderOptions, type FolderOptions, ImageFolder, type Loader } from "./folder.ts";
export { FashionMNIST, KMNIST, MNIST } from "./mnist.ts";
export * as utils from "./utils.ts";
