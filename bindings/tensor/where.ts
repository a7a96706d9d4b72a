// torch.where, which is two functions.

import { core } from "../core.ts";
import * as call from "./call.ts";
import type { Scalar } from "./scalar.ts";
import type { Tensor } from "./tensor.ts";

/**
 * `input` where `condition` is true, else `other`; all broadcast. Of `condition` alone: the indices of its true elements,
 * one int64 tensor a dimension.
 * Follows torch.where.
 * @throws RuntimeError if `condition` is not bool
 * @example torch.where(x.gt(0), x, 0)
 */
export function where(condition: Tensor): Tensor[];
export function where(condition: Tensor, input: Tensor | Scalar, other: Tensor | Scalar): Tensor;
export function where(condition: Tensor, options: { input: Tensor | Scalar; other: Tensor | Scalar }): Tensor;
export function where(condition: unknown, input?: unknown, other?: unknown): Tensor | Tensor[] {
  if (call.isOptions(input)) {
    call.checkOptions(input, ["input", "other"], "where");
    ({ input, other } = input);
  }
  const handle = call.tensorArg(condition, "where", "condition", 1);
  if (input === undefined && other === undefined) {
    const mask = condition as Tensor;
    return (mask.ndim === 0 ? mask.unsqueeze(0) : mask).argwhere().unbind(1);
  }
  return call.wrap(
    core.op_where(handle, call.operandArg(input, "where", "input", 2), call.operandArg(other, "where", "other", 3)),
  );
}
