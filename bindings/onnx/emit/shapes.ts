// Ops that change shapes, gather, scatter, and make tensors, as nodes.

import type { DType } from "../../tensor/dtype.ts";
import { sameSize, type Size } from "../symbols.ts";
import { Scalar, type Value } from "../trace.ts";
import { END, float, type Emit, type Emits, type Writer } from "../writer.ts";

/** The shape of the result, in which one size that varies is left open, and others are copied where they are the input's. */
const reshaped: Emit = (w) => {
  const [result, input] = [w.shape(w.call.outputs[0]!), w.shape(w.value())];
  if (result.every((size, i) => sameSize(size, input[i] ?? -1)) && result.length === input.length) return w.input();
  const varying = result.filter((size) => typeof size !== "number").length;
  if (varying <= 1 || result.includes(0)) return w.reshape(w.input(), result);
  // 0 copies the input's size, -1 stands for one that is left
  let open = false;
  const sizes = result.map((size, i): Size => {
    if (typeof size === "number") return size;
    if (sameSize(size, input[i] ?? -1)) return 0;
    if (open) return size;
    open = true;
    return -1;
  });
  return w.node("Reshape", [w.input(), w.sizes(sizes)]);
};

const permuted =
  (order: (w: Writer, rank: number) => number[]): Emit =>
  (w) =>
    w.transpose(w.input(), order(w, w.value().shape.length));

export const identity = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i);

function swapped(rank: number, a: number, b: number): number[] {
  const order = identity(rank);
  if (rank > 0) [order[a], order[b]] = [order[b]!, order[a]!];
  return order;
}

function moved(w: Writer, rank: number): number[] {
  const [from, to] = [w.dims("source", rank), w.dims("destination", rank)];
  const rest = identity(rank).filter((dim) => !from.includes(dim));
  return identity(rank).map((dim) => (to.includes(dim) ? from[to.indexOf(dim)]! : rest.shift()!));
}

/** A tensor in the shape that it is to have, of which it has some sizes. */
export function expanded(w: Writer, value: Value, shape: readonly Size[]): string {
  const own = w.shape(value);
  const offset = shape.length - own.length;
  const asked = shape.map((size, i): Size => (i >= offset && sameSize(size, own[i - offset]!) ? 1 : size));
  if (offset === 0 && asked.every((size) => size === 1)) return w.name(value);
  return w.node("Expand", [w.name(value), w.sizes(asked)]);
}

const toResult: Emit = (w) => expanded(w, w.value(), w.shape(w.call.outputs[0]!));

/** Parts along a dim, as long as the results are. */
function parts(w: Writer, name: string, dim: number): string[] {
  const sizes = w.call.outputs.map((output) => w.shape(output)[dim]!);
  if (sizes.length === 1) return [w.name(w.value(name))];
  return w.many("Split", [w.input(name), w.sizes(sizes)], sizes.length, { axis: dim });
}

const split =
  (name: string, dimOf: (w: Writer, rank: number) => number): Emit =>
  (w) =>
    parts(w, name, dimOf(w, w.value(name).shape.length));

const joined =
  (dimOf: (rank: number) => number): Emit =>
  (w) => {
    const values = w.list("tensors");
    // PyTorch skips empty vectors
    const rank = w.call.outputs[0]!.shape.length;
    const kept = values.filter(({ shape }) => shape.length === rank);
    return concat(w, kept, dimOf(rank));
  };

function concat(w: Writer, values: readonly Value[], axis: number): string {
  return w.node(
    "Concat",
    values.map((value) => w.cast(w.name(value), value.dtype, w.result)),
    { axis },
  );
}

const stacked = (w: Writer, values: readonly Value[], dim: number): string =>
  w.node(
    "Concat",
    values.map((value) => w.unsqueeze(w.cast(w.name(value), value.dtype, w.result), dim)),
    { axis: dim },
  );

/** Where a slice ends: at the end of the dim, if that is where it ends whatever the size. */
export function endOf(w: Writer, dim: number, end: Size | undefined): Size {
  return end === undefined || sameSize(end, w.shape(w.value())[dim]!) ? END : end;
}

