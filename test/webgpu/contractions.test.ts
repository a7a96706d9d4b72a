// Matrix products, convolutions and image kernels on the WebGPU device beyond what the vectors reach: sizes around the borders
// of tiles, all layouts, long sums that are split, every dtype. The CPU's answers, in float64 for floats, are the expected ones.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { start } from "./lib.ts";

const { functional: F } = torch.nn;
type Tensors = torch.Tensor[];
type Op = (...inputs: Tensors) => torch.Tensor;

const TOLERANCE: Record<string, number> = { float32: 4e-6, float16: 2e-3, bfloat16: 1.6e-2 };

/** Compares `f`, and with `grads` the gradients of all its inputs, with the CPU; off by a part of the largest element at most. */
async function near(what: string, inputs: Tensors, f: Op, grads = false): Promise<void> {
  await start();
  const run = (xs: Tensors, move: (x: torch.Tensor) => torch.Tensor): Tensors => {
    const leaves = xs.map((x) => (grads ? move(x.detach()).requiresGrad_() : move(x)));
    const result = f(...leaves);
    if (!grads) return [result];
    const seed = move(torch.arange(result.numel()).mul(0.7).cos().reshape(result.shape).to(xs[0]!.dtype));
    return [result.detach(), ...torch.autograd.grad([result], leaves, { gradOutputs: [seed] })];
  };
  const expected = run(
    inputs.map((x) => (x.isFloatingPoint() ? x.double() : x)),
    (x) => x,
  );
  const results = await Promise.all(run(inputs, (x) => x.to("webgpu")).map((x) => x.cpu()));
  for (const [k, got] of results.entries()) {
    const want = expected[k]!;
    assert.deepEqual(got.shape, want.shape, what);
    if (got.numel() === 0) continue;
    const error = Number(got.double().sub(want.double()).abs().max().item());
    const largest = Number(want.double().abs().max().item());
    const allowed = (TOLERANCE[got.dtype] ?? 0) * Math.max(1, largest);
    assert.ok(error <= allowed, `${what}, result ${k}: off by ${error} of ${largest}`);
  }
}

test("products of all layouts and sizes around tiles", async () => {
  torch.manualSeed(1);
  const plain: Op = (a, b) => torch.mm(a!, b!);
  for (const [m, n, k] of [
    [1, 1, 5000],
    [1, 300, 2000],
    [257, 1, 130],
    [15, 80, 100],
    [90, 13, 70],
    [65, 127, 33],
  ] as const) {
    await near(`${m}x${n}x${k}`, [torch.randn(m, k), torch.randn(k, n)], plain);
  }
  await near("both transposed", [torch.randn(33, 65), torch.randn(127, 33)], (a, b) => torch.mm(a!.t(), b!.t()));
  await near("columns by columns", [torch.randn(36, 65), torch.randn(36, 127)], (a, b) => torch.mm(a!.t(), b!));
  await near("rows by rows", [torch.randn(65, 36), torch.randn(127, 36)], (a, b) => torch.mm(a!, b!.t()));
  await near("columns by a vector", [torch.randn(130, 260), torch.randn(130, 1)], (a, b) => torch.mm(a!.t(), b!));
});

test("large products, and long sums in parts", async () => {
  torch.manualSeed(2);
  await near("128-wide tiles", [torch.randn(1290, 36), torch.randn(36, 1284)], (a, b) => torch.mm(a!, b!));
  await near("a part each", [torch.randn(40, 3000), torch.randn(3000, 44)], (a, b) => torch.mm(a!, b!));
  const addmm: Op = (s, a, b) => torch.addmm(s!, a!, b!, { beta: 0.5, alpha: 2 });
  await near("parts and an addend", [torch.randn(50), torch.randn(7, 2050), torch.randn(2050, 50)], addmm);
  await near("nothing to sum", [torch.randn(3, 1), torch.randn(3, 0), torch.randn(0, 4)], addmm);
});

test("batches, broadcast and permuted, and views into buffers", async () => {
  torch.manualSeed(3);
  const matmul: Op = (a, b) => torch.matmul(a!, b!);
  await near("bmm", [torch.randn(3, 40, 64), torch.randn(3, 64, 50)], matmul, true);
  await near("broadcast", [torch.randn(2, 1, 40, 20), torch.randn(3, 20, 50)], matmul, true);
  await near("one matrix", [torch.randn(2, 3, 40, 50), torch.randn(1, 1, 50, 60)], matmul);
  await near("heads", [torch.randn(2, 70, 4, 16), torch.randn(2, 70, 4, 16)], (q, k) =>
    torch.matmul(q!.transpose(1, 2), k!.permute(0, 2, 3, 1)),
  );
  await near("narrowed", [torch.randn(60, 80), torch.randn(70, 60)], (a, b) =>
    torch.mm(a!.narrow(1, 3, 64), b!.narrow(0, 1, 64).narrow(1, 1, 50)),
  );
  await near("one buffer", [torch.randn(60, 44)], (a) => torch.mm(a!, a!.t()));
  await near("one buffer thrice", [torch.randn(48, 48)], (a) => torch.addmm(a!, a!, a!));
  await near(
    "linear",
    [torch.randn(6, 40, 64), torch.randn(50, 64), torch.randn(50)],
    (x, w, b) => F.linear(x!, w!, b),
    true,
  );
});

