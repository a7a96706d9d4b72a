import { expect, test } from "vitest";
import * as torch from "flambeau";
import expected from "./schedulers.json";

const { nn, optim } = torch;
const { lrScheduler, swaUtils } = optim;
interface Case {
  name: string;
  kwargs: Record<string, unknown>;
  optimizer: string;
  rates: number[][];
  momenta: number[][];
  last: number[];
  state: Record<string, unknown>;
  groups: Record<string, unknown>[];
}
interface Scheduler {
  step(metric?: number): void;
  getLastLr(): number[];
  stateDict(): Record<string, unknown>;
  loadStateDict(state: Record<string, unknown>): void;
}
type Group = { lr: number; momentum?: number; betas?: number[] };

const camelCase = (name: string): string =>
  name === "T_max" || name === "T_mult" || name === "T_0"
    ? { T_max: "TMax", T_mult: "TMult", T_0: "T0" }[name]
    : name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const metrics = Array.from({ length: 60 }, (_, i) => (i < 12 ? 1 / (1 + i) : 0.08 + 0.001 * (i % 7)));

function makeOptimizer(kind: string): torch.optim.Optimizer<object> {
  const parameter = (): torch.nn.Parameter => new nn.Parameter(torch.ones([1]));
  const groups = [{ params: [parameter()] }, { params: [parameter()], lr: 0.02 }];
  return kind === "SGD" ? new optim.SGD(groups, { lr: 0.1, momentum: 0.9 }) : new optim.Adam(groups, { lr: 0.1 });
}

function make({ name, kwargs }: Case, optimizer: torch.optim.Optimizer<object>): Scheduler {
  const S = lrScheduler;
  if (name === "LambdaLR") return new S.LambdaLR(optimizer, [(e) => 0.95 ** e, (e) => 1 / (1 + e)]);
  if (name === "MultiplicativeLR") return new S.MultiplicativeLR(optimizer, (e) => 0.9 + 0.01 * (e % 3));
  if (name === "ChainedScheduler") {
    return new S.ChainedScheduler([new S.ConstantLR(optimizer, 0.1, 20), new S.ExponentialLR(optimizer, 0.9)]);
  }
  if (name === "SequentialLR") {
    const parts = [
      new S.LinearLR(optimizer, 0.1, { totalIters: 5 }),
      new S.CosineAnnealingLR(optimizer, 30),
      new S.ConstantLR(optimizer, 0.2),
    ];
    return new S.SequentialLR(optimizer, parts, [5, 40]);
  }
  const options = Object.fromEntries(Object.entries(kwargs).map(([key, value]) => [camelCase(key), value]));
  if (name === "SWALR") {
    const { swaLr, ...rest } = options;
    return new swaUtils.SWALR(optimizer, swaLr as number, rest as object);
  }
  const Class = S[name as "StepLR"] as unknown as new (...args: unknown[]) => Scheduler;
  return new Class(optimizer, options);
}

/** Numbers to 1e-12; Maps as objects; infinities as Python writes them. */
function same(actual: unknown, wanted: unknown, path: string): void {
  if (typeof actual === "number") {
    if (!Number.isFinite(actual)) expect(String(actual).replace("Infinity", "inf"), path).toBe(wanted);
    else expect(Math.abs(actual - (wanted as number)), path).toBeLessThanOrEqual(1e-12);
  } else if (actual instanceof Map) same(Object.fromEntries(actual), wanted, path);
  else if (typeof actual === "object" && actual !== null) {
    expect(Object.keys(actual).sort(), path).toEqual(Object.keys(wanted as object).sort());
    for (const [key, value] of Object.entries(actual)) same(value, (wanted as never)[key], `${path}.${key}`);
  } else expect(actual, path).toBe(wanted);
}

const current = (optimizer: torch.optim.Optimizer<object>): Group[] => optimizer.paramGroups as unknown as Group[];

