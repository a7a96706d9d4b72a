// Ops of layers, as nodes: products of matrices, convolutions, pools, norms, attention.

import { exampleOf, type Size } from "../symbols.ts";
import { Scalar } from "../trace.ts";
import { float, type Emit, type Emits, type Writer } from "../writer.ts";
import { Formula } from "./elementwise.ts";

/** What the bindings say for padding "same", and for an adaptive size that is the input's. */
const SENTINEL = -2147483647;

const all = (list: readonly number[] | undefined, rank: number, absent: number): number[] =>
  list === undefined || list.length === 0
    ? Array.from({ length: rank }, () => absent)
    : list.length === rank
      ? [...list]
      : Array.from({ length: rank }, () => list[0]!);

/** Runs a node for batches on a tensor that has no batch. */
function batched(w: Writer, spatial: number, write: (x: string) => string): string {
  const has = w.value().shape.length === spatial + 2;
  const result = write(has ? w.input() : w.unsqueeze(w.input(), 0));
  return has ? result : w.squeeze(result, 0);
}

const twice = (list: readonly number[]): number[] => [...list, ...list];

// ---- products

function linear(w: Writer): string {
  const [x, weight] = [w.value(), w.value("weight")];
  const bias = w.optional("bias");
  if (x.shape.length === 2 && weight.shape.length === 2 && bias !== undefined)
    return w.node("Gemm", [w.name(x), w.name(weight), w.name(bias)], { transB: 1 });
  const turned = weight.shape.length === 2 ? w.node("Transpose", [w.name(weight)], { perm: [1, 0] }) : w.name(weight);
  const product = w.node("MatMul", [w.name(x), turned]);
  return bias === undefined ? product : w.node("Add", [product, w.name(bias)]);
}

const product =
  (a: string, b: string): Emit =>
  (w) =>
    w.node("MatMul", [w.operand(a, w.result), w.operand(b, w.result)]);

/** beta · input + alpha · product */
const plusProduct =
  (a: string, b: string): Emit =>
  (w) => {
    const f = new Formula(w, w.result);
    const scaled = (x: string, factor: string): string => (w.real(factor) === 1 ? x : f.mul(x, w.real(factor)));
    const products = scaled(w.node("MatMul", [w.operand(a, w.result), w.operand(b, w.result)]), "alpha");
    return w.real("beta") === 0 ? products : f.add(scaled(w.operand("input", w.result), "beta"), products);
  };

/** The numbers of einsum's subscripts as letters. */
function einsum(w: Writer): string {
  const numbers = w.fixedList("subscripts")!;
  const operands = w.list("operands");
  const letter = (n: number): string => (n === 52 ? "..." : String.fromCharCode(n < 26 ? 65 + n : 71 + n));
  const terms: string[] = [];
  let at = 0;
  for (let i = 0; i <= operands.length; i++) {
    const count = numbers[at++]!;
    if (count < 0) break;
    terms.push(
      numbers
        .slice(at, at + count)
        .map(letter)
        .join(""),
    );
    at += count;
  }
  const inputs = terms.slice(0, operands.length).join(",");
  const equation = terms.length > operands.length ? `${inputs}->${terms.at(-1)!}` : inputs;
  return w.node(
    "Einsum",
    operands.map((value) => w.cast(w.name(value), value.dtype, w.result)),
    { equation },
  );
}

// ---- convolutions

const conv =
  (spatial: number): Emit =>
  (w) => {
    const weight = w.value("weight");
    const kernel = weight.shape.slice(2);
    const dilations = all(w.fixedList("dilation"), spatial, 1);
    const padding = all(w.fixedList("padding"), spatial, 0);
    const pads =
      padding[0] === SENTINEL
        ? ((total) => [...total.map((n) => Math.floor(n / 2)), ...total.map((n) => Math.ceil(n / 2))])(
            kernel.map((size, i) => dilations[i]! * (size - 1)),
          )
        : twice(padding);
    const bias = w.input("bias");
    return batched(w, spatial, (x) =>
      w.node("Conv", [x, w.name(weight), ...(bias === "" ? [] : [bias])], {
        kernel_shape: kernel,
        strides: all(w.fixedList("stride"), spatial, 1),
        dilations,
        pads,
        group: w.fixed("groups"),
      }),
    );
  };

