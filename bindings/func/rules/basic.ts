// Rules for families of ops: elementwise, along dims, reductions; and the one that every other op falls back to.

import { raw, again, run, type Call, type Rule } from "../batched.ts";
import { RuntimeError } from "../../error.ts";
import { NONE } from "../../tensor/call.ts";
import { wrapDim } from "../../tensor/dims.ts";
import { dtypeOf, ndimOf, Operand, shapeOf, type Args, type Handle } from "../words.ts";

// ---- operands

/** The sizes of one sample. */
export const sampleShape = (operand: Operand): number[] => shapeOf(operand.handle).slice(operand.mapped ? 1 : 0);
export const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** The operands of a call, those in lists too. */
export function operandsOf({ op, args }: Call): Operand[] {
  const values = op.parameters.map(({ name }) => args[name] as unknown);
  return values.flat().filter((value) => value instanceof Operand);
}

/** The operand with the mapped dim in front of `rank` others, sizes of 1 first, so that it broadcasts as the samples do. */
export function align(operand: Operand, rank: number): Handle {
  const { handle, mapped, ndim } = operand;
  if (!mapped || ndim >= rank) return handle;
  const [size, ...rest] = shapeOf(handle);
  return run("reshape", handle, [size, ...new Array<number>(rank - ndim).fill(1), ...rest]);
}

/** The operand as one with all samples. */
export function everySample(operand: Operand, size: number): Handle {
  return operand.mapped ? operand.handle : run("expand", operand.handle, [size, ...shapeOf(operand.handle)]);
}

/** Both: all samples, with sizes of 1 before the sample's own. */
export function alignedSamples(operand: Operand, rank: number, size: number): Handle {
  if (operand.mapped) return align(operand, rank);
  const shape = sampleShape(operand);
  const filled = [...new Array<number>(Math.max(0, rank - shape.length)).fill(1), ...shape];
  return run("expand", run("reshape", operand.handle, filled), [size, ...filled]);
}

/** Reshapes what follows the mapped dim. */
export function reshaped(handle: Handle, ...shape: number[]): Handle {
  return run("reshape", handle, [shapeOf(handle)[0]!, ...shape]);
}

/** The args with `change` made of every operand. */
export function withOperands(args: Args, change: (operand: Operand, name: string) => Handle): Args {
  const one = (value: unknown, name: string): unknown => (value instanceof Operand ? change(value, name) : value);
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((item) => one(item, name)) : one(value, name),
    ]),
  );
}

// ---- one sample after the other

const DATA_DEPENDENT =
  "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. " +
  "We don't support that yet, please shout over at https://github.com/pytorch/functorch/issues/257 .";
const dynamicShape = (op: string): string =>
  "vmap: We do not support batching operators that can output dynamic shape. " +
  `Attempted to vmap over aten::${op}. Please voice your support in https://github.com/pytorch/functorch/issues/256`;
const DYNAMIC: Record<string, string> = {
  nonzero: "nonzero",
  argwhere: "argwhere",
  uniqueRows: "_unique2",
  uniqueRuns: "unique_consecutive",
};

/** Runs the op for each sample and stacks the results: right for every op whose results have one shape, and slow. */
export const eachSample: Rule = ({ op, name, inplace, args, size }) => {
  if (op.gives === "value") throw new RuntimeError(DATA_DEPENDENT);
  if (op.name in DYNAMIC) throw new RuntimeError(dynamicShape(DYNAMIC[op.name]!));
  if (size === 0 && !inplace) {
    throw new RuntimeError(`vmap: the op ${op.name} cannot be mapped over a dim of size 0`);
  }
  const samples: (Handle | null)[][] = [];
  for (let b = 0; b < size; b++) {
    const result = again(
      name,
      withOperands(args, ({ handle, mapped }) => (mapped ? run("select", handle, 0, b) : handle)),
    );
    if (result !== undefined) samples.push(Array.isArray(result) ? result : [result]);
  }
  if (inplace) return undefined;
  const first = samples[0]!;
  const stacked = first.map((handle, i) => {
    if (handle === null) return null;
    const all = samples.map((sample) => sample[i]!);
    const shape = shapeOf(handle).join();
    if (all.some((other) => shapeOf(other).join() !== shape)) throw new RuntimeError(dynamicShape(op.name));
    return run("stack", all, 0);
  });
  return op.gives === "one" ? stacked[0]! : stacked;
};

