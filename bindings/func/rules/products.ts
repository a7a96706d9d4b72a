// Rules of matrix products: batched products whose first batch dim is the mapped one.

import { again, run, type Rule } from "../batched.ts";
import { isFloatingCode as isFloating } from "../../tensor/dtype.ts";
import { dtypeOf, ndimOf, Operand, type Handle, type Plain } from "../words.ts";
import { align, alignedSamples, eachSample, onlyMapped } from "./basic.ts";

/** torch.matmul of samples. */
export function product(a: Operand, b: Operand): Handle {
  if (!b.mapped && b.ndim <= 2 && a.ndim > 0) return run("matmul", a.handle, b.handle);
  if (!a.mapped && a.ndim === 2 && b.ndim === 1) return run("matmul", b.handle, run("t", a.handle));
  const rank = Math.max(a.ndim, b.ndim, 2);
  // vectors are rows on the left, columns on the right
  const matrix = (operand: Operand, dim: number): Handle => {
    if (operand.ndim > 1) return align(operand, rank);
    return align(new Operand(run("unsqueeze", operand.handle, dim), operand.mapped), rank);
  };
  let result = run("matmul", matrix(a, -2), matrix(b, -1));
  if (a.ndim === 1) result = run("squeeze", result, -2);
  if (b.ndim === 1) result = run("squeeze", result, -1);
  return result;
}

/** An op that is matmul of operands with so many dims. */
const ofRanks =
  (first: string, second: string, ranks: readonly number[]): Rule =>
  (call) => {
    const [a, b] = [call.args[first], call.args[second]] as [Operand, Operand];
    return a.ndim === ranks[0] && b.ndim === ranks[1] ? product(a, b) : eachSample(call);
  };

const matmul: Rule = (call) => {
  const { input, other } = call.args as Record<string, Operand>;
  return input!.ndim === 0 || other!.ndim === 0 ? eachSample(call) : product(input!, other!);
};

/** beta · input + alpha · product */
const added =
  (first: string, second: string, ranks: readonly number[]): Rule =>
  (call) => {
    const { args } = call;
    const [input, a, b] = [args["input"], args[first], args[second]] as [Operand, Operand, Operand];
    const { beta, alpha } = args as Record<string, Plain>;
    const isSimple = a.ndim === ranks[0] && b.ndim === ranks[1] && Number(beta!.value) !== 0;
    if (!isSimple || !isFloating(dtypeOf(input.handle))) return eachSample(call);
    const isMapped = a.mapped || b.mapped;
    const result = isMapped ? product(a, b) : run("matmul", a.handle, b.handle);
    const scaled = run("mul", align(input, ndimOf(result) - (isMapped ? 1 : 0)), beta);
    return run("add", scaled, run("mul", result, alpha));
  };

const outer: Rule = ({ args }) => {
  const { input, vec2 } = args as Record<string, Operand>;
  return run("mul", run("unsqueeze", input!.handle, -1), run("unsqueeze", vec2!.handle, -2));
};

const linear: Rule = (call) => {
  const { input, weight, bias } = call.args as { input: Operand; weight: Operand; bias: Operand | null };
  if (!weight.mapped && !bias?.mapped) return run("linear", input.handle, weight.handle, bias);
  if (weight.ndim !== 2 || input.ndim === 0) return eachSample(call);
  const result = product(input, new Operand(run("transpose", weight.handle, -2, -1), weight.mapped));
  return bias === null ? result : run("add", result, align(bias, ndimOf(result) - 1));
};

const ELLIPSIS = 52;

/** The mapped dim is one more letter of the equation. */
const einsum: Rule = (call) => {
  const operands = call.args["operands"] as Operand[];
  const given = call.args["subscripts"] as number[];
  const lists: number[][] = [];
  let at = 0;
  for (let i = 0; i < operands.length; i++) {
    lists.push(given.slice(at + 1, at + 1 + given[at]!));
    at += 1 + given[at]!;
  }
  const used = new Set(lists.flat());
  const letter = Array.from({ length: ELLIPSIS }, (_, i) => i).find((label) => !used.has(label));
  if (letter === undefined) return eachSample(call);
  const output =
    given[at] === -1
      ? [...used].filter((label) => label === ELLIPSIS || lists.flat().filter((other) => other === label).length === 1)
      : given.slice(at + 1);
  if (given[at] === -1) output.sort((a, b) => (a === ELLIPSIS ? -1 : b === ELLIPSIS ? 1 : a - b));
  const withLetter = (labels: number[], isMapped: boolean): number[] =>
    isMapped ? [labels.length + 1, letter, ...labels] : [labels.length, ...labels];
  const subscripts = lists.flatMap((labels, i) => withLetter(labels, operands[i]!.mapped));
  return run("einsum", operands, [...subscripts, ...withLetter(output, true)]);
};

/** Dims that are neither contracted nor the mapped one. */
const tensordot: Rule = (call) => {
  const { input, other } = call.args as Record<string, Operand>;
  const wrap = (dims: number[], ndim: number): number[] => dims.map((dim) => (dim < 0 ? dim + ndim : dim));
  const left = wrap(call.args["dimsInput"] as number[], input!.ndim);
  const right = wrap(call.args["dimsOther"] as number[], other!.ndim);
  if (input!.ndim + other!.ndim >= ELLIPSIS) return eachSample(call);
  const a = Array.from({ length: input!.ndim }, (_, i) => i);
  const b = Array.from({ length: other!.ndim }, (_, i) =>
    right.includes(i) ? left[right.indexOf(i)]! : input!.ndim + i,
  );
  const free = [...a.filter((label) => !left.includes(label)), ...b.filter((label) => label >= input!.ndim)];
  const subscripts = [a.length, ...a, b.length, ...b, free.length, ...free];
  return einsum({ ...call, args: { operands: [input, other], subscripts } });
};

/** Distances of points [*, P, M] and [*, R, M]. */
const cdist: Rule = ({ args, size }) => {
  const { x1, x2 } = args as Record<string, Operand>;
  const rank = Math.max(x1!.ndim, x2!.ndim);
  const points = { x1: alignedSamples(x1!, rank, size), x2: alignedSamples(x2!, rank, size) };
  return again("cdist", { ...args, ...points });
};

export const PRODUCT_RULES: Record<string, Rule> = {
  matmul,
  mm: ofRanks("input", "mat2", [2, 2]),
  bmm: ofRanks("input", "mat2", [3, 3]),
  mv: ofRanks("input", "vec", [2, 1]),
  dot: ofRanks("input", "other", [1, 1]),
  inner: ofRanks("input", "other", [1, 1]),
  addmm: added("mat1", "mat2", [2, 2]),
  addmv: added("mat", "vec", [2, 1]),
  baddbmm: added("batch1", "batch2", [3, 3]),
  outer,
  linear,
  einsum,
  tensordot,
  cdist,
  matrixPower: onlyMapped("input", ({ args: { input, n } }) => run("matrixPower", (input as Operand).handle, n)),
};
