// LU factorisations, eigenvalues, Householder reflectors and complex systems against PyTorch's own answers (linalg-factors.py
// made linalg-factors.json), values and gradients.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as torch from "flambeau";

const { linalg } = torch;
type T = torch.Tensor;
const want = JSON.parse(readFileSync(new URL("./linalg-factors.json", import.meta.url), "utf8"));
const available = await linalg.load().then(
  () => true,
  () => false,
);
const pair = (list: readonly T[]): [T, T] => [list[0]!, list[1]!];
const float64 = { dtype: "float64" } as const;

const count = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);
const grid = (...shape: number[]): T =>
  torch
    .arange(1, 1 + count(shape), float64)
    .reshape(shape)
    .pow(2)
    .mul(1.7)
    .sin();
const cgrid = (...shape: number[]): T =>
  torch.complex(
    grid(...shape),
    grid(...shape)
      .mul(3)
      .cos(),
  );
const [a, wide, tall] = [grid(3, 3), grid(2, 2, 4), grid(4, 2)];
const [z, zb] = [cgrid(3, 3), cgrid(3, 2)];
const b = grid(3, 2).add(1);

function close(got: unknown, expected: unknown): void {
  if (!Array.isArray(expected)) return expect(got).toBeCloseTo(expected as number, 8);
  expect(got).toHaveLength(expected.length);
  expected.forEach((item, i) => close((got as unknown[])[i], item));
}

/** Outputs and gradients of a loss that weighs every element of them. */
function withGradients(f: (...inputs: T[]) => T | T[], ...given: T[]): unknown[] {
  const inputs = given.map((input) => input.clone().requiresGrad_());
  const outputs = [f(...inputs)].flat();
  const terms = outputs
    .filter((output) => output.requiresGrad)
    .map((output) => {
      const w = torch
        .arange(1, 1 + output.numel(), float64)
        .reshape(output.shape)
        .cos();
      if (!output.isComplex()) return output.mul(w).sum();
      return output.real.mul(w).sum().add(output.imag.mul(w).sum().mul(2));
    });
  const loss = terms.reduce((sum, term) => sum.add(term));
  return [outputs.map((o) => o.detach().tolist()), torch.autograd.grad(loss, inputs).map((g) => g.tolist())];
}

/** Eigenvalues in PyTorch's order, and functions of the eigenvectors that do not depend on their phases. */
function eigen(like: number[][]): (m: T) => T[] {
  return (m) => {
    const { eigenvalues, eigenvectors } = linalg.eig(m);
    const have = eigenvalues.detach().tolist() as number[][];
    const order = like.map(([re, im]) =>
      have.findIndex(([x, y]) => Math.abs(x! - re!) < 1e-8 && Math.abs(y! - im!) < 1e-8),
    );
    const at = torch.eye(order.length, float64).at(order).t().to(eigenvalues.dtype);
    const [l, v] = [eigenvalues.matmul(at), eigenvectors.matmul(at)];
    return [l, v.abs(), v.matmul(torch.diagEmbed(l.mul(l))).matmul(linalg.inv(v))];
  };
}

