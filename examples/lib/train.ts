// The train and test loops of the quickstart.
import * as torch from "flambeau";

export type Batch = [images: torch.Tensor, labels: torch.Tensor];
export type Classifier = (images: torch.Tensor) => torch.Tensor;
export type LossFunction = (output: torch.Tensor, labels: torch.Tensor) => torch.Tensor;

interface Optimizer {
  step(): unknown;
  zeroGrad(): void;
}

/** One epoch; `report` hears every step. */
export async function train(
  loader: AsyncIterable<Batch>,
  model: Classifier,
  lossFn: LossFunction,
  optimizer: Optimizer,
  report: (step: number, loss: number, images: number) => void = () => {},
): Promise<void> {
  let step = 0;
  for await (const [images, labels] of loader) {
    torch.scope(() => {
      const loss = lossFn(model(images), labels);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      report(step++, loss.item() as number, images.shape[0]!);
    });
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
export function test(loader: Iterable<Batch>, model: Classifier, lossFn: LossFunction, classes = 10): Score {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let loss = 0;
  let batches = 0;
  let count = 0;
  let correct = 0;
  torch.noGrad(() => {
    for (const [images, labels] of torch.scoped(loader)) {
      const output = model(images);
      loss += lossFn(output, labels).item() as number;
      batches++;
      const predicted = output.argmax(1).tolist() as number[];
      (labels.tolist() as number[]).forEach((label, i) => {
        confusion[label]![predicted[i]!]!++;
        if (label === predicted[i]) correct++;
        count++;
      });
    }
  });
  return { loss: loss / batches, accuracy: correct / count, confusion };
}