const convTranspose =
  (spatial: number): Emit =>
  (w) => {
    const weight = w.value("weight");
    const bias = w.input("bias");
    return batched(w, spatial, (x) =>
      w.node("ConvTranspose", [x, w.name(weight), ...(bias === "" ? [] : [bias])], {
        kernel_shape: weight.shape.slice(2),
        strides: all(w.fixedList("stride"), spatial, 1),
        dilations: all(w.fixedList("dilation"), spatial, 1),
        pads: twice(all(w.fixedList("padding"), spatial, 0)),
        output_padding: all(w.fixedList("outputPadding"), spatial, 0),
        group: w.fixed("groups"),
      }),
    );
  };

// ---- pools

function window(
  w: Writer,
  spatial: number,
): { kernel_shape: number[]; strides: number[]; pads: number[]; ceil_mode: number } {
  const kernel = all(w.fixedList("kernelSize"), spatial, 1);
  const stride = w.fixedList("stride");
  return {
    kernel_shape: kernel,
    strides: stride === undefined || stride.length === 0 ? kernel : all(stride, spatial, 1),
    pads: twice(all(w.fixedList("padding"), spatial, 0)),
    ceil_mode: w.flag("ceilMode") ? 1 : 0,
  };
}

const maxPool =
  (spatial: number): Emit =>
  (w) =>
    batched(w, spatial, (x) =>
      w.node("MaxPool", [x], { ...window(w, spatial), dilations: all(w.fixedList("dilation"), spatial, 1) }),
    );

/** The places of the maxima count through each plane here, through the whole tensor there. */
const maxPoolWithIndices =
  (spatial: number): Emit =>
  (w) => {
    const shape = w.value().shape;
    if (shape.length !== spatial + 2) w.refuse("without a batch");
    const plane = w.shape(w.value()).slice(2);
    const dilations = all(w.fixedList("dilation"), spatial, 1);
    const [values, places] = w.many("MaxPool", [w.input()], 2, { ...window(w, spatial), dilations });
    const size = plane.map((n) => w.sizes([n])).reduce((a, b) => w.node("Mul", [a, b]));
    return [values!, w.node("Mod", [places!, size])];
  };

const avgPool =
  (spatial: number): Emit =>
  (w) => {
    const { divisorOverride } = w.call.args;
    if (divisorOverride !== null && divisorOverride !== undefined) w.refuse("with divisorOverride");
    return batched(w, spatial, (x) =>
      w.node("AveragePool", [x], { ...window(w, spatial), count_include_pad: w.flag("countIncludePad") ? 1 : 0 }),
    );
  };

const lpPool =
  (spatial: number): Emit =>
  (w) => {
    const f = new Formula(w, w.result);
    const { pads: _, ...moves } = window(w, spatial);
    const p = w.real("normType");
    const count = moves.kernel_shape.reduce((a, b) => a * b, 1);
    return batched(w, spatial, (x) => f.pow(f.mul(w.node("AveragePool", [f.pow(x, p)], moves), count), 1 / p));
  };

/** The windows of an image as columns: a slice for each place in the window. */
function im2col(w: Writer): string {
  const x = w.value();
  const [n, channels, ...sizes] = w.shape(x);
  if (x.shape.length !== 4 || [channels, ...sizes].some((size) => typeof size !== "number"))
    return w.refuse("of dynamic sizes, or without a batch");
  const [kernel, stride, dilation, pad] = ["kernelSize", "stride", "dilation", "padding"].map((name) =>
    all(w.fixedList(name), 2, name === "padding" ? 0 : 1),
  ) as [number[], number[], number[], number[]];
  const padded = w.node("Pad", [w.name(x), w.numbers([0, 0, ...pad, 0, 0, ...pad], "int64"), w.number(0, w.result)]);
  const reach = kernel.map((size, i) => (sizes[i] as number) + 2 * pad[i]! - dilation[i]! * (size - 1));
  const parts: string[] = [];
  for (let i = 0; i < kernel[0]!; i++) {
    const rows = w.slice(padded, 2, i * dilation[0]!, i * dilation[0]! + reach[0]!, stride[0]);
    for (let j = 0; j < kernel[1]!; j++)
      parts.push(w.unsqueeze(w.slice(rows, 3, j * dilation[1]!, j * dilation[1]! + reach[1]!, stride[1]), 2));
  }
  const columns = kernel[0]! * kernel[1]! * (channels as number);
  const places = w.call.outputs[0]!.shape[2]!;
  return w.reshape(w.node("Concat", parts, { axis: 2 }), [n!, columns, places]);
}

