// Functions that make tensors and that `flambeau/core` lacks.

import { core } from "./core.ts";
import { deviceOr, dtypeOr, made, progression, type FactoryOptions } from "./factories.ts";
import { floatArg, intArg, isOptions, scalarArg, scalarWord } from "./tensor/call.ts";
import type { Scalar } from "./tensor/scalar.ts";
import type { Tensor } from "./tensor/tensor.ts";

/**
 * The rows and columns of the lower triangle of a matrix, int64 [2, n]; follows torch.tril_indices.
 * @example
 * torch.trilIndices(2, 2); // tensor([[0, 1, 1], [0, 0, 1]])
 */
export function trilIndices(
  row: number,
  col: number,
  offset: number | FactoryOptions = 0,
  options: FactoryOptions = {},
): Tensor {
  return triangle("op_trilIndices", row, col, offset, options);
}

/**
 * The rows and columns of the upper triangle of a matrix, int64 [2, n]; follows torch.triu_indices.
 * @example
 * torch.triuIndices(2, 2); // tensor([[0, 0, 1], [0, 1, 1]])
 */
export function triuIndices(
  row: number,
  col: number,
  offset: number | FactoryOptions = 0,
  options: FactoryOptions = {},
): Tensor {
  return triangle("op_triuIndices", row, col, offset, options);
}

function triangle(
  op: "op_trilIndices" | "op_triuIndices",
  row: number,
  col: number,
  offset: unknown,
  options: FactoryOptions,
): Tensor {
  const name = op === "op_trilIndices" ? "tril_indices" : "triu_indices";
  const named = (isOptions(offset) ? offset : { ...options, offset }) as FactoryOptions & { offset?: number };
  const handle = core[op](
    intArg(row, name, "row", 1),
    intArg(col, name, "col", 2),
    intArg(named.offset ?? 0, name, "offset", 3),
    dtypeOr(named, -1),
    deviceOr(named),
  );
  return made(handle, named, name);
}

/**
 * As arange, but end is included and the dtype floating unless given; follows torch.range.
 * @example
 * torch.range(0, 1, 0.5); // tensor([0.0000, 0.5000, 1.0000])
 */
export function range(start: Scalar, end: Scalar, options?: FactoryOptions & { step?: Scalar }): Tensor;
export function range(start: Scalar, end: Scalar, step?: Scalar, options?: FactoryOptions): Tensor;
export function range(
  start: Scalar,
  end: Scalar,
  step: Scalar | (FactoryOptions & { step?: Scalar }) = 1,
  options: FactoryOptions = {},
): Tensor {
  const named = (isOptions(step) ? step : { ...options, step }) as FactoryOptions & { step?: Scalar };
  return made(progression("op_range", start, end, named.step ?? 1, named), named, "range");
}

/**
 * base to the powers of linspace(start, end, steps); follows torch.logspace.
 * @example
 * torch.logspace(0, 2, 3); // tensor([1., 10., 100.])
 */
export function logspace(
  start: Scalar,
  end: Scalar,
  steps: number,
  base: Scalar | (FactoryOptions & { base?: number }) = 10,
  options: FactoryOptions = {},
): Tensor {
  const named = (isOptions(base) ? base : { ...options, base }) as FactoryOptions & { base?: Scalar };
  const [a, b] = [scalarArg(start, "logspace", "start", 1), scalarArg(end, "logspace", "end", 2)];
  const handle = core.op_logspace(
    scalarWord(a),
    scalarWord(b),
    intArg(steps, "logspace", "steps", 3),
    floatArg(named.base ?? 10, "logspace", "base", 4),
    dtypeOr(named, -1),
    deviceOr(named),
  );
  return made(handle, named, "logspace");
}
