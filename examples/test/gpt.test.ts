// The small GPT: its losses and its text are PyTorch's, and a training goes on from its checkpoint.
import { test } from "#test";
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import * as torch from "flambeau";
import { loadWriter, trainGpt, write } from "../gpt.ts";
import { close, flat, inFolder, reference } from "../lib/check.ts";
import { frequencyLoss, readText, sonnets } from "../lib/text.ts";

const shape = { context: 32, width: 32, heads: 4, layers: 2, dropout: 0.1 };
const options = { ...shape, steps: 150, batch: 8, lr: 4e-3, reportEvery: 50 };

test("a GPT learns from a text, writes as PyTorch's does, and goes on from a checkpoint", () =>
  inFolder(async (folder) => {
    const text = readText(sonnets);
    const save = join(folder, "checkpoints", "gpt.pt");
    const copy = join(folder, "gpt.pt");
    const want = reference("gpt");
    const tensors: number[] = [];
    const report = (step: number) => {
      tensors.push(torch.memoryStats().tensors);
      if (step === 100) copyFileSync(save, copy);
    };
    const course = await trainGpt(text, { ...options, save, report });
    close(
      course.losses.filter((_, i) => i % 10 === 0),
      want.losses,
      1e-3,
    );
    close(course.heldOut, want.heldOut, 1e-3);
    const chance = frequencyLoss(course.characters.encode(text));
    assert.ok(course.heldOut < chance - 0.4, `${course.heldOut} against ${chance}`);
    flat(tensors);

    const resumed = await trainGpt(text, { ...options, seed: 5, resume: copy });
    assert.deepEqual(resumed.losses, course.losses.slice(100));

    const loaded = await loadWriter(save);
    assert.equal(loaded.model.head.weight, loaded.model.characters.weight);
    for (const writer of [course, loaded]) {
      torch.manualSeed(1);
      assert.equal(await write(writer, "Shall I", 40, { temperature: 0.8, topK: 10 }), want.text);
    }
  }));
