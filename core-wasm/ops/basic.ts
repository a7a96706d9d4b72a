import { composite, routine, view as viewOp } from "./record.ts";

export const to = routine({
  signature: "to(input: Tensor, dtype: dtype)",
  follows: "torch.Tensor.to",
  doc: "The tensor in another dtype; the input itself if it has that dtype already.",
  implementation: "basic.to",
  derivative: { input: "to(grad, inputDtype)" },
  variants: [],
});

export const toDevice = routine({
  signature: "toDevice(input: Tensor, device: int, from: int)",
  follows: "torch.Tensor.to",
  doc: "The tensor on another device; the input itself if it is there. `from` is the device it comes from, where its gradient goes.",
  implementation: "basic.toDevice",
  derivative: { input: "toDevice(grad, from, device)" },
  variants: [],
});

export const clone = routine({
  signature: "clone(input: Tensor)",
  follows: "torch.clone",
  doc: "A copy with storage of its own. The gradient flows through to the input.",
  shapes: "any; the result has the input's.",
  example: "torch.clone(torch.tensor([1, 2])) // tensor([1., 2.])",
  implementation: "basic.clone",
  derivative: { input: "grad" },
});

export const contiguous = routine({
  signature: "contiguous(input: Tensor)",
  follows: "torch.Tensor.contiguous",
  doc: "The tensor with its elements in row-major order: the input itself if they are, else a copy.",
  shapes: "any; the result has the input's.",
  example: "torch.tensor([[1, 2], [3, 4]]).t().contiguous().stride() // [2, 1]",
  implementation: "basic.contiguous",
  derivative: { input: "grad" },
  variants: ["method"],
});

export const copy = composite({
  signature: "copy(input: Tensor, src: Tensor)",
  follows: "torch.Tensor.copy_",
  doc: "The elements of `src`, converted and broadcast to the tensor's dtype and shape.",
  shapes: "src broadcasts to the tensor's shape.",
  example: "torch.zeros(2, 2).copy_(torch.tensor([1, 2])) // tensor([[1., 2.], [1., 2.]])",
  implementation: "basic.copy",
  variants: ["inplace"],
});

export const expand = viewOp({
  signature: "expand(input: Tensor, size: int[], implicit: bool = false)",
  follows: "torch.Tensor.expand",
  doc: "A view in which dims of size 1 are repeated to `size` without copying; -1 keeps a size.",
  shapes: "dims of size 1 become those of size, new ones come first; -1 keeps a size.",
  example: "torch.tensor([[1], [2]]).expand(2, 3) // tensor([[1., 1., 1.], [2., 2., 2.]])",
  implementation: "basic.expand",
  derivative: { input: "sumToSize(grad, inputShape)" },
  variants: ["method"],
});

export const sumToSize = composite({
  signature: "sumToSize(input: Tensor, size: int[])",
  follows: "torch.Tensor.sum_to_size",
  doc: "The sum over the dims along which a tensor of `size` would be broadcast to the input's shape.",
  shapes: "any to which one of size broadcasts; the result has size.",
  example: "torch.ones(2, 3).sumToSize(1, 3) // tensor([[2., 2., 2.]])",
  implementation: "basic.sumToSize",
  variants: ["method"],
});

export const transpose = viewOp({
  signature: "transpose(input: Tensor, dim0: int, dim1: int)",
  follows: "torch.transpose",
  doc: "A view with two dims exchanged.",
  shapes: "any; two dims are exchanged.",
  example: "torch.transpose(torch.tensor([[1, 2], [3, 4]]), 0, 1) // tensor([[1., 3.], [2., 4.]])",
  implementation: "basic.transpose",
  derivative: { input: "transpose(grad, dim0, dim1)" },
  aliases: ["swapaxes", "swapdims"],
  variants: ["function", "method"],
});

export const t = composite({
  signature: "t(input: Tensor)",
  follows: "torch.t",
  doc: "The transpose of a tensor of at most 2 dims.",
  shapes: "[N], [N, M] or none; the dims are exchanged.",
  example: "torch.t(torch.tensor([[1, 2], [3, 4]])) // tensor([[1., 3.], [2., 4.]])",
  implementation: "basic.t",
});

export const alias = viewOp({
  signature: "alias(input: Tensor)",
  follows: "torch.Tensor.view",
  doc: "A view of the whole tensor.",
  implementation: "basic.alias",
  derivative: { input: "grad" },
  internal: true,
});

export const permute = viewOp({
  signature: "permute(input: Tensor, dims: int[])",
  follows: "torch.permute",
  doc: "A view with the dims in the given order.",
  shapes: "any; the dims are rearranged.",
  example: "torch.permute(torch.zeros(2, 3, 4), [2, 0, 1]).shape // [4, 2, 3]",
  implementation: "basic.permute",
  derivative: { input: "permuteBackward(grad, dims)" },
});

export const view = viewOp({
  signature: "view(input: Tensor, size: int[])",
  follows: "torch.Tensor.view",
  doc: "The same elements in another shape, sharing storage; one size may be -1.",
  errors: "RuntimeError if the strides do not allow it; use reshape then.",
  shapes: "any; the result has size, of which one may be -1.",
  example: "torch.arange(4).view(2, 2) // tensor([[0, 1], [2, 3]])",
  implementation: "basic.view",
  derivative: { input: "reshape(grad, inputShape)" },
  variants: ["method"],
});

