// Operators that reduce, sort and scan.

import * as F from "../../gen/nn-functional.ts";
import * as torch from "../../gen/functions.ts";
import { tensor } from "../../tensor/create.ts";
import { unique } from "../../tensor/shapes.ts";
import { empty } from "../../factories.ts";
import { einsum } from "../../functional/einsum.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Node, Operators } from "../node.ts";

type Reduce = (x: Tensor, dims: number[], keepdim: boolean) => Tensor;

/** @param since the operator set in which the axes became an input */
const reduction =
  (reduce: Reduce, since = 18) =>
  (node: Node): Tensor => {
    const x = node.input(0);
    const axes = node.listOf("axes", since, 1) ?? [];
    if (axes.length === 0 && node.int("noop_with_empty_axes", 0) === 1) return x;
    const dims = axes.length === 0 ? x.shape.map((_, i) => i) : axes.map((axis) => node.axis(axis, x.ndim));
    if (x.ndim === 0) return reduce(x.reshape([1]), [0], false);
    return reduce(x, dims, node.int("keepdims", 1) === 1);
  };

const sum: Reduce = (x, dims, keepdim) => {
  const result = x.sum(dims, keepdim);
  return result.dtype === x.dtype ? result : result.to(x.dtype);
};

const product: Reduce = (x, dims, keepdim) => {
  let result = x;
  for (const dim of dims.toSorted((a, b) => b - a)) result = result.prod(dim, keepdim);
  return result.dtype === x.dtype ? result : result.to(x.dtype);
};

const mean: Reduce = (x, dims, keepdim) =>
  x.isFloatingPoint() ? x.mean(dims, keepdim) : x.to("float64").mean(dims, keepdim).to(x.dtype);

const extreme =
  (find: (x: Tensor, dim: number, keepdim: boolean) => Tensor) =>
  (node: Node): Tensor => {
    const x = node.input(0);
    const axis = node.axis(node.int("axis", 0), x.ndim);
    const keepdim = node.int("keepdims", 1) === 1;
    if (node.int("select_last_index", 0) === 0) return find(x, axis, keepdim);
    return find(x.flip([axis]), axis, keepdim).rsub(x.shape[axis]! - 1);
  };

type Loss = (
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignoreIndex: number,
  reduction: "none" | "mean" | "sum",
) => Tensor;

const loss = (node: Node, of: Loss): Tensor =>
  of(
    node.input(0),
    node.input(1).to("int64"),
    node.optional(2) ?? null,
    node.int("ignore_index", -100),
    node.text("reduction", "mean") as "mean",
  );

export const REDUCTIONS: Operators = {
  "ReduceSum:1": reduction(sum, 13),
  "ReduceMean:1": reduction(mean),
  "ReduceMax:1": reduction((x, dims, keepdim) => x.amax(dims, keepdim)),
  "ReduceMin:1": reduction((x, dims, keepdim) => x.amin(dims, keepdim)),
  "ReduceProd:1": reduction(product),
  "ReduceL1:1": reduction((x, ...over) => sum(x.abs(), ...over)),
  "ReduceL2:1": reduction((x, ...over) => sum(x.mul(x), ...over).sqrt()),
  "ReduceSumSquare:1": reduction((x, ...over) => sum(x.mul(x), ...over)),
  "ReduceLogSum:1": reduction((x, ...over) => sum(x, ...over).log()),
  "ReduceLogSumExp:1": reduction((x, dims, keepdim) => x.logsumexp(dims, keepdim)),
  ArgMax: extreme((x, dim, keepdim) => x.argmax(dim, keepdim)),
  ArgMin: extreme((x, dim, keepdim) => x.argmin(dim, keepdim)),
  "TopK:1": (node) => {
    const x = node.input(0);
    const k = node.opset < 10 ? node.int("k", 1) : (node.value(1) ?? node.fail("k is missing"));
    const axis = node.axis(node.int("axis", -1), x.ndim);
    const { values, indices } = x.topk(k, axis, node.int("largest", 1) === 1, true);
    return [values, indices];
  },
  "CumSum:1": (node) => {
    const x = node.input(0);
    const axis = node.axis(node.value(1) ?? 0, x.ndim);
    const reverse = node.int("reverse", 0) === 1;
    let result = (reverse ? x.flip([axis]) : x).cumsum(axis, x.dtype);
    if (node.int("exclusive", 0) === 1) {
      const size = x.shape[axis]!;
      const first = result.narrow(axis, 0, Math.min(1, size)).mul(0);
      result = torch.cat([first, result.narrow(axis, 0, Math.max(0, size - 1))], axis);
    }
    return reverse ? result.flip([axis]) : result;
  },
  NonZero: (node) => {
    const x = node.input(0);
    const places = x.nonzero() as Tensor;
    return x.ndim === 0 ? empty([0, places.shape[0]!], { dtype: "int64" }) : places.t();
  },
  Unique: (node) => {
    const x = node.input(0);
    if (node.int("sorted", 1) === 0) node.lacks("the order of occurrence");
    const axis = node.attribute("axis") === undefined ? undefined : node.axis(node.int("axis", 0), x.ndim);
    const options = { returnInverse: true, returnCounts: true, ...(axis === undefined ? {} : { dim: axis }) } as const;
    const [values, inverse, counts] = unique(x, options);
    const places = new Map<number, bigint>();
    if (node.outputCount > 1) {
      const groups = inverse.reshape([-1]).tolist<number[]>();
      groups.forEach((group, i) => places.has(group) || places.set(group, BigInt(i)));
    }
    const first = Array.from(places)
      .sort(([a], [b]) => a - b)
      .map(([, place]) => place);
    return [values, tensor(first, { dtype: "int64" }), inverse.reshape([-1]), counts];
  },
  NegativeLogLikelihoodLoss: (node) => loss(node, F.nllLoss),
  SoftmaxCrossEntropyLoss: (node) => [
    loss(node, F.crossEntropy),
    node.outputCount > 1 ? node.input(0).logSoftmax(1) : undefined,
  ],
  Einsum: (node) => einsum(node.text("equation", ""), node.tensors()),
};
