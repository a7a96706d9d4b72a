// The main job: trains a classifier on the 60,000 digits of MNIST, tests it on the other 10,000, and saves its weights.
//   make demo        or: node --import tsx examples/mnist.ts [--epochs 3] [--out mnist.safetensors] [--device webgpu]
import * as torch from "flambeau";
import { classifier } from "./lib/classifier.ts";
import { chosenDevice } from "./lib/device.ts";
import { option, runAsProgram } from "./lib/main.ts";
import { mnistFolder } from "./lib/mnist.ts";
import { type ProgressLine, progressLine, silent } from "./lib/progress.ts";
import { type Batch, type Score, test, train } from "./lib/train.ts";

const { nn, optim } = torch;
const { DataLoader, TensorDataset } = torch.utils.data;

export interface Options {
  epochs: number;
  device?: torch.Device;
  /** the number of training images, the first ones */
  limit?: number;
  out?: string;
  progress?: (title: string, total: number) => ProgressLine;
  print?: (line: string) => void;
}

/** Images and labels of one split, normalised once, for quick batches. */
function digits(train: boolean, limit = Infinity): torch.utils.data.TensorDataset {
  const all = new torch.vision.datasets.MNIST(mnistFolder, { train });
  const [data, targets] = [all.data, all.targets].map((t) => t.narrow(0, 0, Math.min(limit, t.shape[0]!))) as Batch;
  const normalize = new torch.vision.transforms.Normalize(0.1307, 0.3081);
  return torch.scope(() => new TensorDataset(torch.keep(normalize(data.unsqueeze(1).to("float32").div(255))), targets));
}

export async function trainMnist(options: Options): Promise<Score> {
  const { epochs, device = "cpu", limit, out, progress = silent, print = () => {} } = options;
  torch.manualSeed(0);
  const training = digits(true, limit);
  const testing = digits(false);
  const model = classifier().to(device);
  print(
    `${model}\n${training.length} images to train on, ${testing.length} to test on, ${torch.backends().description}`,
  );
  const loader = new DataLoader<Batch>(training, { batchSize: 64, shuffle: true });
  const testLoader = new DataLoader<Batch>(testing, { batchSize: 500 });
  const lossFn = new nn.CrossEntropyLoss();
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  let score: Score | undefined;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    model.train();
    const line = progress(`epoch ${epoch}/${epochs}`, training.length);
    let average = 0;
    let seen = 0;
    const report = (step: number, loss: number, images: number) => {
      average = step === 0 ? loss : 0.98 * average + 0.02 * loss;
      seen += images;
      line.update(seen, average);
    };
    await train(loader, model, lossFn, optimizer, report, device);
    line.done();
    model.eval();
    score = await test(testLoader, model, lossFn, device);
    print(`epoch ${epoch}: test loss ${score.loss.toFixed(4)}, accuracy ${(100 * score.accuracy).toFixed(2)} %`);
  }
  print(confusionTable(score!.confusion));
  if (out !== undefined) {
    await torch.safetensors.saveFile((await model.to("cpu")).stateDict(), out);
    print(`weights saved to ${out}`);
  }
  return score!;
}

function confusionTable(confusion: number[][]): string {
  const row = (head: string, cells: (number | string)[]) =>
    `${head.padStart(6)} ${cells.map((c) => String(c).padStart(5)).join("")}`;
  return [
    "rows: the digit, columns: what was predicted",
    row(
      "",
      confusion.map((_, i) => i),
    ),
    ...confusion.map((counts, i) =>
      row(
        String(i),
        counts.map((n) => (n === 0 ? "·" : n)),
      ),
    ),
  ].join("\n");
}

runAsProgram(import.meta, async () => {
  const started = performance.now();
  const score = await trainMnist({
    epochs: Number(option("epochs") ?? 3),
    device: await chosenDevice(),
    out: option("out") ?? "out/mnist.safetensors",
    progress: progressLine,
    print: console.log,
  });
  const seconds = (performance.now() - started) / 1000;
  console.log(`final accuracy ${(100 * score.accuracy).toFixed(2)} % after ${seconds.toFixed(1)} s`);
});
