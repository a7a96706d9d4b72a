// Schedules and models with normed weights that are begun here and carried on in PyTorch, and the reverse.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as torch from "flambeau";
import { noPytorch, PYTHON } from "../hosts/pytorch.mjs";

const { nn, optim } = torch;
const S = optim.lrScheduler;
type AnyOptimizer = torch.optim.Adam;
interface Scheduler {
  step(metric?: number): void;
  stateDict(): Record<string, unknown>;
  loadStateDict(state: Record<string, unknown>): void;
}
const MAKE: Record<string, (o: AnyOptimizer) => Scheduler> = {
  OneCycleLR: (o) => new S.OneCycleLR(o, 0.3, 61),
  SequentialLR: (o) =>
    new S.SequentialLR(o, [new S.LinearLR(o, 0.1, { totalIters: 5 }), new S.CosineAnnealingLR(o, 30)], [5]),
  MultiStepLR: (o) => new S.MultiStepLR(o, [5, 9, 9, 20]),
  LambdaLR: (o) => new S.LambdaLR(o, (epoch) => 0.9 ** epoch),
  ReduceLROnPlateau: (o) => new S.ReduceLROnPlateau(o, { patience: 2 }) as unknown as Scheduler,
  CosineAnnealingWarmRestarts: (o) => new S.CosineAnnealingWarmRestarts(o, 4, 2),
};

function optimizer(): AnyOptimizer {
  const parameter = new nn.Parameter(torch.ones(2));
  parameter.grad = torch.ones(2);
  return new optim.Adam([parameter], { lr: 0.1 });
}
function run(o: AnyOptimizer, scheduler: Scheduler, count: number): number[] {
  return Array.from({ length: count }, () => {
    o.step();
    scheduler.step((scheduler as object) instanceof S.ReduceLROnPlateau ? 1 : undefined);
    return o.paramGroups[0]!.lr;
  });
}
const near = (actual: number[], wanted: number[], what: string): void =>
  actual.forEach((rate, i) => expect(Math.abs(rate - wanted[i]!), `${what} ${i}`).toBeLessThan(1e-12));

const reason = noPytorch();
test.skipIf(reason !== null)("schedules and normed weights go on in PyTorch, and PyTorch's go on here", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-schedulers-"));
  try {
    const rest: Record<string, number[]> = {};
    for (const [name, make] of Object.entries(MAKE)) {
      const o = optimizer();
      const scheduler = make(o);
      run(o, scheduler, 12);
      await torch.save({ optimizer: o.stateDict(), scheduler: scheduler.stateDict() }, join(folder, `${name}.pt`));
      rest[name] = run(o, scheduler, 20);
    }
    const layers = new nn.Sequential(
      nn.utils.weightNorm(new nn.Linear(3, 2)),
      nn.utils.parametrizations.spectralNorm(new nn.Linear(2, 2)),
    );
    const model = new optim.swaUtils.AveragedModel(layers);
    await torch.save(model.stateDict(), join(folder, "model.pt"));

    const script = fileURLToPath(new URL("schedulers.py", import.meta.url));
    const output = JSON.parse(execFileSync(PYTHON, [script, folder], { encoding: "utf8" })) as Record<
      string,
      { carried: number[]; rest: number[] }
    > & { model: number[][] };
    for (const [name, make] of Object.entries(MAKE)) {
      near(output[name]!.carried, rest[name]!, `${name} in PyTorch`);
      const state = await torch.load(join(folder, `${name}-python.pt`));
      const o = optimizer();
      const scheduler = make(o);
      o.loadStateDict(state.optimizer);
      scheduler.loadStateDict(state.scheduler);
      near(run(o, scheduler, 20), output[name]!.rest, `${name} from PyTorch`);
    }
    const result = model.eval()(torch.ones(1, 3)).tolist() as number[][];
    result[0]!.forEach((value, i) => expect(value).toBeCloseTo(output.model[0]![i]!, 5));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
