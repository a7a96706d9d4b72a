// Operators that make and change shapes. Their values lie on the CPU.

import { arange, eye, full } from "../../factories.ts";
import * as torch from "../../gen/functions.ts";
import { rand, randn } from "../../random.ts";
import { tensor } from "../../tensor/create.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Node, Operators } from "../node.ts";
import { dtypeOf, tensorOf } from "../types.ts";

const longs = (values: readonly number[]): Tensor =>
  tensor(
    values.map((value) => BigInt(value)),
    { dtype: "int64" },
  );

/** Sizes beyond what a dim can have mean its end. */
const clamped = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

function reshape(node: Node): Tensor {
  const x = node.input(0);
  const shape = node.needed(1);
  const keepsZero = node.int("allowzero", 0) === 1;
  return x.reshape(
    shape.map((size, i) => (size === 0 && !keepsZero ? (x.shape[i] ?? node.fail(`no dim ${i} to copy`)) : size)),
  );
}

function squeeze(node: Node): Tensor {
  const x = node.input(0);
  const axes = node.listOf("axes", 13, 1)?.map((axis) => node.axis(axis, x.ndim));
  for (const axis of axes ?? []) if (x.shape[axis] !== 1) node.fail(`dim ${axis} has ${x.shape[axis]} elements, not 1`);
  return x.reshape(
    x.shape.filter((size, i) => (axes === undefined || axes.length === 0 ? size !== 1 : !axes.includes(i))),
  );
}

function unsqueeze(node: Node): Tensor {
  const x = node.input(0);
  const axes = node.listOf("axes", 13, 1) ?? node.fail("axes are missing");
  const rank = x.ndim + axes.length;
  const places = axes.map((axis) => node.axis(axis, rank)).sort((a, b) => a - b);
  return places.reduce((result, place) => result.unsqueeze(place), x);
}

function slice(node: Node): Tensor {
  let x = node.input(0);
  const old = node.opset < 10;
  const starts = (old ? node.ints("starts") : node.values(1)) ?? [];
  const ends = (old ? node.ints("ends") : node.values(2)) ?? [];
  const axes = (old ? node.ints("axes") : node.values(3)) ?? starts.map((_, i) => i);
  const steps = (old ? undefined : node.values(4)) ?? starts.map(() => 1);
  starts.forEach((from, i) => {
    const axis = node.axis(axes[i] ?? NaN, x.ndim);
    const size = x.shape[axis]!;
    const step = steps[i]!;
    if (!(step !== 0)) node.fail("the step is 0");
    const at = (value: number): number => (value < 0 ? value + size : value);
    if (step > 0) {
      const start = clamped(at(from), 0, size);
      const end = clamped(at(ends[i]!), start, size);
      x = step === 1 ? x.narrow(axis, start, end - start) : x.slice(axis, start, end, step);
      return;
    }
    const start = clamped(at(from), -1, size - 1);
    const end = clamped(at(ends[i]!), -1, start);
    const count = Math.ceil((start - end) / -step);
    const lowest = start + (count - 1) * step;
    x = count === 0 ? x.narrow(axis, 0, 0) : x.slice(axis, lowest, start + 1, -step).flip([axis]);
  });
  return x;
}

function split(node: Node): Tensor[] {
  const x = node.input(0);
  const axis = node.axis(node.int("axis", 0), x.ndim);
  const size = x.shape[axis]!;
  const each = Math.ceil(size / node.int("num_outputs", node.outputCount));
  const sizes =
    node.listOf("split", 13, 1) ?? Array.from({ length: node.outputCount }, (_, i) => Math.min(each, size - i * each));
  return pieces(x, axis, sizes);
}

/** Consecutive parts of the given sizes. */
function pieces(x: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  let at = 0;
  return sizes.map((size) => {
    at += size;
    return x.narrow(axis, at - size, size);
  });
}

function splitToSequence(node: Node): Tensor[][] {
  const x = node.input(0);
  const axis = node.axis(node.int("axis", 0), x.ndim);
  const size = x.shape[axis]!;
  const given = node.values(1);
  const keep = node.int("keepdims", 1) === 1 || given !== undefined;
  const each = node.optional(1)?.ndim === 0 ? given![0]! : given === undefined ? 1 : 0;
  const sizes =
    each > 0 ? Array.from({ length: Math.ceil(size / each) }, (_, i) => Math.min(each, size - i * each)) : given!;
  const parts = pieces(x, axis, sizes);
  return [keep ? parts : parts.map((part) => part.squeeze(axis))];
}

function constant(node: Node): Tensor {
  const whole = node.attribute("value")?.t;
  if (whole !== undefined) return tensorOf(whole);
  if (node.attribute("value_float") !== undefined) return tensor(node.float("value_float", 0));
  if (node.attribute("value_floats") !== undefined) return tensor(node.floats("value_floats")!);
  if (node.attribute("value_int") !== undefined) return longs([node.int("value_int", 0)]).reshape([]);
  if (node.attribute("value_ints") !== undefined) return longs(node.ints("value_ints")!);
  return node.lacks("a constant of this kind");
}

/** Copies of the shape, which must have room for what is copied. */
function expand(node: Node): Tensor {
  const x = node.input(0);
  const shape = node.needed(1);
  const rank = Math.max(shape.length, x.ndim);
  const own = (i: number): number => x.shape[i - rank + x.ndim] ?? 1;
  const asked = (i: number): number => shape[i - rank + shape.length] ?? 1;
  return x.expand(Array.from({ length: rank }, (_, i) => (asked(i) === 1 ? own(i) : asked(i))));
}

