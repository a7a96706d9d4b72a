// Making one batch of many samples.

import { RuntimeError, TypeError as TorchTypeError } from "../../error.ts";
import { stack } from "../../gen/functions.ts";
import { tensor } from "../../tensor/create.ts";
import { FloatScalar } from "../../tensor/scalar.ts";
import { Tensor } from "../../tensor/tensor.ts";

type Fields = Record<string, unknown>;

/** Objects that are taken apart field by field: those without a class of their own. */
function isPlain(x: unknown): x is Fields {
  if (typeof x !== "object" || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === null || prototype === Object.prototype;
}

const mapFields = (fields: Fields, fn: (key: string) => unknown): Fields =>
  Object.fromEntries(Object.keys(fields).map((key) => [key, fn(key)]));

/**
 * Stacks samples along a new first dim: tensors and typed arrays by torch.stack, numbers into float32 (int64 if all are
 * integral, as labels are), BigInts into int64, booleans into bool; arrays and plain objects field by field; strings stay a
 * list. Follows torch.utils.data.default_collate.
 * @throws RuntimeError for arrays of unequal length, TypeError for anything else
 * @example
 * torch.utils.data.defaultCollate([torch.tensor([1, 2]), torch.tensor([3, 4])]); // tensor([[1., 2.], [3., 4.]])
 */
export function defaultCollate(samples: readonly unknown[]): unknown {
  const first = samples[0];
  if (first instanceof Tensor) return stack(samples as Tensor[], 0);
  switch (first instanceof FloatScalar ? "float" : typeof first) {
    case "float":
    case "number": {
      const integral = (samples as unknown[]).every((x) => Number.isInteger(x));
      return tensor(samples as number[], { dtype: integral ? "int64" : "float32" });
    }
    case "bigint":
    case "boolean":
      return tensor(samples as boolean[]);
    case "string":
      return samples;
  }
  if (Array.isArray(first)) {
    const rows = samples as unknown[][];
    if (rows.some((row) => row.length !== first.length))
      throw new RuntimeError("each element in list of batch should be of equal size");
    return first.map((_, i) => defaultCollate(rows.map((row) => row[i])));
  }
  if (ArrayBuffer.isView(first)) return stack(samples.map((x) => tensor(x as never)) as Tensor[], 0);
  if (isPlain(first)) return mapFields(first, (key) => defaultCollate((samples as Fields[]).map((s) => s[key])));
  throw new TorchTypeError(
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found " +
      (first === null || first === undefined ? first : (first as object).constructor.name),
  );
}

/**
 * A single sample with typed arrays, in arrays and plain objects too, made tensors; anything else stays. What a loader does
 * without batches. Follows torch.utils.data.default_convert.
 * @example
 * torch.utils.data.defaultConvert({ x: new Float32Array([1, 2]) }); // { x: tensor([1., 2.]) }
 */
export function defaultConvert(data: unknown): unknown {
  if (ArrayBuffer.isView(data)) return tensor(data);
  if (Array.isArray(data)) return data.map(defaultConvert);
  return isPlain(data) ? mapFields(data, (key) => defaultConvert(data[key])) : data;
}
