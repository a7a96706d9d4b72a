import { describe, expect, test } from "vitest";
import * as torch from "flambeau";

describe("out", () => {
  test("the result is written into out, which is returned", () => {
    const out = torch.zeros([2, 2]);
    const view = out.at(1);
    expect(torch.add(torch.ones([2, 2]), 1, { out })).toBe(out);
    expect(out.tolist()).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(view.tolist()).toEqual([2, 2]);
  });

  test("an out of another shape takes the result's", () => {
    const out = torch.empty([0]);
    torch.mul(torch.tensor([1, 2, 3]), 2, { out });
    expect([out.shape, out.tolist()]).toEqual([[3], [2, 4, 6]]);
  });

  test("elementwise ops convert to the dtype of out, others do not", () => {
    const out = torch.zeros([2], { dtype: "float64" });
    torch.exp(torch.tensor([0, 1]), { out });
    expect(out.dtype).toBe("float64");
    expect(() => torch.cat([torch.ones([1]), torch.ones([1])], { out })).toThrow(
      "Expected out tensor to have dtype float, but got double instead",
    );
    expect(() => torch.exp(torch.tensor([0, 1]), { out: torch.zeros([2], { dtype: "int64" }) })).toThrow(
      "result type Float can't be cast to the desired output type Long",
    );
  });

  test("several results take several", () => {
    const [low, high] = [torch.zeros([]), torch.zeros([])];
    const result = torch.aminmax(torch.tensor([3, 1, 2]), { out: [low, high] });
    expect([low.item(), high.item()]).toEqual([1, 3]);
    expect(result.min).toBe(low);
    expect(result[1]).toBe(high);
  });

  test("gradients do not flow through out", () => {
    const x = torch.ones([2], { requiresGrad: true });
    expect(() => torch.exp(x, { out: torch.zeros([2]) })).toThrow("don't support automatic differentiation");
    torch.noGrad(() => torch.exp(x, { out: torch.zeros([2]) }));
  });

  test("out is given by name only: an array can be mapped over", () => {
    const list = [torch.tensor([-1]), torch.tensor([2])];
    expect(list.map(torch.abs as (x: torch.Tensor) => torch.Tensor).map((t) => t.tolist())).toEqual([[1], [2]]);
  });
});
