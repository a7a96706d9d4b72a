// Views and copies, shapes and indices.
//   node --import tsx examples/views.ts
import * as torch from "flambeau";
import { runAsProgram } from "./lib/main.ts";

/** A view shares memory with its base; reshape of a transpose cannot, so it copies. */
export function sharing() {
  const a = torch.zeros([3, 2]);
  const view = a.view([6]);
  const copy = a.t().reshape([6]);
  a.fill_(1);
  return { view: view.tolist(), copy: copy.tolist() };
}

export function geometry() {
  const x = torch.arange(6).view([2, 3]);
  return {
    squeezed: x.unsqueeze(0).squeeze(0).shape,
    permuted: x.unsqueeze(2).permute([2, 0, 1]).shape,
    transposed: x.t().tolist(),
    repeated: torch.tensor([1, 2]).repeat([2]).tolist(),
    interleaved: torch.repeatInterleave(torch.tensor([1, 2]), 2).tolist(),
    concatenated: torch.cat([x, x], 0).shape,
    stacked: torch.stack([x, x], 0).shape,
  };
}

/** A typed array and a tensor over the same memory. */
export function sharedBuffer() {
  const array = torch.sharedArray(4, "float32") as Float32Array;
  const x = torch.fromBuffer(array);
  array[1] = 7;
  x.put(3, 9);
  return { tensor: x.tolist(), array: [...array] };
}

/** Broadcasting in matrix products, and the usual reductions. */
export function products() {
  const batch = torch.arange(30, { dtype: "float32" }).view([5, 2, 3]);
  const vector = torch.tensor([1, 2, 3]);
  const logits = torch.tensor([
    [1, 2, 3],
    [3, 1, 2],
  ]);
  return {
    matmul: torch.matmul(batch, vector).shape,
    mm: torch.mm(batch.at(0), batch.at(1).t()).tolist(),
    softmax: torch.softmax(logits, 1).sum(1).tolist(),
    argmax: torch.argmax(logits, 1).tolist(),
  };
}

/** Labels to one-hot rows, twice, and the log-likelihood of targets by advanced indexing. */
export function indexing() {
  const labels = torch.tensor([2, 0, 1], { dtype: "int64" });
  const oneHot = torch.nn.functional.oneHot(labels, 3);
  const scattered = torch.zeros([3, 3]).scatter_(1, labels.unsqueeze(1), 1);
  const input = torch
    .tensor([
      [0.1, 0.2, 0.7],
      [0.8, 0.1, 0.1],
      [0.3, 0.4, 0.3],
    ])
    .log();
  const nll = input.at(torch.arange(3), labels).mean().neg();
  return {
    oneHot: oneHot.tolist(),
    scattered: scattered.tolist(),
    gathered: input.exp().gather(1, labels.unsqueeze(1)).squeeze(1).tolist() as number[],
    nll: nll.item() as number,
  };
}

/** The cross entropy of logits [[3.2, 5.1, -1.7]] with class 0. */
export function crossEntropy(): number {
  const logits = torch.tensor([[3.2, 5.1, -1.7]]);
  return torch.nn.functional.crossEntropy(logits, torch.tensor([0], { dtype: "int64" })).item() as number;
}

runAsProgram(import.meta, () => {
  console.log("sharing  ", sharing());
  console.log("geometry ", geometry());
  console.log("buffer   ", sharedBuffer());
  console.log("products ", products());
  console.log("indexing ", indexing());
  console.log("cross entropy", crossEntropy().toFixed(4));
});
