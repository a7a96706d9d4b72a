// Arguments of modules and loaders: those that are needed come by position or by name, as PyTorch's do.
import { expect, test } from "vitest";
import * as torch from "flambeau";

const { nn } = torch;

test.each([
  [new nn.Linear(2, 3, false), new nn.Linear({ inFeatures: 2, outFeatures: 3, bias: false })],
  [new nn.Bilinear(2, 3, 4), new nn.Bilinear({ in1Features: 2, in2Features: 3, outFeatures: 4 })],
  [new nn.Conv1d(2, 3, 5), new nn.Conv1d({ inChannels: 2, outChannels: 3, kernelSize: 5 })],
  [new nn.Conv2d(2, 3, 5, 2, 1), new nn.Conv2d(2, 3, { kernelSize: 5, stride: 2, padding: 1 })],
  [new nn.Conv3d(2, 3, [1, 2, 3]), new nn.Conv3d(2, 3, { kernelSize: [1, 2, 3] })],
  [new nn.ConvTranspose2d(2, 3, 5, 2), new nn.ConvTranspose2d(2, 3, { kernelSize: 5, stride: 2 })],
  [new nn.BatchNorm2d(4), new nn.BatchNorm2d({ numFeatures: 4 })],
  [new nn.InstanceNorm1d(4), new nn.InstanceNorm1d({ numFeatures: 4 })],
  [new nn.LayerNorm([4, 5]), new nn.LayerNorm({ normalizedShape: [4, 5] })],
  [new nn.GroupNorm(2, 4), new nn.GroupNorm({ numGroups: 2, numChannels: 4 })],
  [new nn.RMSNorm(4), new nn.RMSNorm({ normalizedShape: 4 })],
  [new nn.LocalResponseNorm(2), new nn.LocalResponseNorm({ size: 2 })],
  [new nn.AdaptiveAvgPool2d([2, null]), new nn.AdaptiveAvgPool2d({ outputSize: [2, null] })],
  [new nn.AdaptiveMaxPool2d(2), new nn.AdaptiveMaxPool2d({ outputSize: 2 })],
  [new nn.LPPool2d(2, 3), new nn.LPPool2d({ normType: 2, kernelSize: 3 })],
  [new nn.MaxUnpool2d(2), new nn.MaxUnpool2d({ kernelSize: 2 })],
  [new nn.GRUCell(2, 3, false), new nn.GRUCell({ inputSize: 2, hiddenSize: 3, bias: false })],
  [new nn.RNNCell(2, 3, true, "relu"), new nn.RNNCell({ inputSize: 2, hiddenSize: 3, nonlinearity: "relu" })],
])("%s is made by names, too", (placed, named) => {
  expect(String(named)).toBe(String(placed));
});

test("a loader takes its options in PyTorch's order", () => {
  const loader = new torch.utils.data.DataLoader([1, 2, 3, 4, 5], 2, false, { dropLast: true });
  expect([...loader].map((batch) => batch.tolist())).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("arrays are datasets where PyTorch's lists are", () => {
  torch.manualSeed(0);
  const [train, rest] = torch.utils.data.randomSplit(["a", "b", "c", "d"], [3, 1]);
  // python3 -c "import torch; torch.manual_seed(0); print([*torch.utils.data.random_split('abcd', [3, 1])[0]])"
  expect([train!.get(0), train!.get(1), train!.get(2), rest!.get(0)]).toEqual(["a", "b", "d", "c"]);
});

test("torch.float is a dtype, too", () => {
  expect(torch.zeros(2, { dtype: torch.float as never }).dtype).toBe("float32");
  expect(torch.ones(2, { dtype: "float64" }).to({ dtype: torch.float as never }).dtype).toBe("float32");
});

test("a tensor of one element is compared as a number", () => {
  const loss = torch.tensor(0.5, { requiresGrad: true });
  expect((loss as unknown as number) < 1).toBe(true);
  expect(Math.max(0, loss as unknown as number)).toBe(0.5);
  expect(`${loss}`).toBe("tensor(0.5000, requires_grad=True)");
});

test("a parameter is told by name, too, that it needs no gradient", () => {
  expect(new nn.Parameter(torch.ones(1), { requiresGrad: false }).requiresGrad).toBe(false);
  expect(new nn.Parameter(torch.ones(1), {}).requiresGrad).toBe(true);
});
