// Ops that change shapes, gather, scatter, and make tensors, as nodes.

import type { DType } from "../../tensor/dtype.ts";
import { sameSize, type Size } from "../symbols.ts";
import { Scalar, type Value } from "../trace.ts";
import { END, type Emit, type Emits, type Writer } from "../writer.ts";

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

const identity = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i);

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
function expanded(w: Writer, value: Value, shape: readonly Size[]): string {
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
function endOf(w: Writer, dim: number, end: Size | undefined): Size {
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

// ---- indices

/** x[…] with index tensors: those dims come first unless they stand side by side. */
function indexed(w: Writer): string {
  const indices = w.call.args["indices"] as (Value | null)[];
  const x = w.value();
  const at = indices.flatMap((index, dim) => (index === null ? [] : [dim]));
  if (indices.some((index) => index !== null && index.dtype !== "int64")) w.refuse("an index that is no int64 tensor");
  if (at.length === 1) return w.node("Gather", [w.name(x), w.name(indices[at[0]!]!)], { axis: at[0]! });
  const rest = identity(x.shape.length).filter((dim) => !at.includes(dim));
  const front = w.transpose(w.name(x), [...at, ...rest]);
  const picked = w.node("GatherND", [
    front,
    tuples(
      w,
      at.map((dim) => indices[dim]!),
    ),
  ]);
  const sideBySide = at.every((dim, i) => dim === at[0]! + i);
  if (!sideBySide || at[0] === 0) return picked;
  // the dims of the indices go where the first of them stood
  const rank = w.call.outputs[0]!.shape.length;
  const own = rank - rest.length;
  const before = identity(at[0]!).map((i) => own + i);
  const after = identity(rank - own - at[0]!).map((i) => own + at[0]! + i);
  return w.transpose(picked, [...before, ...identity(own), ...after]);
}

/** Index tensors as one whose last dim holds an index of each, in their common shape. */
function tuples(w: Writer, indices: readonly Value[]): string {
  let common: Size[] = [];
  for (const index of indices) {
    const shape = w.shape(index);
    const [long, short] = shape.length > common.length ? [shape, common] : [common, shape];
    common = long.map((size, i) => {
      const other = short[i - long.length + short.length];
      return other === undefined || other === 1 ? size : size === 1 ? other : size;
    });
  }
  return w.node(
    "Concat",
    indices.map((index) => w.unsqueeze(expanded(w, index, common), common.length)),
    { axis: -1 },
  );
}

/** A write at indices of the first dims. */
function indexPut(w: Writer): string {
  const indices = w.call.args["indices"] as (Value | null)[];
  if (indices.includes(null)) w.refuse("an index that skips a dim");
  if (w.flag("accumulate") && w.opset < 16) w.refuse("needs operator set 16 to accumulate");
  const x = w.value();
  const list = indices as Value[];
  const places = tuples(w, list);
  const shape = w.node(
    "Concat",
    [w.slice(w.node("Shape", [places]), 0, 0, -1), w.slice(w.node("Shape", [w.name(x)]), 0, list.length, END)],
    {
      axis: 0,
    },
  );
  const updates = w.node("Expand", [w.operand("values", x.dtype), shape]);
  return w.node("ScatterND", [w.name(x), places, updates], w.flag("accumulate") ? { reduction: "add" } : {});
}

function scattered(w: Writer, add: boolean): string {
  const x = w.value();
  if (w.call.args["reduce"] !== null && w.call.args["reduce"] !== undefined) w.refuse("with reduce");
  if (add && w.opset < 16) w.refuse("needs operator set 16");
  const index = w.value("index");
  const source = w.call.args["src"] as Value | Scalar;
  const updates =
    source instanceof Scalar
      ? w.node("Expand", [w.number(source.value, x.dtype), w.node("Shape", [w.name(index)])])
      : sameSizes(w, index, source)
        ? w.name(source)
        : cut(w, source, index);
  const attributes = { axis: w.dim("dim", x.shape.length), ...(add ? { reduction: "add" } : {}) };
  return w.node("ScatterElements", [w.name(x), w.name(index), updates], attributes);
}

const sameSizes = (w: Writer, a: Value, b: Value): boolean => {
  const [one, other] = [w.shape(a), w.shape(b)];
  return one.every((size, i) => sameSize(size, other[i]!));
};

/** As much of a source as there are indices. */
const cut = (w: Writer, source: Value, index: Value): string =>
  w.shape(index).reduce<string>((x, size, dim) => w.slice(x, dim, 0, size), w.name(source));

/** A write into a part of a tensor along a dim: positions from `start` on. */
function putAlong(w: Writer, dim: number, positions: string, src: string): string {
  const x = w.value();
  const rank = x.shape.length;
  // the dim comes first, where ScatterND writes whole rows
  const order = [dim, ...identity(rank).filter((other) => other !== dim)];
  const back = identity(rank).map((other) => order.indexOf(other));
  const rows = w.unsqueeze(positions, 1);
  const written = w.node("ScatterND", [w.transpose(w.name(x), order), rows, w.transpose(src, order)]);
  return w.transpose(written, back);
}

function selectScatter(w: Writer): string {
  const rank = w.value().shape.length;
  const dim = w.dim("dim", rank);
  const size = w.shape(w.value())[dim]!;
  const at = w.whole("index")!;
  const index = typeof at === "number" && at < 0 && typeof size === "number" ? at + size : at;
  return putAlong(w, dim, w.sizes([index]), w.unsqueeze(w.operand("src", w.result), dim));
}

function sliceScatter(w: Writer): string {
  const x = w.value();
  const dim = w.dim("dim", x.shape.length);
  const all = w.node("Range", [w.number(0, "int64"), w.squeeze(w.sizes([w.shape(x)[dim]!]), 0), w.number(1, "int64")]);
  const positions = w.slice(all, 0, w.whole("start") ?? 0, endOf(w, dim, w.whole("end")), w.fixed("step"));
  return putAlong(w, dim, positions, w.operand("src", w.result));
}

function oneHot(w: Writer): string {
  const classes = w.call.outputs[0]!.shape.at(-1)!;
  return w.node("OneHot", [w.input(), w.numbers([classes], "int64"), w.numbers([0, 1], "int64")], { axis: -1 });
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

  index: indexed,
  indexSelect: (w) => w.node("Gather", [w.input(), w.input("index")], { axis: w.dim("dim", w.value().shape.length) }),
  gather: (w) =>
    w.node("GatherElements", [gathered(w), w.input("index")], { axis: w.dim("dim", w.value().shape.length) }),
  embedding: (w) =>
    w.call.args["maxNorm"] === null
      ? w.node("Gather", [w.input("weight"), w.input()], { axis: 0 })
      : w.refuse("with maxNorm"),
  scatter: (w) => scattered(w, false),
  scatterAdd: (w) => scattered(w, true),
  indexPut,
  selectScatter,
  sliceScatter,
  oneHot,
  nonzero: (w) => w.transpose(w.node("NonZero", [w.input()]), [1, 0]),

  // what is written in place has the shape of what was there
  copy: (w) => expandedTo(w, "src"),
  fill: (w) => fill(w, "value"),
  zero: (w) => filled(w, w.number(0, w.result)),
  full: (w) => filled(w, constantOf(w, "fillValue")),
  fullLike: (w) => filled(w, constantOf(w, "fillValue")),
  scalarTensor: (w) => constantOf(w, "value"),
  arange: range,
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

/** GatherElements wants the other dims as long as the index's. */
function gathered(w: Writer): string {
  const [x, index] = [w.value(), w.value("index")];
  const dim = w.dim("dim", x.shape.length);
  const [own, wanted] = [w.shape(x), w.shape(index)];
  return own.reduce<string>(
    (name, size, i) => (i === dim || sameSize(size, wanted[i]!) ? name : w.slice(name, i, 0, wanted[i]!)),
    w.name(x),
  );
}