function embeddingBag(w: Writer): string {
  const absent = (name: string): boolean => w.call.args[name] === null;
  if (w.value().shape.length !== 2 || !["offsets", "maxNorm", "perSampleWeights", "paddingIdx"].every(absent))
    w.refuse("but of bags of one length");
  const rows = w.node("Gather", [w.input("weight"), w.input()], { axis: 0 });
  const mode = w.text("mode");
  if (mode === "sum") return w.node("ReduceSum", [rows, w.numbers([1], "int64")], { keepdims: 0 });
  return w.node(mode === "mean" ? "ReduceMean" : "ReduceMax", [rows], { axes: [1], keepdims: 0 });
}

/** A loss of classes. */
const classes =
  (type: string): Emit =>
  (w) => {
    if (w.value("target").dtype !== "int64") w.refuse("of probabilities");
    if ("labelSmoothing" in w.call.args && w.real("labelSmoothing") !== 0) w.refuse("with labelSmoothing");
    const inputs = [w.input(), w.input("target"), ...(w.input("weight") === "" ? [] : [w.input("weight")])];
    return w.node(type, inputs, { reduction: w.text("reduction"), ignore_index: w.fixed("ignoreIndex") });
  };

/** Adaptive pools: of everything, or windows of one size. */
const adaptive =
  (type: "Average" | "Max", spatial: number, withIndices = false): Emit =>
  (w) => {
    const x = w.value();
    const output = all(w.fixedList("outputSize"), spatial, 1);
    const input = w.shape(x).slice(-spatial);
    const write = (name: string): string => {
      if (output.every((size) => size === 1)) return w.node(`Global${type}Pool`, [name]);
      const kernel = output.map((size, i) => {
        const from = input[i]!;
        if (size === SENTINEL || from === size) return 1;
        if (typeof from !== "number" || from % size !== 0) w.refuse("of windows that have several sizes");
        return (from as number) / size;
      });
      return w.node(`${type}Pool`, [name], { kernel_shape: kernel, strides: kernel });
    };
    const pooled = batched(w, spatial, write);
    return withIndices ? [pooled, ""] : pooled;
  };

// ---- attention and resampling

function attention(w: Writer): { output: string; weights: string } {
  const [q, k] = [w.value("query"), w.value("key")];
  const f = new Formula(w, w.result);
  if (w.real("dropoutP") > 0) w.refuse("is random: export the model in eval mode");
  const given = w.call.args["scale"];
  const scale = given instanceof Scalar ? Number(given.value) : 1 / Math.sqrt(q.shape.at(-1)!);
  const rank = k.shape.length;
  const order = Array.from({ length: rank }, (_, i) => (i === rank - 2 ? rank - 1 : i === rank - 1 ? rank - 2 : i));
  let scores = f.mul(w.node("MatMul", [w.name(q), w.transpose(w.name(k), order)]), scale);
  const mask = w.optional("attnMask");
  if (mask !== undefined)
    scores =
      mask.dtype === "bool" ? f.where(w.name(mask), scores, -Infinity) : f.add(scores, w.operand("attnMask", w.result));
  if (w.flag("isCausal")) scores = f.where(causal(w, w.shape(q).at(-2)!, w.shape(k).at(-2)!), scores, -Infinity);
  const weights = w.node("Softmax", [scores], { axis: -1 });
  return { output: w.node("MatMul", [weights, w.input("value")]), weights };
}

/** Which keys a query may see: those that come no later. */
function causal(w: Writer, queries: Size, keys: Size): string {
  const range = (size: Size): string =>
    w.node("Range", [w.number(0, "int64"), w.squeeze(w.sizes([size]), 0), w.number(1, "int64")]);
  return w.node("GreaterOrEqual", [w.unsqueeze(range(queries), 1), w.unsqueeze(range(keys), 0)]);
}

const MODES = ["nearest", "nearest", "linear", "cubic"];

function resample(w: Writer): string {
  const [mode, align, dim, scale] = [w.fixed("mode"), w.flag("alignCorners"), w.fixed("dim"), w.real("scale")];
  const x = w.value();
  const attributes = {
    mode: MODES[mode]!,
    coordinate_transformation_mode: mode === 0 ? "asymmetric" : align ? "align_corners" : "half_pixel",
    nearest_mode: mode === 0 ? "floor" : mode === 1 ? "round_prefer_ceil" : undefined,
    cubic_coeff_a: mode === 3 ? float(-0.75) : undefined,
  };
  if (scale === 0 || align) {
    const sizes = w.sizes(w.shape(w.call.outputs[0]!));
    return w.node("Resize", [w.name(x), "", "", sizes], attributes);
  }
  const scales = x.shape.map((_, i) => (i === dim ? 1 / scale : 1));
  return w.node("Resize", [w.name(x), "", w.numbers(scales, "float32")], attributes);
}

