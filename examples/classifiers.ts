// Three small classifiers on MNIST: multinomial logistic regression, a small CNN, and an MLP; with seed 0 their batches, weights
// and losses are PyTorch's.
//   node --import tsx examples/classifiers.ts [logistic|cnn|mlp] [--device webgpu]
import * as torch from "flambeau";
import { chosenDevice } from "./lib/device.ts";
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
export async function runProgram(
  name: ProgramName,
  {
    seed = 0,
    steps = Infinity,
    train = mnistTensors(true),
    test = mnistTensors(false),
    device = "cpu",
  }: { seed?: number; steps?: number; train?: Split; test?: Split; device?: torch.Device } = {},
  report: (step: number, loss: number) => void = () => {},
): Promise<Course> {
  torch.manualSeed(seed);
  const model = programs[name].build().to(device);
  const dataset = new torch.utils.data.TensorDataset(train.images, train.labels);
  const loader = new torch.utils.data.DataLoader<Batch>(dataset, { batchSize: BATCH, shuffle: true });
  const optimizer = programs[name].optimizer(model);
  const lossFn = new nn.CrossEntropyLoss();
  const losses: number[] = [];
  let reads: Promise<number>[] = [];
  const collect = async (): Promise<void> => {
    for (const loss of await Promise.all(reads)) report(losses.push(loss) - 1, loss);
    reads = [];
  };
  let firstLabels: number[] = [];
  let step = 0;
  for await (const [images, labels] of loader) {
    if (step === 0) firstLabels = labels.tolist() as number[];
    torch.scope(() => {
      const loss = lossFn(model(images.to(device)), labels.to(device));
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      reads.push(loss.itemAsync<number>());
    });
    images.dispose();
    labels.dispose();
    // a GPU's losses come back fifty at a time
    if (++step % (device === "cpu" ? 1 : 50) === 0) await collect();
    if (step === steps) break;
  }
  await collect();
  return { firstLabels, losses, accuracy: await accuracyOf(model, test, device) };
}

async function accuracyOf(
  model: torch.nn.Sequential,
  { images, labels }: Split,
  device: torch.Device,
): Promise<number> {
  const SIZE = 1000;
  const count = images.shape[0]!;
  const right: Promise<number>[] = [];
  torch.noGrad(() => {
    for (let start = 0; start < count; start += SIZE) {
      torch.scope(() => {
        const size = Math.min(SIZE, count - start);
        const predicted = model(images.narrow(0, start, size).to(device)).argmax(1);
        const hits = predicted.eq(labels.narrow(0, start, size).to(device)).sum();
        right.push(hits.itemAsync<number>());
      });
    }
  });
  return (await Promise.all(right)).reduce((a, b) => a + b, 0) / count;
}

runAsProgram(import.meta, async () => {
  const device = await chosenDevice();
  const wanted = commandLine().filter((name): name is ProgramName => name in programs);
  for (const name of wanted.length > 0 ? wanted : (Object.keys(programs) as ProgramName[])) {
    const course = await runProgram(name, { device }, (step, loss) => {
      if (step % 100 === 0) console.log(name, step, loss.toFixed(4));
    });
    console.log(`${name}: test accuracy ${(100 * course.accuracy).toFixed(2)} %`);
  }
});
