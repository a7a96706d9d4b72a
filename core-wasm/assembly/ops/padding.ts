// Padding, and the shuffles of channels and pixels.
import * as ops from "../gen/ops";
import { Device } from "../dispatch/device";
import { copyInto, empty, fillWithScalar } from "../tensor/create";
import { DType } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgInt, msgInts, msgShape, raise } from "../tensor/error";
import { Ints, ints1, ints2, newInts, shapeOf } from "../tensor/ints";
import { Scalar, intScalar } from "../tensor/scalar";
import { Tensor } from "../tensor/tensor";
import { rawNarrow } from "../tensor/views";
import { rawToDevice } from "../tensor/transfer";

export function constantPadNd(input: Tensor, pad: Ints, value: Scalar): Tensor {
  if (pad.length % 2 != 0) {
    msg("Length of pad must be even but instead it equals ");
    msgInt(pad.length);
    raise(ErrorKind.Runtime);
  }
  const ndim = <i32>input.ndim;
  const padded = pad.length / 2;
  if (padded > ndim) {
    msg("Length of pad should be no more than twice the number of dimensions of the input. Pad length is ");
    msgInt(pad.length);
    msg("while the input has ");
    msgInt(ndim);
    msg("dimensions.");
    raise(ErrorKind.Runtime);
  }
  const shape = shapeOf(input);
  let source = input;
  let widens = false;
  for (let i = 0; i < padded; i++) {
    const dim = ndim - 1 - i;
    const before = pad.get(2 * i);
    const after = pad.get(2 * i + 1);
    const wide = <i64>input.shape(dim) + <i64>before + <i64>after;
    const size = <i32>min<i64>(wide, i32.MAX_VALUE); // too large ones fail as a tensor does
    if (wide < 0) {
      msg("The input size ");
      msgInt(input.shape(dim));
      msg(", plus negative padding ");
      msgInt(before);
      msg(" and ");
      msgInt(after);
      msg(" resulted in a negative output size, which is invalid. Check dimension ");
      msgInt(dim);
      msg(" of your input.");
      raise(ErrorKind.Runtime);
    }
    shape.set(dim, size);
    if (before > 0 || after > 0) widens = true;
    const from = max(-before, 0);
    const until = input.shape(dim) - max(-after, 0);
    source = rawNarrow(source, dim, min(from, input.shape(dim)), max(until - from, 0), 1);
  }
  const out = empty(shape, input.dtype, input.device);
  if (widens) fillWithScalar(out, value);
  let target = out;
  for (let i = 0; i < padded; i++) {
    const dim = ndim - 1 - i;
    const before = max(pad.get(2 * i), 0);
    target = rawNarrow(
      target,
      dim,
      min(before, out.shape(dim)),
      min(source.shape(dim), out.shape(dim) - min(before, out.shape(dim))),
      1,
    );
  }
  copyInto(target, source);
  return out;
}

const enum Mode {
  Constant = 0,
  Reflect = 1,
  Replicate = 2,
  Circular = 3,
}

export function pad(input: Tensor, pad: Ints, mode: i32, value: Scalar | null): Tensor {
  if (pad.length % 2 != 0) fail(ErrorKind.Runtime, "Padding length must be divisible by 2");
  if (pad.length > 2 * <i32>input.ndim) fail(ErrorKind.Runtime, "Padding length too large");
  if (mode == Mode.Constant) return ops.constantPadNd(input, pad, value === null ? intScalar(0) : value);
  if (value !== null && value.f != 0) {
    msg('Padding mode "');
    msg(mode == Mode.Reflect ? "reflect" : mode == Mode.Replicate ? "replicate" : "circular");
    msg("\" doesn't take in value argument");
    raise(ErrorKind.Runtime);
  }
  const padded = pad.length / 2;
  const ndim = <i32>input.ndim;
  if (padded < 1 || padded > 3 || (ndim != padded + 1 && ndim != padded + 2)) {
    fail(ErrorKind.NotImplemented, "Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now");
  }
  for (let i = 0; i < padded; i++) checkWidth(input, ndim - 1 - i, pad.get(2 * i), pad.get(2 * i + 1), mode);
  let out = input;
  for (let i = 0; i < padded; i++) {
    const before = pad.get(2 * i);
    const after = pad.get(2 * i + 1);
    const dim = ndim - 1 - i;
    if (before != 0 || after != 0) out = ops.indexSelect(out, dim, sources(input, dim, before, after, mode));
  }
  return out == input ? ops.clone(input) : out;
}

function checkWidth(input: Tensor, dim: i32, before: i32, after: i32, mode: i32): void {
  const size = input.shape(dim);
  if (mode == Mode.Reflect && (before >= size || after >= size)) {
    msg("Padding size should be less than the corresponding input dimension, but got: padding (");
    msgInt(before);
    msg(", ");
    msgInt(after);
    msg(") at dimension ");
    msgInt(dim);
    msg(" of input ");
    msgShape(input);
    raise(ErrorKind.Runtime);
  }
  if (mode == Mode.Circular && (before > size || after > size)) {
    fail(ErrorKind.Runtime, "Padding value causes wrapping around more than once.");
  }
  if (size + before + after < 1 || (mode == Mode.Replicate && size == 0)) {
    msg("input (");
    msgShape(input);
    msg(") is too small for padding ");
    msgInts(ints2(before, after));
    msg(" at dimension ");
    msgInt(dim);
    raise(ErrorKind.Runtime);
  }
}

/** As PyTorch: what negative widths leave of the dim is what wraps around. */
function wrapped(i: i32, size: i32, before: i32, after: i32): i32 {
  const start = max(-before, 0);
  const length = size - start - max(-after, 0);
  const at = i - max(before, 0);
  return start + (at < 0 ? at + length : at >= length ? at - length : at);
}

