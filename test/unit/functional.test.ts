// torch.autograd.functional against PyTorch's own answers (functional.py made functional.json), gradcheck, checkpoint.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as torch from "flambeau";

const { functional, gradcheck, gradgradcheck } = torch.autograd;
type T = torch.Tensor;
const want = JSON.parse(readFileSync(new URL("./functional.json", import.meta.url), "utf8"));
const vector = (...values: number[]): T => torch.tensor(values, { dtype: "float64" });

const x = vector(0.5, -1, 2);
const y = vector(1.5, 0.25, -0.75);
const f = (a: T, b: T): T[] => [a.sin().mul(b), a.mul(b).sum()];
const g = (a: T): T =>
  a
    .pow(3)
    .sum()
    .add(a.select(0, 0).mul(a.select(0, 1)));
const g2 = (a: T, b: T): T => a.pow(2).mul(b).sum();

/** Nested lists of numbers of nested lists of tensors. */
const values = (tree: unknown): unknown =>
  tree instanceof torch.Tensor ? tree.tolist() : (tree as unknown[]).map(values);

function same(got: unknown, expected: unknown): void {
  if (!Array.isArray(expected)) return expect(got).toBeCloseTo(expected as number, 10);
  expect(got).toHaveLength(expected.length);
  expected.forEach((item, i) => same((got as unknown[])[i], item));
}

describe("torch.autograd.functional", () => {
  it.each([
    ["jacobian", () => functional.jacobian(f as never, [x, y])],
    ["jacobian1", () => functional.jacobian((a) => a.exp(), x)],
    ["hessian", () => functional.hessian(g, x)],
    ["hessian2", () => functional.hessian(g2, [x, y])],
    ["vjp", () => functional.vjp(f, [x, y], [vector(1, 1, 1), vector(2).squeeze()])],
    ["jvp", () => functional.jvp(f, [x, y], [vector(1, 1, 1), vector(1, 2, 3)])],
    ["vhp", () => functional.vhp(g, x, vector(1, 2, 3))],
    ["hvp", () => functional.hvp(g, x, vector(1, 2, 3))],
    ["hvp2", () => functional.hvp(g2, [x, y], [vector(1, 1, 1), vector(1, 2, 3)])],
  ])("%s gives PyTorch's numbers", (name, run) => same(values(run()), want[name]));

  it("records with createGraph, and names what is wrong with v", () => {
    const a = vector(0.5, -1, 2).requiresGrad_();
    const product = functional.hvp(g, a, vector(1, 2, 3), { createGraph: true })[1];
    const [third] = torch.autograd.grad(product.sum(), [a]);
    same(third!.tolist(), [6, 12, 18]);
    expect(() => functional.vjp(g, x, vector(1, 2))).toThrow("v has invalid size: should be [] but got [2]");
  });
});

describe("gradcheck", () => {
  const leaf = (): T => {
    torch.manualSeed(0);
    return torch.randn(3, { dtype: "float64", requiresGrad: true });
  };
  it("accepts true gradients of both orders", () => {
    expect(gradcheck((a) => a.sin().mul(a), leaf())).toBe(true);
    expect(gradgradcheck((a) => a.exp().mul(a), leaf())).toBe(true);
  });
  it("shows both Jacobians where a gradient is wrong", () => {
    class Wrong extends torch.autograd.Function {
      static override forward(_: unknown, a: T): T {
        return a.mul(2);
      }
      static override backward(_: unknown, grad: T): T {
        return grad.mul(3);
      }
    }
    expect(() => gradcheck((a) => Wrong.apply(a) as T, leaf())).toThrow(
      "Jacobian mismatch for output 0 with respect to input 0",
    );
    expect(gradcheck((a) => Wrong.apply(a) as T, leaf(), { raiseException: false })).toBe(false);
  });
});

describe("utils.checkpoint", () => {
  it("gives the gradients of the plain call, dropout masks and parameters included", () => {
    torch.manualSeed(3);
    const block = new torch.nn.Sequential(new torch.nn.Linear(4, 4), new torch.nn.Tanh(), new torch.nn.Dropout(0.5));
    const input = torch.randn(2, 4);
    const gradients = (run: (a: T) => T): unknown[] => {
      torch.manualSeed(7);
      block.zeroGrad();
      const a = input.detach().requiresGrad_();
      run(a).pow(2).sum().backward();
      return [a.grad!.tolist(), ...[...block.parameters()].map((p) => p.grad!.tolist())];
    };
    const plain = gradients((a) => block(a));
    expect(gradients((a) => torch.utils.checkpoint((b: T) => block(b), a))).toEqual(plain);
  });
});