function sliced(w: Writer): string {
  const dim = w.dim("dim", w.value().shape.length);
  const [start, end, step] = [w.whole("start") ?? 0, endOf(w, dim, w.whole("end")), w.fixed("step")];
  return start === 0 && end === END && step === 1 ? w.input() : w.slice(w.input(), dim, start, end, step);
}

function narrowed(w: Writer): string {
  const dim = w.dim("dim", w.value().shape.length);
  const start = w.whole("start")!;
  const result = w.shape(w.call.outputs[0]!)[dim]!;
  if (start === 0) return w.slice(w.input(), dim, 0, endOf(w, dim, result));
  if (typeof start === "number" && typeof result === "number") {
    const from = start < 0 ? w.value().shape[dim]! + start : start;
    if (start < 0 && typeof w.shape(w.value())[dim] !== "number") w.refuse("a start from the end of a dynamic axis");
    return w.slice(w.input(), dim, from, from + result);
  }
  const end = w.node("Add", [w.sizes([start]), w.sizes([result])]);
  return w.node("Slice", [w.input(), w.sizes([start]), end, w.numbers([dim], "int64")]);
}

function padded(w: Writer): string {
  const rank = w.value().shape.length;
  const pads = w.fixedList("pad")!;
  const before: number[] = Array.from({ length: rank }, () => 0);
  const after = [...before];
  for (let i = 0; 2 * i < pads.length; i++) {
    before[rank - 1 - i] = pads[2 * i]!;
    after[rank - 1 - i] = pads[2 * i + 1]!;
  }
  const mode = w.call.args["mode"] ?? "constant";
  const sides = w.numbers([...before, ...after], "int64");
  if (mode === "circular") return wrapped(w, before, after);
  if (mode !== "constant")
    return w.node("Pad", [w.input(), sides], { mode: mode === "replicate" ? "edge" : "reflect" });
  const given = w.call.args["value"];
  return w.node("Pad", [w.input(), sides, w.number(given instanceof Scalar ? given.value : 0, w.result)]);
}

/** Pads with the elements of the other end. */
function wrapped(w: Writer, before: readonly number[], after: readonly number[]): string {
  return before.reduce((x, count, dim) => {
    const pieces = [
      ...(count > 0 ? [w.slice(x, dim, -count, END)] : []),
      x,
      ...(after[dim]! > 0 ? [w.slice(x, dim, 0, after[dim]!)] : []),
    ];
    return pieces.length === 1 ? x : w.node("Concat", pieces, { axis: dim });
  }, w.input());
}

const flipped = (w: Writer, dims: readonly number[]): string =>
  dims.reduce((x, dim) => w.slice(x, dim, -1, -END, -1), w.input());

function rolled(w: Writer): string {
  const rank = w.value().shape.length;
  const [shifts, dims] = [w.fixedList("shifts")!, w.fixedList("dims") ?? []];
  if (dims.length === 0) {
    const flat = w.node("Reshape", [w.input(), w.numbers([-1], "int64")]);
    return w.reshape(turned(w, flat, 0, shifts[0]!), w.shape(w.value()));
  }
  return dims.reduce((x, dim, i) => turned(w, x, dim < 0 ? dim + rank : dim, shifts[i]!), w.input());
}

const turned = (w: Writer, x: string, dim: number, shift: number): string =>
  shift === 0 ? x : w.node("Concat", [w.slice(x, dim, -shift, END), w.slice(x, dim, 0, -shift)], { axis: dim });

const triangle =
  (upper: number): Emit =>
  (w) => {
    if (w.opset < 14) w.refuse("needs operator set 14");
    const dtype = w.result === "bool" ? "uint8" : w.result;
    const part = w.node("Trilu", [w.operand("input", dtype), w.number(w.fixed("diagonal"), "int64")], { upper });
    return w.cast(part, dtype, w.result);
  };

export const flat = (w: Writer, x: string): string => w.node("Reshape", [x, w.numbers([-1], "int64")]);

