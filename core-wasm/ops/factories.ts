/** Tensors from nothing. The public functions, with devices by name and sizes in a row, are in bindings/tensor/create.ts. */
import { composite, routine } from "./record.ts";

export const full = routine({
  signature: "full(size: int[], fillValue: Scalar, dtype: dtype? = null, device: int = 0)",
  follows: "torch.full",
  doc: "A tensor filled with a number.",
  implementation: "factories.full",
  variants: [],
});

export const fullLike = routine({
  signature: "fullLike(input: Tensor, fillValue: Scalar, dtype: dtype? = null, device: int = -1)",
  follows: "torch.full_like",
  doc: "A tensor of the input's shape, memory order, dtype and device, filled with a number.",
  implementation: "factories.fullLike",
  variants: [],
});

export const emptyLike = routine({
  signature: "emptyLike(input: Tensor, dtype: dtype? = null, device: int = -1)",
  follows: "torch.empty_like",
  doc: "An uninitialised tensor of the input's shape, memory order, dtype and device.",
  implementation: "factories.emptyLike",
  variants: [],
});

export const emptyStrided = routine({
  signature: "emptyStrided(size: int[], stride: int[], dtype: dtype? = null, device: int = 0)",
  follows: "torch.empty_strided",
  doc: "An uninitialised tensor with the given strides.",
  implementation: "factories.emptyStrided",
  variants: [],
});

export const scalarTensor = routine({
  signature: "scalarTensor(value: Scalar, dtype: dtype? = null, device: int = 0)",
  follows: "torch.scalar_tensor",
  doc: "A 0-d tensor.",
  implementation: "factories.scalarTensor",
  variants: [],
});

export const fill = composite({
  signature: "fill(input: Tensor, value: TensorOrScalar? = null)",
  follows: "torch.Tensor.fill_",
  doc: "Every element becomes `value`, a number or a 0-d tensor.",
  shapes: "any.",
  example: "torch.zeros(2).fill_(7) // tensor([7., 7.])",
  implementation: "factories.fill",
  variants: ["inplace"],
});

export const zero = routine({
  signature: "zero(input: Tensor)",
  follows: "torch.Tensor.zero_",
  doc: "Every element becomes 0.",
  shapes: "any.",
  example: "torch.ones(2).zero_() // tensor([0., 0.])",
  implementation: "factories.zero",
  variants: ["inplace"],
});

export const arange = routine({
  signature: "arange(start: Scalar, end: Scalar, step: Scalar, dtype: dtype? = null, device: int = 0)",
  follows: "torch.arange",
  doc: "start, start + step, … before end; int64 if all three are integral.",
  implementation: "factories.arange",
  variants: [],
});

export const range = routine({
  signature: "range(start: Scalar, end: Scalar, step: Scalar, dtype: dtype? = null, device: int = 0)",
  follows: "torch.range",
  doc: "start, start + step, … up to and including end.",
  implementation: "factories.closedRange",
  variants: [],
});

export const linspace = routine({
  signature: "linspace(start: Scalar, end: Scalar, steps: int, dtype: dtype? = null, device: int = 0)",
  follows: "torch.linspace",
  doc: "`steps` numbers at equal distances from start to end, both included.",
  implementation: "factories.linspace",
  variants: [],
});

export const logspace = routine({
  signature:
    "logspace(start: Scalar, end: Scalar, steps: int, base: float = 10, dtype: dtype? = null, device: int = 0)",
  follows: "torch.logspace",
  doc: "base to the power of linspace(start, end, steps).",
  implementation: "factories.logspace",
  variants: [],
});

export const eye = routine({
  signature: "eye(n: int, m: int? = null, dtype: dtype? = null, device: int = 0)",
  follows: "torch.eye",
  doc: "Ones on the diagonal of an n x m matrix, zeros elsewhere.",
  implementation: "factories.eye",
  variants: [],
});

export const trilIndices = routine({
  signature: "trilIndices(row: int, col: int, offset: int = 0, dtype: dtype? = null, device: int = 0)",
  follows: "torch.tril_indices",
  doc: "The rows and columns of a matrix's lower triangle, [2, n].",
  implementation: "factories.trilIndices",
  variants: [],
});

export const triuIndices = routine({
  signature: "triuIndices(row: int, col: int, offset: int = 0, dtype: dtype? = null, device: int = 0)",
  follows: "torch.triu_indices",
  doc: "The rows and columns of a matrix's upper triangle, [2, n].",
  implementation: "factories.triuIndices",
  variants: [],
});
