// What the tests of the WebGPU device share.
import assert from "node:assert/strict";
import * as torch from "flambeau";

export const WEBGPU = { device: "webgpu" } as const;

/** The host's WebGPU, as the package finds it. */
async function hostGpu(): Promise<GPU> {
  if (globalThis.navigator?.gpu !== undefined) return navigator.gpu;
  const { create } = (await import("webgpu")) as { create(flags: string[]): GPU };
  return create([]);
}

/** The members of `target`, called on it, but for those in `own`. */
function wrapped<T extends object>(target: T, own: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const value = Reflect.get(name in own ? own : target, name) as unknown;
      return typeof value === "function" && !(name in own) ? value.bind(target) : value;
    },
  });
}

interface Running {
  device: GPUDevice;
  /** tells the runtime that the device is lost, though it is not */
  lose(info: GPUDeviceLostInfo): void;
}
let running: Running | undefined;

/** A WebGPU whose device the test can destroy and lose. */
async function observed(): Promise<GPU> {
  const gpu = await hostGpu();
  return wrapped(gpu, {
    async requestAdapter(options) {
      const adapter = await gpu.requestAdapter(options);
      if (adapter === null) return null;
      return wrapped(adapter, {
        async requestDevice(descriptor) {
          const device = await adapter.requestDevice(descriptor);
          let lose!: (info: GPUDeviceLostInfo) => void;
          const forced = new Promise<GPUDeviceLostInfo>((resolve) => (lose = resolve));
          running = { device, lose };
          return wrapped(device, { lost: Promise.race([forced, device.lost]) });
        },
      });
    },
  });
}

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

/** A device with these options: the one in use, where there is one and none are given. */
export async function start(options?: torch.webgpu.WebGpuOptions): Promise<void> {
  if (running !== undefined && options === undefined && !torch.webgpu.isLost()) return;
  if (running !== undefined && !torch.webgpu.isLost()) await destroy();
  await torch.webgpu.init({ ...options, gpu: await observed() });
}

/** Destroys the device behind the runtime's back. */
export async function destroy(): Promise<void> {
  running!.device.destroy();
  while (!torch.webgpu.isLost()) await turn();
}

/** Loses the device as a driver's crash does. */
export async function lose(message: string): Promise<void> {
  running!.lose({ reason: "unknown", message } as GPUDeviceLostInfo);
  while (!torch.webgpu.isLost()) await turn();
  running!.device.destroy();
}

/** A macrotask, after which what was recorded is submitted. */
export const endOfTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

export interface Counts {
  usedBuffers: number;
  usedBytes: number;
  freeBuffers: number;
  freeBytes: number;
  created: number;
  dispatches: number;
  submits: number;
}
export const counts = (): Counts => torch.webgpu.stats() as unknown as Counts;

/** A tensor's copy on the CPU. The copy is recorded before this returns. */
export const host = async (tensor: torch.Tensor): Promise<torch.Tensor> => tensor.cpu();

export const list = async (tensor: torch.Tensor): Promise<unknown> => tensor.tolistAsync();

/** The same elements, dtype and shape, within a tolerance relative to the largest finite element. */
export async function same(got: torch.Tensor, want: torch.Tensor, tolerance = 0): Promise<void> {
  assert.equal(got.dtype, want.dtype);
  assert.deepEqual(got.shape, want.shape);
  const [a, b] = (await Promise.all([list(got.flatten()), list(want.flatten())])) as [number[], number[]];
  const largest = b.reduce((most, x) => (Number.isFinite(Number(x)) ? Math.max(most, Math.abs(Number(x))) : most), 1);
  const bound = tolerance * largest;
  a.forEach((x, i) => {
    const equal = Object.is(x, b[i]) || Math.abs(Number(x) - Number(b[i])) <= bound;
    assert.ok(equal, `element ${i}: ${x} is not within ${bound} of ${b[i]}`);
  });
}

/** Runs a function on copies of its inputs on the device; its results must be those that the CPU gives. */
export async function agree(
  inputs: torch.Tensor[],
  f: (...inputs: torch.Tensor[]) => torch.Tensor | readonly torch.Tensor[],
): Promise<void> {
  await start();
  const want = [f(...inputs)].flat() as torch.Tensor[];
  const got = await torch.webgpu.resolve(() => [f(...inputs.map((x) => x.to("webgpu")))].flat() as torch.Tensor[]);
  for (const [i, x] of got.entries()) await same(x, want[i]!);
}

/** An MLP with its loss and optimizer, on the device, and one training step. */
export function trainer(sizes: number[], { batch = 8, seed = 0, device = "webgpu" as torch.Device } = {}) {
  torch.manualSeed(seed);
  const layers = sizes.slice(1).flatMap((size, i) => {
    const linear = new torch.nn.Linear(sizes[i]!, size);
    return i === sizes.length - 2 ? [linear] : [linear, new torch.nn.ReLU()];
  });
  const model = new torch.nn.Sequential(...layers).to(device);
  const x = torch.randn([batch, sizes[0]!]).to(device);
  const y = torch.randint(0, sizes.at(-1)!, [batch]).to(device);
  const lossFn = new torch.nn.CrossEntropyLoss();
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 });
  const step = (): torch.Tensor => {
    const loss = lossFn(model(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss.detach();
  };
  return { model, step };
}
