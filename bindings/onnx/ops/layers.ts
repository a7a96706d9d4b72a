// Operators of layers: products of matrices, convolutions, pools and norms.

import { arange, ones } from "../../factories.ts";
import * as F from "../../gen/nn-functional.ts";
import * as torch from "../../gen/functions.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Node, Operators } from "../node.ts";

/** How a window moves over the spatial dims. */
interface Window {
  kernel: number[];
  stride: number[];
  dilation: number[];
  before: number[];
  after: number[];
  /** what pads all sides alike, where something does */
  even: number[] | undefined;
}

function windowOf(node: Node, x: Tensor, kernel: number[]): Window {
  const rank = x.ndim - 2;
  if (rank < 1 || rank > 3 || kernel.length !== rank) node.fail(`a window of ${kernel.length} dims on ${x.ndim}`);
  const stride = node.ints("strides") ?? kernel.map(() => 1);
  const dilation = node.ints("dilations") ?? kernel.map(() => 1);
  const pads = node.ints("pads") ?? kernel.flatMap(() => [0, 0]);
  let [before, after] = [pads.slice(0, rank), pads.slice(rank)];
  const auto = node.text("auto_pad", "NOTSET");
  if (auto.startsWith("SAME")) {
    const total = kernel.map((size, i) => {
      const length = x.shape[i + 2]!;
      const steps = Math.ceil(length / stride[i]!);
      return Math.max(0, (steps - 1) * stride[i]! + (size - 1) * dilation[i]! + 1 - length);
    });
    const small = total.map((count) => Math.floor(count / 2));
    const large = total.map((count) => Math.ceil(count / 2));
    [before, after] = auto === "SAME_UPPER" ? [small, large] : [large, small];
  } else if (auto === "VALID") {
    before = after = kernel.map(() => 0);
  }
  if ([stride, dilation, before, after].some((list) => list.length !== rank)) node.fail("attributes of wrong length");
  const even = before.every((count, i) => count === after[i]) ? before : undefined;
  return { kernel, stride, dilation, before, after, even };
}

/** `x` with its spatial dims padded; pads come in pairs from the last dim to the first. */
const padded = (x: Tensor, { before, after }: Window, value: number): Tensor =>
  torch.constantPadNd(
    x,
    before
      .map((count, i) => [count, after[i]!])
      .toReversed()
      .flat(),
    value,
  );

function conv(node: Node): Tensor {
  const [x, weight, bias] = [node.input(0), node.input(1), node.optional(2) ?? null];
  const window = windowOf(node, x, node.ints("kernel_shape") ?? weight.shape.slice(2));
  const { stride, even, dilation } = window;
  const input = even === undefined ? padded(x, window, 0) : x;
  const convolve = [F.conv1d, F.conv2d, F.conv3d][x.ndim - 3]!;
  return convolve(input, weight, bias, stride, even ?? 0, dilation, node.int("group", 1));
}

function convTranspose(node: Node): Tensor {
  const [x, weight, bias] = [node.input(0), node.input(1), node.optional(2) ?? null];
  const kernel = node.ints("kernel_shape") ?? weight.shape.slice(2);
  const window = windowOf(node, x, kernel);
  const { stride, dilation } = window;
  const extra = node.ints("output_padding") ?? kernel.map(() => 0);
  const full = kernel.map((size, i) => stride[i]! * (x.shape[i + 2]! - 1) + (size - 1) * dilation[i]! + 1);
  const auto = node.text("auto_pad", "NOTSET");
  const wanted =
    node.ints("output_shape")?.slice(-kernel.length) ??
    (auto.startsWith("SAME") ? stride.map((step, i) => x.shape[i + 2]! * step) : undefined);
  let { before, after, even } = window;
  if (wanted !== undefined) {
    const total = wanted.map((size, i) => full[i]! + extra[i]! - size);
    const small = total.map((count) => Math.floor(count / 2));
    const large = total.map((count, i) => count - small[i]!);
    [before, after] = auto === "SAME_UPPER" ? [small, large] : [large, small];
    even = undefined;
  }
  const convolve = [F.convTranspose1d, F.convTranspose2d, F.convTranspose3d][x.ndim - 3]!;
  const groups = node.int("group", 1);
  if (even !== undefined) return convolve(x, weight, bias, stride, even, extra, groups, dilation);
  let result = convolve(x, weight, bias, stride, 0, extra, groups, dilation);
  before.forEach((count, i) => {
    result = result.narrow(i + 2, count, result.shape[i + 2]! - count - after[i]!);
  });
  return result;
}