/** Joins tensors after dims of size 1 were added, in front or (for columns) behind. */
function stackedAs(w: Writer, rank: number, axis: number, behind = false): string {
  const parts = w.list("tensors").map((value) => {
    const shape = w.shape(value);
    const missing = identity(Math.max(0, rank - shape.length));
    const x = w.cast(w.name(value), value.dtype, w.result);
    if (missing.length === 0) return x;
    if (behind) return w.unsqueeze(x, ...missing.map((i) => shape.length + i));
    // of three dims the new last one comes behind
    return rank === 3 ? w.unsqueeze(x, ...(shape.length === 2 ? [2] : [0, 2])) : w.unsqueeze(x, ...missing);
  });
  return w.node("Concat", parts, { axis });
}

function meshgrid(w: Writer): string[] {
  const vectors = w.list("tensors");
  const xy = w.text("indexing") === "xy";
  return vectors.map((value, i) => {
    const own = xy && i < 2 ? 1 - i : i;
    const others = identity(vectors.length).filter((dim) => dim !== own);
    const spread = others.length === 0 ? w.name(value) : w.unsqueeze(w.name(value), ...others);
    const shape = w.shape(w.call.outputs[i]!).map((size, dim): Size => (dim === own ? 1 : size));
    return w.node("Expand", [spread, w.sizes(shape)]);
  });
}

function repeatInterleave(w: Writer): string {
  const times = w.call.args["repeats"];
  if (!(times instanceof Scalar)) w.refuse("by a tensor");
  const count = w.fixed("repeats");
  const whole = w.call.args["dim"] === null;
  const input = w.shape(w.value());
  const dim = whole ? 0 : w.dim("dim", input.length);
  const x = w.unsqueeze(whole ? flat(w, w.input()) : w.input(), dim + 1);
  const counts = Array.from({ length: whole ? 2 : input.length + 1 }, (_, i) => (i === dim + 1 ? count : 1));
  return w.reshape(w.node("Tile", [x, w.numbers(counts, "int64")]), w.shape(w.call.outputs[0]!));
}

/** The diagonal of two dims, gathered at the positions that it has when they are one. */
function diagonal(w: Writer): string {
  const shape = w.shape(w.value());
  const rank = shape.length;
  const has = (name: string): boolean => name in w.call.args;
  const [dim1, dim2] = has("dim1") ? [w.dim("dim1", rank), w.dim("dim2", rank)] : [0, 1];
  const offset = has("offset") ? w.fixed("offset") : has("diagonal") ? w.fixed("diagonal") : 0;
  const [rows, columns] = [shape[dim1]!, shape[dim2]!];
  if (typeof rows !== "number" || typeof columns !== "number") return w.refuse("of dynamic dims");
  const [row, column] = [Math.max(0, -offset), Math.max(0, offset)];
  const length = Math.max(0, Math.min(rows - row, columns - column));
  const places = Array.from({ length }, (_, i) => (row + i) * columns + column + i);
  const rest = identity(rank).filter((dim) => dim !== dim1 && dim !== dim2);
  const last = w.transpose(w.input(), [...rest, dim1, dim2]);
  const joined = w.reshape(last, [...rest.map((dim) => shape[dim]!), rows * columns]);
  return w.node("Gather", [joined, w.numbers(places, "int64")], { axis: rest.length });
}

/** Windows of a dim, whose elements are the new last dim. */
function unfold(w: Writer): string {
  const shape = w.shape(w.value());
  const dim = w.dim("dimension", shape.length);
  const [size, step, length] = [w.fixed("size"), w.fixed("step"), shape[dim]!];
  if (typeof length !== "number") return w.refuse("of a dynamic axis");
  const count = Math.floor((length - size) / step) + 1;
  const places = Array.from({ length: count * size }, (_, i) => Math.floor(i / size) * step + (i % size));
  const windows = w.node("Gather", [w.input(), w.numbers(places, "int64", [count, size])], { axis: dim });
  const order = identity(shape.length + 1).filter((i) => i !== dim + 1);
  return w.transpose(windows, [...order, dim + 1]);
}

