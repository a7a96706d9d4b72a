/** Products of vectors, matrices and batches of matrices. */
import { composite, contraction } from "./record.ts";

export const mm = contraction({
  signature: "mm(input: Tensor, mat2: Tensor)",
  follows: "torch.mm",
  doc: "The product of two matrices.",
  shapes: "(n, m), (m, p) → (n, p)",
  example: "torch.mm(torch.tensor([[1, 2], [3, 4]]), torch.tensor([[1, 0], [0, 2]])) // tensor([[1., 4.], [3., 8.]])",
  implementation: "matmul.mm",
  derivative: { input: "mm(grad, conj(transpose(mat2, 0, 1)))", mat2: "mm(conj(transpose(input, 0, 1)), grad)" },
});

export const bmm = contraction({
  signature: "bmm(input: Tensor, mat2: Tensor)",
  follows: "torch.bmm",
  doc: "The products of two batches of matrices.",
  shapes: "(b, n, m), (b, m, p) → (b, n, p)",
  example: "torch.bmm(torch.ones(1, 2, 3), torch.ones(1, 3, 2)) // tensor([[[3., 3.], [3., 3.]]])",
  implementation: "matmul.bmm",
  derivative: { input: "bmm(grad, conj(transpose(mat2, 1, 2)))", mat2: "bmm(conj(transpose(input, 1, 2)), grad)" },
});

export const batchMatmul = contraction({
  signature: "batchMatmul(input: Tensor, mat2: Tensor)",
  follows: "torch.matmul",
  doc: "Products of matrices whose batch dims broadcast, without copies of what is repeated.",
  implementation: "matmul.batchMatmul",
  derivative: {
    input: "sumToSize(batchMatmul(grad, conj(transpose(mat2, -2, -1))), inputShape)",
    mat2: "sumToSize(batchMatmul(conj(transpose(input, -2, -1)), grad), mat2Shape)",
  },
  internal: true,
});

export const mv = contraction({
  signature: "mv(input: Tensor, vec: Tensor)",
  follows: "torch.mv",
  doc: "The product of a matrix and a vector.",
  shapes: "(n, m), (m) → (n)",
  example: "torch.mv(torch.tensor([[1, 2], [3, 4]]), torch.tensor([1, 1])) // tensor([3., 7.])",
  implementation: "matmul.mv",
  derivative: { input: "outer(grad, conj(vec))", vec: "mv(conj(transpose(input, 0, 1)), grad)" },
});

export const dot = contraction({
  signature: "dot(input: Tensor, other: Tensor)",
  follows: "torch.dot",
  doc: "The inner product of two vectors.",
  shapes: "[N] both; the result is 0-d.",
  example: "torch.dot(torch.tensor([1, 2]), torch.tensor([3, 4])) // tensor(11.)",
  implementation: "matmul.dot",
  derivative: { input: "mul(grad, conj(other))", other: "mul(grad, conj(input))" },
});

export const vdot = contraction({
  signature: "vdot(input: Tensor, other: Tensor)",
  follows: "torch.vdot",
  doc: "The inner product of two vectors, the first of them conjugated; for real tensors the same as dot.",
  shapes: "[N] both; the result is 0-d.",
  example: "torch.vdot(torch.tensor([1, 2]), torch.tensor([3, 4])) // tensor(11.)",
  implementation: "matmul.vdot",
  derivative: { input: "mul(conj(grad), other)", other: "mul(grad, input)" },
});

export const addmm = contraction({
  signature: "addmm(input: Tensor, mat1: Tensor, mat2: Tensor, beta: Scalar = 1, alpha: Scalar = 1)",
  follows: "torch.addmm",
  doc: "beta * input + alpha * (mat1 mat2). With beta 0 the input is ignored, NaN and all.",
  shapes: "input broadcast to (n, p), (n, m), (m, p) → (n, p)",
  example:
    "torch.addmm(torch.zeros(2, 2), torch.ones(2, 3), torch.ones(3, 2), { alpha: 2 }) // tensor([[6., 6.], [6., 6.]])",
  implementation: "matmul.addmm",
  inplaceCheck: "matmul.addmmInplace",
  derivative: {
    input: "scaled(sumToSize(grad, inputShape), beta)",
    mat1: "scaled(mm(grad, conj(transpose(mat2, 0, 1))), alpha)",
    mat2: "scaled(mm(conj(transpose(mat1, 0, 1)), grad), alpha)",
  },
  variants: ["function", "method", "inplace"],
});

