/** Images: columns of windows, interpolation, sampling at the places of a grid. */
import { composite, routine } from "./record.ts";

const windows = "kernelSize: int[], dilation: int[] = 1, padding: int[] = 0, stride: int[] = 1";

export const im2col = composite({
  signature: `im2col(input: Tensor, ${windows})`,
  follows: "torch.nn.functional.unfold",
  doc: "The elements of every window of an image as a column.",
  shapes: "(N, C, H, W) → (N, C kh kw, windows); N may be absent",
  example: "torch.nn.functional.im2col(torch.tensor([[[[1, 2], [3, 4]]]]), [1, 2]) // tensor([[[1., 3.], [2., 4.]]])",
  implementation: "image.im2col",
  namespace: "nn.functional",
  aliases: ["unfold"],
});

export const col2im = composite({
  signature: `col2im(input: Tensor, outputSize: int[], ${windows})`,
  follows: "torch.nn.functional.fold",
  doc: "The image in which every element is the sum of the columns' elements that stand for it.",
  shapes: "(N, C kh kw, windows) → (N, C, H, W); N may be absent",
  example:
    "torch.nn.functional.col2im(torch.ones(1, 4, 4), [3, 3], [2, 2]) // tensor([[[[1., 2., 1.], [2., 4., 2.], [1., 2., 1.]]]])",
  implementation: "image.col2im",
  namespace: "nn.functional",
  aliases: ["fold"],
});

const exact = "kernel: int[], stride: int[], padding: int[], dilation: int[], rows: int, across: int";
const passed = "kernel, stride, padding, dilation, rows, across";

export const imageColumns = routine({
  signature: `imageColumns(input: Tensor, ${exact})`,
  follows: "torch.nn.functional.unfold",
  doc: "im2col with everything worked out.",
  implementation: "image.imageColumns",
  derivative: { input: `columnsImage(grad, inputShape, ${passed})` },
  internal: true,
});

export const columnsImage = routine({
  signature: `columnsImage(input: Tensor, size: int[], ${exact})`,
  follows: "torch.nn.functional.fold",
  doc: "col2im with everything worked out.",
  implementation: "image.columnsImage",
  derivative: { input: `imageColumns(grad, ${passed})` },
  internal: true,
});

export const resample = routine({
  signature: "resample(input: Tensor, dim: int, size: int, mode: int, alignCorners: bool, scale: float)",
  follows: "torch.nn.functional.interpolate",
  doc: "One dim interpolated to `size`. Modes: 0 nearest, 1 nearest-exact, 2 linear, 3 cubic; scale 0: from the sizes.",
  shapes: "any; dim has size.",
  example: "torch.nn.functional.resample(torch.tensor([[[1, 2]]]), 2, 4, 0, false, 0) // tensor([[[1., 1., 2., 2.]]])",
  implementation: "image.resample",
  derivative: { input: "resampleBackward(grad, dim, sizeAt(inputShape, dim), mode, alignCorners, scale)" },
  variants: ["function"],
  namespace: "nn.functional",
});

export const resampleBackward = routine({
  signature: "resampleBackward(gradOutput: Tensor, dim: int, size: int, mode: int, alignCorners: bool, scale: float)",
  follows: "torch.nn.functional.interpolate",
  doc: "The gradient of resample's input.",
  implementation: "image.resampleBackward",
  derivative: { gradOutput: "resample(grad, dim, sizeAt(gradOutputShape, dim), mode, alignCorners, scale)" },
  internal: true,
});

export const gridSample = routine({
  signature:
    'gridSample(input: Tensor, grid: Tensor, mode: "bilinear"|"nearest"|"bicubic" = "bilinear", paddingMode: "zeros"|"border"|"reflection" = "zeros", alignCorners: bool? = null)',
  follows: "torch.nn.functional.grid_sample",
  doc: "The input's values at the places of a grid, whose coordinates run from -1 to 1 across the image.",
  shapes: "(N, C, H, W), (N, H', W', 2) → (N, C, H', W'); or volumes and grids of triples",
  example:
    "torch.nn.functional.gridSample(torch.tensor([[[[1, 2], [3, 4]]]]), torch.tensor([[[[0, 0]]]]), { alignCorners: true }) // tensor([[[[2.5000]]]])",
  implementation: "image.gridSample",
  derivative: {
    input: "gridSampleInput(grad, grid, inputShape, mode, paddingMode, alignCorners)",
    grid: "gridSampleGrid(grad, grid, input, mode, paddingMode, alignCorners)",
  },
  namespace: "nn.functional",
});

export const gridSampleInput = routine({
  signature:
    "gridSampleInput(gradOutput: Tensor, grid: Tensor, size: int[], mode: int, paddingMode: int, alignCorners: int)",
  follows: "torch.nn.functional.grid_sample",
  doc: "The gradient of grid_sample's input.",
  implementation: "image.gridSampleInput",
  derivative: { gradOutput: "gridSample(grad, grid, mode, paddingMode, alignCorners)" },
  internal: true,
});

export const gridSampleGrid = routine({
  signature:
    "gridSampleGrid(gradOutput: Tensor, grid: Tensor, input: Tensor, mode: int, paddingMode: int, alignCorners: int)",
  follows: "torch.nn.functional.grid_sample",
  doc: "The gradient of grid_sample's grid.",
  implementation: "image.gridSampleGrid",
  internal: true,
});

export const affineGrid = composite({
  signature: "affineGrid(theta: Tensor, size: int[], alignCorners: bool? = null)",
  follows: "torch.nn.functional.affine_grid",
  doc: "The grid by which gridSample maps an image of `size` through the affine matrices theta.",
  shapes: "(N, 2, 3), [N, C, H, W] → (N, H, W, 2); (N, 3, 4), [N, C, D, H, W] → (N, D, H, W, 3)",
  example:
    "torch.nn.functional.affineGrid(torch.tensor([[[1, 0, 0], [0, 1, 0]]]), [1, 1, 2, 2], { alignCorners: true }) // tensor([[[[-1., -1.], [1., -1.]], [[-1., 1.], [1., 1.]]]])",
  implementation: "grid.affineGrid",
  namespace: "nn.functional",
});
