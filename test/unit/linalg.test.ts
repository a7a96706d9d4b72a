// What the vectors do not say of torch.linalg: batches, larger matrices, and the errors of matrices that have no answer.
import { describe, expect, it } from "vitest";
import * as torch from "flambeau";

const available = await torch.linalg.load().then(
  () => true,
  () => false,
);

/** The largest deviation of two tensors. */
const distance = (a: torch.Tensor, b: torch.Tensor): number => Number(a.sub(b).abs().max().item());

describe.skipIf(!available)("torch.linalg", () => {
  it("reconstructs a matrix of a hundred rows from each decomposition", () => {
    torch.manualSeed(0);
    const a = torch.randn(100, 60, { dtype: "float64" });
    const { Q, R } = torch.linalg.qr(a);
    expect(distance(Q.matmul(R), a)).toBeLessThan(1e-12);
    const { U, S, Vh } = torch.linalg.svd(a, false);
    expect(distance(U.mul(S).matmul(Vh), a)).toBeLessThan(1e-11);
    const square = a.t().matmul(a);
    const { eigenvalues, eigenvectors } = torch.linalg.eigh(square);
    expect(distance(eigenvectors.mul(eigenvalues).matmul(eigenvectors.t()), square)).toBeLessThan(1e-10);
    const l = torch.linalg.cholesky(square);
    expect(distance(l.matmul(l.t()), square)).toBeLessThan(1e-11);
  });

  it("solves every system of a batch, and broadcasts one matrix over many right sides", () => {
    torch.manualSeed(1);
    const a = torch.randn(3, 5, 5);
    const b = torch.randn(3, 5, 2);
    expect(distance(a.matmul(torch.linalg.solve(a, b)), b)).toBeLessThan(1e-4);
    const one = torch.randn(5, 5).add(torch.eye(5).mul(5));
    expect(torch.linalg.solve(one, b).shape).toEqual([3, 5, 2]);
    expect(torch.linalg.solve(one, torch.ones(5)).shape).toEqual([5]);
  });

  it("names the matrix of a batch that is singular, and goes on working", () => {
    const a = torch.eye(2).repeat(3, 1, 1);
    a.select(0, 1).zero_();
    expect(() => torch.linalg.inv(a)).toThrow(
      "linalg.inv: (Batch element 1): The diagonal element 1 is zero, the inversion could not be completed because the " +
        "input matrix is singular.",
    );
    expect(() => torch.linalg.cholesky(torch.eye(2).neg())).toThrow(torch.linalg.LinAlgError);
    expect(torch.linalg.invEx(a).info.tolist()).toEqual([0, 1, 0]);
    expect(torch.linalg.det(torch.eye(4).mul(2)).item()).toBe(16);
  });

  it("refuses what is no square matrix of floats in PyTorch's words", () => {
    expect(() => torch.linalg.inv(torch.ones(2, 3))).toThrow(
      "linalg.inv: A must be batches of square matrices, but they are 2 by 3 matrices",
    );
    expect(() => torch.linalg.det(torch.ones(2, 2).long())).toThrow(
      "linalg.det: Expected a floating point or complex tensor as input. Got Long",
    );
  });

  it("differentiates through a solution as through the inverse", () => {
    torch.manualSeed(2);
    const a = torch
      .randn(4, 4, { dtype: "float64" })
      .add(torch.eye(4, { dtype: "float64" }).mul(4))
      .requiresGrad_();
    const b = torch.randn(4, 1, { dtype: "float64" });
    const [direct] = torch.autograd.grad(torch.linalg.solve(a, b).sum(), [a]);
    const [through] = torch.autograd.grad(torch.linalg.inv(a).matmul(b).sum(), [a]);
    expect(distance(direct!, through!)).toBeLessThan(1e-12);
  });

  it("keeps no tensor of its temporaries", () => {
    const a = torch.randn(3, 3);
    torch.linalg.pinv(a).dispose();
    const before = torch.memoryStats().tensors;
    for (let i = 0; i < 10; i++) {
      torch.linalg.inv(a).dispose();
      torch.linalg.pinv(a).dispose();
      torch.linalg.norm(a, "nuc").dispose();
    }
    expect(torch.memoryStats().tensors).toBe(before);
  });
});
