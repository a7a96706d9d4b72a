// Trainings that are begun here and carried on in PyTorch, and the reverse: models and optimizers travel as checkpoints, and
// from there both go the same way.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as torch from "flambeau";
import { noPytorch, PYTHON } from "../hosts/pytorch.mjs";

const { nn } = torch;
const BEFORE = 10;
const STEPS = 50;
/**
 * Of the curve's largest loss. Both sides compute in float32 and take sums in another order, so that a loss differs by its last
 * bits, 2e-7 of it, and that is how far apart the curves were measured in all 50 steps. A ReLU whose input is zero but for
 * rounding may take the other side on another machine, which was seen to cost 5e-6: hence the room. At learning rates
 * three times as high the trainings are chaotic, and 50 steps make 1e-2 of the last bits.
 */
const TOLERANCE = 5e-5;

class Lstm extends nn.Module<[x: torch.Tensor], torch.Tensor> {
  embedding = new nn.Embedding(11, 8);
  lstm = new nn.LSTM(8, 16, { numLayers: 2, batchFirst: true });
  output = new nn.Linear(16, 11);
  forward(x: torch.Tensor): torch.Tensor {
    return this.output(this.lstm(this.embedding(x))[0]).flatten(0, 1);
  }
}

class Transformer extends nn.Module<[x: torch.Tensor], torch.Tensor> {
  embedding = new nn.Embedding(11, 16);
  position = new nn.Parameter(torch.randn(9, 16).mul(0.1));
  encoder = new nn.TransformerEncoder(new nn.TransformerEncoderLayer(16, 2, { dimFeedforward: 32, dropout: 0, batchFirst: true }), 2); // prettier-ignore
  output = new nn.Linear(16, 11);
  declare mask: torch.Tensor;
  constructor() {
    super();
    this.registerBuffer("mask", torch.full([9, 9], -Infinity).triu(1));
  }
  forward(x: torch.Tensor): torch.Tensor {
    const encoded = this.encoder(this.embedding(x).add(this.position), { mask: this.mask });
    return this.output(encoded).flatten(0, 1);
  }
}

type Optimizer = torch.optim.Optimizer<{ lr?: number }>;
type Model = torch.nn.Module<[x: torch.Tensor], torch.Tensor>;

const MODELS: Record<string, () => Model> = {
  mlp: () => new nn.Sequential(new nn.Linear(20, 32), new nn.ReLU(), new nn.Linear(32, 16), new nn.Tanh(), new nn.Linear(16, 11)), // prettier-ignore
  cnn: () =>
    new nn.Sequential(
      new nn.Conv2d(1, 6, 3),
      new nn.BatchNorm2d(6),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(6, 8, 3, { stride: 2, padding: 1 }),
      new nn.GELU(),
      new nn.Flatten(),
      new nn.Linear(8 * 3 * 3, 11),
    ),
  lstm: () => new Lstm(),
  transformer: () => new Transformer(),
};
const OPTIMIZERS: Record<string, (parameters: Iterable<torch.nn.Parameter>) => Optimizer> = {
  sgd: (parameters) => new torch.optim.SGD(parameters, { lr: 0.03, momentum: 0.9, weightDecay: 1e-3 }),
  adam: (parameters) => new torch.optim.Adam(parameters, { lr: 3e-3 }),
  adamw: (parameters) => new torch.optim.AdamW(parameters, { lr: 3e-3, weightDecay: 0.05, amsgrad: true }),
};

type Batches = readonly (readonly [x: torch.Tensor, y: torch.Tensor])[];
type Losses = Record<string, number[]>;

function train(model: Model, optimizer: Optimizer, batches: Batches, first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) =>
    torch.scope(() => {
      const [x, y] = batches[(first + i) % batches.length]!;
      optimizer.zeroGrad();
      const loss = nn.functional.crossEntropy(model(x), y);
      loss.backward();
      optimizer.step();
      return loss.item() as number;
    }),
  );
}

/** The largest difference of two curves, as a part of the largest loss. */
function difference(got: readonly number[], want: readonly number[]): number {
  expect([got.length, want.length]).toEqual([STEPS, STEPS]);
  return Math.max(...got.map((loss, i) => Math.abs(loss - want[i]!))) / Math.max(...want);
}

const reason = noPytorch();
if (reason !== null) console.warn(`no training is carried on in PyTorch: ${reason}`);

describe.skipIf(reason !== null)("a training", () => {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-roundtrip-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const python = (task: string): Losses =>
    JSON.parse(execFileSync(PYTHON, [join(import.meta.dirname, "models.py"), task, folder], { encoding: "utf8" }));
  const names = Object.keys(MODELS).flatMap((kind) => Object.keys(OPTIMIZERS).map((name) => [kind, name] as const));
  let begun: Losses;
  let continued: Losses;
  let data: Record<string, Batches>;
  const ours: Losses = {};

  beforeAll(async () => {
    begun = python("begin");
    data = await torch.load(join(folder, "data.pt"));
    torch.manualSeed(1);
    for (const [kind, name] of names) {
      const model = MODELS[kind]!();
      const optimizer = OPTIMIZERS[name]!(model.parameters());
      train(model, optimizer, data[kind]!, 0, BEFORE);
      const checkpoint = { model: model.stateDict(), optimizer: optimizer.stateDict() };
      await torch.save(checkpoint, join(folder, `ours-${kind}-${name}.pt`));
      ours[`${kind}-${name}`] = train(model, optimizer, data[kind]!, BEFORE, STEPS);
    }
    continued = python("continue");
  });

  test.each(names)("of %s by %s begun in PyTorch goes on here", async (kind, name) => {
    const checkpoint = await torch.load(join(folder, `${kind}-${name}.pt`));
    const model = MODELS[kind]!();
    model.loadStateDict(checkpoint.model);
    const optimizer = OPTIMIZERS[name]!(model.parameters());
    // it is the checkpoint that says what the rate is
    for (const group of optimizer.paramGroups) group.lr = 1e9;
    optimizer.loadStateDict(checkpoint.optimizer);
    const losses = train(model, optimizer, data[kind]!, BEFORE, STEPS);
    const apart = difference(losses, begun[`${kind}-${name}`]!);
    if (process.env["VERBOSE"]) console.log(`${kind} ${name}: ${apart} here, loss ${losses[0]} to ${losses.at(-1)}`);
    expect(apart).toBeLessThan(TOLERANCE);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  });

  test.each(names)("of %s by %s begun here goes on in PyTorch", (kind, name) => {
    const apart = difference(ours[`${kind}-${name}`]!, continued[`${kind}-${name}`]!);
    if (process.env["VERBOSE"]) console.log(`${kind} ${name}: ${apart} in PyTorch`);
    expect(apart).toBeLessThan(TOLERANCE);
  });
});