const kernelOf = (node: Node): number[] => node.ints("kernel_shape") ?? node.fail("kernel_shape is missing");

function maxPool(node: Node): (Tensor | undefined)[] {
  const x = node.input(0);
  const window = windowOf(node, x, kernelOf(node));
  const { kernel, stride, dilation, even } = window;
  const fits = even !== undefined && even.every((count, i) => 2 * count <= kernel[i]!);
  if (node.outputCount > 1 && !fits) node.lacks("uneven padding with indices");
  const input = fits ? x : padded(x, window, -Infinity);
  const rank = x.ndim - 3;
  const settings = [kernel, stride, fits ? even : 0, dilation, node.int("ceil_mode", 0) === 1] as const;
  if (node.outputCount < 2) return [[F.maxPool1d, F.maxPool2d, F.maxPool3d][rank]!(input, ...settings)];
  const pool = [F.maxPool1dWithIndices, F.maxPool2dWithIndices, F.maxPool3dWithIndices][rank]!;
  const { values, indices } = pool(input, ...settings);
  // ONNX counts through the whole tensor, PyTorch through each plane
  const [n, c, ...plane] = x.shape as [number, number, ...number[]];
  const first = arange(n * c, { dtype: "int64", device: x.device }).mul(plane.reduce((a, b) => a * b, 1));
  return [values, indices.add(first.reshape([n, c, ...plane.map(() => 1)]))];
}

function maxUnpool(node: Node): Tensor {
  const [x, indices] = [node.input(0), node.input(1)];
  const { kernel, stride, before, after } = windowOf(node, x, kernelOf(node));
  const sizes =
    node.values(2)?.slice(2) ??
    kernel.map((size, i) => (x.shape[i + 2]! - 1) * stride[i]! - before[i]! - after[i]! + size);
  const unpool = [F.maxUnpool1d, F.maxUnpool2d, F.maxUnpool3d][x.ndim - 3]!;
  return unpool(x, indices.remainder(sizes.reduce((a, b) => a * b, 1)), kernel, stride, before, [...sizes]);
}

function averagePool(node: Node): Tensor {
  const x = node.input(0);
  const window = windowOf(node, x, kernelOf(node));
  const { kernel, stride, dilation, even } = window;
  if (dilation.some((step) => step !== 1)) node.lacks("dilation");
  const pool = [F.avgPool1d, F.avgPool2d, F.avgPool3d][x.ndim - 3]!;
  const ceil = node.int("ceil_mode", 0) === 1;
  const counts = node.int("count_include_pad", 0) === 1;
  if (even !== undefined && even.every((count, i) => 2 * count <= kernel[i]!))
    return pool(x, kernel, stride, even, ceil, counts);
  const sums = pool(padded(x, window, 0), kernel, stride, 0, ceil);
  if (counts) return sums;
  const present = ones([1, 1, ...x.shape.slice(2)], { dtype: x.dtype, device: x.device });
  return sums.div(pool(padded(present, window, 0), kernel, stride, 0, ceil));
}

function lpPool(node: Node): Tensor {
  const x = node.input(0);
  const window = windowOf(node, x, kernelOf(node));
  const { kernel, stride } = window;
  const p = node.int("p", 2);
  const pool = [F.avgPool1d, F.avgPool2d, F.avgPool3d][x.ndim - 3]!;
  const sums = pool(padded(x.abs().pow(p), window, 0), kernel, stride);
  return sums.mul(kernel.reduce((a, b) => a * b, 1)).pow(1 / p);
}

const spatial = (x: Tensor): number[] => x.shape.slice(2).map((_, i) => i + 2);

// ---- norms

