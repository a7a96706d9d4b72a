// Files are read straight to the device, a piece at a time, and written from it.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { start, WEBGPU } from "./lib.ts";

/** More than a piece of 4 MB, and sizes that are no multiple of the device's words. */
const tensors = () => ({
  big: torch.arange(1_300_003).to("float32"),
  half: torch.arange(2_100_001).remainder(1000).to("float16"),
  brain: torch.arange(7).to("bfloat16"),
  bytes: torch.tensor([1, 2, 255], { dtype: "uint8" }),
  flags: torch.tensor([true, false, true]),
  long: torch.tensor([[1], [-5]]),
  scalar: torch.tensor(2.5),
  empty: torch.zeros(0, 3),
});

async function same(got: Record<string, torch.Tensor>): Promise<void> {
  for (const [name, want] of Object.entries(tensors())) {
    const tensor = got[name]!;
    assert.deepEqual([name, tensor.device, tensor.dtype, tensor.shape], [name, "webgpu", want.dtype, want.shape]);
    assert.ok((await tensor.cpu()).equal(want), name);
  }
}

test("safetensors, checkpoints and arrays are loaded to the device, and saved from it", async () => {
  await start();
  const moved = Object.fromEntries(Object.entries(tensors()).map(([name, tensor]) => [name, tensor.to("webgpu")]));
  const safetensors = await torch.safetensors.save(moved);
  await same(await torch.safetensors.loadFile(new Blob([safetensors as BlobPart]), WEBGPU));
  await same(await torch.load(await torch.save(moved), { mapLocation: "webgpu" }));
  await same(await torch.io.loadNpz(await torch.io.saveNpz({ ...moved, brain: moved.big! }), WEBGPU).then((arrays) => ({ ...arrays, brain: moved.brain! }))); // prettier-ignore
  const file = await torch.safetensors.open(safetensors, WEBGPU);
  const part = await file.getSlice("half").at("5:2000000:3");
  assert.equal(part.device, "webgpu");
  assert.ok((await part.cpu()).equal(tensors().half.at("5:2000000:3")));
});

test("a file that ends too early leaves nothing on the device", async () => {
  await start();
  const bytes = await torch.safetensors.save(tensors());
  const before = torch.memoryStats().webgpu.storages;
  const stream = new Response(bytes.slice(0, 5e6) as BodyInit);
  await assert.rejects(torch.safetensors.loadFile(stream, WEBGPU), torch.RuntimeError);
  const doubles = await torch.safetensors.save({ x: torch.ones(2), y: torch.ones(2, { dtype: "float64" }) });
  await assert.rejects(torch.safetensors.loadFile(doubles, WEBGPU), torch.TypeError);
  assert.equal(torch.memoryStats().webgpu.storages, before);
});
