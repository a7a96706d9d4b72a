// What surrounds a model: optimizers, schedulers, data, files, autograd by hand.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as torch from "flambeau";
import { train } from "./train.ts";

const { nn, optim } = torch;
const F = nn.functional;

function optimizers(): void {
  const x = torch.randn(16, 4);
  const y = torch.randn(16, 3);
  const makes: ((params: Iterable<torch.nn.Parameter>) => torch.optim.SGD)[] = [
    (p) => new optim.SGD(p, { lr: 0.1 }) as never,
    (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, weightDecay: 0.1, dampening: 0.1 }) as never,
    (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, maximize: true }) as never,
    (p) => new optim.Adam(p, { lr: 0.1, weightDecay: 0.1, amsgrad: true }) as never,
    (p) => new optim.AdamW(p, { lr: 0.1, amsgrad: true }) as never,
    (p) => new optim.RMSprop(p, { lr: 0.1, centered: true, weightDecay: 0.1 }) as never,
  ];
  for (const make of makes) {
    const model = new nn.Linear(4, 3);
    const optimizer = make(model.parameters());
    for (let i = 0; i < 4; i++) train(model, () => F.mseLoss(model(x), y), optimizer);
    const state = optimizer.stateDict();
    const copy = make(model.parameters());
    copy.loadStateDict(state);
  }
  const model = new nn.Linear(4, 3);
  const adam = new optim.Adam(model.parameters());
  for (const scheduler of [
    new optim.lrScheduler.StepLR(adam, { stepSize: 1 }),
    new optim.lrScheduler.CosineAnnealingLR(adam, { TMax: 4 }),
    new optim.lrScheduler.ReduceLROnPlateau(adam),
  ]) {
    train(model, () => F.mseLoss(model(x), y), adam);
    scheduler.step(1 as never);
  }
  model.loadStateDict(new nn.Linear(4, 3).stateDict());
  model.to("float32");
  String(model);
}

async function data(): Promise<void> {
  const { DataLoader, TensorDataset, randomSplit } = torch.utils.data;
  const dataset = new TensorDataset(torch.rand(20, 3), torch.randint(0, 2, [20]));
  const [training] = randomSplit(dataset, [15, 5]);
  const loader = new DataLoader(training!, { batchSize: 4, shuffle: true });
  for await (const batch of loader) void batch;
  for (const batch of torch.scoped(loader)) void batch;
  const numbers = { length: 6, get: (i: number) => [torch.full([2], i), i] };
  for await (const batch of new DataLoader(numbers as never, { batchSize: 4, dropLast: true })) void batch;
}

async function files(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-usual-"));
  const model = new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.BatchNorm2d(2));
  const path = join(folder, "model.pt");
  await torch.save({ model: model.stateDict(), step: 1, rng: torch.getRngState() }, path);
  const { model: state, rng } = await torch.load<{ model: torch.nn.StateDict; rng: torch.Tensor }>(path);
  model.loadStateDict(state);
  torch.setRngState(rng);
  const weights = join(folder, "model.safetensors");
  await torch.safetensors.saveFile(model.stateDict() as never, weights);
  model.loadStateDict((await torch.safetensors.loadFile(weights)) as never);
  rmSync(folder, { recursive: true });
}

function autograd(): void {
  const x = torch.randn(3, { requiresGrad: true });
  x.pow(3).sum().backward();
  torch.autograd.grad([x.square().sum()], [x]);
  x.grad!.zero_();
  const hook = x.registerHook((g) => g.mul(2));
  x.mul(2).backward(torch.ones(3));
  hook.remove();
  class Double extends torch.autograd.Function {
    static override forward(_context: unknown, input: torch.Tensor): torch.Tensor {
      return input.mul(2);
    }
    static override backward(_context: unknown, g: torch.Tensor): torch.Tensor {
      return g.mul(2);
    }
  }
  (Double as unknown as { apply(x: torch.Tensor): torch.Tensor }).apply(x).sum().backward();
  const w = torch.randn(4, 4, { requiresGrad: true });
  const out = w.tanh();
  out.retainGrad();
  out.sum().backward({ retainGraph: true });
  out.mean().backward();
  torch.noGrad(() => w.sub_(w.grad!.mul(0.1)));
  torch.inferenceMode(() => w.matmul(w));
  w.detach().clone().requiresGrad_();
  const frozen = new nn.Linear(4, 2);
  for (const p of frozen.parameters()) p.requiresGrad_(false);
  frozen(torch.randn(5, 4, { requiresGrad: true }))
    .sum()
    .backward();
  torch.memoryStats();
}

export const training = [optimizers, data, files, autograd];