/** A rule that holds where no operand but those named is mapped. */
export const onlyMapped =
  (names: string, rule: Rule): Rule =>
  (call) => {
    const allowed = names.split(" ");
    const others = call.op.parameters.filter(({ name }) => !allowed.includes(name));
    const fits = !others.some(({ name }) => {
      const value = call.args[name] as unknown;
      return (Array.isArray(value) ? value : [value]).some((item) => item instanceof Operand && item.mapped);
    });
    return fits && (call.args[allowed[0]!] as Operand).mapped ? rule(call) : eachSample(call);
  };

// ---- elementwise

/** bool, integers, floats, complex numbers */
const category = (dtype: number): number => (dtype === 10 ? 0 : dtype < 5 ? 1 : dtype === 8 || dtype === 9 ? 3 : 2);

/** The ops that treat every element alike. */
export const elementwise: Rule = (call) => {
  const operands = operandsOf(call);
  const rank = Math.max(...operands.map(({ ndim }) => ndim));
  const dimensioned = operands.filter(({ ndim }) => ndim > 0).map(({ handle }) => dtypeOf(handle));
  return again(
    call.name,
    withOperands(call.args, (operand) => {
      const handle = align(operand, rank);
      if (!operand.mapped || operand.ndim > 0 || dimensioned.length === 0) return handle;
      // a 0-d sample is weak in the promotion of dtypes, which its physical tensor would not be
      const own = dtypeOf(handle);
      const stronger = dimensioned.find((dtype) => category(dtype) === category(own));
      return stronger === undefined || stronger === own || call.inplace ? handle : run("to", handle, stronger);
    }),
  );
};

/** The op of the physical tensor: it treats every element alike, or the last dims. */
export const same: Rule = onlyMapped("input", ({ name, args }) => again(name, args));

// ---- along dims

const DIMS = new Set("dim dims dim0 dim1 dim2 dimension startDim endDim source destination".split(" "));
/** operands that stay as they are: vectors that all samples share */
const SHARED: Record<string, string> = {
  indexAdd: "index",
  indexCopy: "index",
  indexFill: "index value",
  indexSelect: "index",
  indexReduce: "index",
};
/** ops whose dims count those of the result, of which there is one more */
const GROWING = new Set(["unsqueeze", "stack", "diagEmbed"]);
/** ops whose operands broadcast */
const BROADCASTING = new Set(["cosineSimilarity", "vecdot", "linalgCross", "pairwiseDistance"]);

/** Dims of one sample as dims of the physical tensor. */
export const shifted = (dim: number, ndim: number): number => wrapDim(dim, ndim) + 1;

/** A dim of size 1 for 0-d samples, which ops along dims accept. */
const lift = (handle: Handle): Handle => run("unsqueeze", handle, 1);
function lowered(result: Handle | (Handle | null)[] | undefined): Handle | (Handle | null)[] | undefined {
  if (result === undefined) return undefined;
  const lower = (handle: Handle): Handle => (ndimOf(handle) > 1 ? run("squeeze", handle, 1) : handle);
  return Array.isArray(result) ? result.map((handle) => handle && lower(handle)) : lower(result);
}

