// Transfers to and from the WebGPU device, in whichever host runs this file.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { same, start, WEBGPU } from "./lib.ts";

test("every dtype of the device survives the way there and back", async () => {
  await start();
  assert.equal(await torch.webgpu.isAvailable(), true);
  const values = [0, 1, 2, 100, 127];
  for (const dtype of ["float32", "float16", "bfloat16", "int32", "int16", "int8", "uint8", "bool"] as const) {
    const x = torch.tensor(values).to(dtype);
    const there = x.to("webgpu");
    assert.equal(there.device, "webgpu");
    assert.equal(there.dtype, dtype);
    const back = await there.cpu();
    assert.equal(back.device, "cpu");
    await same(back, x);
  }
  const wide = torch.tensor([0n, -1n, 2n ** 40n + 3n, -(2n ** 62n), 2n ** 63n - 1n]);
  assert.deepEqual(
    [...((await (await wide.to("webgpu").cpu()).data()) as BigInt64Array)],
    [...(wide.data() as BigInt64Array)],
  );
});

test("memoryStats counts what tensors hold on the device", async () => {
  await start();
  const before = torch.memoryStats().webgpu;
  const x = torch.zeros([1024], WEBGPU);
  const during = torch.memoryStats().webgpu;
  assert.equal(during.tensors - before.tensors, 1);
  assert.ok(during.bytes - before.bytes >= 4096);
  x.dispose();
  assert.deepEqual(torch.memoryStats().webgpu.bytes, before.bytes);
});
