// Gradients of small expressions: the first steps of every PyTorch introduction.
//   node --import tsx examples/scalars.ts [--device webgpu]
import * as torch from "flambeau";
import { chosenDevice, values } from "./lib/device.ts";
import { runAsProgram } from "./lib/main.ts";

type Device = torch.Device;

const { binaryCrossEntropyWithLogits } = torch.nn.functional;

/** f = (x + y) · z at x = -3, y = 5, z = -2. */
export async function computationGraph(device: Device = "cpu") {
  const x = torch.tensor(-3, { device, requiresGrad: true });
  const y = torch.tensor(5, { device, requiresGrad: true });
  const z = torch.tensor(-2, { device, requiresGrad: true });
  const q = x.add(y);
  const f = q.mul(z);
  f.backward();
  return values({ f, x: x.grad!, y: y.grad!, z: z.grad! });
}

/** z = 10w² + 25 at w = 2: dz/dw = 20w. */
export async function quadratic(device: Device = "cpu") {
  const w = torch.tensor(2, { device, requiresGrad: true });
  const z = w.pow(2).mul(10).add(25);
  z.backward();
  return values({ z, w: w.grad! });
}

/** Q = 3a³ - b²: dQ/da = 9a², dQ/db = -2b. Q is a vector, so backward needs a gradient. */
export async function vector(device: Device = "cpu") {
  const a = torch.tensor([2, 3], { device, requiresGrad: true });
  const b = torch.tensor([6, 4], { device, requiresGrad: true });
  const Q = a.pow(3).mul(3).sub(b.pow(2));
  Q.backward({ gradient: torch.tensor([1, 1], { device }) });
  return values({ a: a.grad!, b: b.grad! });
}

/** A single layer with binary cross entropy. */
export async function layer(device: Device = "cpu") {
  torch.manualSeed(0);
  const x = torch.ones([5], { device });
  const y = torch.zeros([3], { device });
  const w = torch.randn([5, 3], { device, requiresGrad: true });
  const b = torch.randn([3], { device, requiresGrad: true });
  const z = torch.matmul(x, w).add(b);
  const loss = binaryCrossEntropyWithLogits(z, y);
  loss.backward();
  return values({ z, loss, w: w.grad!, b: b.grad! });
}

/** Three ways to compute without recording. */
export function withoutGradient(device: Device = "cpu") {
  const w = torch.randn([5, 3], { device, requiresGrad: true });
  const x = torch.ones([5], { device });
  const recorded = torch.matmul(x, w).requiresGrad;
  const inside = torch.noGrad(() => torch.matmul(x, w).requiresGrad);
  const detached = torch.matmul(x, w).detach().requiresGrad;
  return { recorded, inside, detached };
}

runAsProgram(import.meta, async () => {
  const device = await chosenDevice();
  console.log("f = (x + y)·z      ", await computationGraph(device));
  console.log("z = 10w² + 25      ", await quadratic(device));
  console.log("Q = 3a³ - b²       ", await vector(device));
  console.log("BCE(x·w + b, 0)    ", await layer(device));
  console.log("requiresGrad       ", withoutGradient(device));
});