// ---- tensors made from nothing

function filled(w: Writer, value: string): string {
  return w.node("Expand", [value, w.sizes(w.shape(w.call.outputs[0]!))]);
}

function range(w: Writer): string {
  const limit = (name: string): string => {
    const arg = w.call.args[name];
    const size = w.whole(name)!;
    if (typeof size !== "number") return w.cast(w.squeeze(w.sizes([size]), 0), "int64", w.result);
    return w.number(arg instanceof Scalar ? arg.value : size, w.result);
  };
  return w.node("Range", [limit("start"), limit("end"), limit("step")]);
}

const fill = (w: Writer, name: string): string => filled(w, w.operand(name, w.result));

function pixelShuffle(w: Writer): string {
  if (w.value().shape.length !== 4) w.refuse("but of 4 dims");
  return w.node("DepthToSpace", [w.input()], { blocksize: w.fixed("upscaleFactor"), mode: "CRD" });
}

function pixelUnshuffle(w: Writer): string {
  const [n, c, h, width] = w.shape(w.call.outputs[0]!) as [Size, Size, Size, Size];
  const r = w.fixed("downscaleFactor");
  if (w.value().shape.length !== 4 || typeof c !== "number") w.refuse("but of 4 dims");
  if ([h, width].some((size) => typeof size !== "number")) w.refuse("of dynamic sizes");
  const cut = w.reshape(w.input(), [n, (c as number) / r ** 2, h, r, width, r]);
  return w.reshape(w.transpose(cut, [0, 1, 3, 5, 2, 4]), [n, c, h, width]);
}

const ofDim = (w: Writer, rank: number): number => w.dim("dim", rank);

