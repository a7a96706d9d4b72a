// The train and test loops of the quickstart.
import * as torch from "flambeau";

export type Batch = [images: torch.Tensor, labels: torch.Tensor];
export type Classifier = (images: torch.Tensor) => torch.Tensor;
export type LossFunction = (output: torch.Tensor, labels: torch.Tensor) => torch.Tensor;

interface Optimizer {
  step(): unknown;
  zeroGrad(): void;
}

/** Waiting for a loss makes a GPU idle, so it is done now and then only. */
const reportEvery = (device: torch.Device): number => (device === "cpu" ? 1 : 20);

/** One epoch on the model's device; `report` hears losses with the number of images since the last one. */
export async function train(
  loader: AsyncIterable<Batch>,
  model: Classifier,
  lossFn: LossFunction,
  optimizer: Optimizer,
  report: (step: number, loss: number, images: number) => void = () => {},
  device: torch.Device = "cpu",
): Promise<void> {
  const every = reportEvery(device);
  let step = 0;
  let seen = 0;
  for await (const [images, labels] of loader) {
    // a promise by itself would keep the scope open
    const { value } = torch.scope(() => {
      const loss = lossFn(model(images.to(device)), labels.to(device));
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return { value: step % every === 0 ? loss.itemAsync<number>() : undefined };
    });
    seen += images.shape[0]!;
    if (value !== undefined) {
      report(step, await value, seen);
      seen = 0;
    }
    step++;
    images.dispose();
    labels.dispose();
  }
}

export interface Score {
  /** mean over batches */
  loss: number;
  accuracy: number;
  /** counts by true class (rows) and predicted class (columns) */
  confusion: number[][];
}

/** Loss, accuracy and confusion over a loader. */
export async function test(
  loader: Iterable<Batch>,
  model: Classifier,
  lossFn: LossFunction,
  device: torch.Device = "cpu",
  classes = 10,
): Promise<Score> {
  const batches: Promise<[loss: number, predicted: number[], labels: number[]]>[] = [];
  torch.noGrad(() => {
    for (const [images, labels] of torch.scoped(loader)) {
      const output = model(images.to(device));
      batches.push(
        Promise.all([
          lossFn(output, labels.to(device)).itemAsync<number>(),
          output.argmax(1).tolistAsync<number[]>(),
          labels.tolist<number[]>(),
        ]),
      );
    }
  });
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let loss = 0;
  let count = 0;
  let correct = 0;
  for (const [batchLoss, predicted, labels] of await Promise.all(batches)) {
    loss += batchLoss;
    labels.forEach((label, i) => {
      confusion[label]![predicted[i]!]!++;
      if (label === predicted[i]) correct++;
      count++;
    });
  }
  return { loss: loss / batches.length, accuracy: correct / count, confusion };
}
