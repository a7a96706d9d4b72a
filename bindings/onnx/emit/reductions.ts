// Ops that reduce, sort and scan, as nodes.

import type { DType } from "../../tensor/dtype.ts";
import type { Emit, Emits, Writer } from "../writer.ts";
import { Formula } from "./elementwise.ts";

/** A reduction over dims; the sum's are an input, the others' an attribute. */
function reduce(w: Writer, type: string, x: string, dims: readonly number[], keepdims: boolean): string {
  if (dims.length === 0) return x;
  const attributes = { keepdims: keepdims ? 1 : 0 };
  return type === "ReduceSum"
    ? w.node(type, [x, w.numbers(dims, "int64")], attributes)
    : w.node(type, [x], { axes: dims, ...attributes });
}

const reduction =
  (type: string): Emit =>
  (w) =>
    reduce(w, type, w.operand("input", w.result), w.dims("dim", w.value().shape.length), w.flag("keepdim"));

/** The dim of an op that has one, or all of a tensor. */
function oneOrAll(w: Writer): number[] {
  const rank = w.value().shape.length;
  return w.call.args["dim"] === null || w.call.args["dim"] === undefined
    ? Array.from({ length: rank }, (_, i) => i)
    : [w.dim("dim", rank)];
}

/** any and all, of which ONNX has neither. */
const truth =
  (type: string): Emit =>
  (w) => {
    const numbers = w.cast(w.operand("input", "bool"), "bool", "int32");
    return w.cast(reduce(w, type, numbers, oneOrAll(w), w.flag("keepdim")), "int32", "bool");
  };

/** Values of an extreme and where they are. */
const extreme =
  (type: "Max" | "Min"): Emit =>
  (w) => {
    const x = w.value();
    const dim = w.dim("dim", x.shape.length);
    const keepdims = w.flag("keepdim") ? 1 : 0;
    return [
      reduce(w, `Reduce${type}`, w.name(x), [dim], keepdims === 1),
      w.node(`Arg${type}`, [w.name(x)], { axis: dim, keepdims }),
    ];
  };

const position =
  (type: "ArgMax" | "ArgMin"): Emit =>
  (w) => {
    const x = w.value();
    const rank = x.shape.length;
    const whole = w.call.args["dim"] === null;
    const input = whole ? w.node("Reshape", [w.name(x), w.numbers([-1], "int64")]) : w.name(x);
    const keepdims = w.flag("keepdim") && !whole ? 1 : 0;
    return w.node(type, [input], { axis: whole ? 0 : w.dim("dim", rank), keepdims });
  };

/** Sums of squares about the mean. */
function moments(w: Writer): { mean: string; variance: string } {
  const x = w.value();
  const input = w.operand("input", w.result);
  const dims = w.dims("dim", x.shape.length);
  const f = new Formula(w, w.result);
  const centred = f.sub(input, reduce(w, "ReduceMean", input, dims, true));
  const sizes = w.shape(x);
  const counts = dims.map((dim) => sizes[dim]!);
  const given = w.call.args["correction"];
  const correction = typeof given === "number" ? given : w.flag("unbiased") ? 1 : 0;
  let variance = reduce(w, "ReduceMean", f.mul(centred, centred), dims, w.flag("keepdim"));
  if (correction !== 0) {
    const each = counts.map((count) => w.cast(w.sizes([count]), "int64", w.result));
    const count = w.squeeze(
      each.reduce((a, b) => f.mul(a, b)),
      0,
    );
    variance = f.mul(variance, f.div(count, f.sub(count, correction)));
  }
  return { mean: reduce(w, "ReduceMean", input, dims, w.flag("keepdim")), variance };
}

function norm(w: Writer, p: number): string {
  const dims = w.dims("dim", w.value().shape.length);
  const x = w.operand("input", w.result);
  const keepdim = w.flag("keepdim");
  if (p === 2) return reduce(w, "ReduceL2", x, dims, keepdim);
  if (p === 1) return reduce(w, "ReduceL1", x, dims, keepdim);
  const size = w.node("Abs", [x]);
  if (p === Infinity) return reduce(w, "ReduceMax", size, dims, keepdim);
  if (p === -Infinity) return reduce(w, "ReduceMin", size, dims, keepdim);
  const f = new Formula(w, w.result);
  return f.pow(reduce(w, "ReduceSum", f.pow(size, p), dims, keepdim), 1 / p);
}

/** The first k of a dim in order. */
function sorted(w: Writer, k: string, largest: boolean): string[] {
  const x = w.value();
  return w.many("TopK", [w.name(x), k], 2, { axis: w.dim("dim", x.shape.length), largest: largest ? 1 : 0 });
}

function sortAll(w: Writer): string[] {
  const x = w.value();
  return sorted(w, w.sizes([w.shape(x)[w.dim("dim", x.shape.length)]!]), w.flag("descending"));
}

