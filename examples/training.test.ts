// The training programs on the real MNIST, shortened where a few steps show the same.
import { test } from "#test";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as torch from "flambeau";
import { readCifar, trainCifar } from "./cifar.ts";
import { close, inFolder } from "./lib/check.ts";
import { mnistFolder } from "./lib/mnist.ts";
import { trainMnist } from "./mnist.ts";
import { loadData, rungs } from "./nnFromScratch.ts";
import { predict } from "./predict.ts";
import { quickstart } from "./quickstart.ts";

test("every rung of nn from scratch reaches the same loss", async () => {
  const data = loadData(6400);
  const losses = Object.values(rungs).map((rung) => rung(data).item<number>());
  assert.ok(losses[0]! > 0.1 && losses[0]! < 0.6, `loss ${losses[0]}`);
  for (const loss of losses) close(loss, losses[0], 1e-5);
});

test("the quickstart's loss falls", async () => {
  const lines: string[] = [];
  const score = await quickstart(1, 12_800, (line) => lines.push(line));
  const losses = lines
    .map((line) => /^loss: ([\d.]+)/.exec(line)?.[1])
    .filter((x) => x !== undefined)
    .map(Number);
  assert.equal(losses.length, 2);
  assert.ok(losses[0]! < 2.35 && losses[1]! < losses[0]!, `losses ${losses}`);
  assert.ok(score.loss < losses[0]! - 0.005, `test loss ${score.loss}`);
});

test("CIFAR-10's binary format: an MLP with Adam learns a small file by heart", () =>
  inFolder(async (folder) => {
    const samples = 64;
    const bytes = new Uint8Array(samples * 3073);
    let state = 1;
    for (let i = 0; i < bytes.length; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      bytes[i] = i % 3073 === 0 ? (i / 3073) % 10 : state >>> 24;
    }
    const file = join(folder, "data_batch_1.bin");
    writeFileSync(file, bytes);
    const dataset = readCifar([file]);
    assert.deepEqual(
      dataset.tensors.map((t) => t.shape),
      [[64, 3, 32, 32], [64]],
    );
    assert.equal(dataset.tensors[1]!.at(13).item(), 3);
    close(dataset.tensors[0]!.at(1, 2, 31, 31).item(), bytes[2 * 3073 - 1]! / 255, 1e-7);
    const score = await trainCifar(dataset, 30);
    assert.ok(score.accuracy > 0.9, `accuracy ${score.accuracy}`);
    writeFileSync(file, bytes.subarray(0, 100));
    assert.throws(() => readCifar([file]), /not a whole number of 3073-byte records/);
  }));

test("the main job: an epoch reaches 97 %, its weights classify pictures", () =>
  inFolder(async (folder) => {
    const out = join(folder, "mnist.safetensors");
    const score = await trainMnist({ epochs: 1, out });
    assert.ok(score.accuracy >= 0.97, `accuracy ${score.accuracy}`);
    assert.equal(
      score.confusion.flat().reduce((a, b) => a + b),
      10_000,
    );
    const test = new torch.vision.datasets.MNIST(mnistFolder, { train: false });
    const picture = join(folder, "digit.pgm");
    let right = 0;
    for (let i = 0; i < 10; i++) {
      const [image, label] = test.get(i) as [torch.Tensor, number];
      const pixels = (image.flatten().tolist() as number[]).map((p) => 255 - p);
      writeFileSync(picture, `P2\n# black on white\n28 28\n255\n${pixels.join(" ")}\n`);
      const { digit, probabilities } = await predict(picture, out);
      close(
        probabilities.reduce((a, b) => a + b),
        1,
        1e-5,
      );
      if (digit === label) right++;
    }
    assert.ok(right >= 9, `${right} of 10 pictures`);
  }));
