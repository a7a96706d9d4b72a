// The table of a model's layers: sizes, parameters and the multiply-adds of one forward pass, counted at the ops.

import { noGrad } from "../../autograd/mode.ts";
import { TypeError } from "../../error.ts";
import type { AnyModule } from "../../nn/module.ts";
import { empty } from "../../nn/factory.ts";
import { checkOptions } from "../../tensor/call.ts";
import type { Device, DType } from "../../tensor/dtype.ts";
import { answersOf, handlesOf, intercept } from "../../tensor/intercept.ts";
import { word } from "../../core.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { shapeText, SummaryTable, type LayerRow } from "./summary-table.ts";

export interface SummaryOptions {
  /** Layers below this depth are left out (default 3). */
  depth?: number;
  /** Of the inputs that are made (default: the first parameter's). */
  device?: Device;
  dtype?: DType;
}
/** Shapes or tensors; a list of them for models with several inputs. */
export type SummaryInput = readonly number[] | Tensor | readonly (readonly number[] | Tensor)[];

const dim = (handle: number, d: number): number => {
  const ndim = (word(handle + 4) >>> 16) & 255;
  return word(handle + 48 + 4 * (d < 0 ? ndim + d : d));
};
const numel = (handle: number): number => word(handle + 16);

/** Multiply-adds of an op, given the handles of its operands and of its result; of ops that are not here: none. */
const MULTIPLY_ADDS: Record<string, (operands: readonly number[], result: number) => number> = {
  linear: ([a], out) => numel(out) * dim(a!, -1),
  matmul: ([a], out) => numel(out) * dim(a!, -1),
  mm: ([a], out) => numel(out) * dim(a!, -1),
  bmm: ([a], out) => numel(out) * dim(a!, -1),
  mv: ([a], out) => numel(out) * dim(a!, -1),
  dot: ([a]) => numel(a!),
  addmm: ([, a], out) => numel(out) * dim(a!, -1),
  baddbmm: ([, a], out) => numel(out) * dim(a!, -1),
  addmv: ([, a], out) => numel(out) * dim(a!, -1),
  bilinear: ([, , weight], out) => (numel(out) / dim(weight!, 0)) * numel(weight!),
  scaledDotProductAttention: ([query, key, value], out) =>
    (numel(query!) / dim(query!, -1)) * dim(key!, -2) * dim(query!, -1) + numel(out) * dim(value!, -2),
};
for (const n of ["1d", "2d", "3d"]) {
  MULTIPLY_ADDS[`conv${n}`] = ([, weight], out) => (numel(out) / dim(weight!, 0)) * numel(weight!);
  MULTIPLY_ADDS[`convTranspose${n}`] = ([input, weight]) => (numel(input!) / dim(weight!, 0)) * numel(weight!);
}
MULTIPLY_ADDS["convolution"] = MULTIPLY_ADDS["conv2d"]!;

/** All tensors among values in lists and objects. */
function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.values(value).flatMap(tensorsIn);
  }
  return [];
}
const bytesOf = (tensors: Iterable<Tensor>): number => {
  let bytes = 0;
  for (const tensor of tensors) bytes += tensor.numel() * tensor.elementSize();
  return bytes;
};

const isShape = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((size) => typeof size === "number");

function inputsFor(model: AnyModule, input: SummaryInput, options: SummaryOptions): Tensor[] {
  const [first] = model.parameters();
  const dtype = options.dtype ?? first?.dtype ?? "float32";
  const device = options.device ?? first?.device ?? "cpu";
  const list = input instanceof Tensor || isShape(input) ? [input] : input;
  return list.map((one) => {
    if (one instanceof Tensor) return one;
    if (!isShape(one)) throw new TypeError("summary(): the input is a shape, a tensor, or a list of them");
    return empty(one, { dtype, device }).zero_();
  });
}

/** Runs the model once, in evaluation and without gradients, and makes the table of what it did. */
export function summarize(model: AnyModule, input: SummaryInput, options: SummaryOptions = {}): SummaryTable {
  checkOptions(options, ["depth", "device", "dtype"], "summary");
  const inputs = inputsFor(model, input, options);
  const rows: LayerRow[] = [];
  const running: LayerRow[] = [];
  const seen = new Set<Tensor>();
  const counts: number[] = [];
  let outputBytes = 0;
  const paths = new Map<unknown, string>();
  for (const [path, module] of model.namedModules()) paths.set(module, path);
  const own = (module: AnyModule): { params: number; isTrainable: boolean; isReused: boolean } => {
    const parameters = [...module.parameters()];
    const isReused = parameters.length > 0 && parameters.every((parameter) => seen.has(parameter));
    if ([...module.children()].length === 0) for (const parameter of parameters) seen.add(parameter);
    return {
      params: parameters.reduce((sum, parameter) => sum + parameter.numel(), 0),
      isTrainable: parameters.some((parameter) => parameter.requiresGrad),
      isReused,
    };
  };
  const handles = [...model.modules()].flatMap((module) => [
    module.registerForwardPreHook(
      () => {
        const depth = running.length;
        counts.length = depth + 1;
        counts[depth] = (counts[depth] ?? 0) + 1;
        const row: LayerRow = {
          name: module.constructor.name,
          path: paths.get(module) ?? "",
          depth,
          index: counts[depth],
          outputShape: "--",
          multiplyAdds: 0,
          isLeaf: [...module.children()].length === 0,
          ...own(module),
        };
        rows.push(row);
        running.push(row);
      },
      { prepend: true },
    ),
    module.registerForwardHook((_, __, result) => {
      const row = running.pop()!;
      const results = tensorsIn(result);
      row.outputShape = results.length === 0 ? "--" : shapeText(results[0]!.shape);
      if (row.isLeaf) outputBytes += bytesOf(results);
      const above = running.at(-1);
      if (above) above.multiplyAdds += row.multiplyAdds;
    }),
  ]);
  const modes = [...model.modules()].map((module) => [module, module.training] as const);
  const remove = intercept((op, words, run) => {
    const count = MULTIPLY_ADDS[op];
    const row = running.at(-1);
    if (count === undefined || row === undefined) return run(...words);
    const operands = handlesOf(op, words);
    const answer = run(...words);
    row.multiplyAdds += count(operands, answersOf(op, answer)[0]!);
    return answer;
  });
  try {
    model.eval();
    noGrad(() => (model as unknown as (...args: Tensor[]) => unknown)(...inputs));
  } finally {
    remove();
    for (const handle of handles) handle.remove();
    for (const [module, training] of modes) module.training = training;
  }
  const parameters = [...model.parameters()];
  return new SummaryTable({
    rows: rows.filter((row) => row.depth <= (options.depth ?? 3)),
    totalParams: parameters.reduce((sum, parameter) => sum + parameter.numel(), 0),
    trainableParams: parameters.reduce((sum, p) => sum + (p.requiresGrad ? p.numel() : 0), 0),
    multiplyAdds: rows[0]?.multiplyAdds ?? 0,
    inputBytes: bytesOf(inputs),
    outputBytes,
    paramBytes: bytesOf(parameters) + bytesOf(model.buffers()),
  });
}
