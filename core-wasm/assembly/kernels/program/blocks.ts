// Loads a block of an operand into lanes of the compute type, and stores one.
import { Operand } from "../../dispatch/args";
import { Compute, DType, computeType, itemSize } from "../../tensor/dtype";
import { bfloatToFloat, convert, floatToBfloat, floatToHalf, halfToFloat, maskToInt, nonzero } from "./convert";
import { gatherRows, scatterRows, transfer } from "./elements";

/** Elements a block. */
export const BLOCK: i32 = 512;
/** Bytes of a block of 64-bit lanes, padded so that consecutive registers do not fall into the same cache sets. */
export const BLOCK_BYTES: usize = 8 * 512 + 64;

/** Scratch that loads and stores need: two blocks, then coordinates. */
export const SCRATCH_BYTES: usize = 2 * BLOCK_BYTES + 64;

/** True for the dtypes whose memory is already in lanes of their compute type. */
// @ts-ignore: decorator
@inline export function isLane(dtype: i32): bool {
  return dtype == DType.Float32 || dtype == DType.Float64 || dtype == DType.Int32 || dtype == DType.Int64;
}

/** Whether whole vectors may be read from `address` on up to the end of a block. */
// @ts-ignore: decorator
@inline export function readable(address: usize, bytes: usize): bool {
  return (address + bytes + 63) >> 16 < <usize>memory.size();
}

/**
 * Elements [at, at + n) of `operand` over the index space of `space`, as lanes of the compute type `type` or, if `mask`,
 * as x != 0. `dense`: the element of the operand's memory from which on they lie in a row, or -1. Returns where the lanes
 * are: in `dst`, or in the operand's own memory when that needs no conversion (whole vectors are read past the end there,
 * never written).
 */
export function loadBlock(
  operand: Operand,
  space: Operand,
  dense: i32,
  type: i32,
  mask: bool,
  at: i32,
  n: i32,
  dst: usize,
  scratch: usize,
): usize {
  const dtype = operand.dtype;
  const from = computeType(dtype);
  const shift = 2 + (from & 1);
  let lanes: usize;
  const size = itemSize(dtype);
  const first = operand.data + <usize>dense * size;
  if (dense >= 0 && isLane(dtype) && readable(first, (<usize>n) << shift)) {
    lanes = first;
  } else {
    lanes = mask || from != type ? scratch : dst;
    if (dense >= 0) gatherRows(dtype, lanes, first, 1, 0, n, 1);
    else transfer(false, operand, space, size, shift, lanes, at, n, scratch + 2 * BLOCK_BYTES);
    if (dtype == DType.Float16) halfToFloat(lanes, n);
    else if (dtype == DType.BFloat16) bfloatToFloat(lanes, n);
  }
  if (mask) {
    const target = (from & 1) == (type & 1) ? dst : scratch;
    nonzero(from, target, lanes, n);
    if (target != dst)
      convert(from & 1 ? Compute.I64 : Compute.I32, type & 1 ? Compute.I64 : Compute.I32, dst, target, n);
    return dst;
  }
  if (from == type) return lanes;
  convert(from, type, dst, lanes, n);
  return dst;
}

/** Stores a block of lanes of `type` (masks as 0 or 1) to elements [at, at + n) of `operand`, which may be dense. */
export function storeBlock(
  operand: Operand,
  dense: bool,
  type: i32,
  mask: bool,
  at: i32,
  n: i32,
  src: usize,
  scratch: usize,
): void {
  const dtype = operand.dtype;
  const other = scratch + BLOCK_BYTES;
  if (dtype == DType.Bool && !mask) {
    nonzero(type, other, src, n);
    src = other;
    mask = true;
  }
  if (mask) {
    maskToInt(type, scratch, src, n);
    src = scratch;
    type = Compute.I32;
  }
  const to = computeType(dtype);
  if (type != to) {
    const target = src == scratch ? other : scratch;
    convert(type, to, target, src, n);
    src = target;
  }
  if (dtype == DType.Float16) {
    floatToHalf(scratch, src, n);
    src = scratch;
  } else if (dtype == DType.BFloat16) {
    floatToBfloat(scratch, src, n);
    src = scratch;
  }
  const size = itemSize(dtype);
  if (dense) scatterRows(dtype, src, operand.data + <usize>at * size, 1, 0, n, 1);
  else transfer(true, operand, operand, size, 2 + (to & 1), src, at, n, scratch + 2 * BLOCK_BYTES);
}
