// The command stream: few dispatches and submits, flat memory, back-pressure.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { counts, endOfTask, list, start, trainer, WEBGPU } from "./lib.ts";

const { crossEntropy } = torch.nn.functional;

test("a training step of an MLP takes at most 30 dispatches and one submit", async () => {
  await start();
  const { step } = trainer([784, 512, 512, 10], { batch: 64 });
  torch.scope(() => void step());
  await torch.webgpu.synchronize();
  const before = counts();
  torch.scope(() => void step());
  // hosts differ in how soon what is due at the end of a task runs
  for (let i = 0; i < 10 && counts().submits === before.submits; i++) await endOfTask();
  const after = counts();
  const dispatches = after.dispatches - before.dispatches;
  assert.ok(dispatches > 0 && dispatches <= 30, `${dispatches} dispatches`);
  assert.equal(after.submits - before.submits, 1);
});

test("buffers and pipelines stay as they are over 5,000 steps", async () => {
  await start();
  const { step } = trainer([8, 16, 16, 4]);
  const STEPS = 5000;
  let settled: { created: number; usedBuffers: number; usedBytes: number; pipelines: number } | undefined;
  for (let i = 0; i < STEPS; i++) {
    torch.scope(() => void step());
    if (i % 20 === 0) await endOfTask();
    if (i === 200) settled = torch.webgpu.stats() as unknown as typeof settled;
  }
  await torch.webgpu.synchronize();
  const end = torch.webgpu.stats() as unknown as NonNullable<typeof settled>;
  assert.ok(end.usedBuffers <= settled!.usedBuffers, `${end.usedBuffers - settled!.usedBuffers} more buffers in use`);
  assert.ok(end.usedBytes <= settled!.usedBytes, `${end.usedBytes - settled!.usedBytes} more bytes in use`);
  assert.equal(end.pipelines, settled!.pipelines);
  assert.ok(end.created - settled!.created <= 8, `${end.created - settled!.created} more buffers were created`);
});

test("100,000 dispatches without a read pile up no memory", async () => {
  await start();
  const x = torch.zeros([64], { ...WEBGPU, dtype: "int32" });
  const DISPATCHES = 100_000;
  const resident = () => process.memoryUsage().rss / 2 ** 20;
  for (let i = 0; i < 1000; i++) x.add_(1);
  assert.deepEqual(await list(x.narrow(0, 0, 2)), [1000, 1000]);
  const [before, beforeBytes] = [counts(), resident()];
  // one synchronous loop
  for (let i = 0; i < DISPATCHES / 2; i++) x.add_(1);
  const middle = resident();
  // and one that lets other tasks run
  for (let i = 0; i < DISPATCHES / 2; i++) {
    x.add_(1);
    if (i % 1000 === 0) await endOfTask();
  }
  assert.deepEqual(await list(x.narrow(0, 62, 2)), [1000 + DISPATCHES, 1000 + DISPATCHES]);
  const after = counts();
  assert.ok(after.dispatches - before.dispatches >= DISPATCHES);
  assert.ok(after.created - before.created <= 8, `${after.created - before.created} buffers were created`);
  assert.ok(middle - beforeBytes < 400, `${(middle - beforeBytes).toFixed(0)} MiB more in the synchronous loop`);
  assert.ok(resident() - beforeBytes < 400, `${(resident() - beforeBytes).toFixed(0)} MiB more`);
});

test("many tensors made and dropped in one task reuse each other's buffers", async () => {
  await start();
  const x = torch.ones([256, 256], WEBGPU);
  torch.scope(() => void x.add(1).mul(2));
  const before = counts();
  for (let i = 0; i < 500; i++) torch.scope(() => void x.add(1).mul(2).relu());
  await torch.webgpu.synchronize();
  const after = counts();
  assert.ok(after.usedBuffers <= before.usedBuffers, `${after.usedBuffers - before.usedBuffers} more buffers in use`);
  assert.ok(after.created - before.created <= 8, `${after.created - before.created} buffers were created`);
});

test("pipelines compiled ahead by warmup are there for the step, which computes the same", async () => {
  await start();
  const make = () => {
    const { model, step } = trainer([6, 10, 3], { seed: 4 });
    return { model, step };
  };
  const plain = make();
  const want = await plain.step().itemAsync();
  const warm = make();
  const x = torch.ones([2, 6], WEBGPU);
  const y = torch.tensor([0n, 2n]).to("webgpu");
  await torch.webgpu.warmup(() => crossEntropy(warm.model(x), y));
  assert.equal(await warm.step().itemAsync(), want);
});
