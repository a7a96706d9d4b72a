/** Pooling: maxima and averages over windows, the adaptive pools, and max_unpool. */
import { composite, routine } from "./record.ts";

const windows = "kernelSize: int[], stride: int[]? = null, padding: int[] = 0";
const sizes = ["length", "height, width", "depth, height, width"];
const shapes = (rank: number) => `(N, C, ${sizes[rank - 1]}) → the same with a size per window; N may be absent`;

const maxWithIndices = (rank: number) =>
  routine({
    signature: `maxPool${rank}dWithIndices(input: Tensor, ${windows}, dilation: int[] = 1, ceilMode: bool = false) -> (values: Tensor, indices: Tensor)`,
    follows: `torch.nn.functional.max_pool${rank}d_with_indices`,
    doc: "The maximum of every window, and its place in the input's plane.",
    shapes: shapes(rank),
    implementation: `pooling.maxPool${rank}dWithIndices`,
    derivative: { input: `planeScatter(grad0, result1, inputShape, ${rank})` },
    namespace: "nn.functional",
  });

export const maxPool1dWithIndices = composite({
  signature: `maxPool1dWithIndices(input: Tensor, ${windows}, dilation: int[] = 1, ceilMode: bool = false) -> (values: Tensor, indices: Tensor)`,
  follows: "torch.nn.functional.max_pool1d_with_indices",
  doc: "The maximum of every window, and its place in the input's line.",
  shapes: shapes(1),
  example:
    "torch.nn.functional.maxPool1dWithIndices(torch.tensor([[[1, 3, 2, 4]]]), 2) // [tensor([[[3., 4.]]]), tensor([[[1, 3]]])]",
  implementation: "pooling.maxPool1dWithIndices",
  namespace: "nn.functional",
});
export const maxPool2dWithIndices = maxWithIndices(2);
export const maxPool3dWithIndices = maxWithIndices(3);

const maxAlone = (rank: number) =>
  composite({
    signature: `maxPool${rank}d(input: Tensor, ${windows}, dilation: int[] = 1, ceilMode: bool = false)`,
    follows: `torch.nn.functional.max_pool${rank}d`,
    doc: "The maximum of every window.",
    shapes: shapes(rank),
    implementation: `pooling.maxPool${rank}d`,
    namespace: "nn.functional",
  });

export const maxPool1d = maxAlone(1);
export const maxPool2d = maxAlone(2);
export const maxPool3d = maxAlone(3);

export const planeScatter = routine({
  signature: "planeScatter(input: Tensor, indices: Tensor, size: int[], rank: int)",
  follows: "torch.nn.functional.max_pool2d",
  doc: "The gradient of max pooling: elements added to the places that `indices` gives.",
  implementation: "pooling.planeScatter",
  derivative: { input: "planeGather(grad, indices, rank)" },
  internal: true,
});

export const planePut = routine({
  signature: "planePut(input: Tensor, indices: Tensor, size: int[], rank: int)",
  follows: "torch.nn.functional.max_unpool2d",
  doc: "Elements written to the places that `indices` gives, zeros elsewhere.",
  implementation: "pooling.planePut",
  derivative: { input: "planeGather(grad, indices, rank)" },
  internal: true,
});

export const planeGather = routine({
  signature: "planeGather(input: Tensor, indices: Tensor, rank: int)",
  follows: "torch.nn.functional.max_pool2d",
  doc: "The elements of planes at `indices`.",
  implementation: "pooling.planeGather",
  derivative: { input: "planeScatter(grad, indices, inputShape, rank)" },
  internal: true,
});

const averageSettings =
  "kernel: int[], stride: int[], padding: int[], adaptive: bool, countPadding: bool, divisor: int";
const averagePassed = "kernel, stride, padding, adaptive, countPadding, divisor";

export const averagePlanes = routine({
  signature: `averagePlanes(input: Tensor, size: int[], ${averageSettings})`,
  follows: "torch.nn.functional.avg_pool2d",
  doc: "The averages of windows over the last dims.",
  implementation: "averagePooling.averagePlanes",
  derivative: { input: `averageSpread(grad, inputShape, ${averagePassed})` },
  internal: true,
});

