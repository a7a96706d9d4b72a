// Two threads against one, in any host: node test/hosts/launch.mjs HOST test/matrix/threads.ts [--rounds=15] [--json]
// A round times each workload on one thread and on two, in turn, so that what else the machine does meets both. Medians.
import { openHost } from "../conformance/host.ts";

const host = await openHost();
const flag = (name: string) => host.arguments.find((argument) => argument.startsWith(`--${name}`))?.split("=");
const rounds = Number(flag("rounds")?.[1] ?? 15);
const SAMPLE_MS = 50;

const torch = await import("flambeau");
const { nn, optim } = torch;
torch.manualSeed(0);

/** @returns one step of an MLP's training */
function training(): () => void {
  const model = new nn.Sequential(
    new nn.Linear(784, 512),
    new nn.ReLU(),
    new nn.Linear(512, 512),
    new nn.ReLU(),
    new nn.Linear(512, 10),
  );
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const lossFn = new nn.CrossEntropyLoss();
  const x = torch.rand(128, 784);
  const y = torch.randint(0, 10, [128]);
  return () => {
    optimizer.zeroGrad();
    lossFn(model(x), y).backward();
    optimizer.step();
  };
}

function workloads(): Record<string, () => unknown> {
  const [a, b] = [torch.randn(512, 512), torch.randn(512, 512)];
  const [x, w] = [torch.randn(8, 64, 56, 56), torch.randn(64, 64, 3, 3)];
  return {
    "matmul 512 × 512 × 512": () => torch.mm(a, b),
    "MLP training step, 784-512-512-10, batch 128": training(),
    "conv2d 3 × 3, 64 → 64, 8 × 56 × 56": () => nn.functional.conv2d(x, w, null, { padding: 1 }),
  };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
const median = (values: number[]) => values.sort((p, q) => p - q)[values.length >> 1]!;

/** Milliseconds a call, of about SAMPLE_MS of calls. */
function time(run: () => unknown, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) torch.scope(() => void run());
  return (performance.now() - start) / calls;
}

export interface Comparison {
  workload: string;
  /** medians in milliseconds */
  one: number;
  two: number;
}

async function compare(workload: string, run: () => unknown): Promise<Comparison> {
  const samples: Record<1 | 2, number[]> = { 1: [], 2: [] };
  const calls = Math.max(1, Math.round(SAMPLE_MS / time(run, 3)));
  for (let round = 0; round < rounds; round++) {
    for (const threads of [1, 2] as const) {
      torch.setNumThreads(threads);
      samples[threads].push(time(run, calls));
    }
    await turn();
  }
  return { workload, one: median(samples[1]), two: median(samples[2]) };
}

/** Threads are started when there has been work for them. */
async function startThreads(run: () => unknown): Promise<number> {
  torch.setNumThreads(2);
  for (let i = 0; i < 500 && torch.backends().cpu.started < torch.getNumThreads(); i++) {
    torch.scope(() => void run());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return torch.backends().cpu.started;
}

const all = workloads();
const started = await startThreads(Object.values(all)[0]!);
const results: Comparison[] = [];
if (started > 1) for (const [name, run] of Object.entries(all)) results.push(await compare(name, run));
const { cpu, description } = torch.backends();
if (flag("json")) host.print(`RESULT ${JSON.stringify({ host: host.name, build: cpu.build, started, results })}`);
else {
  host.print(description);
  for (const { workload, one, two } of results)
    host.print(
      `${workload.padEnd(46)} ${one.toFixed(2)} ms on 1 thread, ${two.toFixed(2)} ms on 2: ${(one / two).toFixed(2)}×`,
    );
  if (started < 2) host.print("there is one thread only");
}
host.exit(0);
