// Strided copies with any pair of dtypes, and fills. Memory-bound: the bytes of source and destination once.
import { Args, Operand } from "../dispatch/args";
import { Compute, DType, computeType, itemSize } from "../tensor/dtype";
import { arrange, moveToSecondLast } from "./copy/arrange";
import { copyRows, planeCopy, planeFill } from "./copy/plane";
import { BLOCK, BLOCK_BYTES, loadBlock, storeBlock } from "./program/blocks";
import { isDense } from "./program/elements";

// Two arranged operands and 16 bytes of a value, then blocks for conversion.
const TO: usize = 0;
const FROM: usize = 160;
const COORDINATES: usize = 320;
const VALUE: usize = 384;
const BLOCKS: usize = 512;
/** Memory that one thread needs for copies. */
export const COPY_ARENA_BYTES: usize = BLOCKS + 3 * BLOCK_BYTES + 64;
/** this thread's */
let arena: usize = memory.data(512 + 3 * 4160 + 64, 64);

export function setCopyArena(address: usize): void {
  arena = address;
}

/** Operand 0: the destination, any strides and dtype. Operand 1: the source, broadcast to its shape. */
export function copyKernel(args: Args): void {
  const a = args.operand(0);
  const b = args.operand(1);
  if (a.numel == 0) return;
  const same = sameBits(a.dtype, b.dtype);
  if (same && isDense(a, a) && isDense(b, a)) {
    copyRows(a.data, b.data, 1, 0, 0, <usize>a.numel * itemSize(a.dtype));
    return;
  }
  const to = changetype<Operand>(arena + TO);
  const from = changetype<Operand>(arena + FROM);
  arrange(a, b, to, from);
  if (same) {
    moveToSecondLast(to, from);
    walk(to, from, itemSize(to.dtype), false);
  } else {
    convertRange(to, from, 0, to.numel, arena + BLOCKS);
  }
}

/** Operand 0 (not complex) takes param(0), or for int64 the value int(0) (low half), int(1) (high half) where int(2) is 1. */
export function fillKernel(args: Args): void {
  if (args.operand(0).numel == 0) return;
  const to = changetype<Operand>(arena + TO);
  const from = changetype<Operand>(arena + FROM);
  arrange(args.operand(0), args.operand(0), to, from);
  const dtype = to.dtype;
  const value = arena + VALUE;
  for (let d = 0; d < to.ndim; d++) from.setStride(d, 0);
  // one element through the conversions of programs
  from.data = value;
  from.ndim = 0;
  const lanes = arena + BLOCKS;
  const wide = args.int(2) == 1;
  if (wide) store<i64>(lanes, ((<i64>args.int(1)) << 32) | (<i64>(<u32>args.int(0))));
  else store<f64>(lanes, args.param(0));
  storeBlock(from, true, wide ? Compute.I64 : Compute.F64, false, 0, 1, lanes, arena + BLOCKS + BLOCK_BYTES);
  walk(to, from, itemSize(dtype), true);
}

/** Whether converting is moving the bytes. */
function sameBits(to: i32, from: i32): bool {
  if (to == from) return true;
  return itemSize(to) == 1 && itemSize(from) == 1 && to != DType.Bool;
}

/** Copies or fills plane by plane: the last two dimensions, over an odometer of the others. */
function walk(to: Operand, from: Operand, size: i32, fill: bool): void {
  const inner = to.ndim - 1;
  const outer = inner - 1;
  const rows = inner > 0 ? to.shape(outer) : 1;
  const rowStep = inner > 0 ? to.stride(outer) * size : 0;
  const fromRowStep = inner > 0 ? from.stride(outer) * size : 0;
  const cols = to.shape(inner);
  const step = to.stride(inner) * size;
  const fromStep = from.stride(inner) * size;
  for (let d = 0; d < outer; d++) store<i32>(arena + COORDINATES + ((<usize>d) << 2), 0);
  let dst = to.data;
  let src = from.data;
  while (true) {
    if (fill) planeFill(size, dst, src, rows, rowStep, cols, step);
    else planeCopy(size, dst, src, rows, rowStep, fromRowStep, cols, step, fromStep, arena + BLOCKS);
    let d = outer - 1;
    for (; d >= 0; d--) {
      const slot = arena + COORDINATES + ((<usize>d) << 2);
      const coordinate = load<i32>(slot) + 1;
      const extent = to.shape(d);
      dst += to.stride(d) * size;
      src += from.stride(d) * size;
      if (coordinate < extent) {
        store<i32>(slot, coordinate);
        break;
      }
      store<i32>(slot, 0);
      dst -= extent * to.stride(d) * size;
      src -= extent * from.stride(d) * size;
    }
    if (d < 0) return;
  }
}

/** Elements [begin, end) of a copy, block by block through lanes of the source's compute type. */
function convertRange(to: Operand, from: Operand, begin: i32, end: i32, blocks: usize): void {
  const dense = isDense(from, to);
  const toDense = isDense(to, to);
  const type = computeType(from.dtype);
  const scratch = blocks + BLOCK_BYTES;
  for (let at = begin; at < end; at += BLOCK) {
    const n = min(end - at, BLOCK);
    const lanes = loadBlock(from, to, dense ? at : -1, type, false, at, n, blocks, scratch);
    storeBlock(to, toDense, type, false, at, n, lanes, scratch);
  }
}
