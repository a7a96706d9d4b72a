// The character LSTM: its losses and its text are PyTorch's.
import { test } from "#test";
import assert from "node:assert/strict";
import { join } from "node:path";
import * as torch from "flambeau";
import { loadWriter, saveWriter, trainCharLstm, write } from "../charLstm.ts";
import { close, flat, inFolder, reference } from "../lib/check.ts";
import { frequencyLoss, readText, sonnets } from "../lib/text.ts";

test("an LSTM learns from a text and writes as PyTorch's does", () =>
  inFolder(async (folder) => {
    const text = readText(sonnets);
    const tensors: number[] = [];
    const course = await trainCharLstm(text, {
      epochs: 3,
      hidden: 32,
      dropout: 0.1,
      window: 32,
      lr: 1e-2,
      report: () => tensors.push(torch.memoryStats().tensors),
    });
    const want = reference("charLstm");
    close(
      course.losses.filter((_, i) => i % 10 === 0),
      want.losses,
      1e-4,
    );
    close(course.heldOut, want.heldOut, 1e-4);
    const chance = frequencyLoss(course.characters.encode(text));
    assert.ok(course.heldOut.at(-1)! < chance - 0.5, `${course.heldOut.at(-1)} against ${chance}`);
    flat(tensors);

    const file = join(folder, "lstm.pt");
    await saveWriter(course, file);
    for (const writer of [course, await loadWriter(file)]) {
      torch.manualSeed(1);
      assert.equal(await write(writer, "Shall I", 40, { temperature: 0.8 }), want.text);
    }
    await assert.rejects(write(course, "ß", 1), /has no "ß"/);
  }));
