import { expect, test } from "vitest";
import * as torch from "flambeau";

const grid = (...shape: number[]): torch.Tensor => torch.arange(shape.reduce((a, b) => a * b, 1)).reshape(shape);

test("splitting gives views that together are the whole", () => {
  const x = grid(7, 3);
  for (const pieces of [torch.split(x, 3), torch.chunk(x, 3), torch.tensorSplit(x, 3), torch.tensorSplit(x, [2, 5])]) {
    expect(torch.cat(pieces).tolist()).toEqual(x.tolist());
    for (const piece of pieces) expect(piece.isView() || piece.dataPtr() >= x.dataPtr()).toBe(true);
  }
  expect(torch.tensorSplit(x, 3).map((t) => t.shape[0])).toEqual([3, 2, 2]);
  expect(() => torch.split(x, [3, 3])).toThrow(/split_sizes to sum exactly to 7/);
});

test("geometry changes in place, and a leaf that requires a gradient refuses it", () => {
  const x = grid(1, 3);
  expect(x.squeeze_()).toBe(x);
  expect(x.shape).toEqual([3]);
  expect(x.unsqueeze_(1).t_().shape).toEqual([1, 3]);
  expect(x.tolist()).toEqual([[0, 1, 2]]);
  const leaf = torch.ones(1, 2, { requiresGrad: true });
  expect(() => leaf.squeeze_()).toThrow(/a leaf Variable that requires grad/);
});

test("flip, roll, rot90 and their gradients undo themselves", () => {
  const x = torch.randn(3, 4, 5, { requiresGrad: true });
  const round = torch.roll(torch.roll(x, [2, -1], [0, 2]), [-2, 1], [0, 2]);
  expect(round.tolist()).toEqual(x.tolist());
  expect(x.flip([0, 2]).flip([0, 2]).tolist()).toEqual(x.tolist());
  const weights = torch.randn(3, 4, 5);
  torch
    .roll(x.flip([1]), 7)
    .mul(weights)
    .sum()
    .backward();
  expect(x.grad!.tolist()).toEqual(torch.roll(weights, -7).flip([1]).tolist());
});

test("padding in every mode reads the right elements", () => {
  const x = torch.arange(4, { dtype: "float32" }).view([1, 1, 4]);
  const pad = (mode: "constant" | "reflect" | "replicate" | "circular") =>
    torch.nn.functional.pad(x, [2, 1], mode).tolist();
  expect(pad("constant")).toEqual([[[0, 0, 0, 1, 2, 3, 0]]]);
  expect(pad("reflect")).toEqual([[[2, 1, 0, 1, 2, 3, 2]]]);
  expect(pad("replicate")).toEqual([[[0, 0, 0, 1, 2, 3, 3]]]);
  expect(pad("circular")).toEqual([[[2, 3, 0, 1, 2, 3, 0]]]);
  expect(torch.nn.functional.pad(x, [-1, -2]).tolist()).toEqual([[[1]]]);
  expect(() => torch.nn.functional.pad(x, [4, 0], "reflect")).toThrow(/Padding size should be less/);
});

test("sizes beyond what a tensor can have are an error, after which all goes on", () => {
  const x = torch.ones(1);
  expect(() => x.expand([100000, 100000])).toThrow();
  expect(() => x.repeat([2147483647, 3])).toThrow();
  expect(() => torch.nn.functional.pad(x, [2147483647, 2147483647])).toThrow();
  expect(() => torch.tensorSplit(x, 2147483647)).toThrow();
  expect(() => torch.arange(0, 1e18)).toThrow();
  expect(() => torch.nn.functional.oneHot(torch.tensor([2147483646], { dtype: "int64" }))).toThrow();
  expect(x.add(1).item()).toBe(2);
});

test("ranges end where PyTorch's do", () => {
  expect(torch.arange(1, 2, 0.3).numel()).toBe(4);
  expect(torch.arange(5, 0, -2).tolist()).toEqual([5, 3, 1]);
  expect(torch.linspace(0, 1, 3).tolist()).toEqual([0, 0.5, 1]);
  expect(torch.linspace(3, 3, 1).tolist()).toEqual([3]);
  expect(torch.logspace(0, 2, 3).tolist()).toEqual([1, 10, 100]);
  expect(() => torch.arange(0, 3, -1)).toThrow(/inconsistent with step sign/);
});

test("the gradients of pieces are joined, those of unused pieces are zero", () => {
  const x = torch.ones(4, 6, { requiresGrad: true });
  const [a, , c] = torch.split(x, [1, 2, 3], 1) as [torch.Tensor, torch.Tensor, torch.Tensor];
  const rows = x.unbind(0);
  a.sum().mul(2).add(c.sum()).add(rows[2]!.sum().mul(10)).backward();
  const row = [2, 0, 0, 1, 1, 1];
  expect(x.grad!.tolist()).toEqual([row, row, row.map((g) => g + 10), row]);
});

test("a write into a piece reaches the whole and its history", () => {
  const x = torch.ones(2, 3, { requiresGrad: true });
  const y = x.mul(1);
  y.chunk(3, 1)[1]!.mul_(5);
  y.unbind(0)[0]!.mul_(2);
  y.sum().backward();
  expect(y.tolist()).toEqual([
    [2, 10, 2],
    [1, 5, 1],
  ]);
  expect(x.grad!.tolist()).toEqual([
    [2, 10, 2],
    [1, 5, 1],
  ]);
});

test("fillDiagonal_ writes the diagonal, wraps tall matrices, and cuts the gradient there", () => {
  expect(torch.zeros(4, 2).fillDiagonal_(1).sum().item()).toBe(2);
  expect(torch.zeros(7, 3).fillDiagonal_(1, { wrap: true }).nonzero().tolist()).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
    [4, 0],
    [5, 1],
    [6, 2],
  ]);
  expect(torch.zeros(2, 2, 2).fillDiagonal_(1).nonzero().tolist()).toEqual([
    [0, 0, 0],
    [1, 1, 1],
  ]);
  const x = torch.ones(2, 2, { requiresGrad: true });
  x.mul(2).fillDiagonal_(0).sum().backward();
  expect(x.grad!.tolist()).toEqual([
    [0, 2],
    [2, 0],
  ]);
  expect(() => torch.zeros(2).fillDiagonal_(1)).toThrow("dimensions must larger than 1");
});