export const addmv = contraction({
  signature: "addmv(input: Tensor, mat: Tensor, vec: Tensor, beta: Scalar = 1, alpha: Scalar = 1)",
  follows: "torch.addmv",
  doc: "beta * input + alpha * (mat vec).",
  shapes: "input broadcasts to [N]; mat [N, M], vec [M]; the result has [N].",
  example: "torch.addmv(torch.zeros(2), torch.tensor([[1, 2], [3, 4]]), torch.tensor([1, 1])) // tensor([3., 7.])",
  implementation: "matmul.addmv",
  inplaceCheck: "matmul.addmvInplace",
  derivative: {
    input: "scaled(sumToSize(grad, inputShape), beta)",
    mat: "scaled(outer(grad, conj(vec)), alpha)",
    vec: "scaled(mv(conj(transpose(mat, 0, 1)), grad), alpha)",
  },
  variants: ["function", "method", "inplace"],
});

export const baddbmm = contraction({
  signature: "baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, beta: Scalar = 1, alpha: Scalar = 1)",
  follows: "torch.baddbmm",
  doc: "beta * input + alpha * (batch1 batch2), for batches of matrices.",
  shapes: "input broadcasts to [B, N, P]; batch1 [B, N, M], batch2 [B, M, P]; the result has [B, N, P].",
  example:
    "torch.baddbmm(torch.zeros(1, 2, 2), torch.ones(1, 2, 3), torch.ones(1, 3, 2)) // tensor([[[3., 3.], [3., 3.]]])",
  implementation: "matmul.baddbmm",
  inplaceCheck: "matmul.baddbmmInplace",
  derivative: {
    input: "scaled(sumToSize(grad, inputShape), beta)",
    batch1: "scaled(bmm(grad, conj(transpose(batch2, 1, 2))), alpha)",
    batch2: "scaled(bmm(conj(transpose(batch1, 1, 2)), grad), alpha)",
  },
  variants: ["function", "method", "inplace"],
});

export const addbmm = composite({
  signature: "addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, beta: Scalar = 1, alpha: Scalar = 1)",
  follows: "torch.addbmm",
  doc: "beta * input + alpha * the sum over the batch of batch1 batch2.",
  shapes: "input broadcasts to [N, P]; batch1 [B, N, M], batch2 [B, M, P]; the result has [N, P].",
  example:
    "torch.addbmm(torch.zeros(2, 2), torch.ones(3, 2, 4), torch.ones(3, 4, 2)) // tensor([[12., 12.], [12., 12.]])",
  implementation: "contraction.addbmm",
  inplaceResizes: true,
  variants: ["function", "method", "inplace"],
});

export const addr = composite({
  signature: "addr(input: Tensor, vec1: Tensor, vec2: Tensor, beta: Scalar = 1, alpha: Scalar = 1)",
  follows: "torch.addr",
  doc: "beta * input + alpha * the outer product of vec1 and vec2.",
  shapes: "input broadcasts to [N, M]; vec1 [N], vec2 [M]; the result has [N, M].",
  example:
    "torch.addr(torch.zeros(2, 3), torch.tensor([1, 2]), torch.tensor([1, 2, 3])) // tensor([[1., 2., 3.], [2., 4., 6.]])",
  implementation: "contraction.addr",
  inplaceCheck: "matmul.addrInplace",
  variants: ["function", "method", "inplace"],
});

export const matmul = composite({
  signature: "matmul(input: Tensor, other: Tensor)",
  follows: "torch.matmul",
  doc: "The product of vectors, matrices, or batches of matrices whose batch dims broadcast.",
  shapes: "a leading vector counts as a row, a trailing one as a column, and loses that dim in the result",
  example: "torch.matmul(torch.tensor([[1, 2], [3, 4]]), torch.tensor([1, 1])) // tensor([3., 7.])",
  implementation: "contraction.matmul",
  aliases: ["linalg.matmul"],
});

export const outer = composite({
  signature: "outer(input: Tensor, vec2: Tensor)",
  follows: "torch.outer",
  doc: "The products of every element of one vector with every element of another.",
  shapes: "(n), (m) → (n, m)",
  example: "torch.outer(torch.tensor([1, 2]), torch.tensor([1, 10])) // tensor([[1., 10.], [2., 20.]])",
  implementation: "contraction.outer",
  aliases: ["ger"],
});

export const inner = composite({
  signature: "inner(input: Tensor, other: Tensor)",
  follows: "torch.inner",
  doc: "Inner products along the last dims.",
  shapes: "(..., k), (*, k) → (..., *)",
  example: "torch.inner(torch.tensor([1, 2]), torch.tensor([3, 4])) // tensor(11.)",
  implementation: "contraction.inner",
});

