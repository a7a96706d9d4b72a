// Views without history: new geometry over the same storage. The recorded ops of the same purpose are built on these.
import { isInferenceMode } from "../autograd/mode";
import { autorelease } from "../memory/pool";
import { ErrorKind, msg, msgInts, msgInt, raise } from "./error";
import { Ints, newInts } from "./ints";
import { Flag, Tensor, newTensor } from "./tensor";
import { DType, deviceItemSize } from "./dtype";

/** A view of `t` of `ndim` dims whose geometry is still to be set; finish it with `sealView`. */
export function openView(t: Tensor, ndim: i32): Tensor {
  const view = newTensor(t.storage, t.dtype, ndim);
  t.storage.retain();
  view.offset = t.offset;
  view.viewVersion = t.storage.version;
  if (isInferenceMode() || t.has(Flag.Inference)) view.set(Flag.Inference, true);
  return autorelease(view);
}

/** Computes the element count once sizes are set. */
export function sealView(view: Tensor): Tensor {
  // an expanded view can have more elements than memory has bytes, but not more than element counts can say
  let n: f64 = 1;
  for (let i = 0; i < <i32>view.ndim; i++) n *= <f64>view.shape(i);
  if (n > 2147483647) {
    msg("flambeau supports tensors of up to 2147483647 elements, but a view would have ");
    msgInt(<i64>n);
    raise(ErrorKind.Runtime);
  }
  view.numel = <i32>n;
  return view;
}

/** Geometry given outright, as torch.as_strided; `offset` counts from the storage's start. Raises if it leaves the storage. */
export function rawAsStrided(t: Tensor, shape: Ints, strides: Ints, offset: i32): Tensor {
  if (shape.length != strides.length) {
    msg("mismatch in length of strides and shape");
    raise(ErrorKind.Runtime);
  }
  let last: i64 = offset;
  let isEmpty = false;
  for (let i = 0; i < shape.length; i++) {
    if (strides.get(i) < 0) {
      msg("as_strided: Negative strides are not supported at the moment, got strides: ");
      msgInts(strides);
      raise(ErrorKind.Runtime);
    }
    if (shape.get(i) == 0) isEmpty = true;
    last += <i64>(shape.get(i) - 1) * <i64>strides.get(i);
  }
  if (offset < 0) {
    msg("Tensor: invalid storage offset ");
    msgInt(offset);
    raise(ErrorKind.Runtime);
  }
  const needed = isEmpty ? 0 : (last + 1) * <i64>deviceItemSize(t.dtype, t.device);
  if (needed > <i64>t.storage.bytes) {
    msg("setStorage: sizes ");
    msgInts(shape);
    msg(", strides ");
    msgInts(strides);
    msg(", storage offset ");
    msgInt(offset);
    msg(", and itemsize ");
    msgInt(deviceItemSize(t.dtype, t.device));
    msg(" requiring a storage size of ");
    msgInt(needed);
    msg(" are out of bounds for storage of size ");
    msgInt(t.storage.bytes);
    raise(ErrorKind.Runtime);
  }
  const view = openView(t, shape.length);
  view.offset = offset;
  for (let i = 0; i < shape.length; i++) {
    view.setShape(i, shape.get(i));
    view.setStride(i, strides.get(i));
  }
  return sealView(view);
}

/** `t` with its last dims broadcast to `shape` (strides 0); the shapes are known to fit. */
export function rawExpand(t: Tensor, shape: Ints): Tensor {
  const view = openView(t, shape.length);
  const lead = shape.length - <i32>t.ndim;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape.get(i);
    view.setShape(i, size);
    if (i >= lead) view.setStride(i, t.shape(i - lead) == 1 && size != 1 ? 0 : t.stride(i - lead));
    // a new dim of size 1 gets the stride that PyTorch gives it
    else view.setStride(i, size != 1 || t.ndim == 0 ? 0 : view.shape(i + 1) * view.stride(i + 1));
  }
  return sealView(view);
}

export function rawTranspose(t: Tensor, a: i32, b: i32): Tensor {
  const view = openView(t, t.ndim);
  for (let i = 0; i < <i32>t.ndim; i++) {
    const from = i == a ? b : i == b ? a : i;
    view.setShape(i, t.shape(from));
    view.setStride(i, t.stride(from));
  }
  return sealView(view);
}

export function rawPermute(t: Tensor, dims: Ints): Tensor {
  const view = openView(t, t.ndim);
  for (let i = 0; i < dims.length; i++) {
    view.setShape(i, t.shape(dims.get(i)));
    view.setStride(i, t.stride(dims.get(i)));
  }
  return sealView(view);
}

export function rawNarrow(t: Tensor, dim: i32, start: i32, length: i32, step: i32): Tensor {
  const view = openView(t, t.ndim);
  for (let i = 0; i < <i32>t.ndim; i++) {
    view.setShape(i, i == dim ? length : t.shape(i));
    view.setStride(i, i == dim ? t.stride(i) * step : t.stride(i));
  }
  view.offset = t.offset + start * t.stride(dim);
  return sealView(view);
}

