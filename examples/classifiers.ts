// Three small classifiers on MNIST: multinomial logistic regression, a small CNN, and an MLP; with seed 0 their batches, weights
// and losses are PyTorch's.
//   node --import tsx examples/classifiers.ts [logistic|cnn|mlp]
import * as torch from "flambeau";
import { commandLine, runAsProgram } from "./lib/main.ts";
import { mnistTensors, type Split } from "./lib/mnist.ts";
import type { Batch } from "./lib/train.ts";

const { nn, optim } = torch;

const BATCH = 64;

export const programs = {
  logistic: {
    build: () => new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 10)),
    optimizer: (model: torch.nn.Sequential) => new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 }),
  },
  cnn: {
    build: () =>
      new nn.Sequential(
        new nn.Conv2d(1, 5, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(5, 10, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(490, 10),
      ),
    optimizer: (model: torch.nn.Sequential) => new optim.Adam(model.parameters(), { lr: 1e-3 }),
  },
  mlp: {
    build: () => new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10)),
    optimizer: (model: torch.nn.Sequential) => new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }),
  },
};

export type ProgramName = keyof typeof programs;

export interface Course {
  firstLabels: number[];
  losses: number[];
  /** on the 10,000 test images, after the last step */
  accuracy: number;
}

/** One epoch (or `steps` of it) from the given seed. */
export function runProgram(
  name: ProgramName,
  { seed = 0, steps = Infinity, train = mnistTensors(true), test = mnistTensors(false) } = {} as {
    seed?: number;
    steps?: number;
    train?: Split;
    test?: Split;
  },
  report: (step: number, loss: number) => void = () => {},
): Course {
  torch.manualSeed(seed);
  const model = programs[name].build();
  const dataset = new torch.utils.data.TensorDataset(train.images, train.labels);
  const loader = new torch.utils.data.DataLoader<Batch>(dataset, { batchSize: BATCH, shuffle: true });
  const optimizer = programs[name].optimizer(model);
  const lossFn = new nn.CrossEntropyLoss();
  const losses: number[] = [];
  let firstLabels: number[] = [];
  for (const [images, labels] of torch.scoped(loader)) {
    if (losses.length === 0) firstLabels = labels.tolist() as number[];
    const loss = lossFn(model(images), labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    losses.push(loss.item() as number);
    report(losses.length - 1, losses.at(-1)!);
    if (losses.length === steps) break;
  }
  const accuracy = torch.scope(() =>
    torch.noGrad(() => model(test.images).argmax(1).eq(test.labels).to("float32").mean().item() as number),
  );
  return { firstLabels, losses, accuracy };
}

runAsProgram(import.meta, () => {
  const wanted = commandLine().filter((name): name is ProgramName => name in programs);
  for (const name of wanted.length > 0 ? wanted : (Object.keys(programs) as ProgramName[])) {
    const course = runProgram(name, {}, (step, loss) => {
      if (step % 100 === 0) console.log(name, step, loss.toFixed(4));
    });
    console.log(`${name}: test accuracy ${(100 * course.accuracy).toFixed(2)} %`);
  }
});