const softmax =
  (type: string, negated = false): Emit =>
  (w) => {
    const x = w.operand("input", w.result);
    const rank = w.value().shape.length;
    const input = negated ? w.node("Neg", [x]) : x;
    return w.node(type, [input], { axis: w.dim("dim", rank) });
  };

/** Sums must not be of less than the result's dtype. */
const wide = (dtype: DType): DType => (dtype === "bool" ? "int64" : dtype);

export const REDUCTIONS: Emits = {
  sum: reduction("ReduceSum"),
  mean: reduction("ReduceMean"),
  amax: reduction("ReduceMax"),
  amin: reduction("ReduceMin"),
  maxAll: (w) => reduce(w, "ReduceMax", w.input(), oneOrAll(w), false),
  minAll: (w) => reduce(w, "ReduceMin", w.input(), oneOrAll(w), false),
  maxDim: extreme("Max"),
  minDim: extreme("Min"),
  argmax: position("ArgMax"),
  argmin: position("ArgMin"),
  prod: (w) => reduce(w, "ReduceProd", w.operand("input", wide(w.result)), oneOrAll(w), w.flag("keepdim")),
  any: truth("ReduceMax"),
  all: truth("ReduceMin"),
  aminmax: (w) => {
    const [dims, keepdim] = [oneOrAll(w), w.flag("keepdim")];
    return [reduce(w, "ReduceMin", w.input(), dims, keepdim), reduce(w, "ReduceMax", w.input(), dims, keepdim)];
  },
  nansum: (w) => {
    const f = new Formula(w, w.result);
    const x = w.operand("input", w.result);
    const numbers = w.result.includes("float") ? f.where(w.node("IsNaN", [x]), 0, x) : x;
    return reduce(w, "ReduceSum", numbers, w.dims("dim", w.value().shape.length), w.flag("keepdim"));
  },
  pairwiseDistance: (w) => {
    const f = new Formula(w, w.result);
    const apart = f.add(f.sub(w.operand("x1", w.result), w.operand("x2", w.result)), w.real("eps"));
    if (w.real("p") !== 2) w.refuse("a norm but of p 2");
    return reduce(w, "ReduceL2", apart, [-1], w.flag("keepdim"));
  },
  cdist: (w) => {
    const f = new Formula(w, w.result);
    if (w.real("p") !== 2) w.refuse("a norm but of p 2");
    const apart = f.sub(w.unsqueeze(w.operand("x1", w.result), -2), w.unsqueeze(w.operand("x2", w.result), -3));
    return reduce(w, "ReduceL2", apart, [-1], false);
  },
  countNonzero: (w) => {
    const nonzero = w.cast(w.operand("input", "bool"), "bool", "int64");
    return reduce(w, "ReduceSum", nonzero, w.dims("dim", w.value().shape.length), false);
  },
  logsumexp: reduction("ReduceLogSumExp"),
  norm: (w) => norm(w, w.real("p")),
  vectorNorm: (w) => norm(w, w.real("ord")),
  var: (w) => moments(w).variance,
  std: (w) => w.node("Sqrt", [moments(w).variance]),
  varMean: (w) => {
    const { mean, variance } = moments(w);
    return [variance, mean];
  },
  stdMean: (w) => {
    const { mean, variance } = moments(w);
    return [w.node("Sqrt", [variance]), mean];
  },
  softmax: softmax("Softmax"),
  logSoftmax: softmax("LogSoftmax"),
  softmin: softmax("Softmax", true),
  cumsum: (w) => {
    const rank = w.value().shape.length;
    return w.node("CumSum", [w.operand("input", w.result), w.number(w.dim("dim", rank), "int64")]);
  },
  topk: (w) => sorted(w, w.sizes([w.whole("k")!]), w.flag("largest")),
  sort: sortAll,
  argsort: (w) => sortAll(w)[1]!,
  normalize: (w) => {
    const x = w.value();
    const dim = w.dim("dim", x.shape.length);
    const p = w.real("p");
    if (p !== 1 && p !== 2) w.refuse("a norm but of p 1 or 2");
    const f = new Formula(w, w.result);
    const size = reduce(w, p === 2 ? "ReduceL2" : "ReduceL1", w.name(x), [dim], true);
    return f.div(w.name(x), f.call("Max", size, w.real("eps")));
  },
  cosineSimilarity: (w) => {
    const rank = w.call.outputs[0]!.shape.length + 1;
    const dim = w.dim("dim", rank);
    const f = new Formula(w, w.result);
    const [a, b] = [w.operand("x1", w.result), w.operand("x2", w.result)];
    const size = (x: string): string => f.call("Max", reduce(w, "ReduceL2", x, [dim], false), w.real("eps"));
    return f.div(reduce(w, "ReduceSum", f.mul(a, b), [dim], false), f.mul(size(a), size(b)));
  },
};
