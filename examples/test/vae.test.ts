// The variational autoencoder: its losses and its samples are PyTorch's, its grids are pictures.
import { test } from "#test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decode } from "fast-png";
import * as torch from "flambeau";
import { close, inFolder, reference } from "../lib/check.ts";
import { mnistTensors } from "../lib/mnist.ts";
import { trainVae } from "../vae.ts";

const TEST_IMAGES = 500;

/** The loss of the best picture that is the same for every digit. */
function lossOfMean(): number {
  return torch.scope(() => {
    const images = mnistTensors(false).images.narrow(0, 0, TEST_IMAGES).flatten(1);
    const mean = images.mean(0, true).expand(images.shape);
    const missed = torch.nn.functional.binaryCrossEntropy(mean, images, { reduction: "sum" });
    return missed.item<number>() / TEST_IMAGES;
  });
}

test("a VAE learns MNIST as PyTorch's does, and saves what it paints", () =>
  inFolder(async (folder) => {
    const out = join(folder, "grids");
    const want = reference("vae");
    const sizes = { hidden: 128, latent: 10, batch: 64, lr: 2e-3, limit: 6400, testLimit: TEST_IMAGES };
    const { model, losses, testLosses } = await trainVae({ ...sizes, epochs: 2, out });
    close(
      losses.filter((_, i) => i % 10 === 0),
      want.losses,
      1e-3,
    );
    close(testLosses[1], want.testLosses[1], 1e-3);
    const floor = lossOfMean();
    assert.ok(testLosses[1]! < floor - 30, `${testLosses[1]} against ${floor} without codes`);
    torch.manualSeed(1);
    close(model.sample(1).flatten().at("::28").tolist(), want.sample, 2e-3);

    const [reconstruction, samples] = ["reconstruction-2", "samples-2"].map((name) =>
      decode(readFileSync(join(out, `${name}.png`))),
    );
    const side = (count: number) => count * 30 + 2;
    assert.deepEqual([reconstruction!.width, reconstruction!.height], [side(8), side(2)]);
    assert.deepEqual([samples!.width, samples!.height], [side(8), side(8)]);
    // the first of the eight digits above what becomes of it
    const digit = mnistTensors(false).images.narrow(0, 0, 1).flatten(1);
    const painted = model.eval()(digit)[0];
    [digit, painted].forEach((image, row) => {
      const { data, width, channels } = reconstruction!;
      const pixels = torch.tensor(Float32Array.from(data)).view([-1, width, channels]);
      const found = pixels
        .narrow(0, 30 * row + 2, 28)
        .narrow(1, 2, 28)
        .select(2, 0);
      const want = image.mul(255).round().view([28, 28]);
      assert.ok(found.sub(want).abs().max().item<number>() <= 1);
    });
  }));