/** Which element of a dim each element of the padded dim comes from. */
function sources(input: Tensor, dim: i32, before: i32, after: i32, mode: i32): Tensor {
  const size = input.shape(dim);
  const list = empty(ints1(size + before + after), DType.Int64, Device.Cpu);
  const at = list.dataPtr();
  for (let i = 0; i < list.numel; i++) {
    let from = i - before;
    if (mode == Mode.Replicate) from = min(max(from, 0), size - 1);
    else if (mode == Mode.Circular) from = wrapped(i, size, before, after);
    else if (from < 0) from = -from;
    else if (from >= size) from = 2 * size - 2 - from;
    store<i64>(at + ((<usize>i) << 3), from);
  }
  return rawToDevice(list, input.device);
}

// ---- shuffles ----------------------------------------------------------------------------------------------------

/** The sizes before the last three dims, followed by `rest`. */
function batched(input: Tensor, rest: Ints): Ints {
  const lead = <i32>input.ndim - 3;
  const shape = newInts(lead + rest.length);
  for (let i = 0; i < shape.length; i++) shape.set(i, i < lead ? input.shape(i) : rest.get(i - lead));
  return shape;
}

function ints5(a: i32, b: i32, c: i32, d: i32, e: i32): Ints {
  const list = newInts(5);
  list.set(0, a);
  list.set(1, b);
  list.set(2, c);
  list.set(3, d);
  list.set(4, e);
  return list;
}

/** The last five dims of `t` in the order a…e. */
function permuteLast(t: Tensor, order: Ints): Tensor {
  const lead = <i32>t.ndim - order.length;
  const dims = newInts(t.ndim);
  for (let i = 0; i < dims.length; i++) dims.set(i, i < lead ? i : lead + order.get(i - lead));
  return ops.permute(t, dims);
}

function checkShuffle(op: string, input: Tensor, setting: string, factor: i32): void {
  if (<i32>input.ndim < 3) {
    msg(op);
    msg(" expects input to have at least 3 dimensions, but got input with ");
    msgInt(input.ndim);
    msg(" dimension(s)");
    raise(ErrorKind.Runtime);
  }
  if (factor <= 0) {
    msg(op);
    msg(" expects a positive ");
    msg(setting);
    msg(", but got ");
    msgInt(factor);
    raise(ErrorKind.Runtime);
  }
}

export function pixelShuffle(input: Tensor, upscaleFactor: i32): Tensor {
  const r = upscaleFactor;
  checkShuffle("pixel_shuffle", input, "upscale_factor", r);
  const ndim = <i32>input.ndim;
  const channels = input.shape(ndim - 3);
  const height = input.shape(ndim - 2);
  const width = input.shape(ndim - 1);
  if (channels % (r * r) != 0) {
    msg(
      "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but input.size(-3)=",
    );
    msgInt(channels);
    msg(" is not divisible by ");
    msgInt(r * r);
    raise(ErrorKind.Runtime);
  }
  const c = channels / (r * r);
  const split = ops.reshape(input, batched(input, ints5(c, r, r, height, width)));
  const rest = newInts(3);
  rest.set(0, c);
  rest.set(1, height * r);
  rest.set(2, width * r);
  return ops.reshape(ops.contiguous(permuteLast(split, ints5(0, 3, 1, 4, 2))), batched(input, rest));
}

export function pixelUnshuffle(input: Tensor, downscaleFactor: i32): Tensor {
  const r = downscaleFactor;
  checkShuffle("pixel_unshuffle", input, "downscale_factor", r);
  const ndim = <i32>input.ndim;
  const c = input.shape(ndim - 3);
  const height = input.shape(ndim - 2);
  const width = input.shape(ndim - 1);
  if (height % r != 0 || width % r != 0) {
    const wrong = height % r != 0;
    msg("pixel_unshuffle expects ");
    msg(wrong ? "height" : "width");
    msg(" to be divisible by downscale_factor, but input.size(");
    msgInt(wrong ? -2 : -1);
    msg(")=");
    msgInt(wrong ? height : width);
    msg(" is not divisible by ");
    msgInt(r);
    raise(ErrorKind.Runtime);
  }
  const split = ops.reshape(input, batched(input, ints5(c, height / r, r, width / r, r)));
  const rest = newInts(3);
  rest.set(0, c * r * r);
  rest.set(1, height / r);
  rest.set(2, width / r);
  return ops.reshape(ops.contiguous(permuteLast(split, ints5(0, 2, 4, 1, 3))), batched(input, rest));
}

export function channelShuffle(input: Tensor, groups: i32): Tensor {
  if (<i32>input.ndim <= 2) {
    msg("channel_shuffle expects input with > 2 dims, but got input with sizes ");
    msgShape(input);
    raise(ErrorKind.Runtime);
  }
  const channels = input.shape(1);
  if (groups <= 0) {
    msg("Number of groups to divide channels in must be positive. Value of groups:");
    msgInt(groups);
    raise(ErrorKind.Runtime);
  }
  if (channels % groups != 0) {
    msg("Number of channels must be divisible by groups. Got ");
    msgInt(channels);
    msg(" channels and ");
    msgInt(groups);
    msg(" groups.");
    raise(ErrorKind.Runtime);
  }
  const shape = newInts(<i32>input.ndim + 1);
  shape.set(0, input.shape(0));
  shape.set(1, groups);
  shape.set(2, channels / groups);
  for (let d = 2; d < <i32>input.ndim; d++) shape.set(d + 1, input.shape(d));
  return ops.reshape(ops.contiguous(ops.transpose(ops.reshape(input, shape), 1, 2)), shapeOf(input));
}