function trilu(node: Node): Tensor {
  const x = node.input(0);
  const diagonal = node.value(1) ?? 0;
  // bool has no kernel of its own here
  const numbers = x.dtype === "bool" ? x.to("uint8") : x;
  const part = node.int("upper", 1) === 1 ? numbers.triu(diagonal) : numbers.tril(diagonal);
  return part.dtype === x.dtype ? part : part.to(x.dtype);
}

function shapeOf(node: Node): Tensor {
  const { shape } = node.input(0);
  const at = (value: number): number => (value < 0 ? value + shape.length : value);
  return longs(shape.slice(Math.max(0, at(node.int("start", 0))), Math.max(0, at(node.int("end", shape.length)))));
}

function depthToSpace(node: Node): Tensor {
  const x = node.input(0);
  const block = node.int("blocksize", 1);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const crd = node.text("mode", "DCR") === "CRD";
  const inner = crd ? [n, c / block ** 2, block, block, h, w] : [n, block, block, c / block ** 2, h, w];
  return x
    .reshape(inner)
    .permute(crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2])
    .reshape([n, c / block ** 2, h * block, w * block]);
}

function spaceToDepth(node: Node): Tensor {
  const x = node.input(0);
  const block = node.int("blocksize", 1);
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return x
    .reshape([n, c, h / block, block, w / block, block])
    .permute([0, 3, 5, 1, 2, 4])
    .reshape([n, c * block ** 2, h / block, w / block]);
}

/** Numbers of the default generator: a seed of the file is none of PyTorch's. */
function random(node: Node, shape: number[], like: Tensor | undefined): Tensor {
  const given = node.int("dtype", 0);
  const options = { dtype: given === 0 ? (like?.dtype ?? "float32") : dtypeOf(given), device: like?.device ?? "cpu" };
  if (node.type.startsWith("RandomNormal"))
    return randn(shape, options).mul(node.float("scale", 1)).add(node.float("mean", 0));
  const low = node.float("low", 0);
  return rand(shape, options)
    .mul(node.float("high", 1) - low)
    .add(low);
}

const place = (node: Node, count: number, absent: number): number => {
  const at = node.value(node.type === "SequenceInsert" ? 2 : 1) ?? absent;
  return at < 0 ? at + count : at;
};

export const SHAPES: Operators = {
  Constant: constant,
  "Reshape:1": reshape,
  "Squeeze:1": squeeze,
  "Unsqueeze:1": unsqueeze,
  "Slice:1234": slice,
  "Split:1": split,
  "Expand:1": expand,
  "Trilu:1": trilu,
  Shape: shapeOf,
  Size: (node) => longs([node.input(0).numel()]).reshape([]),
  Flatten: (node) => {
    const x = node.input(0);
    const given = node.int("axis", 1);
    const axis = given < 0 ? given + x.ndim : given;
    const product = (sizes: number[]): number => sizes.reduce((a, b) => a * b, 1);
    return x.reshape([product(x.shape.slice(0, axis)), product(x.shape.slice(axis))]);
  },
  Transpose: (node) => {
    const x = node.input(0);
    return x.permute(node.ints("perm") ?? x.shape.map((_, i) => x.ndim - 1 - i));
  },
  Concat: (node) => torch.cat(node.tensors(), node.int("axis", 0)),
  "Tile:1": (node) => node.input(0).repeat([...node.needed(1)]),
  "ConstantOfShape:0": (node) => {
    const proto = node.attribute("value")?.t;
    if (proto === undefined) return full([...node.needed(0)], 0, { dtype: "float32" });
    const value = tensorOf(proto);
    return full([...node.needed(0)], value.item() as number, { dtype: value.dtype });
  },
  "Range:012": (node) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => node.needed(i)[0]!) as [number, number, number];
    const { dtype } = node.input(0);
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    if (!(count <= 0x7fffffff)) node.fail("the range has no end");
    return arange(count, { dtype }).mul(delta).add(start).to(dtype);
  },
  EyeLike: (node) => {
    const x = node.input(0);
    const [rows, columns] = x.shape as [number, number];
    const dtype = node.attribute("dtype") === undefined ? x.dtype : dtypeOf(node.int("dtype", 1));
    const k = node.int("k", 0);
    const size = rows + columns + Math.abs(k);
    return eye(size, size, { dtype }).narrow(0, Math.max(0, k), rows).narrow(1, Math.max(0, -k), columns).clone();
  },
  RandomNormal: (node) => random(node, node.ints("shape") ?? [], undefined),
  RandomUniform: (node) => random(node, node.ints("shape") ?? [], undefined),
  RandomNormalLike: (node) => random(node, node.input(0).shape, node.input(0)),
  RandomUniformLike: (node) => random(node, node.input(0).shape, node.input(0)),
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,

  // ---- sequences
  "SplitToSequence:1": splitToSequence,
  SequenceConstruct: (node) => [node.tensors()],
  SequenceEmpty: () => [[]],
  "SequenceAt:1": (node) => {
    const list = node.sequence(0);
    return list[place(node, list.length, 0)] ?? node.fail("the position is out of range");
  },
  SequenceLength: (node) => longs([node.sequence(0).length]).reshape([]),
  "SequenceInsert:2": (node) => {
    const list = [...node.sequence(0)];
    list.splice(place(node, list.length, list.length), 0, node.input(1));
    return [list];
  },
  "SequenceErase:1": (node) => {
    const list = [...node.sequence(0)];
    list.splice(place(node, list.length, list.length - 1), 1);
    return [list];
  },
  ConcatFromSequence: (node) => {
    const axis = node.int("axis", 0);
    return node.int("new_axis", 0) === 1 ? torch.stack(node.sequence(0), axis) : torch.cat(node.sequence(0), axis);
  },
};
