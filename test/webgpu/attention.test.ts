// Attention in one kernel: values, gradients and memory, against products and a softmax on the CPU.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { counts, same, start } from "./lib.ts";

const { autograd } = torch;
const attention = torch.nn.functional.scaledDotProductAttention;

interface Case {
  q: number[];
  k: number[];
  v: number[];
  mask?: { kind: "bool" | "added"; shape: number[] };
  isCausal?: boolean;
  scale?: number;
}

const CASES: Record<string, Case> = {
  "one part a row": { q: [2, 3, 40, 16], k: [2, 3, 40, 16], v: [2, 3, 40, 16] },
  "two parts, more keys": { q: [2, 33, 64], k: [2, 70, 64], v: [2, 70, 64] },
  "four parts": { q: [2, 45, 128], k: [2, 21, 128], v: [2, 21, 128] },
  "features that fill no vector": { q: [3, 20, 7], k: [3, 19, 7], v: [3, 19, 13] },
  "values of other features": { q: [2, 17, 24], k: [2, 18, 24], v: [2, 18, 72] },
  "no batch": { q: [9, 8], k: [11, 8], v: [11, 8] },
  "batches that broadcast": { q: [2, 1, 12, 8], k: [1, 3, 10, 8], v: [2, 3, 10, 8] },
  causal: { q: [2, 150, 32], k: [2, 150, 32], v: [2, 150, 32], isCausal: true },
  "causal, more keys": { q: [2, 30, 40], k: [2, 90, 40], v: [2, 90, 40], isCausal: true, scale: 0.3 },
  "causal, more queries": { q: [2, 90, 100], k: [2, 30, 100], v: [2, 30, 100], isCausal: true },
  "a bool mask": { q: [2, 2, 35, 16], k: [2, 2, 37, 16], v: [2, 2, 37, 16], mask: { kind: "bool", shape: [35, 37] } },
  "a padding mask": {
    q: [2, 3, 9, 8],
    k: [2, 3, 37, 8],
    v: [2, 3, 37, 8],
    mask: { kind: "bool", shape: [2, 1, 1, 37] },
  },
  "an added mask": {
    q: [2, 2, 12, 16],
    k: [2, 2, 20, 16],
    v: [2, 2, 20, 16],
    mask: { kind: "added", shape: [2, 12, 20] },
  },
};

for (const [name, { q, k, v, mask, isCausal = false, scale }] of Object.entries(CASES)) {
  test(`attention: ${name}`, async () => {
    torch.manualSeed(1);
    const inputs = [q, k, v].map((shape) => torch.randn(shape));
    if (mask !== undefined) {
      const random = torch.randn(mask.shape);
      inputs.push(mask.kind === "bool" ? random.gt(-0.8) : random);
    }
    await start();
    const run = (x: torch.Tensor[]): torch.Tensor[] => {
      const leaves = x.slice(0, 3).map((t) => t.detach().requiresGrad_());
      const out = attention(leaves[0]!, leaves[1]!, leaves[2]!, { attnMask: x[3], isCausal, scale });
      const weights = torch.arange(out.numel(), { device: out.device }).reshape(out.shape).mul(0.37).sin();
      out.mul(weights).sum().backward();
      return [out.detach(), ...leaves.map((leaf) => leaf.grad!)];
    };
    const want = run(inputs);
    const got = run(inputs.map((x) => x.to("webgpu")));
    for (const [i, x] of got.entries()) await same(x, want[i]!, 2e-5);
  });
}

const random = (...shapes: number[][]): torch.Tensor[] => {
  torch.manualSeed(2);
  return shapes.map((shape) => torch.randn(shape));
};

test("attention: a row that sees no key gives what it gives without the kernel", async () => {
  await start();
  const inputs = random([10, 8], [12, 8], [12, 8]);
  const dead = torch.arange(10).ne(3).unsqueeze(1).expand(10, 12);
  const low = torch.zeros(10, 12).maskedFill(dead.logicalNot(), -Infinity);
  const lowest = torch.zeros(10, 12).maskedFill(dead.logicalNot(), -3.4028234663852886e38);
  for (const attnMask of [dead, low, lowest]) {
    const run = (device: torch.Device): torch.Tensor[] => {
      const [q, k, v] = inputs.map((x) => x.to(device).detach().requiresGrad_()) as [
        torch.Tensor,
        torch.Tensor,
        torch.Tensor,
      ];
      const out = attention(q, k, v, { attnMask: attnMask.to(device) });
      out.sum().backward();
      return [out.detach(), q.grad!, k.grad!, v.grad!];
    };
    const want = run("cpu");
    for (const [i, x] of run("webgpu").entries()) await same(x, want[i]!, 1e-5);
  }
});

test("attention: second derivatives", async () => {
  await start();
  const inputs = random([2, 9, 8], [2, 10, 8], [2, 10, 8]);
  const run = (device: torch.Device): torch.Tensor[] => {
    const leaves = inputs.map((x) => x.to(device).detach().requiresGrad_());
    const out = attention(leaves[0]!, leaves[1]!, leaves[2]!, { isCausal: true });
    const grads = autograd.grad([out.square().sum()], leaves, { createGraph: true }) as torch.Tensor[];
    const total = grads.map((g) => g.square().sum()).reduce((a, b) => a.add(b));
    return [...grads.map((g) => g.detach()), ...(autograd.grad([total], leaves) as torch.Tensor[])];
  };
  const want = run("cpu");
  for (const [i, x] of run("webgpu").entries()) await same(x, want[i]!, 2e-5);
});

test("attention: a mask that learns gets its gradient", async () => {
  await start();
  const inputs = random([2, 9, 8], [2, 10, 8], [2, 10, 8], [9, 10]);
  const run = (device: torch.Device): torch.Tensor => {
    const [q, k, v, mask] = inputs.map((x) => x.to(device).detach()) as [
      torch.Tensor,
      torch.Tensor,
      torch.Tensor,
      torch.Tensor,
    ];
    attention(q, k, v, { attnMask: mask.requiresGrad_() }).square().sum().backward();
    return mask.grad!;
  };
  await same(run("webgpu"), run("cpu"), 1e-5);
});

test("attention: scores are never stored", async () => {
  await start();
  const n = 2048;
  const [q, k, v] = random([n, 16], [n, 16], [n, 16]).map((x) => x.to("webgpu").requiresGrad_()) as [
    torch.Tensor,
    torch.Tensor,
    torch.Tensor,
  ];
  await torch.webgpu.synchronize();
  const bytes = (): number => counts().usedBytes + counts().freeBytes;
  const before = bytes();
  attention(q, k, v, { isCausal: true }).sum().backward();
  await q.grad!.cpu();
  assert.ok(bytes() - before < (n * n * 4) / 4, `${bytes() - before} bytes more`);
});

test("attention: float16", async () => {
  await start();
  const inputs = random([2, 20, 64], [2, 24, 64], [2, 24, 64]).map((x) => x.half());
  const run = (x: torch.Tensor[]): torch.Tensor[] => {
    const leaves = x.map((t) => t.detach().requiresGrad_());
    const out = attention(leaves[0]!, leaves[1]!, leaves[2]!);
    out.sum().backward();
    return [out.detach(), ...leaves.map((leaf) => leaf.grad!)].map((t) => t.float());
  };
  const want = run(inputs.map((x) => x.float()));
  const got = run(inputs.map((x) => x.to("webgpu")));
  for (const [i, x] of got.entries()) await same(x, want[i]!, 2e-3);
});
