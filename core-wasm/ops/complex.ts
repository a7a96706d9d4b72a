/** Complex tensors: made of pairs of real numbers, and seen as such. Their arithmetic is assembly/ops/complex.ts. */
import { composite, view } from "./record.ts";

export const viewAsReal = view({
  signature: "viewAsReal(input: Tensor)",
  follows: "torch.view_as_real",
  doc: "A view of a complex tensor with a last dim of two: the real and the imaginary parts.",
  shapes: "(*) → (*, 2)",
  example: "torch.viewAsReal(torch.complex(torch.tensor([1]), torch.tensor([2]))) // tensor([[1., 2.]])",
  implementation: "complex.viewAsReal",
  derivative: { input: "viewAsComplex(contiguous(grad))" },
  variants: ["function"],
});

export const viewAsComplex = view({
  signature: "viewAsComplex(input: Tensor)",
  follows: "torch.view_as_complex",
  doc: "A view of pairs of floats along the last dim as complex numbers.",
  shapes: "(*, 2) → (*)",
  errors: "RuntimeError if the pairs do not lie beside each other.",
  example: "torch.viewAsComplex(torch.tensor([[1, 2], [3, 4]])) // tensor([1.+2.j, 3.+4.j])",
  implementation: "complex.viewAsComplex",
  derivative: { input: "viewAsReal(grad)" },
  variants: ["function"],
});

export const complex = composite({
  signature: "complex(real: Tensor, imag: Tensor)",
  follows: "torch.complex",
  doc: "Complex numbers of real and imaginary parts, which broadcast.",
  shapes: "any that broadcast.",
  example: "torch.complex(torch.tensor([1, 2]), torch.tensor([3, -4])) // tensor([1.+3.j, 2.-4.j])",
  implementation: "complex.complex",
  variants: ["function"],
});

export const polar = composite({
  signature: "polar(abs: Tensor, angle: Tensor)",
  follows: "torch.polar",
  doc: "Complex numbers of absolute values and angles in radians.",
  shapes: "any that broadcast.",
  example: "torch.polar(torch.tensor([1, 2]), torch.tensor([0, 0])) // tensor([1.+0.j, 2.+0.j])",
  implementation: "complex.polar",
  variants: ["function"],
});

export const real = composite({
  signature: "real(input: Tensor)",
  follows: "torch.real",
  doc: "The real parts, a view; a real tensor itself.",
  shapes: "any; the result has the input's.",
  example: "torch.real(torch.complex(torch.tensor([1, 2]), torch.tensor([3, -4]))) // tensor([1., 2.])",
  implementation: "complex.real",
  variants: ["function"],
});

export const imag = composite({
  signature: "imag(input: Tensor)",
  follows: "torch.imag",
  doc: "The imaginary parts, a view.",
  errors: "RuntimeError for a real tensor.",
  shapes: "any; the result has the input's.",
  example: "torch.imag(torch.complex(torch.tensor([1, 2]), torch.tensor([3, -4]))) // tensor([3., -4.])",
  implementation: "complex.imag",
  variants: ["function"],
});

export const conj = composite({
  signature: "conj(input: Tensor)",
  follows: "torch.conj",
  doc: "The complex conjugates; a real tensor itself. Computed at once, not when it is next used as in PyTorch.",
  shapes: "any; the result has the input's.",
  example: "torch.conj(torch.complex(torch.tensor([1, 2]), torch.tensor([3, -4]))) // tensor([1.-3.j, 2.+4.j])",
  implementation: "complex.conj",
  aliases: ["conjPhysical", "resolveConj", "resolveNeg"],
});
