// Rules of views, joins and indexing.

import { again, run, type Call, type Rule } from "../batched.ts";
import { word } from "../../core.ts";
import { NONE } from "../../tensor/call.ts";
import { broadcastShapes } from "../../tensor/more-shapes.ts";
import { wrapDim } from "../../tensor/dims.ts";
import { Code } from "../../tensor/dtype.ts";
import { deviceCodeOf } from "../../tensor/read.ts";
import { dtypeOf, ndimOf, Operand, Plain, shapeOf, type Handle } from "../words.ts";
import {
  align,
  alignedSamples,
  alongDims,
  eachSample,
  everySample,
  onlyMapped,
  product,
  reshaped,
  sampleShape,
  shifted,
} from "./basic.ts";

/** Sizes of which one may be -1, for `count` elements. */
function sizesFor(sizes: readonly number[], count: number): number[] {
  const rest = product(sizes.filter((size) => size !== -1));
  return sizes.map((size) => (size === -1 && rest > 0 && count % rest === 0 ? count / rest : size));
}

const inputOf = (call: Call): Operand => call.args["input"] as Operand;
/** A rule for ops of `input` alone. */
const view = (rule: (input: Operand, call: Call) => Handle | Handle[]): Rule =>
  onlyMapped("input", (call) => rule(inputOf(call), call));

const toShape = view((input, { name, args, size }) => {
  const sizes = (args["size"] ?? args["shape"]) as number[];
  const whole = [size, ...sizesFor(sizes, product(sampleShape(input)))];
  return again(name, { ...args, size: whole, shape: whole }) as Handle;
});

/** For viewAs and the like: only the other's shape counts. */
const asOther =
  (op: string): Rule =>
  ({ args, size }) => {
    const shape = sampleShape(args["other"] as Operand);
    return run(op, alignedSamples(args["input"] as Operand, shape.length, size), [size, ...shape]);
  };

const expand = view(
  (input, { name, args, size }) =>
    again(name, {
      ...args,
      input: align(input, (args["size"] as number[]).length),
      size: [size, ...(args["size"] as number[])],
    }) as Handle,
);

/** The samples' strides after that of the mapped dim. */
const asStrided = view((input, { args: { size, stride, storageOffset }, size: samples }) => {
  const { handle } = input;
  const apart = word(handle + 48 + 4 * ndimOf(handle));
  return run("asStrided", handle, [samples, ...(size as number[])], [apart, ...(stride as number[])], storageOffset);
});

const permute = view((input, { args }) =>
  run("permute", input.handle, [0, ...(args["dims"] as number[]).map((dim) => shifted(dim, input.ndim))]),
);

const repeated = view((input, { name, args }) => {
  const key = "repeats" in args ? "repeats" : "dims";
  const given = args[key] as number[];
  const rank = name === "tile" ? Math.max(given.length, input.ndim) : given.length;
  const repeats = [...new Array<number>(rank - given.length).fill(1), ...given];
  return again(name, { ...args, input: align(input, rank), [key]: [1, ...repeats] }) as Handle;
});

const squeeze: Rule = (call) => {
  const input = inputOf(call);
  if (call.args["dim"] !== NONE) return alongDims(call);
  return run("view", input.handle, [call.size, ...sampleShape(input).filter((size) => size !== 1)]);
};

const flatten = view((input, { args }) => {
  if (input.ndim === 0) return reshaped(input.handle, 1);
  const [start, end] = [args["startDim"], args["endDim"]] as [number, number];
  return run("flatten", input.handle, shifted(start, input.ndim), shifted(end, input.ndim));
});

const msort = view((input) =>
  input.ndim === 0 ? input.handle : (again("sort", { input: input.handle, dim: 1 }) as Handle[])[0]!,
);

const diag = view((input, { args: { diagonal } }) =>
  input.ndim === 1 ? run("diagEmbed", input.handle, diagonal, -2, -1) : run("diagonal", input.handle, diagonal, 1, 2),
);

const roll: Rule = (call) => {
  const input = inputOf(call);
  if ((call.args["dims"] as number[]).length > 0) return alongDims(call);
  const flat = run("roll", reshaped(input.handle, product(sampleShape(input))), call.args["shifts"], [1]);
  return reshaped(flat, ...sampleShape(input));
};

const flips =
  (dim: number): Rule =>
  ({ args: { input } }) =>
    run("flip", (input as Operand).handle, [dim]);

const transposed = view((input) =>
  input.ndim < 2 ? run("view", input.handle, shapeOf(input.handle)) : run("transpose", input.handle, 1, 2),
);
const reversed = view((input) =>
  run("permute", input.handle, [0, ...Array.from({ length: input.ndim }, (_, i) => input.ndim - i)]),
);

/** hstack and its kin: dims are added to samples that have few, then they are joined. */
const joined =
  (grow: (shape: number[]) => number[], dim: (rank: number) => number): Rule =>
  ({ args, size }) => {
    const tensors = (args["tensors"] as Operand[]).map((operand) =>
      reshaped(everySample(operand, size), ...grow(sampleShape(operand))),
    );
    return run("cat", tensors, dim(ndimOf(tensors[0]!) - 1) + 1);
  };
const row = (shape: number[]): number[] => (shape.length === 0 ? [1, 1] : shape.length === 1 ? [1, ...shape] : shape);

// ---- indexing

