import * as torch from "flambeau";

const { nn } = torch;

/** The digit classifier of mnist.ts and predict.ts: images [N, 1, 28, 28], normalised, to logits [N, 10]. */
export function classifier(): torch.nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(8, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(16 * 7 * 7, 10),
  );
}
