// Convolutions in float32 against the same in float64, which goes by sums of products: sizes at which one of the ways to compute
// them begins or ends.
import { describe, expect, test } from "vitest";
import * as torch from "flambeau";

const F = torch.nn.functional;

interface Case {
  input: [number, number, number, number];
  outputs: number;
  kernel?: number;
  stride?: number;
  padding?: number;
  dilation?: number;
  groups?: number;
}

const error = (got: torch.Tensor, want: torch.Tensor): number => {
  const scale = Number(want.pow(2).mean().sqrt().item());
  const largest = Number(got.double().sub(want).abs().max().item());
  return scale === 0 ? largest : largest / scale;
};

function both({ input, outputs, kernel = 3, stride = 1, padding = 0, dilation = 1, groups = 1 }: Case): number[] {
  torch.manualSeed(0);
  const tensors = [torch.randn(input), torch.randn(outputs, input[1] / groups, kernel, kernel), torch.randn(outputs)];
  const run = (dtype: "float32" | "float64"): torch.Tensor[] => {
    const [x, w, b] = tensors.map((t) => t.to(dtype).detach().clone().requiresGrad_());
    const y = F.conv2d(x!, w!, b!, { stride, padding, dilation, groups });
    torch.manualSeed(1);
    const cotangent = torch.randn(y.shape).to(dtype);
    return [y, ...torch.autograd.grad([y], [x!, w!, b!], { gradOutputs: [cotangent] })];
  };
  const want = run("float64");
  return run("float32").map((got, i) => error(got, want[i]!));
}

const cases: Record<string, Case> = {
  "whole tiles": { input: [2, 16, 16, 16], outputs: 16, padding: 1 },
  "tiles that the map cuts": { input: [3, 17, 13, 11], outputs: 19, padding: 1 },
  "maps of three by five": { input: [33, 17, 3, 5], outputs: 13, padding: 1 },
  "maps of two by one": { input: [40, 16, 2, 1], outputs: 16, padding: 1 },
  "no padding": { input: [1, 20, 30, 31], outputs: 33 },
  "more padding than the kernel reaches": { input: [2, 12, 17, 18], outputs: 16, padding: 3 },
  "groups of channels": { input: [2, 36, 19, 20], outputs: 24, padding: 1, groups: 3 },
  "channels of more than one block": { input: [8, 300, 8, 8], outputs: 40, padding: 1 },
  "an image of many channels and few elements": { input: [1, 160, 4, 4], outputs: 96, padding: 1 },
  "images of one element": { input: [9, 96, 1, 1], outputs: 40, padding: 1 },
  "images of four elements": { input: [37, 40, 2, 2], outputs: 41, padding: 1 },
  "a stride on small images": { input: [7, 40, 4, 5], outputs: 25, stride: 2, padding: 1 },
  "a stride and rows of two runs of columns": { input: [3, 200, 30, 29], outputs: 16, stride: 2, padding: 1 },
  "a stride of three": { input: [3, 20, 20, 19], outputs: 16, stride: 3 },
  "a map much smaller than its image": { input: [5, 10, 12, 13], outputs: 20, kernel: 5 },
  "a dilation": { input: [2, 16, 15, 14], outputs: 16, dilation: 2, padding: 2 },
  "four channels, and maps of several bands": { input: [10, 4, 21, 230], outputs: 6, padding: 1 },
  "seven channels, of which a tile has four": { input: [3, 5, 12, 15], outputs: 7, kernel: 5, padding: 2 },
  "thirteen channels and a dilation": { input: [9, 3, 17, 21], outputs: 13, padding: 2, dilation: 2 },
  "groups of few channels": { input: [3, 12, 13, 18], outputs: 15, padding: 1, groups: 3 },
  "few channels without padding": { input: [2, 6, 9, 30], outputs: 5 },
  "one channel": { input: [5, 1, 19, 20], outputs: 9 },
  "one channel to one": { input: [2, 1, 11, 12], outputs: 1, kernel: 5 },
  "three channels, a large kernel and a stride": {
    input: [2, 3, 23, 21],
    outputs: 12,
    kernel: 7,
    stride: 2,
    padding: 3,
  },
  "a channel a group": { input: [3, 9, 17, 18], outputs: 9, padding: 1, groups: 9 },
  "a channel a group and a stride": { input: [3, 9, 17, 18], outputs: 18, stride: 2, padding: 1, groups: 9 },
};

describe("float32 is near float64, with all gradients,", () => {
  for (const [name, c] of Object.entries(cases)) {
    test(`for ${name}`, () => {
      for (const e of both(c)) expect(e).toBeLessThan(1e-5);
    });
  }
});

test("no images", () => {
  const x = torch.zeros(0, 16, 8, 8, { requiresGrad: true });
  const w = torch.ones(16, 16, 3, 3, { requiresGrad: true });
  const y = F.conv2d(x, w, null, { padding: 1 });
  expect(y.shape).toEqual([0, 16, 8, 8]);
  y.sum().backward();
  expect(x.grad!.shape).toEqual([0, 16, 8, 8]);
  expect(w.grad!.abs().max().item()).toBe(0);
});
