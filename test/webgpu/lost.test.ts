// Losing the device: typed errors, a new device, training that goes on from a state dict.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { destroy, host, list, lose, start, trainer, WEBGPU } from "./lib.ts";

const lost = (error: Error) => {
  assert.equal(error.name, "RuntimeError", `${error.name}: ${error.message}`);
  assert.ok(error instanceof torch.RuntimeError);
  assert.match(error.message, /WebGPU device was lost|went with a WebGPU device/);
  return true;
};

async function checkLoss(end: () => Promise<void>): Promise<void> {
  await start();
  const x = torch.ones([256], WEBGPU);
  const pending = host(x.mul(3));
  const outcome = pending.then(
    (copy) => assert.equal(copy.sum().item(), 768), // it came before the loss
    (error) => lost(error as Error),
  );
  await end();
  await outcome;
  assert.equal(torch.webgpu.isLost(), true);
  assert.throws(() => x.add(1), lost);
  assert.throws(() => torch.zeros([2], WEBGPU), lost);
  await assert.rejects(host(x), lost);
  await assert.rejects(async () => torch.webgpu.synchronize(), lost);

  await start();
  assert.equal(torch.webgpu.isLost(), false);
  assert.deepEqual(await list(torch.ones([2], WEBGPU).add(1)), [2, 2]);
  // the old one's tensors stay lost, and disposing them is no error
  assert.throws(() => x.add(1), lost);
  x.dispose();
}

test("a destroyed device answers every use with a typed error, and init gives another", () => checkLoss(destroy));

test("so does one that its driver loses", () => checkLoss(() => lose("the driver crashed")));

test("a model restored from its state dict trains on as if nothing had happened", async () => {
  const SIZES = [5, 7, 3];
  const reference = trainer(SIZES, { device: "cpu", seed: 1 });
  const want = Array.from({ length: 6 }, () => reference.step().item() as number);

  await start();
  const got: number[] = [];
  const first = trainer(SIZES, { seed: 1 });
  for (let i = 0; i < 3; i++) got.push((await first.step().itemAsync()) as number);
  const saved: Record<string, torch.Tensor> = {};
  for (const [name, tensor] of Object.entries(first.model.stateDict())) saved[name] = await tensor.cpu();
  await destroy();
  assert.throws(() => first.step(), lost);

  await start();
  const second = trainer(SIZES, { seed: 1 });
  second.model.loadStateDict(saved);
  for (let i = 0; i < 3; i++) got.push((await second.step().itemAsync()) as number);
  got.forEach((loss, i) => assert.ok(Math.abs(loss - want[i]!) < 1e-5, `step ${i}: ${loss}, want ${want[i]}`));
});
