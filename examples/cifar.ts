// An MLP 3072-500-10 with Adam on CIFAR-10's binary format: records of a label byte and 3 × 32 × 32 pixel bytes.
//   node --import tsx examples/cifar.ts FILE... [--epochs 5] [--device webgpu]
import { readFileSync } from "node:fs";
import * as torch from "flambeau";
import { chosenDevice } from "./lib/device.ts";
import { commandLine, option, runAsProgram } from "./lib/main.ts";
import { type Batch, type Score, test, train } from "./lib/train.ts";

const { nn, optim } = torch;

const PIXELS = 3 * 32 * 32;

/** The samples of files in CIFAR-10's binary format: images float32 [N, 3, 32, 32] in [0, 1], labels int64 [N]. */
export function readCifar(files: readonly string[]): torch.utils.data.TensorDataset {
  const parts = files.map((file) => {
    const bytes = readFileSync(file);
    if (bytes.length === 0 || bytes.length % (PIXELS + 1) !== 0)
      throw new Error(`${file}: ${bytes.length} bytes are not a whole number of ${PIXELS + 1}-byte records`);
    return torch.tensor(new Uint8Array(bytes)).view([-1, PIXELS + 1]);
  });
  const records = torch.cat(parts, 0);
  const images = records.at("...", "1:").to("float32").div(255).view([-1, 3, 32, 32]);
  return new torch.utils.data.TensorDataset(images, records.at("...", 0).to("int64"));
}

export async function trainCifar(
  dataset: torch.utils.data.TensorDataset,
  epochs: number,
  report: (epoch: number, score: Score) => void = () => {},
  device: torch.Device = "cpu",
): Promise<Score> {
  torch.manualSeed(0);
  const layers = [new nn.Flatten(), new nn.Linear(PIXELS, 500), new nn.ReLU(), new nn.Linear(500, 10)];
  const model = new nn.Sequential(...layers).to(device);
  const optimizer = new optim.Adam(model.parameters(), { lr: 3e-4 });
  const lossFn = new nn.CrossEntropyLoss();
  const loader = new torch.utils.data.DataLoader<Batch>(dataset, { batchSize: 64, shuffle: true });
  let score = await test(loader, model, lossFn, device);
  for (let epoch = 0; epoch < epochs; epoch++) {
    await train(loader, model, lossFn, optimizer, undefined, device);
    score = await test(loader, model, lossFn, device);
    report(epoch, score);
  }
  return score;
}

runAsProgram(import.meta, async () => {
  const files = commandLine().filter((arg, i, all) => !arg.startsWith("--") && !/^--\w+$/.test(all[i - 1] ?? ""));
  if (files.length === 0) {
    console.error("usage: cifar.ts data_batch_1.bin … [--epochs 5]");
    process.exitCode = 2;
    return;
  }
  const report = (epoch: number, { loss, accuracy }: Score) =>
    console.log(`epoch ${epoch + 1}: loss ${loss.toFixed(4)}, accuracy ${(100 * accuracy).toFixed(1)} %`);
  await trainCifar(readCifar(files), Number(option("epochs") ?? 5), report, await chosenDevice());
});
