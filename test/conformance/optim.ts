import { compareTensor, type Tolerance } from "./compare.ts";
import type { Report, Row } from "./report.ts";
import { Skip, type Runtime, type Tensor } from "./runtime.ts";
import { camelCase, tagOf, toNumber } from "./value.ts";

type RowOf = (op: string) => Row | null;

/** One step at a time from the recorded gradients, so that an error of one step does not hide in the next. */
export async function runTrajectories(runtime: Runtime, report: Report, rowOf: RowOf, file: any): Promise<void> {
  for (const testCase of file.cases) {
    const row = rowOf(testCase.optimizer);
    const run = testCase.optimizer === "LBFGS" ? runClosures : runSteps;
    if (row) await report.run(row, { id: testCase.id }, () => runtime.scope(() => run(runtime, file.tol, testCase)));
  }
  const groups = rowOf("groups");
  if (groups)
    await report.run(groups, { id: file.groups.id }, () =>
      runtime.scope(() => runGroups(runtime, file.tol, file.groups)),
    );
}

function leaves(runtime: Runtime, records: Record<string, any>): Map<string, Tensor> {
  return new Map(Object.entries(records).map(([name, record]) => [name, runtime.value(record).requiresGrad_(true)]));
}

function construct(runtime: Runtime, name: string, parameters: unknown, kwargs: Record<string, any>): any {
  const Optimizer = runtime.path(["optim", name]);
  return new Optimizer(parameters, ...runtime.kwargs(kwargs));
}

/** On the device all parameters come back in one read. */
async function differences(
  runtime: Runtime,
  got: Map<string, Tensor>,
  want: Record<string, any>,
  tolerance: Tolerance,
  where: string,
): Promise<string[]> {
  const found = Object.entries(want).map(async ([name, record]) => {
    const difference = await compareTensor(runtime, got.get(name), record.$t, tolerance);
    return difference && `${where} ${name}: ${difference}`;
  });
  return (await Promise.all(found)).filter((reason) => reason !== null);
}

async function runSteps(runtime: Runtime, tolerance: Tolerance, testCase: any): Promise<string[]> {
  const parameters = leaves(runtime, testCase.params);
  const optimizer = construct(runtime, testCase.optimizer, [...parameters.values()], testCase.kwargs);
  for (const [index, step] of testCase.steps.entries()) {
    for (const [name, record] of Object.entries<any>(step.grads)) parameters.get(name)!.grad = runtime.value(record);
    optimizer.step();
    const reasons = await differences(runtime, parameters, step.params, tolerance, `step ${index + 1}`);
    if (step.state)
      reasons.push(...(await stateDifferences(runtime, optimizer, parameters, step.state, tolerance, index + 1)));
    if (reasons.length > 0) return reasons;
  }
  return [];
}

async function stateDifferences(
  runtime: Runtime,
  optimizer: any,
  parameters: Map<string, Tensor>,
  want: Record<string, Record<string, any>>,
  tolerance: Tolerance,
  step: number,
): Promise<string[]> {
  const reasons: string[] = [];
  for (const [name, entries] of Object.entries(want)) {
    const state = optimizer.state.get(parameters.get(name));
    for (const [key, value] of Object.entries(entries)) {
      const got = state?.[key];
      let difference: string | null;
      if (value === null) difference = got === null || got === undefined ? null : "want null";
      else if (tagOf(value) === "$t") difference = await compareTensor(runtime, got, value.$t, tolerance);
      else {
        const number = typeof value === "number" ? value : toNumber(value.$f);
        difference =
          Math.abs(got - number) <= tolerance.atol + tolerance.rtol * Math.abs(number)
            ? null
            : `got ${got}, want ${number}`;
      }
      if (difference) reasons.push(`step ${step} state of ${name}, ${key}: ${difference}`);
    }
  }
  return reasons;
}

const half = (scale: Tensor, x: Tensor, shift: Tensor): Tensor => scale.mul(x.sub(shift).pow(2)).sum().mul(0.5);