export const reshape = composite({
  signature: "reshape(input: Tensor, shape: int[])",
  follows: "torch.reshape",
  doc: "The same elements in another shape: a view where the strides allow it, else a copy.",
  shapes: "any; the result has shape, of which one size may be -1.",
  example: "torch.reshape(torch.arange(6), [2, -1]) // tensor([[0, 1, 2], [3, 4, 5]])",
  implementation: "basic.reshape",
});

export const select = viewOp({
  signature: "select(input: Tensor, dim: int, index: int)",
  follows: "torch.select",
  doc: "The view at one index of a dim, which it loses.",
  shapes: "any; the result loses dim.",
  example: "torch.select(torch.tensor([[1, 2], [3, 4]]), 0, 1) // tensor([3., 4.])",
  implementation: "basic.select",
  derivative: { input: "selectBackward(grad, inputShape, dim, index)" },
});

export const selectBackward = routine({
  signature: "selectBackward(grad: Tensor, inputShape: int[], dim: int, index: int)",
  follows: "torch.select",
  doc: "Zeros of the input's shape with `grad` at one index of a dim.",
  implementation: "basic.selectBackward",
  derivative: { grad: "select(grad, dim, index)" },
  internal: true,
});

export const slice = viewOp({
  signature: "slice(input: Tensor, dim: int = 0, start: int? = null, end: int? = null, step: int = 1)",
  follows: "torch.Tensor.__getitem__",
  doc: "The view input[start:end:step] along a dim.",
  shapes: "any; dim has the slice's size.",
  example: "torch.tensor([1, 2, 3, 4]).slice(0, 1, 4, 2) // tensor([2., 4.])",
  implementation: "basic.slice",
  derivative: { input: "sliceBackward(grad, inputShape, dim, start, end, step)" },
  variants: ["method"],
});

export const sliceBackward = routine({
  signature: "sliceBackward(grad: Tensor, inputShape: int[], dim: int, start: int?, end: int?, step: int)",
  follows: "torch.Tensor.__getitem__",
  doc: "Zeros of the input's shape with `grad` in a slice of a dim.",
  implementation: "basic.sliceBackward",
  derivative: { grad: "slice(grad, dim, start, end, step)" },
  internal: true,
});

export const narrow = composite({
  signature: "narrow(input: Tensor, dim: int, start: int, length: int)",
  follows: "torch.narrow",
  doc: "The view of `length` elements of a dim from `start`.",
  shapes: "any; dim has length.",
  example: "torch.narrow(torch.tensor([1, 2, 3, 4]), 0, 1, 2) // tensor([2., 3.])",
  implementation: "basic.narrow",
});

export const unsqueeze = viewOp({
  signature: "unsqueeze(input: Tensor, dim: int)",
  follows: "torch.unsqueeze",
  doc: "A view with a dim of size 1 put in.",
  shapes: "any; the result has a new dim of size 1.",
  example: "torch.unsqueeze(torch.tensor([1, 2]), 1) // tensor([[1.], [2.]])",
  implementation: "basic.unsqueeze",
  derivative: { input: "reshape(grad, inputShape)" },
  variants: ["function", "method"],
});

export const squeeze = viewOp({
  signature: "squeeze(input: Tensor, dim: int? = null)",
  follows: "torch.squeeze",
  doc: "A view without the dims of size 1, or without one of them.",
  shapes: "any; dims of size 1 go.",
  example: "torch.squeeze(torch.zeros(2, 1, 3)).shape // [2, 3]",
  implementation: "basic.squeeze",
  derivative: { input: "reshape(grad, inputShape)" },
  variants: ["function", "method"],
});

export const asStrided = composite({
  signature: "asStrided(input: Tensor, size: int[], stride: int[], storageOffset: int? = null)",
  follows: "torch.as_strided",
  doc: "A view of the tensor's storage with sizes, strides and offset (in elements) given outright.",
  shapes: "any; the result has size.",
  example: "torch.asStrided(torch.arange(6), [2, 2], [3, 1], 1) // tensor([[1, 2], [4, 5]])",
  implementation: "basic.asStrided",
});

export const asStridedOf = viewOp({
  signature:
    "asStridedOf(input: Tensor, size: int[], stride: int[], offset: int, inputStride: int[], inputOffset: int)",
  follows: "torch.as_strided",
  doc: "as_strided, told the geometry of its input.",
  implementation: "basic.asStridedOf",
  derivative: { input: "asStridedBackward(grad, size, stride, offset, inputShape, inputStride, inputOffset)" },
  internal: true,
});

export const asStridedBackward = routine({
  signature:
    "asStridedBackward(grad: Tensor, size: int[], stride: int[], offset: int, inputShape: int[], inputStride: int[], inputOffset: int)",
  follows: "torch.as_strided",
  doc: "Moves values from one geometry over a storage to another, adding where they meet.",
  implementation: "basic.asStridedBackward",
  derivative: { grad: "asStridedBackward(grad, inputShape, inputStride, inputOffset, size, stride, offset)" },
  internal: true,
});
