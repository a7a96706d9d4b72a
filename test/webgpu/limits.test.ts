// Tensors larger than one binding, and larger than the adapter allows.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { same, start, WEBGPU } from "./lib.ts";

/** As small as WebGPU lets a device be asked for. */
const BINDING = 1 << 20;
const small = { requiredLimits: { maxStorageBufferBindingSize: BINDING } };

test("tensors over one binding are split over several, for every kind of kernel", async () => {
  await start(small);
  const ROWS = 350;
  const COLUMNS = 1024; // 1.4 MiB, not a multiple of the binding
  torch.manualSeed(0);
  const x = torch.randn([ROWS, COLUMNS]);
  const y = x.to("webgpu");
  await same(y, x);
  const check = async (f: (t: torch.Tensor) => torch.Tensor, tolerance = 1e-5) => same(f(y), f(x), tolerance);
  await check((t) => t.mul(2).add(t).relu(), 1e-6);
  await check((t) => t.t().contiguous(), 0);
  await check((t) => t.sum(1), 1e-4);
  await check((t) => t.sum(0), 1e-4);
  await check((t) => t.narrow(0, 250, 10).mul(1), 0);
  await check((t) => torch.softmax(t, 1), 1e-6);
  await check((t) => t.argmax(1), 0);
  await check((t) => t.indexSelect(0, torch.tensor([0n, 349n, 300n]).to(t.device)), 0);
  await check((t) => torch.cat([t, t.neg()], 0), 0);
  await check((t) => t.matmul(t.narrow(0, 0, 8).t()), 1e-4);
  const copy = y.clone();
  copy.narrow(0, 200, 100).fill_(0);
  const want = x.clone();
  want.narrow(0, 200, 100).fill_(0);
  await same(copy, want);
});

test("more than the adapter's largest buffer is an error that says so, and the device goes on", async () => {
  await start({ requiredLimits: { maxBufferSize: 1 << 28 } });
  const tooLarge = (error: Error) => {
    assert.equal(error.name, "OutOfMemoryError", `${error.name}: ${error.message}`);
    assert.match(error.message, /WebGPU.*largest buffer|maxBufferSize/);
    return true;
  };
  assert.throws(() => torch.empty([80, 1 << 20], WEBGPU), tooLarge);
  await same(torch.ones([3], WEBGPU).add(1), torch.full([3], 2).float());
});
