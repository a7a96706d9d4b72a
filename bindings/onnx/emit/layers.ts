// Ops of layers, as nodes: products of matrices, convolutions, pools, norms, attention.

import { exampleOf, type Size } from "../symbols.ts";
import { Scalar, Value } from "../trace.ts";
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

// ---- norms

function batchNorm(w: Writer): string {
  if (w.flag("training") || w.optional("runningMean") === undefined)
    w.refuse("of the batch's own statistics: export the model in eval mode");
  const x = w.value();
  const features = x.shape[1]!;
  const given = (name: string, absent: number): string =>
    w.input(name) ||
    w.numbers(
      Array.from({ length: features }, () => absent),
      x.dtype,
    );
  return w.node(
    "BatchNormalization",
    [w.name(x), given("weight", 1), given("bias", 0), w.input("runningMean"), w.input("runningVar")],
    { epsilon: float(w.real("eps")) },
  );
}

/** Weight and bias of the channels, on tensors of any rank. */
function affine(w: Writer, x: string, rank: number): string {
  const f = new Formula(w, w.result);
  const spread = (name: string): string =>
    w.node("Reshape", [w.input(name), w.numbers([-1, ...Array.from({ length: rank - 2 }, () => 1)], "int64")]);
  let result = x;
  if (w.input("weight") !== "") result = f.mul(result, spread("weight"));
  return w.input("bias") === "" ? result : f.add(result, spread("bias"));
}

/** (x - mean) / √(variance + eps) over dims. */
function standardized(w: Writer, x: string, axes: readonly number[]): string {
  const f = new Formula(w, w.result);
  const centred = f.sub(x, w.node("ReduceMean", [x], { axes, keepdims: 1 }));
  const variance = w.node("ReduceMean", [f.mul(centred, centred)], { axes, keepdims: 1 });
  return f.div(centred, f.call("Sqrt", f.add(variance, w.real("eps"))));
}

function layerNorm(w: Writer): string {
  const x = w.value();
  const shape = w.fixedList("normalizedShape")!;
  const [weight, bias] = [w.input("weight"), w.input("bias")];
  if (w.opset >= 17) {
    const scale = weight || w.constantOf(shape, 1, x.dtype);
    return w.node("LayerNormalization", [w.name(x), scale, ...(bias === "" ? [] : [bias])], {
      axis: -shape.length,
      epsilon: float(w.real("eps")),
    });
  }
  const f = new Formula(w, w.result);
  let result = standardized(
    w,
    w.name(x),
    shape.map((_, i) => x.shape.length - shape.length + i),
  );
  if (weight !== "") result = f.mul(result, weight);
  return bias === "" ? result : f.add(result, bias);
}

function groupNorm(w: Writer): string {
  const x = w.value();
  const [groups, rank] = [w.fixed("numGroups"), x.shape.length];
  const grouped = w.node("Reshape", [w.name(x), w.numbers([0, groups, -1], "int64")]);
  const normed = standardized(w, grouped, [2]);
  return affine(w, w.reshape(normed, w.shape(x)), rank);
}

function instanceNorm(w: Writer): string {
  const x = w.value();
  if (!w.flag("useInputStats")) {
    const f = new Formula(w, w.result);
    const spread = (name: string): string =>
      w.node("Reshape", [w.input(name), w.numbers([-1, ...x.shape.slice(2).map(() => 1)], "int64")]);
    const deviation = f.call("Sqrt", f.add(spread("runningVar"), w.real("eps")));
    return affine(w, f.div(f.sub(w.name(x), spread("runningMean")), deviation), x.shape.length);
  }
  return affine(
    w,
    standardized(
      w,
      w.name(x),
      x.shape.slice(2).map((_, i) => i + 2),
    ),
    x.shape.length,
  );
}

function rmsNorm(w: Writer): string {
  const x = w.value();
  const f = new Formula(w, w.result);
  const shape = w.fixedList("normalizedShape")!;
  const axes = shape.map((_, i) => x.shape.length - shape.length + i);
  const squares = w.node("ReduceMean", [f.mul(w.name(x), w.name(x))], { axes, keepdims: 1 });
  const eps = w.call.args["eps"] === null ? 2 ** -23 : w.real("eps");
  const normed = f.div(w.name(x), f.call("Sqrt", f.add(squares, eps)));
  return w.input("weight") === "" ? normed : f.mul(normed, w.input("weight"));
}

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

