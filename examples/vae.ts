// A variational autoencoder on MNIST: digits to 20 numbers and back, and new digits from random numbers.
//   node --import tsx examples/vae.ts [--epochs 10] [--latent 20] [--hidden 400] [--batch 128] [--lr 0.001] [--seed 0]
//     [--out out/vae] [--device webgpu]
// After every epoch `--out` gets two grids: reconstruction-N.png, eight digits of the test set above what becomes of them, and
// samples-N.png, 64 digits that nobody wrote, of the same codes each time.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import * as torch from "flambeau";
import { chosenDevice } from "./lib/device.ts";
import { numberOption, option, runAsProgram } from "./lib/main.ts";
import { mnistTensors } from "./lib/mnist.ts";
import { type ProgressLine, progressLine, silent } from "./lib/progress.ts";

const { nn, optim } = torch;
const { DataLoader, TensorDataset } = torch.utils.data;
const { saveImage } = torch.vision.utils;
const F = nn.functional;

const PIXELS = 28 * 28;

type Encoded = [mean: torch.Tensor, logVariance: torch.Tensor];

/** Images [N, 784] to distributions over codes [N, latent], and codes to images. */
export class VAE extends nn.Module<[images: torch.Tensor], [reconstruction: torch.Tensor, ...Encoded]> {
  hidden: torch.nn.Linear;
  mean: torch.nn.Linear;
  logVariance: torch.nn.Linear;
  fromCode: torch.nn.Linear;
  toImage: torch.nn.Linear;
  private readonly latent: number;

  constructor(hidden: number, latent: number) {
    super();
    this.latent = latent;
    this.hidden = new nn.Linear(PIXELS, hidden);
    this.mean = new nn.Linear(hidden, latent);
    this.logVariance = new nn.Linear(hidden, latent);
    this.fromCode = new nn.Linear(latent, hidden);
    this.toImage = new nn.Linear(hidden, PIXELS);
  }
  encode(images: torch.Tensor): Encoded {
    const hidden = F.relu(this.hidden(images));
    return [this.mean(hidden), this.logVariance(hidden)];
  }
  decode(codes: torch.Tensor): torch.Tensor {
    return torch.sigmoid(this.toImage(F.relu(this.fromCode(codes))));
  }
  forward(images: torch.Tensor): [torch.Tensor, ...Encoded] {
    const [mean, logVariance] = this.encode(images);
    // noise comes from outside, so that gradients reach the distribution's parameters
    const codes = this.training ? mean.add(torch.randnLike(mean).mul(logVariance.mul(0.5).exp())) : mean;
    return [this.decode(codes), mean, logVariance];
  }
  /** New images [count, 1, 28, 28]. */
  sample(count: number, generator?: torch.Generator): torch.Tensor {
    const codes = torch.randn([count, this.latent], { device: this.mean.weight.device, generator });
    return torch.noGrad(() => this.decode(codes).view([count, 1, 28, 28]));
  }
}

/** What the reconstruction misses, and how far the codes are from a standard normal distribution; in nats, summed. */
function lossOf([reconstruction, mean, logVariance]: [torch.Tensor, ...Encoded], images: torch.Tensor): torch.Tensor {
  const missed = F.binaryCrossEntropy(reconstruction, images, { reduction: "sum" });
  const divergence = logVariance.add(1).sub(mean.square()).sub(logVariance.exp()).sum().mul(-0.5);
  return missed.add(divergence);
}

export interface Options {
  epochs: number;
  hidden?: number;
  latent?: number;
  batch?: number;
  lr?: number;
  seed?: number;
  /** the number of training images, the first ones */
  limit?: number;
  /** the number of test images */
  testLimit?: number;
  /** the folder for the grids */
  out?: string;
  device?: torch.Device;
  progress?: (title: string, total: number) => ProgressLine;
  print?: (line: string) => void;
}

export interface Course {
  model: VAE;
  /** of every step, per image */
  losses: number[];
  /** after every epoch, per image of the test set */
  testLosses: number[];
}

export async function trainVae(options: Options): Promise<Course> {
  const { epochs, hidden = 400, latent = 20, batch = 128, lr = 1e-3, seed = 0, device = "cpu", out } = options;
  const { progress = silent, print = () => {} } = options;
  torch.manualSeed(seed);
  const [training, testing] = [split(true, options.limit), split(false, options.testLimit)];
  const model = new VAE(hidden, latent).to(device);
  const optimizer = new optim.Adam(model.parameters(), { lr });
  const loader = new DataLoader<[torch.Tensor]>(new TensorDataset(training), { batchSize: batch, shuffle: true });
  const losses: number[] = [];
  const testLosses: number[] = [];
  if (out !== undefined) mkdirSync(out, { recursive: true });

  for (let epoch = 1; epoch <= epochs; epoch++) {
    model.train();
    const line = progress(`epoch ${epoch}/${epochs}`, training.shape[0]!);
    let seen = 0;
    for await (const [images] of loader) {
      const count = images.shape[0]!;
      const { value } = torch.scope(() => {
        const there = images.to(device);
        const loss = lossOf(model(there), there);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return { value: loss.itemAsync<number>() };
      });
      images.dispose();
      losses.push((await value) / count);
      line.update((seen += count), losses.at(-1)!);
    }
    line.done();
    testLosses.push(await test(model, testing));
    print(`epoch ${epoch}: test loss ${testLosses.at(-1)!.toFixed(2)}, ${torch.memoryStats().tensors} tensors`);
    if (out !== undefined) await saveGrids(model, testing, out, epoch);
  }
  if (out !== undefined) print(`grids of reconstructions and samples saved to ${out}`);
  return { model, losses, testLosses };
}

/** Images [N, 784] of one split. */
function split(train: boolean, limit = Infinity): torch.Tensor {
  const { images } = mnistTensors(train);
  return images.narrow(0, 0, Math.min(limit, images.shape[0]!)).flatten(1);
}

async function test(model: VAE, images: torch.Tensor, batch = 500): Promise<number> {
  model.eval();
  const { device } = model.mean.weight;
  const sums: Promise<number>[] = [];
  torch.scope(() =>
    torch.noGrad(() => {
      for (const part of torch.scoped(images.split(batch))) {
        const there = part.to(device);
        sums.push(lossOf(model(there), there).itemAsync<number>());
      }
    }),
  );
  return (await Promise.all(sums)).reduce((a, b) => a + b) / images.shape[0]!;
}

async function saveGrids(model: VAE, images: torch.Tensor, out: string, epoch: number): Promise<void> {
  model.eval();
  await torch.scope(async () => {
    const first = images.narrow(0, 0, 8).to(model.mean.weight.device);
    const [reconstruction] = torch.noGrad(() => model(first));
    const pairs = torch.cat([first, reconstruction]).view([-1, 1, 28, 28]);
    await saveImage(await pairs.cpu(), join(out, `reconstruction-${epoch}.png`), { nrow: 8 });
    // the same codes every time, so that the pictures tell how training goes
    const samples = model.sample(64, new torch.Generator().manualSeed(0));
    await saveImage(await samples.cpu(), join(out, `samples-${epoch}.png`), { nrow: 8 });
  });
}

runAsProgram(import.meta, async () =>
  trainVae({
    epochs: numberOption("epochs", 10),
    limit: numberOption("limit", 60_000),

    hidden: numberOption("hidden", 400),
    latent: numberOption("latent", 20),
    batch: numberOption("batch", 128),
    lr: numberOption("lr", 1e-3),
    seed: numberOption("seed", 0),
    out: option("out") ?? "out/vae",
    device: await chosenDevice(),
    progress: progressLine,
    print: console.log,
  }),
);
