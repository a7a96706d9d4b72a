// Complex tensors: what the vectors of torch.fft do not reach.
import { describe, expect, it } from "vitest";
import * as torch from "flambeau";

const close = (a: torch.Tensor, b: torch.Tensor): boolean =>
  torch.allclose(torch.viewAsReal(a), torch.viewAsReal(b), { atol: 1e-7 });
const z = () => torch.complex(torch.tensor([1, -2, 0.5]), torch.tensor([2, 0.25, -1]));
const w = () => torch.complex(torch.tensor([0.5, 1, -3]), torch.tensor([-1, 4, 0.125]));

describe("complex tensors", () => {
  it("fill, convert and print as pairs of numbers", () => {
    expect(torch.zeros(2, { dtype: "complex64" }).tolist()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(torch.ones(1).to("complex128").tolist()).toEqual([[1, 0]]);
    expect(String(z())).toBe("tensor([ 1.0000+2.0000j, -2.0000+0.2500j,  0.5000-1.0000j])");
  });

  it("see their parts as views", () => {
    const x = z();
    x.imag.fill_(7);
    x.real.select(0, 0).fill_(3);
    expect(x.select(0, 0).tolist()).toEqual([3, 7]);
    expect(() => torch.ones(2).imag).toThrow("imag is not implemented for tensors with non-complex dtypes.");
    expect(() => torch.viewAsComplex(torch.ones(3))).toThrow("Tensor must have a last dimension of size 2");
  });

  it("keep the field's laws", () => {
    const [a, b] = [z().to("complex128"), w().to("complex128")];
    expect(close(a.mul(b).div(b), a)).toBe(true);
    expect(close(a.exp().log(), a)).toBe(true);
    expect(close(a.sqrt().pow(2), a)).toBe(true);
    expect(close(a.add(b).sub(b), a)).toBe(true);
    const one = a.sin().pow(2).add(a.cos().pow(2));
    expect(close(one, torch.ones(3).to("complex128"))).toBe(true);
    expect(close(torch.polar(a.abs(), a.angle()), a)).toBe(true);
    expect(close(a.mul(a.conj()), a.abs().pow(2).to("complex128"))).toBe(true);
  });

  it("differentiate as PyTorch does: the gradient of |z|² is 2z", () => {
    const x = z().requiresGrad_();
    x.mul(x.conj()).real.sum().backward();
    expect(close(x.grad!, z().mul(2))).toBe(true);
    const y = torch.ones(3, { requiresGrad: true });
    y.mul(z()).abs().sum().backward();
    expect(torch.allclose(y.grad!, z().abs())).toBe(true);
  });

  it("write in place, also through autograd", () => {
    const x = z();
    x.mul_(2).add_(w());
    expect(close(x, z().mul(2).add(w()))).toBe(true);
    expect(() => torch.ones(2).add_(torch.ones(2).to("complex64"))).toThrow(
      "result type ComplexFloat can't be cast to the desired output type Float",
    );
  });

  it("refuse what has no order", () => {
    expect(() => z().lt(w())).toThrow("not implemented for 'ComplexFloat'");
  });
});

describe("products of complex matrices and vectors", () => {
  const c = (real: number[] | number[][], imag: number[] | number[][]): torch.Tensor =>
    torch.complex(torch.tensor(real, { dtype: "float64" }), torch.tensor(imag, { dtype: "float64" })).requiresGrad_();
  const a = c(
    [
      [1, 3],
      [0, 2],
    ],
    [
      [2, -1],
      [0.5, 0],
    ],
  );
  const b = c(
    [
      [1, 0],
      [1, -1],
    ],
    [
      [-1, 2],
      [1, 0],
    ],
  );
  const g = c(
    [
      [1, 2],
      [0, 1],
    ],
    [
      [1, 0],
      [3, -2],
    ],
  ).detach();
  const u = c([1, 3], [2, -1]);
  const v = c([1, -1], [1, 0]);

  it("are PyTorch's, with its convention for gradients", () => {
    const y = a.mm(b);
    expect(y.tolist()).toEqual([
      [
        [7, 3],
        [-7, 3],
      ],
      [
        [2.5, 2.5],
        [-3, 0],
      ],
    ]);
    expect(torch.autograd.grad(y, [a, b], { gradOutputs: g }).map((t) => t.tolist())).toEqual([
      [
        [
          [0, -2],
          [0, 0],
        ],
        [
          [-7, 1],
          [2, 5],
        ],
      ],
      [
        [
          [4.5, -1],
          [1, -4.5],
        ],
        [
          [2, 10],
          [8, -2],
        ],
      ],
    ]);
  });

  it.each<[string, () => torch.Tensor, number[][][]]>([
    [
      "dot",
      () => u.dot(v),
      [
        [
          [3, 1],
          [-1, -2],
        ],
        [
          [5, 0],
          [1, 7],
        ],
      ],
    ],
    [
      "vdot",
      () => u.vdot(v),
      [
        [
          [3, -1],
          [-1, 2],
        ],
        [
          [-3, 4],
          [5, 5],
        ],
      ],
    ],
    [
      "outer",
      () => u.outer(v),
      [
        [
          [2, -1],
          [2, -1],
        ],
        [
          [6, 7],
          [6, 7],
        ],
      ],
    ],
  ])("%s", (_, run, gradients) => {
    const y = run();
    const seed = torch.complex(torch.ones(y.shape, { dtype: "float64" }), torch.full(y.shape, 2, { dtype: "float64" }));
    expect(torch.autograd.grad(y, [u, v], { gradOutputs: seed }).map((t) => t.tolist())).toEqual(gradients);
  });

  it("agree with each other", () => {
    const want = torch.stack([0, 1].map((i) => torch.stack([0, 1].map((k) => a.at(i).dot(b.at(":", k))))));
    for (const got of [
      a.matmul(b),
      torch.bmm(a.unsqueeze(0), b.unsqueeze(0)).at(0),
      torch.einsum("ij,jk->ik", a, b),
      torch.addmm(torch.zerosLike(a.detach()), a, b),
      torch.tensordot(a, b, 1),
      torch.nn.functional.linear(a, b.t()),
      torch.stack(
        [0, 1].map((k) => a.mv(b.at(":", k))),
        1,
      ),
    ]) {
      expect(close(got, want)).toBe(true);
    }
    expect(close(torch.linalg.vecdot(u, v), u.vdot(v))).toBe(true);
    expect(close(a.mH.matmul(u), torch.stack([0, 1].map((k) => a.at(":", k).vdot(u))))).toBe(true);
    expect(close(torch.matrixPower(a, 3), a.mm(a).mm(a))).toBe(true);
  });

  it("pass gradcheck of their parts", () => {
    const check = (f: (x: torch.Tensor, y: torch.Tensor) => torch.Tensor): boolean =>
      torch.autograd.gradcheck(
        (...parts: torch.Tensor[]) =>
          torch.viewAsReal(f(torch.complex(parts[0]!, parts[1]!), torch.complex(parts[2]!, parts[3]!))),
        [a.detach().real, a.detach().imag, b.detach().real, b.detach().imag].map((t) => t.clone().requiresGrad_()),
      );
    expect(check((x, y) => x.matmul(y))).toBe(true);
    expect(check((x, y) => torch.baddbmm(x.unsqueeze(0), x.unsqueeze(0), y.unsqueeze(0), { alpha: 2, beta: 3 }))).toBe(
      true,
    );
    expect(check((x, y) => torch.einsum("ij,kj->ik", x, y.conj()))).toBe(true);
  });

  it("have norms, and are compared", () => {
    expect(torch.linalg.vectorNorm(u).item()).toBeCloseTo(Math.sqrt(15));
    expect(torch.linalg.norm(a).item()).toBeCloseTo(Number(a.abs().pow(2).sum().sqrt().item()));
    expect(torch.norm(u, 1).item()).toBeCloseTo(Math.sqrt(5) + Math.sqrt(10));
    expect(torch.allclose(a, a.add(1e-9))).toBe(true);
    expect(torch.allclose(a, a.add(1e-3))).toBe(false);
  });

  it("are differentiated through indices", () => {
    const x = c([1, 2, 3], [0, 1, -1]);
    const [gradient] = torch.autograd.grad(x.at([0, 2, 0]).abs().pow(2).sum(), x);
    expect(close(gradient!, x.detach().mul(torch.tensor([4, 0, 2], { dtype: "float64" })))).toBe(true);
  });
});