export const averageSpread = routine({
  signature: `averageSpread(gradOutput: Tensor, size: int[], ${averageSettings})`,
  follows: "torch.nn.functional.avg_pool2d",
  doc: "The gradient of averagePlanes.",
  implementation: "averagePooling.averageSpread",
  derivative: { gradOutput: `averagePlanes(grad, gradOutputShape, ${averagePassed})` },
  internal: true,
});

export const avgPool1d = composite({
  signature: `avgPool1d(input: Tensor, ${windows}, ceilMode: bool = false, countIncludePad: bool = true)`,
  follows: "torch.nn.functional.avg_pool1d",
  doc: "The average of every window.",
  shapes: shapes(1),
  example: "torch.nn.functional.avgPool1d(torch.tensor([[[1, 3, 5, 7]]]), 2) // tensor([[[2., 6.]]])",
  implementation: "averagePooling.avgPool1d",
  namespace: "nn.functional",
});

const average = (rank: number) =>
  composite({
    signature: `avgPool${rank}d(input: Tensor, ${windows}, ceilMode: bool = false, countIncludePad: bool = true, divisorOverride: int? = null)`,
    follows: `torch.nn.functional.avg_pool${rank}d`,
    doc: "The average of every window; `divisorOverride` replaces the number of its elements.",
    shapes: shapes(rank),
    implementation: `averagePooling.avgPool${rank}d`,
    namespace: "nn.functional",
  });

export const avgPool2d = average(2);
export const avgPool3d = average(3);

const adaptiveShapes = "the last dims become outputSize; N may be absent.";

const adaptiveAverage = (rank: number) =>
  composite({
    signature: `adaptiveAvgPool${rank}d(input: Tensor, outputSize: int[])`,
    follows: `torch.nn.functional.adaptive_avg_pool${rank}d`,
    doc: "Averages over as many windows as asked for.",
    shapes: adaptiveShapes,
    implementation: `averagePooling.adaptiveAvgPool${rank}d`,
    namespace: "nn.functional",
  });

export const adaptiveAvgPool1d = adaptiveAverage(1);
export const adaptiveAvgPool2d = adaptiveAverage(2);
export const adaptiveAvgPool3d = adaptiveAverage(3);

const adaptiveMax = (rank: number) =>
  routine({
    signature: `adaptiveMaxPool${rank}dWithIndices(input: Tensor, outputSize: int[]) -> (values: Tensor, indices: Tensor)`,
    follows: `torch.nn.functional.adaptive_max_pool${rank}d_with_indices`,
    doc: "Maxima over as many windows as asked for, and their places in the input's plane.",
    shapes: adaptiveShapes,
    implementation: `averagePooling.adaptiveMaxPool${rank}dWithIndices`,
    derivative: { input: `planeScatter(grad0, result1, inputShape, ${rank})` },
    namespace: "nn.functional",
  });

export const adaptiveMaxPool1dWithIndices = adaptiveMax(1);
export const adaptiveMaxPool2dWithIndices = adaptiveMax(2);
export const adaptiveMaxPool3dWithIndices = adaptiveMax(3);

const unpool = (rank: number) =>
  composite({
    signature: `maxUnpool${rank}d(input: Tensor, indices: Tensor, ${windows}, outputSize: int[]? = null)`,
    follows: `torch.nn.functional.max_unpool${rank}d`,
    doc: "Maxima put back to where max pooling found them, zeros elsewhere.",
    shapes: "input and indices as max pooling gave them; the result has outputSize, or the least size that gives them.",
    implementation: `unpooling.maxUnpool${rank}d`,
    namespace: "nn.functional",
  });

export const maxUnpool1d = unpool(1);
export const maxUnpool2d = unpool(2);
export const maxUnpool3d = unpool(3);

const lp = (rank: number) =>
  composite({
    signature: `lpPool${rank}d(input: Tensor, normType: float, kernelSize: int[], stride: int[]? = null, ceilMode: bool = false)`,
    follows: `torch.nn.functional.lp_pool${rank}d`,
    doc: "The p-norm of every window, without absolute values: for odd p and negative sums it is NaN.",
    shapes: shapes(rank),
    implementation: `averagePooling.lpPool${rank}d`,
    namespace: "nn.functional",
  });

export const lpPool1d = lp(1);
export const lpPool2d = lp(2);