const indicesOf = (call: Call): (Operand | null)[] => call.args["indices"] as (Operand | null)[];
/** 0, 1, … along dim 0 of `rank` dims. */
function count(size: number, like: Handle, rank: number): Handle {
  // of the input's device, wherever that is
  const ones = run("full", [size, ...new Array<number>(rank).fill(1)], 1, Code.Int64, 0);
  const numbers = run("sub", run("cumsum", ones, 0), ones);
  const device = deviceCodeOf(like);
  return device === 0 ? numbers : run("toDevice", numbers, device, 0);
}

/** x[indices]: integer tensors, which broadcast; null for dims that stay. */
const index: Rule = (call) => {
  const input = inputOf(call);
  const indices = indicesOf(call);
  const given = indices.flatMap((operand, dim) => (operand === null ? [] : [{ operand, dim }]));
  const isMask = given.some(({ operand }) => dtypeOf(operand.handle) !== Code.Int64);
  const dims = given.map(({ dim }) => dim);
  const adjacent = dims.every((dim, i) => i === 0 || dim === dims[i - 1]! + 1);
  // where PyTorch puts the dims of the broadcast indices
  const at = adjacent ? (dims[0] ?? 0) : 0;
  const rank = Math.max(0, ...given.map(({ operand }) => operand.ndim));
  const someMapped = given.some(({ operand }) => operand.mapped);
  if (isMask) return eachSample(call);
  if (!someMapped) {
    // the mapped dim is one more that stays; it comes after the indices where those come first
    const result = run("index", input.handle, [null, ...indices]);
    return adjacent ? result : run("movedim", result, [rank], [0]);
  }
  const aligned = indices.map((operand) => operand && align(operand, rank));
  if (!input.mapped) {
    const result = run("index", input.handle, aligned);
    return run("movedim", result, [at], [0]);
  }
  const samples = count(call.size, input.handle, rank);
  const result = run("index", input.handle, [samples, ...aligned]);
  // the indices' dims are in front now: [samples, ...indices, ...rest]
  const order = Array.from({ length: rank }, (_, i) => i + 1);
  return at === 0 || rank === 0
    ? result
    : run(
        "movedim",
        result,
        order,
        order.map((dim) => dim + at),
      );
};

/** x[indices] = values, where no index is mapped. */
const indexPut: Rule = (call) => {
  const { args } = call;
  const indices = indicesOf(call);
  const values = args["values"] as unknown;
  const input = inputOf(call);
  const given = indices.filter((operand) => operand !== null);
  const dims = indices.flatMap((operand, dim) => (operand === null ? [] : [dim]));
  const adjacent = dims.every((dim, i) => i === 0 || dim === dims[i - 1]! + 1);
  const simple =
    adjacent && input.mapped && given.every(({ mapped, handle }) => !mapped && dtypeOf(handle) === Code.Int64);
  if (!simple) return eachSample(call);
  const rank = input.ndim - given.length + broadcastShapes(...given.map(sampleShape)).length;
  return again(call.name, {
    ...args,
    indices: [null, ...indices],
    values: values instanceof Operand ? align(values, rank) : values,
  });
};

const indexSelect: Rule = (call) => {
  const at = call.args["index"] as Operand;
  if (!at.mapped) return alongDims(call);
  const input = inputOf(call);
  const dim = wrapDim(call.args["dim"] as number, input.ndim);
  const vector = at.ndim === 0 ? new Operand(reshaped(at.handle, 1), true) : at;
  if (input.ndim === 0) return eachSample(call);
  const indices = [...new Array<null>(dim).fill(null), vector];
  return index({ ...call, args: { input, indices } });
};

const takeAlongDim: Rule = (call) => {
  if (call.args["dim"] !== NONE) return alongDims(call);
  const flat = (operand: Operand): Handle => reshaped(everySample(operand, call.size), product(sampleShape(operand)));
  return run("takeAlongDim", flat(inputOf(call)), flat(call.args["indices"] as Operand), 1);
};

const take: Rule = (call) => {
  const { args, size } = call;
  const [input, at] = [args["input"], args["index"]] as [Operand, Operand];
  const flat = (operand: Operand): Handle => reshaped(everySample(operand, size), product(sampleShape(operand)));
  if (!at.mapped) {
    const result = run("index", flat(input), [null, run("reshape", at.handle, [-1])]);
    return reshaped(result, ...sampleShape(at));
  }
  if (!input.mapped) return run("take", input.handle, at.handle);
  if (product(sampleShape(input)) === 0) return eachSample(call);
  return reshaped(
    run("takeAlongDim", flat(input), wrapped(flat(at), product(sampleShape(input))), 1),
    ...sampleShape(at),
  );
};
/** Negative indices counted from the end. */
const wrapped = (at: Handle, count: number): Handle => run("remainder", at, new Plain(count));

export const SHAPE_RULES: Record<string, Rule> = {
  "view reshape": toShape,
  "viewAs reshapeAs": asOther("reshape"),
  expandAs: asOther("expand"),
  "expand broadcastTo": expand,
  asStrided,
  permute,
  "repeat tile": repeated,
  squeeze,
  flatten,
  ravel: view((input) => reshaped(input.handle, product(sampleShape(input)))),
  diag,
  msort,
  roll,
  fliplr: flips(2),
  flipud: flips(1),
  t: transposed,
  reverseDims: reversed,
  matrixTranspose: view((input) => run("transpose", input.handle, -2, -1)),
  hstack: joined(
    (shape) => (shape.length === 0 ? [1] : shape),
    (rank) => (rank === 1 ? 0 : 1),
  ),
  vstack: joined(row, () => 0),
  index,
  indexPut,
  indexSelect,
  takeAlongDim,
  take,
};
