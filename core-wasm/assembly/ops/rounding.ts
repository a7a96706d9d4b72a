// Rounding to decimals.
import * as ops from "../gen/ops";
import { Tensor } from "../tensor/tensor";

export function round(input: Tensor, decimals: i32): Tensor {
  if (decimals == 0) return ops.roundEven(input);
  return ops.roundScaled(input, Math.pow(10, abs<i32>(decimals)), decimals < 0);
}
