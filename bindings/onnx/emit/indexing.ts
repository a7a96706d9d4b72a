// Ops that gather and scatter, as nodes.

import { sameSize, type Size } from "../symbols.ts";
import { Scalar, type Value } from "../trace.ts";
import { END, type Emits, type Writer } from "../writer.ts";
import { endOf, expanded, flat, identity } from "./shapes.ts";

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
function putAlong(
  w: Writer,
  dim: number,
  positions: string,
  src: string,
  attributes: Record<string, string> = {},
): string {
  const x = w.value();
  const rank = x.shape.length;
  // the dim comes first, where ScatterND writes whole rows
  const order = [dim, ...identity(rank).filter((other) => other !== dim)];
  const back = identity(rank).map((other) => order.indexOf(other));
  const rows = w.unsqueeze(positions, 1);
  const written = w.node("ScatterND", [w.transpose(w.name(x), order), rows, w.transpose(src, order)], attributes);
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

export const INDEXING: Emits = {
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
  indexCopy: (w) => putAlong(w, w.dim("dim", w.value().shape.length), w.input("index"), w.operand("source", w.result)),
  indexAdd: (w) => {
    if (w.opset < 16) w.refuse("needs operator set 16");
    if (w.real("alpha") !== 1) w.refuse("with alpha");
    const dim = w.dim("dim", w.value().shape.length);
    return putAlong(w, dim, w.input("index"), w.operand("source", w.result), { reduction: "add" });
  },
  take: (w) => w.node("Gather", [flat(w, w.input()), w.input("index")], { axis: 0 }),
  takeAlongDim: (w) => {
    if (w.call.args["dim"] === null)
      return w.node("GatherElements", [flat(w, w.input()), flat(w, w.input("indices"))], { axis: 0 });
    const [x, index] = [w.value(), w.value("indices")];
    const dim = w.dim("dim", x.shape.length);
    if (!w.shape(x).every((size, i) => i === dim || sameSize(size, w.shape(index)[i]!))) w.refuse("that broadcasts");
    return w.node("GatherElements", [w.name(x), w.name(index)], { axis: dim });
  },
  maskedSelect: (w) => {
    const [x, mask] = [w.value(), w.value("mask")];
    const same = x.shape.length === mask.shape.length && sameSizes(w, x, mask);
    if (!same) w.refuse("that broadcasts");
    return w.node("Compress", [flat(w, w.name(x)), flat(w, w.operand("mask", "bool"))], { axis: 0 });
  },
  argwhere: (w) => w.transpose(w.node("NonZero", [w.input()]), [1, 0]),
  oneHot,
  nonzero: (w) => w.transpose(w.node("NonZero", [w.input()]), [1, 0]),
};