function batchNorm(node: Node): (Tensor | undefined)[] {
  const [x, scale, bias, mean, variance] = [0, 1, 2, 3, 4].map((i) => node.input(i)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const eps = node.float("epsilon", 1e-5);
  if (node.int("training_mode", 0) === 0) return [F.batchNorm(x, mean, variance, scale, bias, false, 0, eps)];
  const keep = node.float("momentum", 0.9);
  const dims = [0, ...spatial(x)];
  const mix = (old: Tensor, now: Tensor): Tensor => old.mul(keep).add(now.mul(1 - keep));
  return [
    F.batchNorm(x, null, null, scale, bias, true, 0, eps),
    mix(mean, x.mean(dims)),
    mix(variance, x.var(dims, false)),
  ];
}

function layerNorm(node: Node): (Tensor | undefined)[] {
  const [x, scale, bias] = [node.input(0), node.input(1), node.optional(2) ?? null];
  const axis = node.axis(node.int("axis", -1), x.ndim);
  const shape = x.shape.slice(axis);
  const eps = node.float("epsilon", 1e-5);
  const fits = [scale, bias].every((t) => t === null || String(t.shape) === String(shape));
  let result = fits ? F.layerNorm(x, shape, scale, bias, eps) : F.layerNorm(x, shape, null, null, eps).mul(scale);
  if (!fits && bias !== null) result = result.add(bias);
  if (node.outputCount < 2) return [result];
  const dims = shape.map((_, i) => axis + i);
  return [result, x.mean(dims, true), x.var(dims, false, true).add(eps).rsqrt()];
}

function groupNorm(node: Node): Tensor {
  const [x, scale, bias] = [node.input(0), node.input(1), node.input(2)];
  const groups = node.int("num_groups", 1);
  const eps = node.float("epsilon", 1e-5);
  if (node.opset >= 21) return F.groupNorm(x, groups, scale, bias, eps);
  const each = (t: Tensor): Tensor =>
    t
      .reshape([-1, 1])
      .expand([groups, x.shape[1]! / groups])
      .reshape([-1]);
  return F.groupNorm(x, groups, each(scale), each(bias), eps);
}

function gemm(node: Node): Tensor {
  const a = node.int("transA", 0) === 1 ? node.input(0).t() : node.input(0);
  const b = node.input(1);
  const c = node.optional(2);
  const [alpha, beta] = [node.float("alpha", 1), node.float("beta", 1)];
  const transposed = node.int("transB", 0) === 1;
  if (transposed && alpha === 1 && beta === 1 && (c === undefined || c.ndim === 1)) return F.linear(a, b, c ?? null);
  const products = a.matmul(transposed ? b.t() : b);
  const scaled = alpha === 1 ? products : products.mul(alpha);
  return c === undefined || beta === 0 ? scaled : scaled.add(beta === 1 ? c : c.mul(beta));
}

function gridSample(node: Node): Tensor {
  const mode = { linear: "bilinear", cubic: "bicubic" }[node.text("mode", "bilinear")] ?? node.text("mode", "bilinear");
  return F.gridSample(
    node.input(0),
    node.input(1),
    mode as "bilinear",
    node.text("padding_mode", "zeros") as "zeros",
    node.int("align_corners", 0) === 1,
  );
}

export const LAYERS: Operators = {
  MatMul: (node) => node.input(0).matmul(node.input(1)),
  Gemm: gemm,
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: maxPool,
  "MaxUnpool:2": maxUnpool,
  AveragePool: averagePool,
  LpPool: lpPool,
  GlobalAveragePool: (node) => node.input(0).mean(spatial(node.input(0)), true),
  GlobalMaxPool: (node) => node.input(0).amax(spatial(node.input(0)), true),
  GlobalLpPool: (node) => {
    const p = node.int("p", 2);
    return node
      .input(0)
      .abs()
      .pow(p)
      .sum(spatial(node.input(0)), true)
      .pow(1 / p);
  },
  BatchNormalization: batchNorm,
  InstanceNormalization: (node) =>
    F.instanceNorm(node.input(0), null, null, node.input(1), node.input(2), true, 0, node.float("epsilon", 1e-5)),
  LayerNormalization: layerNorm,
  GroupNormalization: groupNorm,
  LRN: (node) =>
    F.localResponseNorm(
      node.input(0),
      node.int("size", 1),
      node.float("alpha", 1e-4),
      node.float("beta", 0.75),
      node.float("bias", 1),
    ),
  LpNormalization: (node) => {
    const x = node.input(0);
    return F.normalize(x, node.int("p", 2), node.axis(node.int("axis", -1), x.ndim), 0);
  },
  MeanVarianceNormalization: (node) => {
    const x = node.input(0);
    const dims = node.ints("axes") ?? [0, 2, 3];
    const centred = x.sub(x.mean(dims, true));
    return centred.div(centred.mul(centred).mean(dims, true).sqrt().add(1e-9));
  },
  GridSample: gridSample,
};
