// PyTorch's quickstart: an MLP 784-512-512-10 on MNIST, SGD 1e-3, batches of 64.
//   node --import tsx examples/quickstart.ts [--epochs 2] [--device webgpu]
import * as torch from "flambeau";
import { chosenDevice } from "./lib/device.ts";
import { option, runAsProgram } from "./lib/main.ts";
import { mnistFolder } from "./lib/mnist.ts";
import { type Batch, type Score, test, train } from "./lib/train.ts";

const { nn, optim } = torch;
const { DataLoader, Subset } = torch.utils.data;
const { datasets, transforms } = torch.vision;

export async function quickstart(
  epochs: number,
  limit = 60_000,
  print: (line: string) => void = () => {},
  device: torch.Device = "cpu",
): Promise<Score> {
  torch.manualSeed(0);
  const options = { transform: new transforms.ToTensor() };
  const training = new datasets.MNIST(mnistFolder, options);
  const testing = new datasets.MNIST(mnistFolder, { ...options, train: false });
  const first = Array.from({ length: Math.min(limit, training.length) }, (_, i) => i);
  const trainLoader = new DataLoader<Batch>(new Subset(training, first), { batchSize: 64, shuffle: true });
  const testLoader = new DataLoader<Batch>(testing, { batchSize: 64 });
  const model = new nn.Sequential(
    new nn.Flatten(),
    new nn.Linear(28 * 28, 512),
    new nn.ReLU(),
    new nn.Linear(512, 512),
    new nn.ReLU(),
    new nn.Linear(512, 10),
  ).to(device);
  print(String(model));
  const lossFn = new nn.CrossEntropyLoss();
  const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3 });
  let score: Score | undefined;
  for (let epoch = 0; epoch < epochs; epoch++) {
    print(`Epoch ${epoch + 1}\n-------------------------------`);
    let seen = 0;
    const report = (step: number, loss: number, images: number) => {
      seen += images;
      if (step % 100 === 0) print(`loss: ${loss.toFixed(6)}  [${seen}/${first.length}]`);
    };
    await train(trainLoader, model, lossFn, optimizer, report, device);
    score = await test(testLoader, model, lossFn, device);
    print(`Test: accuracy ${(100 * score.accuracy).toFixed(1)} %, average loss ${score.loss.toFixed(6)}\n`);
  }
  return score!;
}

runAsProgram(import.meta, async () =>
  quickstart(Number(option("epochs") ?? 2), undefined, console.log, await chosenDevice()),
);
