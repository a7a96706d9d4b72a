// The device inside worker threads.
import { test } from "#test";
import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import * as torch from "flambeau";

const STEPS = 3;

function onCpu(seed: number): number[] {
  torch.manualSeed(seed);
  const model = new torch.nn.Linear(4, 2);
  const x = torch.randn([8, 4]);
  const y = torch.randint(0, 2, [8]);
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 });
  return Array.from({ length: STEPS }, () => {
    const loss = torch.nn.functional.crossEntropy(model(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss.item() as number;
  });
}

function inWorker(seed: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData: { seed, steps: STEPS } });
    const ended = new Promise((done) => worker.on("exit", done));
    worker.on("message", (losses: number[]) => {
      // a thread that is killed while its device is alive can take the driver down with it
      const patience = setTimeout(() => void worker.terminate(), 5000);
      void ended.then(() => {
        clearTimeout(patience);
        resolve(losses);
      });
    });
    worker.on("error", reject);
  });
}

test("two workers train on devices of their own", async () => {
  const got = await Promise.all([inWorker(1), inWorker(2)]);
  [1, 2].forEach((seed, i) =>
    onCpu(seed).forEach((want, step) => {
      const loss = got[i]![step]!;
      assert.ok(Math.abs(loss - want) < 1e-5, `seed ${seed}, step ${step}: ${loss}, want ${want}`);
    }),
  );
});