test("products of every dtype", async () => {
  torch.manualSeed(4);
  for (const dtype of ["float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8"] as const) {
    const make = (...shape: number[]) => torch.randint(-9, 10, shape).to(dtype);
    for (const [m, n, k] of [
      [4, 5, 6],
      [44, 48, 64],
      [45, 49, 63],
      [1, 60, 600],
    ] as const) {
      await near(`${dtype} ${m}x${n}x${k}`, [make(m, k), make(k, n)], (a, b) => torch.mm(a!, b!));
    }
  }
});

// the kernels of the gradients are each other's: both cases together run all three, with and without strides
test("convolutions by tiles, with gradients", async () => {
  torch.manualSeed(5);
  const conv: Op = (x, w, b) => F.conv2d(x!, w!, b, { padding: 1 });
  await near("3x3", [torch.randn(3, 48, 15, 14), torch.randn(72, 48, 3, 3), torch.randn(72)], conv, true);
  const settings = { stride: [3, 2], padding: 1, dilation: [1, 3], outputPadding: 1, groups: 2 };
  const transposed: Op = (x, w, b) => F.convTranspose2d(x!, w!, b, settings);
  await near("transposed", [torch.randn(4, 96, 15, 14), torch.randn(96, 40, 3, 4), torch.randn(80)], transposed, true);
});

test("convolutions by loops, with gradients", async () => {
  torch.manualSeed(6);
  await near(
    "depthwise",
    [torch.randn(2, 8, 21, 33), torch.randn(8, 1, 3, 3)],
    (x, w) => F.conv2d(x!, w!, null, { padding: 1, groups: 8 }),
    true,
  );
  await near(
    "volumes",
    [torch.randn(2, 2, 5, 6, 7), torch.randn(3, 2, 3, 3, 2)],
    (x, w) => F.conv3d(x!, w!, null, { stride: 2, padding: 1 }),
    true,
  );
  const whole = (...shape: number[]) => torch.randint(-1e6, 1e6, shape);
  await near("int64", [whole(2, 3, 8, 9), whole(4, 3, 3, 3)], (x, w) => F.conv2d(x!, w!));
});

test("pools, columns and interpolation, with gradients", async () => {
  torch.manualSeed(7);
  const image = torch.randn(2, 3, 19, 22);
  const ops: Record<string, Op> = {
    max: (x) => F.maxPool2d(x!, 3, { stride: 2, padding: 1, dilation: 2, ceilMode: true }),
    adaptiveMax: (x) => F.adaptiveMaxPool2d(x!, [3, 40]),
    average: (x) => F.avgPool2d(x!, 3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }),
    adaptive: (x) => F.adaptiveAvgPool2d(x!, [30, 4]),
    columns: (x) => F.unfold(x!, [2, 3], { dilation: 2, padding: 1, stride: [3, 2] }),
  };
  for (const mode of ["nearest", "bilinear", "bicubic"]) {
    ops[`${mode} up`] = (x) => F.interpolate(x!, { size: [61, 47], mode: mode as "bilinear" });
    ops[`${mode} down`] = (x) => F.interpolate(x!, { size: [5, 3], mode: mode as "bilinear" });
    ops[`${mode} by a factor`] = (x) => F.interpolate(x!, { scaleFactor: [1.7, 0.6], mode: mode as "bilinear" });
  }
  for (const [name, op] of Object.entries(ops)) await near(name, [image], op, true);
  await near("fold", [torch.randn(2, 18, 36)], (x) => F.fold(x!, [12, 13], [2, 3], { stride: 2 }), true);
});

test("sampling at the places of a grid, with gradients", async () => {
  torch.manualSeed(8);
  for (const mode of ["bilinear", "bicubic"] as const) {
    for (const paddingMode of ["zeros", "border", "reflection"] as const) {
      const f: Op = (x, grid) => F.gridSample(x!, grid!, { mode, paddingMode, alignCorners: false });
      await near(`${mode} ${paddingMode}`, [torch.randn(2, 3, 9, 8), torch.randn(2, 5, 7, 2)], f, true);
    }
  }
});
