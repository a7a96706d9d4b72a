// Making one batch of many samples.

import { TypeError as TorchTypeError } from "../../error.ts";
import { stack } from "../../gen/functions.ts";
import { tensor } from "../../tensor/create.ts";
import { Tensor } from "../../tensor/tensor.ts";

/**
 * Stacks samples along a new first dim: tensors by torch.stack, numbers into float32 (int64 if all are integral, as labels are),
 * BigInts into int64, booleans into bool; arrays and plain objects field by field; strings stay a list.
 * Follows torch.utils.data.default_collate.
 * @throws TypeError for anything else
 */
export function defaultCollate(samples: readonly unknown[]): unknown {
  const first = samples[0];
  if (first instanceof Tensor) return stack(samples as Tensor[], 0);
  switch (typeof first) {
    case "number": {
      const numbers = samples as number[];
      return tensor(numbers, { dtype: numbers.every((x) => Number.isInteger(x)) ? "int64" : "float32" });
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
      throw new TorchTypeError("each element in list of batch should be of equal size");
    return first.map((_, i) => defaultCollate(rows.map((row) => row[i])));
  }
  if (ArrayBuffer.isView(first)) return stack(samples.map((x) => tensor(x as never)) as Tensor[], 0);
  if (first !== null && typeof first === "object") {
    return Object.fromEntries(
      Object.keys(first).map((key) => [key, defaultCollate(samples.map((s) => (s as Record<string, unknown>)[key]))]),
    );
  }
  throw new TorchTypeError(
    `default_collate: batch must contain tensors, numbers, dicts or lists; found ${first === null ? "null" : typeof first}`,
  );
}
