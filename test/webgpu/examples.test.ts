// The example programs on the device reach the CPU's numbers. Smaller than in examples/, for adapters in software.
import { test } from "#test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as torch from "flambeau";
import { readCifar, trainCifar } from "../../examples/cifar.ts";
import { programs, type ProgramName, runProgram } from "../../examples/classifiers.ts";
import { close } from "../../examples/lib/check.ts";
import { mnistFolder, mnistTensors } from "../../examples/lib/mnist.ts";
import { trainMnist } from "../../examples/mnist.ts";
import { loadData, rungs } from "../../examples/nnFromScratch.ts";
import { fitPolynomial } from "../../examples/polynomial.ts";
import { predict } from "../../examples/predict.ts";
import { quickstart } from "../../examples/quickstart.ts";
import * as scalars from "../../examples/scalars.ts";
import * as views from "../../examples/views.ts";
import { start } from "./lib.ts";

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-"));
  await fn(folder).finally(() => rmSync(folder, { recursive: true }));
}

/** Numbers within a tolerance, everything else equal. */
function alike(got: any, want: any, tolerance: number): void {
  if (typeof want === "number" || (Array.isArray(want) && typeof want.flat(9)[0] === "number"))
    return close(got, want, tolerance);
  if (want === null || typeof want !== "object") return assert.equal(got, want);
  for (const key of Object.keys(want)) alike(got[key], want[key], tolerance);
}

test("scalars and views", async () => {
  await start();
  const examples: ((device?: torch.Device) => unknown)[] = [
    scalars.computationGraph,
    scalars.quadratic,
    scalars.vector,
    scalars.layer,
    scalars.withoutGradient,
    views.sharing,
    views.geometry,
    views.products,
    views.indexing,
    views.crossEntropy,
  ];
  for (const example of examples) alike(await example("webgpu"), await example("cpu"), 1e-6);
});

test("the polynomial fit has PyTorch's losses and coefficients", async () => {
  await start();
  const fit = await fitPolynomial(0, undefined, "webgpu");
  const losses = [99, 999, 1999].map((step) => fit.losses.get(step)!);
  close(losses, [3238.3005, 131.3757, 12.2867], 1e-4);
  close([...fit.coefficients], [0.058623, 0.837247, -0.010114, -0.090558], 5e-6);
});

test("every rung of nn from scratch", async () => {
  await start();
  const [here, there] = [loadData(960), loadData(960, "webgpu")];
  const want = rungs.byHand(here).item() as number;
  for (const rung of Object.values(rungs)) close(await rung(there).itemAsync(), want, 1e-5);
});

test("the classifiers' losses", async () => {
  await start();
  const first = ({ images, labels }: ReturnType<typeof mnistTensors>, count: number) => ({
    images: images.narrow(0, 0, count),
    labels: labels.narrow(0, 0, count),
  });
  const data = { train: first(mnistTensors(true), 6400), test: first(mnistTensors(false), 1000), steps: 20 };
  for (const name of Object.keys(programs) as ProgramName[]) {
    const got = await runProgram(name, { ...data, device: "webgpu" });
    const want = await runProgram(name, data);
    assert.deepEqual(got.firstLabels, want.firstLabels);
    close(got.losses, want.losses, 1e-4);
    close(got.accuracy, want.accuracy, 3e-3);
  }
});

test("the quickstart", async () => {
  await start();
  const [got, want] = [await quickstart(1, 640, undefined, "webgpu"), await quickstart(1, 640)];
  close(got.loss, want.loss, 1e-4);
  close(got.accuracy, want.accuracy, 2e-3);
});

test("CIFAR-10's MLP with Adam", () =>
  inFolder(async (folder) => {
    await start();
    const bytes = Uint8Array.from({ length: 64 * 3073 }, (_, i) =>
      i % 3073 === 0 ? (i / 3073) % 10 : (i * 7919) % 251,
    );
    const file = join(folder, "data_batch_1.bin");
    writeFileSync(file, bytes);
    const dataset = readCifar([file]);
    const [got, want] = [await trainCifar(dataset, 3, undefined, "webgpu"), await trainCifar(dataset, 3)];
    close(got.loss, want.loss, 1e-4);
  }));

test("the main job, and a prediction with the weights it saved", () =>
  inFolder(async (folder) => {
    await start();
    const out = join(folder, "mnist.safetensors");
    const options = { epochs: 1, limit: 1920 };
    const [got, want] = [await trainMnist({ ...options, out, device: "webgpu" }), await trainMnist(options)];
    close(got.loss, want.loss, 1e-3);
    close(got.accuracy, want.accuracy, 3e-3);
    const images = new torch.vision.datasets.MNIST(mnistFolder, { train: false });
    const [image] = images.get(0) as [torch.Tensor, number];
    const picture = join(folder, "digit.pgm");
    const pixels = (image.flatten().tolist() as number[]).join(" ");
    writeFileSync(picture, `P2\n28 28\n255\n${pixels}\n`);
    const [there, here] = [await predict(picture, out, "webgpu"), await predict(picture, out)];
    assert.equal(there.digit, here.digit);
    close(there.probabilities, here.probabilities, 1e-5);
  }));