/** The losses of the trajectories (see the README of the vectors). */
function lossOf({ torch }: Runtime, problem: string, p: Map<string, Tensor>, k: Map<string, Tensor>): Tensor {
  const { functional } = torch.nn;
  if (problem === "mlp") {
    const hidden = torch.tanh(functional.linear(k.get("X"), p.get("w1"), p.get("b1")));
    return functional.mseLoss(functional.linear(hidden, p.get("w2"), p.get("b2")), k.get("Y"));
  }
  const [x, y] = [p.get("x"), p.get("y")];
  const coupled = x.narrow(0, 0, 3).mul(y.select(0, 0)).sum().mul(0.1);
  return half(k.get("a"), x, k.get("b"))
    .add(half(k.get("c"), y, k.get("d")))
    .add(coupled);
}

/**
 * L-BFGS runs free, since its state is more than gradients: rounding adds up over some twenty evaluations a step, so the
 * tolerance grows with the steps; twice over, since fused multiply-add alone moves one of 24 weights by 1.1e-4 in eight.
 */
async function runClosures(runtime: Runtime, tolerance: Tolerance, testCase: any): Promise<string[]> {
  const parameters = leaves(runtime, testCase.params);
  const constants = new Map(Object.entries(testCase.consts).map(([name, record]) => [name, runtime.value(record)]));
  const optimizer = construct(runtime, testCase.optimizer, [...parameters.values()], testCase.kwargs);
  for (const [index, step] of testCase.steps.entries()) {
    let calls = 0;
    const closure = () => {
      calls++;
      optimizer.zeroGrad();
      const value = lossOf(runtime, testCase.problem, parameters, constants);
      value.backward();
      return value;
    };
    // its line search looks at the loss
    const loss = runtime.device === "cpu" ? optimizer.step(closure) : await optimizer.stepAsync(closure);
    const value = (await runtime.read(loss))[0] as number;
    const growth = 2 * (index + 1);
    const grown = { rtol: tolerance.rtol * growth, atol: tolerance.atol * growth };
    const reasons = await differences(runtime, parameters, step.params, grown, `step ${index + 1}`);
    const want = toNumber(step.loss.$f);
    if (Math.abs(value - want) > tolerance.atol + tolerance.rtol * Math.abs(want))
      reasons.push(`loss ${value}, want ${want}`);
    // Where the recorded loss no longer changes, the last bit decides how many calls there are.
    const converged = step.loss.$f === testCase.steps[index + 1]?.loss.$f || index === testCase.steps.length - 1;
    if (!converged && calls !== step.closureCalls) reasons.push(`${calls} closure calls, want ${step.closureCalls}`);
    if (reasons.length > 0) return reasons;
  }
  return [];
}

async function runGroups(runtime: Runtime, tolerance: Tolerance, groups: any): Promise<string[]> {
  const parameters = leaves(runtime, groups.params);
  const [x, y] = [parameters.get("x"), parameters.get("y")];
  const optimizer = new (runtime.path(["optim", "SGD"]))([{ params: [x] }, { params: [y], lr: 0.01, momentum: 0 }], {
    lr: 0.1,
    momentum: 0.9,
  });
  for (const [index, step] of groups.steps.entries()) {
    optimizer.zeroGrad();
    x.pow(2).sum().add(y.pow(3).sum()).backward();
    optimizer.step();
    const reasons = await differences(runtime, parameters, step.params, tolerance, `step ${index + 1}`);
    if (reasons.length > 0) return reasons;
  }
  return [];
}

/** Scheduler arguments that are code in the vectors. */
const lambdas: Record<string, (epoch: number) => number> = {
  "epoch => 0.95 ** epoch": (epoch) => 0.95 ** epoch,
  "epoch => 0.9 + 0.01 * (epoch % 3)": (epoch) => 0.9 + 0.01 * (epoch % 3),
};

export async function runSchedulers(runtime: Runtime, report: Report, rowOf: RowOf, file: any): Promise<void> {
  for (const [index, testCase] of file.cases.entries()) {
    const row = rowOf(testCase.scheduler);
    const id = `${testCase.scheduler}#${index} ${JSON.stringify(testCase.kwargs)}`;
    if (row) await report.run(row, { id }, () => runtime.scope(async () => runScheduler(runtime, file.tol, testCase)));
  }
}