for (const [i, entry] of (expected.cases as unknown as Case[]).entries()) {
  test(`${entry.name} ${JSON.stringify(entry.kwargs)} with ${entry.optimizer} (${i})`, () => {
    let optimizer = makeOptimizer(entry.optimizer);
    let scheduler = make(entry, optimizer);
    for (let step = 0; step < 60; step++) {
      if (step === 25) {
        // as after a pause: another optimizer and another scheduler go on
        const [states, state] = [structuredClone(optimizer.stateDict()), structuredClone(scheduler.stateDict())];
        optimizer = makeOptimizer(entry.optimizer);
        scheduler = make(entry, optimizer);
        optimizer.loadStateDict(states as never);
        scheduler.loadStateDict(state);
      }
      const groups = current(optimizer);
      same(
        groups.map((group) => group.lr),
        entry.rates[step],
        `rates at ${step}`,
      );
      const momenta = groups.map((group) => (entry.optimizer === "SGD" ? group.momentum! : group.betas![0]!));
      same(momenta, entry.momenta[step], `momenta at ${step}`);
      optimizer.step();
      scheduler.step(entry.name === "ReduceLROnPlateau" ? metrics[step] : undefined);
    }
    same(scheduler.getLastLr(), entry.last, "last");
    same(scheduler.stateDict(), stateOf(entry), "state");
    same(optimizer.stateDict().param_groups, entry.groups, "groups");
  });
}

/** PyTorch's state; the function that it leaves as an attribute is none of ours. */
function stateOf({ state, name }: Case): Record<string, unknown> {
  if (name !== "CyclicLR") return state;
  const { mode: _, gamma: __, scale_mode: ___, ...rest } = state;
  return { base_momentums: [], max_momentums: [], ...rest };
}

test("what schedulers refuse, in PyTorch's words", () => {
  const optimizer = makeOptimizer("SGD");
  const S = lrScheduler;
  expect(() => new S.ReduceLROnPlateau(optimizer, { factor: 1 })).toThrow("Factor should be < 1.0.");
  expect(() => new S.ReduceLROnPlateau(optimizer, { mode: "up" as "min" })).toThrow("mode up is unknown!");
  expect(() => new S.OneCycleLR(optimizer, { maxLr: 1 })).toThrow(
    "You must define either total_steps OR (epochs AND steps_per_epoch)",
  );
  expect(() => new S.OneCycleLR(optimizer, { maxLr: [1], totalSteps: 5 })).toThrow(
    "expected 2 values for max_lr, got 1",
  );
  expect(() => new S.StepLR(optimizer)).toThrow("StepLR() missing required argument: 'stepSize'");
  expect(() => new S.SequentialLR(optimizer, [new S.ConstantLR(makeOptimizer("SGD"))], [])).toThrow(
    "Sequential Schedulers expects all schedulers to belong to the same optimizer, but got schedulers at index 0",
  );
  const cycle = new S.OneCycleLR(optimizer, 0.1, 3);
  for (let i = 0; i < 3; i++) cycle.step();
  expect(() => cycle.step()).toThrow("Tried to step 4 times. The specified number of total steps is 3");
});

test("settings that choose an implementation are accepted, kept and change nothing", () => {
  const optimizer = new optim.AdamW([new nn.Parameter(torch.ones([1]))], { foreach: true, fused: true });
  expect(optimizer.stateDict().param_groups[0]).toMatchObject({ foreach: true, fused: true, capturable: false });
  expect(() => new optim.SGD([new nn.Parameter(torch.ones([1]))], { lr: 1, differentiable: true })).toThrow(
    "SGD: differentiable=True is not supported",
  );
});

test("averaged weights, and batch norms with statistics of their own", async () => {
  torch.manualSeed(1);
  const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3));
  const swa = new swaUtils.AveragedModel(model);
  const ema = new swaUtils.AveragedModel(model, { multiAvgFn: swaUtils.getEmaMultiAvgFn(0.9) });
  const other = new swaUtils.AveragedModel(model, { avgFn: swaUtils.getEmaAvgFn(0.9) });
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  const batches = Array.from({ length: 5 }, () => torch.randn([4, 2]));
  for (const batch of batches) {
    optimizer.zeroGrad();
    model(batch).pow(3).sum().backward();
    optimizer.step();
    swa.updateParameters(model);
    ema.updateParameters(model);
    other.updateParameters(model);
  }
  await swaUtils.updateBn(batches, swa);
  const check = (averaged: torch.nn.AnyModule, wanted: Record<string, number[]>): void => {
    for (const [name, values] of Object.entries(wanted)) {
      const actual = averaged.stateDict()[name]!.flatten().tolist() as number[];
      actual.forEach((value, i) => expect(value, `${name}[${i}]`).toBeCloseTo(values[i]!, 4));
    }
  };
  expect(Object.keys(swa.stateDict())).toEqual(Object.keys(expected.averaged.swa));
  check(swa as never, expected.averaged.swa);
  check(ema as never, expected.averaged.ema);
  check(other as never, expected.averaged.ema);
  expect(swa(batches[0]!).shape).toEqual([4, 3]);
  expect(() => swaUtils.getEmaMultiAvgFn(2)).toThrow("Invalid decay value 2 provided.");
});