export const LAYERS: Emits = {
  linear,
  matmul: product("input", "other"),
  mm: product("input", "mat2"),
  bmm: product("input", "mat2"),
  mv: product("input", "vec"),
  dot: product("input", "other"),
  addmm: plusProduct("mat1", "mat2"),
  baddbmm: plusProduct("batch1", "batch2"),
  addmv: plusProduct("mat", "vec"),
  chainMatmul: (w) =>
    w
      .list("matrices")
      .map((value) => w.name(value))
      .reduce((a, b) => w.node("MatMul", [a, b])),
  multiDot: (w) =>
    w
      .list("tensors")
      .map((value) => w.name(value))
      .reduce((a, b) => w.node("MatMul", [a, b])),
  vdot: product("input", "other"),
  vecdot: (w) => {
    const f = new Formula(w, w.result);
    const [x, y] = [w.operand("x", w.result), w.operand("y", w.result)];
    return w.node("ReduceSum", [f.mul(x, y), w.numbers([w.fixed("dim")], "int64")], { keepdims: 0 });
  },
  inner: (w) => {
    const rank = w.value("other").shape.length;
    const order = Array.from({ length: rank }, (_, i) => i);
    if (rank > 2) w.refuse("with more than 2 dims");
    return w.node("MatMul", [w.operand("input", w.result), w.transpose(w.operand("other", w.result), order.reverse())]);
  },
  bilinear: (w) => {
    const [a, b, weight] = [w.operand("input1", w.result), w.operand("input2", w.result), w.input("weight")];
    const y = w.node("Einsum", [a, weight, b], { equation: "...i,oij,...j->...o" });
    return w.input("bias") === "" ? y : w.node("Add", [y, w.input("bias")]);
  },
  outer: (w) =>
    w.node("Mul", [w.unsqueeze(w.operand("input", w.result), 1), w.unsqueeze(w.operand("vec2", w.result), 0)]),
  einsum,
  conv1d: conv(1),
  conv2d: conv(2),
  conv3d: conv(3),
  convTranspose1d: convTranspose(1),
  convTranspose2d: convTranspose(2),
  convTranspose3d: convTranspose(3),
  maxPool1d: maxPool(1),
  maxPool2d: maxPool(2),
  maxPool3d: maxPool(3),
  maxPool1dWithIndices: maxPoolWithIndices(1),
  maxPool2dWithIndices: maxPoolWithIndices(2),
  maxPool3dWithIndices: maxPoolWithIndices(3),
  avgPool1d: avgPool(1),
  avgPool2d: avgPool(2),
  avgPool3d: avgPool(3),
  adaptiveAvgPool1d: adaptive("Average", 1),
  adaptiveAvgPool2d: adaptive("Average", 2),
  adaptiveAvgPool3d: adaptive("Average", 3),
  adaptiveMaxPool1dWithIndices: adaptive("Max", 1, true),
  adaptiveMaxPool2dWithIndices: adaptive("Max", 2, true),
  adaptiveMaxPool3dWithIndices: adaptive("Max", 3, true),
  lpPool1d: lpPool(1),
  lpPool2d: lpPool(2),
  im2col,
  embeddingBag,
  crossEntropy: classes("SoftmaxCrossEntropyLoss"),
  nllLoss: classes("NegativeLogLikelihoodLoss"),
  glu: (w) => {
    const x = w.value();
    const axis = w.dim("dim", x.shape.length);
    const half = exampleOf(w.shape(x)[axis]!) / 2;
    const [a, b] = w.many("Split", [w.name(x), w.numbers([half, half], "int64")], 2, { axis });
    return w.node("Mul", [a!, w.node("Sigmoid", [b!])]);
  },
  scaledDotProductAttention: (w) => attention(w).output,
  _scaledDotProductAttention: (w) => {
    const { output, weights } = attention(w);
    return [output, weights];
  },
  resample,
  gridSample: (w) => {
    if (w.opset < 16) w.refuse("needs operator set 16");
    return w.node("GridSample", [w.input(), w.input("grid")], {
      mode: w.text("mode"),
      padding_mode: w.text("paddingMode"),
      align_corners: w.flag("alignCorners") ? 1 : 0,
    });
  },
};
