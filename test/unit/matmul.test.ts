import { describe, expect, test } from "vitest";
import * as torch from "flambeau";

type Matrix = { at(i: number, j: number): number };

/** Element [i, j] of a tensor's numbers by its own strides. */
const elements = (x: torch.Tensor): Matrix => {
  const rows = x.tolist() as number[][];
  return { at: (i, j) => Number(rows[i]![j]) };
};

function expectProduct(a: torch.Tensor, b: torch.Tensor, tolerance: number): void {
  const [m, k] = a.shape as [number, number];
  const n = b.shape[1]!;
  const c = elements(torch.matmul(a, b));
  const [x, y] = [elements(a), elements(b)];
  let worst = 0;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += x.at(i, p) * y.at(p, j);
      worst = Math.max(worst, Math.abs(sum - c.at(i, j)));
    }
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}

describe("the product of matrices", () => {
  const sizes = [
    [1, 1, 1],
    [1, 37, 5],
    [2, 300, 9],
    [3, 5, 7],
    [6, 8, 8],
    [7, 9, 33],
    [97, 31, 17],
    [13, 257, 1030],
    [29, 70, 45],
    [67, 515, 75],
    [75, 130, 67],
  ] as const;
  for (const [m, k, n] of sizes) {
    test(`${m}x${k} by ${k}x${n}, however they lie in memory`, () => {
      torch.manualSeed(m + k + n);
      const a = torch.randn([m, k]);
      const b = torch.randn([k, n]);
      const tolerance = 3e-6 * k;
      expectProduct(a, b, tolerance);
      expectProduct(a.t().contiguous().t(), b, tolerance);
      expectProduct(a, b.t().contiguous().t(), tolerance);
      expectProduct(torch.randn([m, 2 * k]).slice(1, 0, 2 * k, 2), b, tolerance);
      expectProduct(a, torch.randn([1, n]).expand([k, n]), tolerance);
      expectProduct(a.double(), b.double(), 1e-12 * k);
    });
  }

  test("integers are exact and wrap around", () => {
    const a = torch.full([3, 40], 100, { dtype: "int8" });
    expect(torch.matmul(a, a.t()).tolist()).toEqual(Array(3).fill(Array(3).fill(((40 * 10000 + 128) % 256) - 128)));
    const big = torch.tensor([[2n ** 40n]]);
    expect(torch.matmul(big, big).tolist()).toEqual([[0]]);
    expectProduct(torch.arange(35).reshape([5, 7]), torch.arange(77).reshape([7, 11]), 0);
  });

  test("half precision sums in float32 and rounds once", () => {
    const ones = torch.ones([1, 4096], { dtype: "float16" });
    expect(torch.matmul(ones, ones.t()).item()).toBe(4096);
  });

  test("of nothing is zero", () => {
    expect(torch.matmul(torch.ones(2, 0), torch.ones(0, 3)).tolist()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(torch.matmul(torch.ones(0, 3), torch.ones(3, 2)).shape).toEqual([0, 2]);
  });

  test("batch dims broadcast", () => {
    const a = torch.randn([2, 1, 3, 4]);
    const b = torch.randn([5, 4, 2]);
    const c = torch.matmul(a, b);
    expect(c.shape).toEqual([2, 5, 3, 2]);
    expect(torch.allclose(c.select(0, 1).select(0, 3), torch.mm(a.select(0, 1).select(0, 0), b.select(0, 3)))).toBe(
      true,
    );
  });

  test("beta 0 ignores what is in the sum", () => {
    const nan = torch.full([2, 2], NaN);
    expect(torch.addmm(nan, torch.ones(2, 3), torch.ones(3, 2), { beta: 0 }).tolist()).toEqual([
      [3, 3],
      [3, 3],
    ]);
  });

  test("what does not fit is named", () => {
    expect(() => torch.mm(torch.ones(2, 3), torch.ones(2, 3))).toThrow(
      "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
    );
    expect(() => torch.mm(torch.ones(2, 3), torch.ones([3, 2], { dtype: "int64" }))).toThrow(
      "expected m1 and m2 to have the same dtype, but got: float != long int",
    );
    expect(() => torch.bmm(torch.ones(2, 3, 4), torch.ones(2, 3, 4))).toThrow(
      "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [2, 3].",
    );
    expect(() => torch.dot(torch.ones(2), torch.ones(3))).toThrow("inconsistent tensor size");
    expect(() => torch.matmul(torch.tensor(1), torch.ones(2))).toThrow(
      "both arguments to matmul need to be at least 1D, but they are 0D and 1D",
    );
    expect(() => torch.nn.functional.linear(torch.ones(2, 3), torch.ones(4, 5))).toThrow(
      "mat1 and mat2 shapes cannot be multiplied (2x3 and 5x4)",
    );
  });
});

describe("einsum", () => {
  test("contracts three operands in any order", () => {
    torch.manualSeed(0);
    const [a, b, c] = [torch.randn([3, 4]), torch.randn([4, 50]), torch.randn([50, 2])];
    const want = torch.mm(torch.mm(a, b), c);
    expect(torch.allclose(torch.einsum("ij,jk,kl->il", a, b, c), want, { atol: 1e-4 })).toBe(true);
    expect(torch.allclose(torch.einsum("kl,ij,jk->li", c, a, b), want.t(), { atol: 1e-4 })).toBe(true);
  });

  test("takes a dim of size one for any size", () => {
    const x = torch.arange(6).reshape([2, 3]);
    expect(torch.einsum("ij,ij->ij", x, torch.ones([1, 3], { dtype: "int64" })).tolist()).toEqual(x.tolist());
  });

  test("says what is wrong with an equation", () => {
    const x = torch.ones(2, 3);
    expect(() => torch.einsum("ij,jk", x)).toThrow(
      "einsum(): fewer operands were provided than specified in the equation",
    );
    expect(() => torch.einsum("i1", x)).toThrow(
      "einsum(): invalid subscript given at index 1 in the equation string, subscripts must be in [a-zA-Z]",
    );
    expect(() => torch.einsum("ijk->i", x)).toThrow(
      "einsum(): the number of subscripts in the equation (3) does not match the number of dimensions (2) for operand 0 " +
        "and no ellipsis was given",
    );
    expect(() => torch.einsum("ij->k", x)).toThrow(
      "einsum(): output subscript k does not appear in the equation for any input operand",
    );
    expect(() => torch.einsum("ij,ij->i", x, torch.ones(2, 4))).toThrow(
      "einsum(): subscript j has size 4 for operand 1 which does not broadcast with previously seen size 3",
    );
  });
});
