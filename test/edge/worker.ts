// A worker that says what the package does in workerd; workerd.test.ts asks it by paths.
import * as torch from "flambeau";

const messageOf = (fn: () => unknown): string => {
  try {
    fn();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

// what runs here runs at the global scope, where workerd gives neither timers nor random numbers
const atStart = torch.manualSeed(0) && (torch.rand(2).tolist() as number[]);
const seedAtStart = messageOf(() => torch.seed());
// 80 MB of dropped tensors: the collector is pressed
for (let i = 0; i < 80; i++) torch.ones(2 ** 18);

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

async function dropTensors() {
  const { peakBytes } = torch.memoryStats();
  for (let i = 0; i < 600; i++) {
    torch.ones(2 ** 18);
    if (i % 10 === 9) await turn();
  }
  return { before: peakBytes, after: torch.memoryStats().peakBytes };
}

/** Two scopes that overlap in time; the first ends while the second is open. */
async function overlap() {
  const before = torch.memoryStats().tensors;
  let finish!: (value: unknown) => void;
  const gate = new Promise((resolve) => (finish = resolve));
  const slow = torch.scope(async () => {
    await turn();
    torch.ones(3);
    await gate;
  });
  await torch.scope(async () => {
    await turn();
    await turn();
    torch.ones(3).add(1);
  });
  const while_ = torch.memoryStats().tensors - before;
  finish(0);
  await slow;
  return { while: while_, after: torch.memoryStats().tensors - before };
}

function train(): number[] {
  torch.manualSeed(0);
  const model = new torch.nn.Linear(2, 1);
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 });
  const x = torch.rand(64, 2);
  const y = x.sum(1, true);
  return Array.from({ length: 20 }, () =>
    torch.scope(() => {
      const loss = torch.nn.functional.mseLoss(model(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item<number>();
    }),
  );
}

async function linalg() {
  await torch.linalg.load();
  return torch.linalg.inv(torch.tensor([[2.0, 1.0], [1.0, 3.0]])).tolist(); // prettier-ignore
}

const EMPTY_MODULE = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
const pages: Record<string, () => unknown> = {
  "/start": () => ({ atStart, seedAtStart, finalizers: typeof FinalizationRegistry }),
  "/backends": () => torch.backends(),
  "/seed": () => typeof torch.seed(),
  "/train": train,
  "/linalg": linalg,
  "/drop": dropTensors,
  "/overlap": overlap,
  "/bytes": async () => [
    messageOf(() => new WebAssembly.Module(EMPTY_MODULE)),
    await WebAssembly.compile(EMPTY_MODULE).then(
      () => "",
      (error) => error.message,
    ),
    await torch.webgpu.init().then(
      () => "",
      (error) => error.message,
    ),
  ],
};

export default {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await pages[new URL(request.url).pathname]!());
  },
};