describe.skipIf(!available)("agrees with PyTorch", () => {
  const cases: Record<string, () => unknown> = {
    lu: () => withGradients((m) => linalg.lu(m), a),
    luWide: () => withGradients((m) => linalg.lu(m), wide),
    luTall: () => withGradients((m) => linalg.lu(m), tall),
    luFactor: () => withGradients((m) => linalg.luFactor(m), a),
    luUnpack: () => withGradients((m) => torch.luUnpack(...pair(linalg.luFactor(m))), tall),
    luSolve: () => withGradients((m, r) => torch.luSolve(r, ...pair(linalg.luFactor(m))), a, b),
    solveTransposed: () =>
      withGradients((m, r) => linalg.luSolve(...pair(linalg.luFactor(m)), r, { adjoint: true }), a, b),
    solveRight: () => withGradients((m, r) => linalg.luSolve(...pair(linalg.luFactor(m)), r.mT, { left: false }), a, b),
    eig: () => withGradients(eigen(want.eig[0][0]), a),
    eigvals: () => withGradients((m) => eigen(want.eigvals[0][0])(m)[0]!, a),
    eigComplex: () => withGradients(eigen(want.eigComplex[0][0]), z),
    solveComplex: () => withGradients((m, r) => linalg.solve(m, r), z, zb),
    invComplex: () => withGradients((m) => linalg.inv(m), z),
    detComplex: () => withGradients((m) => linalg.det(m), z),
    slogdetComplex: () => withGradients((m) => linalg.slogdet(m), z),
    householder: () => withGradients((m, s) => linalg.householderProduct(m, s), ...pair(torch.geqrf(tall))),
    geqrf: () => [torch.geqrf(tall).map((part) => part.tolist())],
    ormqr: () => {
      const { a: m, tau } = torch.geqrf(tall);
      const products = [
        torch.ormqr(m, tau, grid(4, 3)),
        torch.ormqr(m, tau, grid(4, 3), true, true),
        torch.ormqr(m, tau, grid(3, 4), false),
        torch.ormqr(m, tau, grid(3, 4), false, true),
      ];
      return [products.map((part) => part.tolist())];
    },
  };
  it.each(Object.entries(cases))("%s", (name, run) => close(run(), want[name]));

  it("in what it refuses", () => {
    const { LU, pivots } = linalg.luFactor(a);
    const refused: (() => unknown)[] = [
      () => linalg.luFactor(torch.zeros(2, 2)),
      () => linalg.luFactor(a, false),
      () => linalg.householderProduct(grid(2, 3), grid(2)),
      () => linalg.eig(grid(2, 3)),
      () => torch.luUnpack(LU, pivots.long()),
      () => torch.luSolve(grid(4, 2), LU, pivots),
    ];
    refused.forEach((run, i) => expect(run).toThrow(want.messages[i]));
  });
});

describe.skipIf(!available)("factorisations", () => {
  const gradcheck = (f: (...inputs: T[]) => T | T[], ...inputs: T[]): boolean =>
    torch.autograd.gradcheck(
      f as never,
      inputs.map((input) => input.clone().requiresGrad_()),
    );

  it("have derivatives of second order", () => {
    const twice = (f: (m: T) => T[], m: T): boolean =>
      torch.autograd.gradgradcheck(f as never, [m.clone().requiresGrad_()]);
    expect(twice((m) => linalg.lu(m).slice(1), a)).toBe(true);
    expect(twice((m) => linalg.lu(m).slice(1), tall)).toBe(true);
    expect(gradcheck((m, s) => torch.orgqr(m, s), ...pair(torch.geqrf(tall)))).toBe(true);
    expect(twice((m) => [torch.viewAsReal(linalg.eigvals(m))], a)).toBe(true);
  });

  it("reconstruct larger matrices, of a batch and in float32", () => {
    torch.manualSeed(0);
    const m = torch.randn(3, 20, 20);
    const { P, L, U } = linalg.lu(m);
    expect(torch.allclose(P.matmul(L).matmul(U), m, { atol: 1e-4 })).toBe(true);
    const { eigenvalues, eigenvectors } = linalg.eig(m);
    const back = eigenvectors.mul(eigenvalues.unsqueeze(-2)).matmul(linalg.inv(eigenvectors));
    expect(torch.allclose(back.real, m, { atol: 1e-3 })).toBe(true);
    const x = torch.randn(3, 20, 2);
    expect(torch.allclose(m.matmul(torch.luSolve(x, ...pair(m.lu()))), x, { atol: 1e-2 })).toBe(true);
    expect(linalg.solveEx(torch.stack([torch.zeros(2, 2), torch.eye(2)]), torch.ones(2, 2)).info.tolist()).toEqual([
      1, 0,
    ]);
  });

  it("find a low rank, and principal components", () => {
    torch.manualSeed(0);
    const m = torch.randn(40, 3, float64).matmul(torch.randn(3, 30, float64));
    const { U, S, V } = torch.svdLowrank(m, 5);
    expect(torch.allclose(U.mul(S).matmul(V.t()), m)).toBe(true);
    const pca = torch.pcaLowrank(m.add(7), { q: 4 });
    expect(torch.allclose(pca.S.narrow(0, 0, 3), linalg.svdvals(m.sub(m.mean(0))).narrow(0, 0, 3))).toBe(true);
  });

  it("are mapped by vmap", () => {
    const batch = grid(2, 3, 3);
    const mapped = torch.func.vmap((m: T) => [...linalg.lu(m)])(batch) as T[];
    linalg.lu(batch).forEach((factor, i) => close(mapped[i]!.tolist(), factor.tolist()));
    close((torch.func.vmap((m: T) => linalg.eigvals(m))(batch) as T).tolist(), linalg.eigvals(batch).tolist());
  });
});
