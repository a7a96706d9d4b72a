// Checks of arithmetic ops that their dtype rules don't cover.
import { DType, isIntegral } from "../tensor/dtype";
import { ErrorKind, fail } from "../tensor/error";
import { resultType } from "../tensor/broadcast";
import { Scalar, ScalarKind } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";

/** alpha must be of the category of the result. */
export function checkAlpha(input: Tensor, other: Tensor, alpha: Scalar): void {
  if (alpha.kind == ScalarKind.Int) return;
  const dtype = resultType(input, other);
  if (alpha.kind == ScalarKind.Bool && dtype != DType.Bool) {
    fail(ErrorKind.Runtime, "Boolean alpha only supported for Boolean results.");
  }
  if (alpha.kind == ScalarKind.Float && isIntegral(dtype, true)) {
    fail(ErrorKind.Runtime, "For integral input tensors, argument alpha must not be a floating point number.");
  }
}
