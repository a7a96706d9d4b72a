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
