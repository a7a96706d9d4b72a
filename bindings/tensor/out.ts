// PyTorch's `out`: a tensor, or as many as there are results, that takes what an op gives.

import { core } from "../core.ts";
import { RuntimeError, TypeError } from "../error.ts";
import { exchange } from "../memory/finalize.ts";
import { isTensor, typeName, wrap } from "./call.ts";
import { SCALAR_TYPES } from "./dtype.ts";
import { canCast } from "./casting.ts";
import type { Tensor } from "./tensor.ts";

/** C++'s names of the dtypes, by code: some messages have them. */
const CPP_TYPES = [
  "unsigned char",
  "signed char",
  "short int",
  "int",
  "long int",
  "c10::Half",
  "float",
  "double",
  "c10::complex<float>",
  "c10::complex<double>",
  "bool",
  "c10::BFloat16",
];
/** Ops that compare `out` with their input instead of their result. */
const LIKE_INPUT = new Set(["amax", "amin"]);

/**
 * Writes `result` into `out`; without `out` it is the result. An `out` of another shape takes over the result's memory.
 * @param converts whether `out` may have another dtype, as elementwise ops allow
 * @throws RuntimeError where PyTorch refuses `out`
 */
export function into<R extends Tensor | Tensor[]>(out: unknown, result: R, op: string, converts = false): R {
  return out === undefined || out === null ? result : (write(out, result, op, converts) as R);
}

function write(out: unknown, result: Tensor | Tensor[], op: string, converts: boolean): Tensor | Tensor[] {
  const sources: Tensor[] = isTensor(result) ? [result] : [...result];
  const targets: unknown[] = Array.isArray(out) ? out : [out];
  if (targets.length !== sources.length || !targets.every(isTensor)) {
    const expected = sources.length === 1 ? "Tensor" : `tuple of ${sources.length} Tensors`;
    throw new TypeError(`${op}(): argument 'out' must be ${expected}, not ${typeName(out)}`);
  }
  sources.forEach((source, i) => check(targets[i]!, source, op, converts));
  sources.forEach((source, i) => replace(targets[i]!, source));
  if (isTensor(result)) return targets[0]!;
  // names are as the result has them
  for (const [name, value] of Object.entries(result)) {
    (result as unknown as Record<string, Tensor>)[name] = targets[sources.indexOf(value)]!;
  }
  return result;
}

function check(out: Tensor, result: Tensor, op: string, converts: boolean): void {
  if ((core.gradMode() & 1) !== 0 && (out.requiresGrad || result.requiresGrad)) {
    throw new RuntimeError(
      `${op}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad.`,
    );
  }
  const [to, from] = [out.dtypeCode, result.dtypeCode];
  if (converts && !canCast(result.dtype, out.dtype)) {
    throw new RuntimeError(
      `result type ${SCALAR_TYPES[from]} can't be cast to the desired output type ${SCALAR_TYPES[to]}`,
    );
  }
  if (!converts && to !== from) {
    throw new RuntimeError(
      LIKE_INPUT.has(op)
        ? `Expected the dtype for input and out to match, but got ${SCALAR_TYPES[from]} for input's dtype and ${SCALAR_TYPES[to]} for out's dtype.`
        : `Expected out tensor to have dtype ${CPP_TYPES[from]}, but got ${CPP_TYPES[to]} instead`,
    );
  }
  const strides = out.stride();
  if (out.shape.some((size, d) => size > 1 && strides[d] === 0)) {
    throw new RuntimeError(
      "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation.",
    );
  }
}

/** Gives `out` the elements of `result`, and its shape where that is another. Returns `out`. */
export function replace(out: Tensor, result: Tensor): Tensor {
  if (out === result) return out;
  const shape = result.shape;
  if (out.ndim === shape.length && out.shape.every((size, d) => size === shape[d])) {
    core.op_copy_(out.handle, result.handle);
  } else {
    exchange(out, out.dtypeCode === result.dtypeCode ? result : wrap(core.op_to(result.handle, out.dtypeCode)));
  }
  result.dispose();
  return out;
}
