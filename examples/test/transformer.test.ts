// The transformer that translates dates: its losses and its translations are PyTorch's.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { close, flat, reference } from "../lib/check.ts";
import { dates, trainTranslator, translate } from "../transformer.ts";

test("nn.Transformer learns to translate dates as PyTorch's does", async () => {
  const tensors: number[] = [];
  const report = () => tensors.push(torch.memoryStats().tensors);
  const { model, losses, accuracy } = await trainTranslator({ steps: 150, width: 32, lr: 1e-2, report });
  const want = reference("transformer");
  const thinned = losses.filter((_, i) => i % 10 === 0);
  // then the rounding tells: of PyTorch's own runs with weights 1e-7 apart, five of eight come to differ by 0.01 to 0.05
  close(thinned.slice(0, 4), want.losses.slice(0, 4), 1e-4);
  close(thinned, want.losses, 5e-2);
  // whole dates, which nobody guesses
  assert.ok(accuracy > 0.4, `${accuracy}`);
  flat(tensors);

  torch.manualSeed(1);
  const { texts, translations } = dates(200);
  const translated = await translate(model, texts);
  assert.ok(translated.filter((text, i) => text === translations[i]).length > 80);
  await assert.rejects(translate(model, ["7 March 1998?"]), /no date has "\?"/);
});
