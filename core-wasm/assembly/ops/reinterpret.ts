// x.view(dtype): the same bytes under another dtype.
import { alias } from "../tensor/create";
import { Device } from "../dispatch/device";
import { DType, itemSize } from "../tensor/dtype";
import { ErrorKind, msg, msgDType, msgInt, raise } from "../tensor/error";
import { Tensor } from "../tensor/tensor";

function refuse(input: Tensor, dtype: i32, what: string, found: i32, hasFound: bool): void {
  msg(what);
  msg(" to view ");
  msgDType(input.dtype);
  msg(" as ");
  msgDType(dtype);
  msg(" (different element sizes)");
  if (hasFound) {
    msg(", but got ");
    msgInt(found);
  }
  raise(ErrorKind.Runtime);
}

/** Bytes of `units` old elements, in new ones; they must come out even. */
function scaled(units: i32, from: i32, to: i32): i32 {
  return <i32>((<i64>units * <i64>from) / <i64>to);
}

/** Whether WebGPU's elements of two dtypes have the bytes that the CPU's have, or are the same. */
function storedAlike(from: i32, to: i32): bool {
  if (from == to) return true;
  // bool is 0 and 1 in whatever it is stored; other small integers have the width of int32 there
  if (from == DType.Bool) return to <= DType.Int8;
  return (from == DType.Float32 && to == DType.Int32) || (from == DType.Int32 && to == DType.Float32);
}

export function viewDtype(input: Tensor, dtype: i32): Tensor {
  if (input.device == Device.WebGpu && !storedAlike(input.dtype, dtype)) {
    msg("WebGPU stores torch.");
    msgDType(input.dtype);
    msg(" and torch.");
    msgDType(dtype);
    msg(" differently: a view as the other dtype exists on the CPU only");
    raise(ErrorKind.NotImplemented);
  }
  const from = itemSize(input.dtype);
  const to = itemSize(dtype);
  const last = <i32>input.ndim - 1;
  if (from != to) {
    if (last < 0) refuse(input, dtype, "self.dim() cannot be 0", 0, false);
    if (input.stride(last) != 1) refuse(input, dtype, "self.stride(-1) must be 1", input.stride(last), true);
  }
  if (from < to) {
    const ratio = to / from;
    if (input.shape(last) % ratio != 0) {
      refuse(
        input,
        dtype,
        "self.size(-1) must be divisible by the ratio of the element sizes",
        input.shape(last),
        true,
      );
    }
    if (input.offset % ratio != 0) {
      refuse(
        input,
        dtype,
        "self.storage_offset() must be divisible by the ratio of the element sizes",
        input.offset,
        true,
      );
    }
    for (let i = 0; i < last; i++) {
      if (input.stride(i) % ratio != 0) {
        refuse(
          input,
          dtype,
          "self.stride() must be divisible by the ratio of the element sizes",
          input.stride(i),
          true,
        );
      }
    }
  }
  const view = alias(input);
  view.dtype = <u8>dtype;
  if (from == to) return view;
  view.offset = scaled(input.offset, from, to);
  view.numel = scaled(input.numel, from, to);
  view.setShape(last, scaled(input.shape(last), from, to));
  for (let i = 0; i < last; i++) view.setStride(i, scaled(input.stride(i), from, to));
  return view;
}