function buildScheduler(runtime: Runtime, optimizer: any, testCase: any): any {
  const make = (name: string, ...args: unknown[]) => new (runtime.path(["optim", "lrScheduler", name]))(...args);
  const { scheduler, kwargs } = testCase;
  if (scheduler === "SequentialLR" || scheduler === "ChainedScheduler") {
    const parts = [
      make("ConstantLR", optimizer, { factor: 0.1, totalIters: 2 }),
      make("ExponentialLR", optimizer, { gamma: 0.9 }),
    ];
    return scheduler === "ChainedScheduler"
      ? make(scheduler, parts)
      : make(scheduler, optimizer, parts, kwargs.milestones);
  }
  const entries = Object.entries<any>(kwargs).map(([name, value]) => [
    camelCase(name),
    name === "lr_lambda" ? lambdas[value] : value,
  ]);
  if (entries.some(([, value]) => value === undefined)) throw new Skip(`an lr_lambda the runner does not know`);
  return make(scheduler, optimizer, Object.fromEntries(entries));
}

function runScheduler(runtime: Runtime, tolerance: Tolerance, testCase: any): string[] {
  const groups = testCase.initialLr.map((lr: number) => ({
    params: [runtime.call("zeros", [1]).requiresGrad_(true)],
    lr,
  }));
  const optimizer = new (runtime.path(["optim", "SGD"]))(groups, { lr: 0.1, momentum: testCase.momentum });
  const scheduler = buildScheduler(runtime, optimizer, testCase);
  const wrong = (got: number[], want: number[]) =>
    want.some((value, i) => !(Math.abs(got[i]! - value) <= tolerance.atol + tolerance.rtol * Math.abs(value)));
  for (let k = 0; k < testCase.lrs.length; k++) {
    const rates = optimizer.paramGroups.map((group: any) => group.lr);
    if (wrong(rates, testCase.lrs[k])) return [`lr after ${k} steps: got [${rates}], want [${testCase.lrs[k]}]`];
    const momenta = optimizer.paramGroups.map((group: any) => group.momentum);
    if (testCase.momenta && wrong(momenta, testCase.momenta[k]))
      return [`momentum after ${k} steps: got [${momenta}], want [${testCase.momenta[k]}]`];
    if (k === testCase.lrs.length - 1) break;
    optimizer.step();
    if (testCase.metrics) scheduler.step(testCase.metrics[k]);
    else scheduler.step();
  }
  return [];
}

export async function runClipGrad(runtime: Runtime, report: Report, rowOf: RowOf, file: any): Promise<void> {
  const tolerance = { rtol: 1.3e-5, atol: 1e-6 };
  const { torch } = runtime;
  function withGrads(records: any[]): Tensor[] {
    return records.map((record) => {
      const gradient = runtime.value(record);
      const parameter = torch.zerosLike(gradient).requiresGrad_(true);
      parameter.grad = gradient;
      return parameter;
    });
  }
  async function after(parameters: Tensor[], records: any[]): Promise<string[]> {
    const found = await Promise.all(parameters.map((p, i) => compareTensor(runtime, p.grad, records[i].$t, tolerance)));
    return found.filter((difference) => difference !== null);
  }
  const norm = rowOf("clip_grad_norm_");
  for (const [index, testCase] of file.norm.entries()) {
    const run = async () => {
      const parameters = withGrads(testCase.grads);
      const clip = runtime.path(["nn", "utils", "clipGradNorm_"]);
      const total = clip(parameters, toNumber(testCase.maxNorm.$f), toNumber(testCase.normType.$f));
      const difference = await compareTensor(runtime, total, testCase.totalNorm.$t, tolerance);
      return [...(difference ? [`total norm: ${difference}`] : []), ...(await after(parameters, testCase.after))];
    };
    if (norm) await report.run(norm, { id: `clip_grad_norm_#${index}` }, () => runtime.scope(run));
  }
  const value = rowOf("clip_grad_value_");
  const run = async () => {
    const parameters = withGrads(file.value.grads);
    runtime.path(["nn", "utils", "clipGradValue_"])(parameters, file.value.clipValue);
    return after(parameters, file.value.after);
  };
  if (value) await report.run(value, { id: "clip_grad_value_" }, () => runtime.scope(run));
}