export function rawSelect(t: Tensor, dim: i32, index: i32): Tensor {
  const view = openView(t, <i32>t.ndim - 1);
  let k = 0;
  for (let i = 0; i < <i32>t.ndim; i++) {
    if (i == dim) continue;
    view.setShape(k, t.shape(i));
    view.setStride(k, t.stride(i));
    k++;
  }
  view.offset = t.offset + index * t.stride(dim);
  return sealView(view);
}

export function rawUnsqueeze(t: Tensor, dim: i32): Tensor {
  const view = openView(t, <i32>t.ndim + 1);
  for (let i = 0; i <= <i32>t.ndim; i++) {
    if (i == dim) {
      view.setShape(i, 1);
      view.setStride(i, i < <i32>t.ndim ? t.shape(i) * t.stride(i) : 1);
    } else {
      const from = i < dim ? i : i - 1;
      view.setShape(i, t.shape(from));
      view.setStride(i, t.stride(from));
    }
  }
  return sealView(view);
}

/** Drops the dims of `set` (a bitset); they have size 1. */
export function rawSqueeze(t: Tensor, set: u32): Tensor {
  const view = openView(t, <i32>t.ndim - popcnt<i32>(set));
  let k = 0;
  for (let i = 0; i < <i32>t.ndim; i++) {
    if (set & (1 << i)) continue;
    view.setShape(k, t.shape(i));
    view.setStride(k, t.stride(i));
    k++;
  }
  return sealView(view);
}

/** The sizes with a -1 worked out from `numel`. Raises as torch.reshape does. */
export function inferShape(shape: Ints, numel: i32): Ints {
  const result = newInts(shape.length);
  let unknown = -1;
  let known: i64 = 1;
  for (let i = 0; i < shape.length; i++) {
    const size = shape.get(i);
    result.set(i, size);
    if (size == -1) {
      if (unknown >= 0) {
        msg("only one dimension can be inferred");
        raise(ErrorKind.Runtime);
      }
      unknown = i;
    } else if (size < 0) {
      msg("invalid shape dimension ");
      msgInt(size);
      raise(ErrorKind.Runtime);
    } else {
      known *= size;
    }
  }
  if (known == numel || (unknown >= 0 && known > 0 && numel % known == 0)) {
    if (unknown >= 0) {
      if (known == 0) {
        msg("cannot reshape tensor of 0 elements into shape ");
        msgInts(shape);
        msg(" because the unspecified dimension size -1 can be any value and is ambiguous");
        raise(ErrorKind.Runtime);
      }
      result.set(unknown, <i32>(<i64>numel / known));
    }
    return result;
  }
  msg("shape '");
  msgInts(shape);
  msg("' is invalid for input of size ");
  msgInt(numel);
  raise(ErrorKind.Runtime);
  return result;
}

/** The strides with which `t`'s memory can be seen in `shape`, or null when only a copy can. */
export function viewStrides(t: Tensor, shape: Ints): Ints | null {
  const strides = newInts(shape.length);
  if (t.numel == 0) {
    let stride = 1;
    for (let i = shape.length - 1; i >= 0; i--) {
      strides.set(i, stride);
      stride *= max(shape.get(i), 1);
    }
    return strides;
  }
  // walk the old dims from the back in chunks that are contiguous among themselves, and let the new dims fill each chunk
  let next = shape.length - 1;
  let chunkStride = t.ndim > 0 ? t.stride(<i32>t.ndim - 1) : 1;
  let chunkSize = 1;
  let filled = 1;
  for (let i = <i32>t.ndim - 1; i >= 0; i--) {
    chunkSize *= t.shape(i);
    const ends = i == 0 || (t.shape(i - 1) != 1 && t.stride(i - 1) != chunkSize * chunkStride);
    if (!ends) continue;
    while (next >= 0 && (filled < chunkSize || shape.get(next) == 1)) {
      strides.set(next, filled * chunkStride);
      filled *= shape.get(next);
      next--;
    }
    if (filled != chunkSize) return null;
    if (i > 0) {
      chunkStride = t.stride(i - 1);
      chunkSize = 1;
      filled = 1;
    }
  }
  while (next >= 0) {
    strides.set(next, chunkStride);
    next--;
  }
  return strides;
}

/** `t` seen in `shape`, or null when its strides do not allow it. The sizes are complete (see inferShape). */
export function rawView(t: Tensor, shape: Ints): Tensor | null {
  const strides = viewStrides(t, shape);
  if (strides === null) return null;
  const view = openView(t, shape.length);
  for (let i = 0; i < shape.length; i++) {
    view.setShape(i, shape.get(i));
    view.setStride(i, strides.get(i));
  }
  return sealView(view);
}

/** Complex numbers as a last dim of two: real and imaginary parts. */
export function rawViewAsReal(t: Tensor): Tensor {
  const ndim = <i32>t.ndim;
  const view = openView(t, ndim + 1);
  view.dtype = <u8>(t.dtype == DType.Complex128 ? DType.Float64 : DType.Float32);
  view.offset = t.offset << 1;
  for (let d = 0; d < ndim; d++) {
    view.setShape(d, t.shape(d));
    view.setStride(d, t.stride(d) << 1);
  }
  view.setShape(ndim, 2);
  view.setStride(ndim, 1);
  return sealView(view);
}

/** The real (0) or imaginary (1) parts. */
export function rawPart(t: Tensor, which: i32): Tensor {
  return rawSelect(rawViewAsReal(t), t.ndim, which);
}
