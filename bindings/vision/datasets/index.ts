/** torch.vision.datasets */
export type { DownloadOptions, MnistOptions } from "./mnist.ts";
export { FashionMNIST, MNIST } from "./mnist.ts";
