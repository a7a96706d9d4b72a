// Views and copies, shapes and indices.
//   node --import tsx examples/views.ts [--device webgpu]
import * as torch from "flambeau";
import { chosenDevice, values } from "./lib/device.ts";
import { runAsProgram } from "./lib/main.ts";

type Device = torch.Device;

/** A view shares memory with its base; reshape of a transpose cannot, so it copies. */
export async function sharing(device: Device = "cpu") {
  const a = torch.zeros([3, 2], { device });
  const view = a.view([6]);
  const copy = a.t().reshape([6]);
  a.fill_(1);
  return values({ view, copy });
}

export async function geometry(device: Device = "cpu") {
  const x = torch.arange(6, { device }).view([2, 3]);
  const pair = torch.tensor([1, 2], { device });
  return {
    squeezed: x.unsqueeze(0).squeeze(0).shape,
    permuted: x.unsqueeze(2).permute([2, 0, 1]).shape,
    ...(await values({ transposed: x.t(), repeated: pair.repeat([2]), interleaved: torch.repeatInterleave(pair, 2) })),
    concatenated: torch.cat([x, x], 0).shape,
    stacked: torch.stack([x, x], 0).shape,
  };
}

/** A typed array and a tensor over the same memory, the CPU's. */
export function sharedBuffer() {
  const array = torch.sharedArray(4, "float32") as Float32Array;
  const x = torch.fromBuffer(array);
  array[1] = 7;
  x.put(3, 9);
  return { tensor: x.tolist(), array: [...array] };
}

/** Broadcasting in matrix products, and the usual reductions. */
export async function products(device: Device = "cpu") {
  const batch = torch.arange(30, { dtype: "float32", device }).view([5, 2, 3]);
  const vector = torch.tensor([1, 2, 3], { device });
  const rows = [
    [1, 2, 3],
    [3, 1, 2],
  ];
  const logits = torch.tensor(rows, { device });
  const mm = torch.mm(batch.at(0), batch.at(1).t());
  const softmax = torch.softmax(logits, 1).sum(1);
  const argmax = torch.argmax(logits, 1);
  return { matmul: torch.matmul(batch, vector).shape, ...(await values({ mm, softmax, argmax })) };
}

/** Labels to one-hot rows, twice, and the log-likelihood of targets by advanced indexing. */
export async function indexing(device: Device = "cpu") {
  const labels = torch.tensor([2, 0, 1], { dtype: "int64", device });
  const oneHot = torch.nn.functional.oneHot(labels, 3);
  const scattered = torch.zeros([3, 3], { device }).scatter_(1, labels.unsqueeze(1), 1);
  const rows = [
    [0.1, 0.2, 0.7],
    [0.8, 0.1, 0.1],
    [0.3, 0.4, 0.3],
  ];
  const input = torch.tensor(rows, { device }).log();
  const nll = input.at(torch.arange(3, { device }), labels).mean().neg();
  const gathered = input.exp().gather(1, labels.unsqueeze(1)).squeeze(1);
  return values({ oneHot, scattered, gathered, nll });
}

/** The cross entropy of logits [[3.2, 5.1, -1.7]] with class 0. */
export async function crossEntropy(device: Device = "cpu"): Promise<number> {
  const logits = torch.tensor([[3.2, 5.1, -1.7]], { device });
  const target = torch.tensor([0], { dtype: "int64", device });
  return await torch.nn.functional.crossEntropy(logits, target).itemAsync<number>();
}

runAsProgram(import.meta, async () => {
  const device = await chosenDevice();
  console.log("sharing  ", await sharing(device));
  console.log("geometry ", await geometry(device));
  console.log("buffer   ", sharedBuffer());
  console.log("products ", await products(device));
  console.log("indexing ", await indexing(device));
  console.log("cross entropy", (await crossEntropy(device)).toFixed(4));
});