export const linear = composite({
  signature: "linear(input: Tensor, weight: Tensor, bias: Tensor? = null)",
  follows: "torch.nn.functional.linear",
  doc: "input weightᵀ + bias.",
  shapes: "(*, in), (out, in), (out) → (*, out)",
  example:
    "torch.nn.functional.linear(torch.tensor([[1, 2]]), torch.tensor([[1, 1], [0, 1]]), torch.tensor([10, 20])) // tensor([[13., 22.]])",
  implementation: "contraction.linear",
  namespace: "nn.functional",
});

export const linearRows = contraction({
  signature: "linearRows(input: Tensor, weight: Tensor, bias: Tensor?)",
  follows: "torch.nn.functional.linear",
  doc: "linear for a weight of two dims, in one product.",
  implementation: "matmul.linearRows",
  derivative: {
    input: "matmul(grad, conj(weight))",
    weight: "mm(transpose(rows(grad), 0, 1), conj(rows(input)))",
    bias: "sumToSize(grad, biasShape)",
  },
  internal: true,
});

export const bilinear = composite({
  signature: "bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor? = null)",
  follows: "torch.nn.functional.bilinear",
  doc: "For every output k: input1 weight[k] input2 + bias[k].",
  shapes: "(*, in1), (*, in2), (out, in1, in2), (out) → (*, out)",
  example:
    "torch.nn.functional.bilinear(torch.ones(1, 2), torch.ones(1, 3), torch.ones(4, 2, 3)) // tensor([[6., 6., 6., 6.]])",
  implementation: "contraction.bilinear",
  namespace: "nn.functional",
});

export const tensordot = composite({
  signature: "tensordot(input: Tensor, other: Tensor, dimsInput: int[], dimsOther: int[])",
  follows: "torch.tensordot",
  doc: "tensordot with the contracted dims of both tensors listed.",
  shapes: "any whose contracted dims are equal; the result has the others of both.",
  example: "torch.tensordot(torch.tensor([[1, 2], [3, 4]]), torch.tensor([[1, 0], [0, 1]]), 2) // tensor(5.)",
  implementation: "contraction.tensordot",
  variants: ["function"],
});

export const kron = composite({
  signature: "kron(input: Tensor, other: Tensor)",
  follows: "torch.kron",
  doc: "The Kronecker product; the tensor with fewer dims gets leading ones.",
  shapes: "any; the sizes of the dims are multiplied.",
  example: "torch.kron(torch.tensor([[1, 2]]), torch.tensor([[1, 1]])) // tensor([[1., 1., 2., 2.]])",
  implementation: "contraction.kron",
});

export const vecdot = composite({
  signature: "vecdot(x: Tensor, y: Tensor, dim: int = -1)",
  follows: "torch.linalg.vecdot",
  doc: "Inner products along a dim, the others broadcast.",
  shapes: "any that broadcast; the result loses dim.",
  example: "torch.linalg.vecdot(torch.tensor([[1, 2]]), torch.tensor([[3, 4]])) // tensor([11.])",
  implementation: "contraction.vecdot",
  namespace: "linalg",
});

export const matrixPower = composite({
  signature: "matrixPower(input: Tensor, n: int)",
  follows: "torch.linalg.matrix_power",
  doc: "The n-th power of square matrices for n >= 0.",
  shapes: "[*, N, N], as the result.",
  example: "torch.linalg.matrixPower(torch.tensor([[1, 1], [0, 1]]), 3) // tensor([[1., 3.], [0., 1.]])",
  implementation: "contraction.matrixPower",
  namespace: "linalg",
});

export const multiDot = composite({
  signature: "multiDot(tensors: Tensor[])",
  follows: "torch.linalg.multi_dot",
  doc: "The product of a chain of matrices in the order that needs the fewest multiplications.",
  shapes: "matrices whose sizes fit; the first and the last may be vectors.",
  example: "torch.linalg.multiDot([torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 1)]) // tensor([[12.], [12.]])",
  implementation: "contraction.multiDot",
  namespace: "linalg",
});

export const chainMatmul = composite({
  signature: "chainMatmul(matrices: Tensor[])",
  follows: "torch.chain_matmul",
  doc: "multiDot for matrices alone.",
  shapes: "matrices whose sizes fit one after another.",
  example: "torch.chainMatmul(torch.ones(2, 3), torch.ones(3, 4), torch.ones(4, 1)) // tensor([[12.], [12.]])",
  implementation: "contraction.chainMatmul",
  variants: ["function"],
});

export const einsum = composite({
  signature: "einsum(operands: Tensor[], subscripts: int[])",
  follows: "torch.einsum",
  doc: "Einstein summation with its equation taken apart (bindings/functional/einsum.ts).",
  shapes: "as the equation says.",
  example: 'torch.einsum("ij,j->i", torch.tensor([[1, 2], [3, 4]]), torch.tensor([1, 1])) // tensor([3., 7.])',
  implementation: "einsum.einsum",
  variants: ["function"],
});
