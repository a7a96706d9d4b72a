// Gradients of small expressions: the first steps of every PyTorch introduction.
//   node --import tsx examples/scalars.ts
import * as torch from "flambeau";
import { runAsProgram } from "./lib/main.ts";

const { binaryCrossEntropyWithLogits } = torch.nn.functional;

/** f = (x + y) · z at x = -3, y = 5, z = -2. */
export function computationGraph() {
  const x = torch.tensor(-3, { requiresGrad: true });
  const y = torch.tensor(5, { requiresGrad: true });
  const z = torch.tensor(-2, { requiresGrad: true });
  const q = x.add(y);
  const f = q.mul(z);
  f.backward();
  return { f: f.item(), x: x.grad!.item(), y: y.grad!.item(), z: z.grad!.item() };
}

/** z = 10w² + 25 at w = 2: dz/dw = 20w. */
export function quadratic() {
  const w = torch.tensor(2, { requiresGrad: true });
  const z = w.pow(2).mul(10).add(25);
  z.backward();
  return { z: z.item(), w: w.grad!.item() };
}

/** Q = 3a³ - b²: dQ/da = 9a², dQ/db = -2b. Q is a vector, so backward needs a gradient. */
export function vector() {
  const a = torch.tensor([2, 3], { requiresGrad: true });
  const b = torch.tensor([6, 4], { requiresGrad: true });
  const Q = a.pow(3).mul(3).sub(b.pow(2));
  Q.backward({ gradient: torch.tensor([1, 1]) });
  return { a: a.grad!.tolist(), b: b.grad!.tolist() };
}

/** A single layer with binary cross entropy. */
export function layer() {
  torch.manualSeed(0);
  const x = torch.ones([5]);
  const y = torch.zeros([3]);
  const w = torch.randn([5, 3], { requiresGrad: true });
  const b = torch.randn([3], { requiresGrad: true });
  const z = torch.matmul(x, w).add(b);
  const loss = binaryCrossEntropyWithLogits(z, y);
  loss.backward();
  return { z: z.tolist() as number[], loss: loss.item() as number, w: w.grad!.tolist(), b: b.grad!.tolist() };
}

/** Three ways to compute without recording. */
export function withoutGradient() {
  const w = torch.randn([5, 3], { requiresGrad: true });
  const x = torch.ones([5]);
  const recorded = torch.matmul(x, w).requiresGrad;
  const inside = torch.noGrad(() => torch.matmul(x, w).requiresGrad);
  const detached = torch.matmul(x, w).detach().requiresGrad;
  return { recorded, inside, detached };
}

runAsProgram(import.meta, () => {
  console.log("f = (x + y)·z      ", computationGraph());
  console.log("z = 10w² + 25      ", quadratic());
  console.log("Q = 3a³ - b²       ", vector());
  console.log("BCE(x·w + b, 0)    ", layer());
  console.log("requiresGrad       ", withoutGradient());
});
