// Printing, progress, event files and profiles, in whichever host runs this file.
import { test } from "#test";
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import * as torch from "flambeau";

const { nn, utils } = torch;

test("console.log prints tensors, modules and optimizers as PyTorch does", () => {
  const x = torch.tensor([1, 2.5]);
  const shown = (value: unknown): string => {
    const { Deno } = globalThis as { Deno?: { inspect(value: unknown): string } };
    return Deno ? Deno.inspect(value) : inspect(value);
  };
  assert.equal(shown(x), "tensor([1.0000, 2.5000])");
  assert.ok(shown([x]).includes("tensor([1.0000, 2.5000])"));
  assert.equal(shown(new nn.Linear(2, 3)), "Linear(in_features=2, out_features=3, bias=True)");
  assert.ok(shown(new torch.optim.SGD([new nn.Parameter(x)], { lr: 0.1 })).startsWith("SGD (\nParameter Group 0\n"));
});

test("a loop over a loader is counted", async () => {
  const loader = new utils.data.DataLoader([1, 2, 3, 4, 5], { batchSize: 2 });
  const bar = utils.progress(loader, { desc: "test", disable: true });
  let batches = 0;
  for await (const _ of bar) batches++;
  assert.equal(batches, 3);
  assert.match(String(bar), /^test: 100%\|█{20}\| 3\/3 \[/);
});

test("event files and traces are written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-tools-"));
  try {
    const writer = new utils.tensorboard.SummaryWriter(join(folder, "run"));
    const prof = await torch.profiler.profile(() => {
      writer.addScalar("sum", torch.ones([3]).add(1).sum(), 0);
      writer.addImage("noise", torch.rand([3, 4, 4]), 0);
    });
    await writer.close();
    const [name] = readdirSync(join(folder, "run"));
    const bytes = readFileSync(join(folder, "run", name!));
    assert.ok(bytes.includes("brain.Event:2") && bytes.includes("noise") && bytes.includes("IEND"));
    await prof.exportChromeTrace(join(folder, "trace.json"));
    assert.match(readFileSync(join(folder, "trace.json"), "utf8"), /"name":"aten::sum"/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a model's table", async () => {
  const summary = await utils.summary(new nn.Sequential(new nn.Linear(4, 3), new nn.ReLU()), [2, 4]);
  assert.equal(summary.multiplyAdds, 24);
  assert.match(String(summary), /├─Linear: 1-1 +\[2, 3\] +15 +24\n/);
});

test("autocast follows asynchronous tasks", async () => {
  const x = torch.ones([2, 2]);
  const pause = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 1));
  const within = torch.autocast("cpu", async () => {
    await pause();
    return x.matmul(x).dtype;
  });
  await pause();
  assert.equal(x.matmul(x).dtype, "float32");
  assert.equal(await within, "bfloat16");
});
