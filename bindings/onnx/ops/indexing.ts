// Operators that gather and scatter. Indices may count from the end.

import { arange } from "../../factories.ts";
import * as torch from "../../gen/functions.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Node, Operators } from "../node.ts";

/** Indices as int64, from 0 to `size`. */
function positions(index: Tensor, size: number): Tensor {
  const long = index.to("int64");
  return torch.where(long.lt(0), long.add(size), long);
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

function gather(node: Node): Tensor {
  const [data, indices] = [node.input(0), node.input(1)];
  const axis = node.axis(node.int("axis", 0), data.ndim);
  const { shape } = data;
  if (indices.ndim === 0 && indices.device === "cpu") return data.select(axis, node.value(1)!);
  const flat = positions(indices.reshape([-1]), shape[axis]!);
  return data.indexSelect(axis, flat).reshape([...shape.slice(0, axis), ...indices.shape, ...shape.slice(axis + 1)]);
}

/** Rows of `data` with its first dims as one, and which of them the tuples of `indices` name. */
function rowsOf(data: Tensor, indices: Tensor, batch: number): { rows: Tensor; flat: Tensor; rest: number[] } {
  const depth = indices.shape.at(-1)!;
  const outer = data.shape.slice(0, batch);
  const named = data.shape.slice(batch, batch + depth);
  const rest = data.shape.slice(batch + depth);
  const sizes = tensor(named, { dtype: "int64", device: indices.device });
  const strides = tensor(
    named.map((_, i) => product(named.slice(i + 1))),
    { dtype: "int64", device: indices.device },
  );
  const long = indices.to("int64");
  let flat = torch.where(long.lt(0), long.add(sizes), long).mul(strides).sum(-1);
  if (batch > 0) {
    const count = product(outer);
    const first = arange(count, { dtype: "int64", device: indices.device }).mul(product(named));
    flat = flat.reshape([count, -1]).add(first.unsqueeze(1));
  }
  return { rows: data.reshape([product(outer) * product(named), product(rest)]), flat: flat.reshape([-1]), rest };
}

function gatherND(node: Node): Tensor {
  const [data, indices] = [node.input(0), node.input(1)];
  const { rows, flat, rest } = rowsOf(data, indices, node.int("batch_dims", 0));
  return rows.indexSelect(0, flat).reshape([...indices.shape.slice(0, -1), ...rest]);
}

const REDUCE = { mul: "prod", max: "amax", min: "amin" } as const;

function scatterND(node: Node): Tensor {
  const [data, indices, updates] = [node.input(0), node.input(1), node.input(2)];
  const { rows, flat, rest } = rowsOf(data, indices, 0);
  const source = updates.reshape([flat.shape[0]!, product(rest)]);
  const mode = node.text("reduction", "none");
  const result =
    mode === "none"
      ? rows.indexCopy(0, flat, source)
      : mode === "add"
        ? rows.indexAdd(0, flat, source)
        : rows.indexReduce(0, flat, source, REDUCE[mode as "mul"] ?? node.lacks(`reduction ${mode}`));
  return result.reshape(data.shape);
}

function scatterElements(node: Node): Tensor {
  const [data, indices, updates] = [node.input(0), node.input(1), node.input(2)];
  const axis = node.axis(node.int("axis", 0), data.ndim);
  const index = positions(indices, data.shape[axis]!);
  const mode = node.text("reduction", "none");
  if (mode === "none") return data.scatter(axis, index, updates);
  if (mode === "add") return data.scatterAdd(axis, index, updates);
  return data.scatterReduce(axis, index, updates, REDUCE[mode as "mul"] ?? node.lacks(`reduction ${mode}`));
}

function oneHot(node: Node): Tensor {
  const [indices, values] = [node.input(0), node.input(2)];
  const depth = node.value(1)!;
  const axis = node.axis(node.int("axis", -1), indices.ndim + 1);
  const classes = arange(depth, { dtype: "int64", device: indices.device });
  const shaped = classes.reshape(Array.from({ length: indices.ndim + 1 }, (_, i) => (i === axis ? depth : 1)));
  const hit = positions(indices, depth).unsqueeze(axis).eq(shaped);
  return torch.where(hit, values.select(0, 1), values.select(0, 0));
}

function reverseSequence(node: Node): Tensor {
  const x = node.input(0);
  const lengths = node.needed(1);
  const [time, batch] = [node.int("time_axis", 0), node.int("batch_axis", 1)];
  const steps = x.shape[time]!;
  const parts = lengths.map((length, i) => {
    const order = Array.from({ length: steps }, (_, t) => (t < length ? length - 1 - t : t));
    return x.narrow(batch, i, 1).indexSelect(time, tensor(order, { dtype: "int64", device: x.device }));
  });
  return torch.cat(parts, batch);
}

function compress(node: Node): Tensor {
  const flat = node.attribute("axis") === undefined;
  const x = flat ? node.input(0).reshape([-1]) : node.input(0);
  const chosen = node.needed(1).flatMap((keep, i) => (keep === 0 ? [] : [i]));
  const axis = flat ? 0 : node.axis(node.int("axis", 0), x.ndim);
  return x.indexSelect(axis, tensor(chosen, { dtype: "int64", device: x.device }));
}

/** Where the elements of a padded dim come from; -1: from nowhere. */
function padded(node: Node, mode: string, size: number, before: number, after: number): number[] {
  const count = Math.max(0, size + before + after);
  if (!(count <= 2 ** 24)) node.fail(`a size of ${count}`);
  return Array.from({ length: count }, (_, i) => {
    const at = i - before;
    if (mode === "edge") return Math.max(0, Math.min(size - 1, at));
    if (mode === "wrap") return ((at % size) + size) % size;
    if (mode !== "reflect") return node.lacks(`mode ${mode}`);
    const period = Math.max(1, 2 * (size - 1));
    const phase = ((at % period) + period) % period;
    return Math.min(phase, period - phase);
  });
}

function pad(node: Node): Tensor {
  let x = node.input(0);
  const pads = node.listOf("pads", 11, 1) ?? node.fail("pads are missing");
  const axes = (node.opset >= 18 ? node.values(3) : undefined)?.map((axis) => node.axis(axis, x.ndim));
  const mode = node.text("mode", "constant");
  const dims = axes ?? x.shape.map((_, i) => i);
  if (pads.length !== 2 * dims.length) node.fail(`${pads.length} pads for ${dims.length} dims`);
  const both = x.shape.map((_, dim) => {
    const at = dims.indexOf(dim);
    return at < 0 ? [0, 0] : [pads[at]!, pads[at + dims.length]!];
  });
  if (mode === "constant") {
    const value = node.opset >= 11 ? (node.value(2) ?? 0) : node.float("value", 0);
    const numbers = x.dtype === "bool" ? x.to("uint8") : x;
    const result = torch.constantPadNd(numbers, both.toReversed().flat(), value);
    return result.dtype === x.dtype ? result : result.to(x.dtype);
  }
  both.forEach(([before, after], dim) => {
    if (before === 0 && after === 0) return;
    const from = padded(node, mode, x.shape[dim]!, before!, after!);
    x = x.indexSelect(dim, tensor(from, { dtype: "int64", device: x.device }));
  });
  return x;
}

export const INDEXING: Operators = {
  Gather: gather,
  GatherND: gatherND,
  GatherElements: (node) => {
    const [data, indices] = [node.input(0), node.input(1)];
    const axis = node.axis(node.int("axis", 0), data.ndim);
    return data.gather(axis, positions(indices, data.shape[axis]!));
  },
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  "OneHot:1": oneHot,
  "ReverseSequence:1": reverseSequence,
  "Compress:1": compress,
  "Pad:123": pad,
};