// ---- recurrent layers, which are one call (export.ts)

/** The rows of the gates in ONNX's order: PyTorch has i f g o of LSTM, r z n of GRU. */
const GATES: Record<string, number[]> = { LSTM: [0, 3, 1, 2], GRU: [1, 0, 2], RNN: [0] };

function recurrent(w: Writer): string[] {
  const { kind, nonlinearity } = w.call.args as { kind: string; nonlinearity: string };
  const [layers, directions, hidden] = [w.fixed("layers"), w.fixed("directions"), w.fixed("hidden")];
  const weights = w.call.args["weights"] as (Value | null)[];
  const states = w.call.args["states"] as (Value | null)[];
  const isBatched = w.value().shape.length === 3;
  const batchFirst = w.flag("batchFirst") && isBatched;
  let x = isBatched ? w.transpose(w.input(), batchFirst ? [1, 0, 2] : [0, 1, 2]) : w.unsqueeze(w.input(), 1);
  const initial = states.map((state) => state && (isBatched ? w.name(state) : w.unsqueeze(w.name(state), 1)));
  const last: string[][] = [[], []];
  const rows = GATES[kind]!.flatMap((gate) => Array.from({ length: hidden }, (_, i) => gate * hidden + i));
  // the rows in their order, with a first dim for the direction
  const ordered = (value: Value): string =>
    w.unsqueeze(
      kind === "RNN" ? w.name(value) : w.node("Gather", [w.name(value), w.numbers(rows, "int64")], { axis: 0 }),
      0,
    );
  const join = (parts: string[], axis: number): string =>
    parts.length === 1 ? parts[0]! : w.node("Concat", parts, { axis });
  for (let layer = 0; layer < layers; layer++) {
    const own = Array.from({ length: directions }, (_, d) => weights.slice(4 * (layer * directions + d)));
    const part = (i: number): string =>
      join(
        own.map((list) => ordered(list[i]!)),
        0,
      );
    const bias =
      own[0]![2] == null
        ? ""
        : join(
            own.map((list) => join([ordered(list[2]!), ordered(list[3]!)], 1)),
            0,
          );
    const from = layer * directions;
    const starts = initial.map((state) => (state === null ? "" : w.slice(state, 0, from, from + directions)));
    const outputs = w.many(kind, [x, part(0), part(1), bias, "", ...starts], kind === "LSTM" ? 3 : 2, {
      hidden_size: hidden,
      direction: directions === 2 ? "bidirectional" : "forward",
      linear_before_reset: kind === "GRU" ? 1 : undefined,
    });
    if (kind === "RNN" && nonlinearity === "relu") {
      const relu = Array.from({ length: directions }, () => new TextEncoder().encode("Relu"));
      w.nodes.at(-1)!.attribute!.push({ name: "activations", strings: relu, type: 8 });
    }
    outputs.slice(1).forEach((state, i) => last[i]!.push(state));
    const turned = w.node("Transpose", [outputs[0]!], { perm: [0, 2, 1, 3] });
    x = w.node("Reshape", [turned, w.numbers([0, 0, directions * hidden], "int64")]);
  }
  const finals = last.filter((list) => list.length > 0).map((list) => join(list, 0));
  if (!isBatched) return [w.squeeze(x, 1), ...finals.map((state) => w.squeeze(state, 1))];
  return [batchFirst ? w.transpose(x, [1, 0, 2]) : x, ...finals];
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
  batchNorm,
  layerNorm,
  groupNorm,
  instanceNorm,
  rmsNorm,
  localResponseNorm: (w) =>
    w.node("LRN", [w.input()], {
      size: w.fixed("size"),
      alpha: float(w.real("alpha")),
      beta: float(w.real("beta")),
      bias: float(w.real("k")),
    }),
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
  "@recurrent": recurrent,
};
