// Trains the MLP 784-512-512-10 for STEPS steps without one dispose and samples memory on the way.
//   MODE await:  a `for await` loop over the loader, whose turns of the event loop let finalizers run
//   MODE scoped: a synchronous loop over torch.scoped(loader)
// Prints a JSON line per sample and exits with 1 if memory was not flat after the first thousand steps.
import * as torch from "flambeau";

const [mode = "await", stepsText = "20000"] = process.argv.slice(2);
const STEPS = Number(stepsText);
const SAMPLE_EVERY = Math.max(1, Math.floor(STEPS / 200));
const BATCH = 64;
const ROWS = 50 * BATCH;

const { nn, optim } = torch;
const { DataLoader, TensorDataset } = torch.utils.data;

torch.manualSeed(0);
const dataset = new TensorDataset(torch.randn(ROWS, 784), torch.randint(0, 10, [ROWS]));
const loader = new DataLoader(dataset, { batchSize: BATCH, shuffle: true });
const model = new nn.Sequential(
  new nn.Linear(784, 512),
  new nn.ReLU(),
  new nn.Linear(512, 512),
  new nn.ReLU(),
  new nn.Linear(512, 10),
);
const lossFn = new nn.CrossEntropyLoss();
const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3 });

interface Sample {
  step: number;
  liveTensors: number;
  liveBytes: number;
  wasmBytes: number;
}
const samples: Sample[] = [];

function sample(step: number): void {
  const stats = torch.memoryStats();
  const point = { step, liveTensors: stats.tensors, liveBytes: stats.bytes, wasmBytes: stats.memoryBytes };
  samples.push(point);
  console.log(JSON.stringify({ ...point, rss: process.memoryUsage().rss }));
}

function train(x: torch.Tensor, y: torch.Tensor): void {
  const loss = lossFn(model(x), y);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
}

let step = 0;
const after = (): boolean => {
  if (++step % SAMPLE_EVERY === 0) sample(step);
  return step < STEPS;
};

async function runAwait(): Promise<void> {
  for (;;) {
    for await (const [x, y] of loader) {
      train(x!, y!);
      if (!after()) return;
    }
  }
}

function runScoped(): void {
  for (;;) {
    for (const [x, y] of torch.scoped(loader)) {
      train(x!, y!);
      if (!after()) return;
    }
  }
}

if (mode === "await") await runAwait();
else runScoped();

// Between two collections garbage is alive, so the bound is the level that the first thousand steps already reached.
const settled = Math.min(1000, STEPS / 2);
const peak = (from: number, to: number, value: (s: Sample) => number): number =>
  Math.max(...samples.filter((s) => s.step > from && s.step <= to).map(value));
const growth = (value: (s: Sample) => number): number =>
  peak(STEPS / 2, STEPS, value) / Math.max(1, peak(0, settled, value));
const tensors = growth((s) => s.liveTensors);
const memory = growth((s) => s.wasmBytes);
const flat = tensors <= 1.5 && memory <= 1.5;
console.error(
  `${mode}: live tensors grew ${tensors.toFixed(2)} times, wasm memory ${memory.toFixed(2)} times between the first ` +
    `${settled} steps and the second half: ${flat ? "flat" : "NOT FLAT"}`,
);
process.exit(flat ? 0 : 1);
