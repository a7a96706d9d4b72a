import { describe, expect, test } from "vitest";
import * as torch from "flambeau";

const F = torch.nn.functional;

interface Case {
  input: number[];
  weight: number[];
  stride: number;
  padding: number;
  dilation: number;
  groups: number;
}

/** A convolution as products of columns, group by group: another way to the same numbers. */
function byColumns(x: torch.Tensor, w: torch.Tensor, { stride, padding, dilation, groups }: Case): torch.Tensor {
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const [outputs, perGroup, kh, kw] = w.shape as [number, number, number, number];
  const size = (length: number, kernel: number) =>
    Math.floor((length + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  const columns = F.unfold(x, [kh, kw], { stride, padding, dilation });
  const parts = Array.from({ length: groups }, (_, g) => {
    const rows = (channels / groups) * kh * kw;
    const own = w.narrow(0, (g * outputs) / groups, outputs / groups).reshape([outputs / groups, perGroup * kh * kw]);
    return torch.matmul(own, columns.narrow(1, g * rows, rows));
  });
  return torch.cat(parts, 1).reshape([n, outputs, size(height, kh), size(width, kw)]);
}

const cases: Record<string, Case> = {
  "many channels": { input: [2, 20, 9, 21], weight: [33, 20, 3, 3], stride: 1, padding: 1, dilation: 1, groups: 1 },
  "a stride": { input: [3, 7, 12, 19], weight: [9, 7, 3, 2], stride: 2, padding: 1, dilation: 1, groups: 1 },
  "a dilation": { input: [1, 4, 15, 30], weight: [5, 4, 3, 3], stride: 1, padding: 0, dilation: 3, groups: 1 },
  groups: { input: [2, 12, 8, 8], weight: [15, 4, 2, 3], stride: 1, padding: 2, dilation: 1, groups: 3 },
  "a channel a group": { input: [2, 6, 10, 40], weight: [6, 1, 3, 3], stride: 1, padding: 1, dilation: 1, groups: 6 },
  "a channel a group and a stride": {
    input: [2, 3, 11, 13],
    weight: [6, 1, 3, 3],
    stride: 2,
    padding: 1,
    dilation: 1,
    groups: 3,
  },
  "one output channel": { input: [2, 5, 6, 7], weight: [1, 5, 3, 3], stride: 1, padding: 1, dilation: 1, groups: 1 },
  "a kernel of one element": {
    input: [2, 70, 5, 5],
    weight: [40, 70, 1, 1],
    stride: 1,
    padding: 0,
    dilation: 1,
    groups: 1,
  },
  "more steps than a block": {
    input: [1, 40, 5, 5],
    weight: [7, 40, 3, 3],
    stride: 1,
    padding: 1,
    dilation: 1,
    groups: 1,
  },
};

describe("conv2d equals products of columns, with its gradients,", () => {
  for (const [name, c] of Object.entries(cases)) {
    test(`for ${name}`, () => {
      torch.manualSeed(1);
      const gradients = (run: (x: torch.Tensor, w: torch.Tensor) => torch.Tensor) => {
        torch.manualSeed(2);
        const x = torch.randn(c.input, { dtype: "float64", requiresGrad: true });
        const w = torch.randn(c.weight, { dtype: "float64", requiresGrad: true });
        const y = run(x, w);
        y.mul(torch.arange(y.numel()).reshape(y.shape).cos()).sum().backward();
        return [y, x.grad!, w.grad!] as const;
      };
      const { stride, padding, dilation, groups } = c;
      const got = gradients((x, w) => F.conv2d(x, w, null, stride, padding, dilation, groups));
      const want = gradients((x, w) => byColumns(x, w, c));
      for (let i = 0; i < 3; i++) expect(torch.allclose(got[i]!, want[i]!, { rtol: 1e-9, atol: 1e-9 })).toBe(true);
      const single = F.conv2d(
        torch.ones(c.input).div(3),
        torch.ones(c.weight),
        torch.ones(c.weight[0]!),
        stride,
        padding,
        dilation,
        groups,
      );
      const double = F.conv2d(
        torch.ones(c.input, { dtype: "float64" }).div(3),
        torch.ones(c.weight, { dtype: "float64" }),
        torch.ones([c.weight[0]!], { dtype: "float64" }),
        stride,
        padding,
        dilation,
        groups,
      );
      expect(torch.allclose(single.double(), double, { rtol: 1e-5 })).toBe(true);
    });
  }
});

describe("a transposed convolution", () => {
  test("is the gradient of a convolution's input", () => {
    torch.manualSeed(3);
    const x = torch.randn([2, 4, 9, 9], { dtype: "float64", requiresGrad: true });
    const w = torch.randn([6, 4, 3, 3], { dtype: "float64" });
    const y = F.conv2d(x, w, { stride: 2, padding: 1 });
    const cotangent = torch.randn(y.shape, { dtype: "float64" });
    y.backward(cotangent);
    const transposed = F.convTranspose2d(cotangent, w, { stride: 2, padding: 1 });
    expect(torch.allclose(transposed, x.grad!)).toBe(true);
  });
});

describe("padding by name", () => {
  test("same keeps the size, also for even kernels", () => {
    const x = torch.ones(1, 1, 7, 8);
    expect(F.conv2d(x, torch.ones(1, 1, 2, 4), { padding: "same" }).shape).toEqual([1, 1, 7, 8]);
    const line = F.conv1d(torch.tensor([[[1, 2, 3]]]), torch.tensor([[[1, 10]]]), { padding: "same" });
    // the one element more stands at the end
    expect(line.tolist()).toEqual([[[21, 32, 3]]]);
  });

  test("same needs stride 1", () => {
    expect(() => F.conv2d(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 2, 2), { padding: "same", stride: 2 })).toThrow(
      "padding='same' is not supported for strided convolutions",
    );
  });
});

test("what does not fit is named", () => {
  const w = torch.ones(8, 3, 3, 3);
  expect(() => F.conv2d(torch.ones(1, 4, 5, 5), w)).toThrow(
    "Given groups=1, weight of size [8, 3, 3, 3], expected input[1, 4, 5, 5] to have 3 channels, but got 4 channels instead",
  );
  expect(() => F.conv2d(torch.ones(1, 3, 2, 5), w)).toThrow(
    "Calculated padded input size per channel: (2 x 5). Kernel size: (3 x 3). Kernel size can't be greater than actual input size",
  );
  expect(() => F.conv2d(torch.ones(3, 5), w)).toThrow(
    "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [3, 5]",
  );
  expect(() => F.conv2d(torch.ones(1, 3, 5, 5), w, torch.ones(4))).toThrow(
    "Given weight of size [8, 3, 3, 3], expected bias to be 1-dimensional with 8 elements, but got bias of size [4] instead",
  );
});
