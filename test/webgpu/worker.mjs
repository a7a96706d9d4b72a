// Trains on the device inside a worker thread and posts the losses.
import { parentPort, workerData } from "node:worker_threads";
import * as torch from "flambeau";

await torch.webgpu.init();
torch.manualSeed(workerData.seed);
const model = new torch.nn.Linear(4, 2).to("webgpu");
const x = torch.randn([8, 4]).to("webgpu");
const y = torch.randint(0, 2, [8]).to("webgpu");
const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1 });
const losses = [];
for (let i = 0; i < workerData.steps; i++) {
  const loss = torch.nn.functional.crossEntropy(model(x), y);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  losses.push(loss.itemAsync());
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort.postMessage(await Promise.all(losses));