/** Ops along dims that are given by number. */
export const alongDims: Rule = (call) => {
  const { op, name, inplace, args, size } = call;
  const operands = operandsOf(call);
  const shared = (SHARED[op.name] ?? "").split(" ");
  const main = [args["input"] ?? args["tensors"] ?? args["x1"] ?? args["x"] ?? args["y"]].flat() as Operand[];
  if (shared.some((key) => (args[key] as Operand | undefined)?.mapped)) return eachSample(call);
  if (inplace && !main[0]!.mapped) return eachSample(call);
  const broadcasts = BROADCASTING.has(op.name);
  const rank = broadcasts ? Math.max(...operands.map(({ ndim }) => ndim)) : main[0]!.ndim;
  // such as empty tensors that cat leaves out
  const ranks = operands.filter((operand) => !shared.some((key) => args[key] === operand)).map(({ ndim }) => ndim);
  if (!broadcasts && ranks.some((other) => other !== rank)) return eachSample(call);
  const isScalar = rank === 0 && !GROWING.has(op.name);
  const ndim = GROWING.has(op.name) ? rank + 1 : Math.max(rank, 1);
  const changed = withOperands(args, (operand, key) => {
    if (shared.includes(key)) return operand.handle;
    const handle = broadcasts ? alignedSamples(operand, rank, size) : everySample(operand, size);
    return isScalar && operand.ndim === 0 ? lift(handle) : handle;
  });
  for (const { name: key, kind } of op.parameters) {
    if (!DIMS.has(key) || !"iIvV".includes(kind)) continue;
    const value = args[key] as number | number[] | null;
    if (Array.isArray(value)) changed[key] = value.map((dim) => shifted(dim, ndim));
    else if (value !== null && value !== NONE) changed[key] = shifted(value, ndim);
  }
  const result = again(name, changed);
  return isScalar ? lowered(result) : result;
};

/** Reductions over the dims that are given, or all. */
export const reduction: Rule = (call) => {
  const { op, name, args } = call;
  const input = args["input"] as Operand;
  const kind = op.parameters.find((parameter) => parameter.name === "dim")?.kind;
  const dim = args["dim"] as number | number[] | null | undefined;
  const isList = args["q"] instanceof Operand && args["q"].ndim > 0;
  // with keepdim its 0-d results become vectors
  if (isList || (op.name === "aminmax" && input.ndim === 0)) return eachSample(call);
  const all = dim === undefined || dim === null || dim === NONE || (Array.isArray(dim) && dim.length === 0);
  if (!all) return onlyMapped("input", alongDims)(call);
  return onlyMapped("input", () => {
    const handle = input.ndim === 0 ? lift(input.handle) : input.handle;
    if (kind === "V") {
      const dims = shapeOf(handle)
        .slice(1)
        .map((_, i) => i + 1);
      const result = again(name, { ...args, input: handle, dim: dims });
      return input.ndim === 0 ? lowered(result) : result;
    }
    if (args["keepdim"]) return eachSample(call);
    return again(name, { ...args, input: reshaped(handle, product(sampleShape(input))), dim: 1 });
  })(call);
};

const ALL: Record<string, string> = {
  maxAll: "amax",
  minAll: "amin",
  medianAll: "medianDim",
  nanmedianAll: "nanmedianDim",
};
/** The reductions over everything that are ops of their own. */
export const totals: Rule = ({ op, args: { input } }) => {
  const { handle } = input as Operand;
  const flat = reshaped(handle, product(sampleShape(input as Operand)));
  return again(ALL[op.name]!, { input: flat, dim: op.gives === "one" ? [1] : 1 });
};

/** Raised where a shared tensor would have to take the values of all samples. */
export function checkInplace(call: Call): void {
  const target = call.args[call.op.parameters[0]!.name] as Operand;
  if (target.mapped) return;
  throw new RuntimeError(
    "vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args that " +
      "has more elements than `self`. This happened due to `other` being vmapped over but `self` not being vmapped over in a " +
      "vmap. Please try to use out-of-place operators instead of inplace arithmetic. If said operator is being called inside " +
      "the PyTorch framework, please file a bug report instead.",
  );
}

/** An in-place call by a rule that makes its result elsewhere. */
export const copied =
  (rule: Rule): Rule =>
  (call) => {
    if (!call.inplace) return rule(call);
    const target = (call.args[call.op.parameters[0]!.name] as Operand).handle;
    const result = rule({ ...call, name: call.op.name, inplace: false }) as Handle;
    raw.retain(target);
    again("copy_", { input: target, src: result });
    raw.release(target);
    return undefined;
  };