export const SHAPES: Emits = {
  view: reshaped,
  reshape: reshaped,
  viewAs: reshaped,
  reshapeAs: reshaped,
  flatten: reshaped,
  unflatten: reshaped,
  ravel: reshaped,
  atleast1d: reshaped,
  atleast2d: reshaped,
  atleast3d: reshaped,
  unsqueeze: (w) => w.unsqueeze(w.input(), w.dim("dim", w.value().shape.length + 1)),
  squeeze: (w) => {
    const [before, after] = [w.value().shape.length, w.call.outputs[0]!.shape.length];
    if (before === after) return w.input();
    return w.call.args["dim"] === null ? reshaped(w) : w.squeeze(w.input(), w.dim("dim", before));
  },
  transpose: permuted((w, rank) => swapped(rank, w.dim("dim0", rank), w.dim("dim1", rank))),
  t: permuted((_, rank) => identity(rank).reverse()),
  permute: permuted((w, rank) => w.dims("dims", rank)),
  movedim: permuted(moved),
  matrixTranspose: permuted((_, rank) => swapped(rank, rank - 2, rank - 1)),
  reverseDims: permuted((_, rank) => identity(rank).reverse()),
  expand: toResult,
  expandAs: toResult,
  broadcastTo: toResult,
  broadcastTensors: (w) => w.list("tensors").map((value, i) => expanded(w, value, w.shape(w.call.outputs[i]!))),
  repeat: (w) => repeated(w, "repeats"),
  tile: (w) => repeated(w, "dims"),
  cat: (w) => joined((rank) => w.dim("dim", rank))(w),
  hstack: joined((rank) => (rank === 1 ? 0 : 1)),
  stack: (w) => stacked(w, w.list("tensors"), w.dim("dim", w.call.outputs[0]!.shape.length)),
  vstack: (w) => stackedAs(w, 2, 0),
  dstack: (w) => stackedAs(w, 3, 2),
  columnStack: (w) => stackedAs(w, 2, 1, true),
  meshgrid,
  repeatInterleave,
  diagonal,
  diag: (w) => (w.value().shape.length === 2 ? diagonal(w) : w.refuse("of a vector")),
  trace: (w) => w.node("ReduceSum", [w.cast(diagonal(w), w.value().dtype, w.result)], { keepdims: 0 }),
  unfold,
  channelShuffle: (w) => {
    const [n, c, ...rest] = w.shape(w.value());
    const groups = w.fixed("groups");
    if (typeof c !== "number") w.refuse("of a dynamic number of channels");
    const shuffled = w.reshape(w.input(), [n!, groups, (c as number) / groups, ...rest]);
    return w.reshape(w.transpose(shuffled, [0, 2, 1, ...rest.map((_, i) => i + 3)]), [n!, c!, ...rest]);
  },
  split: split("tensor", ofDim),
  splitWithSizes: split("input", ofDim),
  chunk: split("input", ofDim),
  tensorSplitSections: split("input", ofDim),
  tensorSplitIndices: split("input", ofDim),
  unbind: (w) => {
    const dim = w.dim("dim", w.value().shape.length);
    if (typeof w.shape(w.value())[dim] !== "number") w.refuse("of a dynamic axis");
    return w.call.outputs.map((_, i) => w.node("Gather", [w.input(), w.number(i, "int64")], { axis: dim }));
  },
  select: (w) => {
    const index = w.whole("index")!;
    const place = typeof index === "number" ? w.number(index, "int64") : w.squeeze(w.sizes([index]), 0);
    return w.node("Gather", [w.input(), place], { axis: w.dim("dim", w.value().shape.length) });
  },
  slice: sliced,
  narrow: narrowed,
  narrowCopy: narrowed,
  pad: padded,
  constantPadNd: padded,
  flip: (w) => flipped(w, w.dims("dims", w.value().shape.length)),
  fliplr: (w) => flipped(w, [1]),
  flipud: (w) => flipped(w, [0]),
  roll: rolled,
  triu: triangle(1),
  tril: triangle(0),
  pixelShuffle,
  pixelUnshuffle,

  // what is written in place has the shape of what was there
  copy: (w) => expandedTo(w, "src"),
  fill: (w) => fill(w, "value"),
  zero: (w) => filled(w, w.number(0, w.result)),
  full: (w) => filled(w, constantOf(w, "fillValue")),
  fullLike: (w) => filled(w, constantOf(w, "fillValue")),
  scalarTensor: (w) => constantOf(w, "value"),
  arange: range,
  rand: (w) => w.node("RandomUniformLike", [filled(w, w.number(0, w.result))]),
  randn: (w) => w.node("RandomNormalLike", [filled(w, w.number(0, w.result))]),
  uniform: (w) =>
    w.node("RandomUniformLike", [filled(w, w.number(0, w.result))], {
      low: float(w.real("from")),
      high: float(w.real("to")),
    }),
  normal: (w) =>
    w.node("RandomNormalLike", [filled(w, w.number(0, w.result))], {
      mean: float(w.real("mean")),
      scale: float(w.real("std")),
    }),
  emptyLike: (w) => filled(w, w.number(0, w.result)),
};

const constantOf = (w: Writer, name: string): string => {
  const size = w.call.args[name];
  const dtype: DType = w.result;
  const solved = w.whole(name);
  if (typeof solved === "object") return w.cast(w.squeeze(w.sizes([solved]), 0), "int64", dtype);
  return w.number(size instanceof Scalar ? size.value : Number(size), dtype);
};

function expandedTo(w: Writer, name: string): string {
  const source = w.call.args[name];
  if (source instanceof Scalar) return fill(w, name);
  const value = w.value(name);
  const shape = w.shape(w.call.outputs[0]!);
  return w.cast(expanded(w, value, shape), value.dtype, w.result);
}

function repeated(w: Writer, name: string): string {
  const counts = w.wholes(name)!;
  const rank = w.value().shape.length;
  const missing = Math.max(0, counts.length - rank);
  const input = missing === 0 ? w.input() : w.unsqueeze(w.input(), ...identity(missing));
  const ones: Size[] = Array.from({ length: Math.max(0, rank - counts.length) }, () => 1);
  return w.node("Tile", [input, w.sizes([...ones, ...counts])]);
}
