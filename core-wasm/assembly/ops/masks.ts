// Masked writes, made of other ops.
import * as ops from "../gen/ops";
import { broadcastShapes, hasShape } from "../tensor/broadcast";
import { DType, isComplex } from "../tensor/dtype";
import { ErrorKind, dtypeName, fail, msg, msgInt, raise } from "../tensor/error";
import { Tensor } from "../tensor/tensor";

export function maskedFill(input: Tensor, mask: Tensor, value: Tensor): Tensor {
  if (value.ndim != 0) {
    msg("masked_fill_ only supports a 0-dimensional value tensor, but got tensor with ");
    msgInt(value.ndim);
    msg(" dimension(s).");
    raise(ErrorKind.Runtime);
  }
  if (mask.dtype != DType.Bool && mask.dtype != DType.Uint8) {
    fail(ErrorKind.Runtime, "expected mask dtype to be Bool but got another dtype");
  }
  if (isComplex(value.dtype) && !isComplex(input.dtype)) {
    msg("value cannot be converted to type ");
    msg(dtypeName(input.dtype));
    msg(" without overflow");
    raise(ErrorKind.Runtime);
  }
  return ops.where(mask, ops.to(value, input.dtype), input);
}

export function maskedScatter(input: Tensor, mask: Tensor, source: Tensor): Tensor {
  const shape = broadcastShapes(input, mask);
  const wide = hasShape(input, shape) ? input : ops.expand(input, shape);
  return ops.maskedScatterOf(wide, hasShape(mask, shape) ? mask : ops.expand(mask, shape), source);
}
