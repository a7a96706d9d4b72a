// Strided copies with any pair of dtypes, and fills. Memory-bound: the bytes of source and destination once.
import { Args, Operand } from "../dispatch/args";
import { Compute, DType, computeType, itemSize } from "../tensor/dtype";
import { BLOCK, BLOCK_BYTES, SCRATCH_BYTES, loadBlock, storeBlock } from "./program/blocks";
import { isDense } from "./program/elements";

// @ts-ignore: decorator
@lazy const arena = memory.data(4160 + 2 * 4160 + 64, 64);

/** Operand 0: the destination, any strides and dtype. Operand 1: the source, broadcast to its shape. */
export function copyKernel(args: Args): void {
  const to = args.operand(0);
  const from = args.operand(1);
  const n = to.numel;
  if (n == 0) return;
  if (to.dtype == from.dtype && isDense(to, to) && isDense(from, to)) {
    memory.copy(to.data, from.data, <usize>n * itemSize(to.dtype));
    return;
  }
  convertRange(to, from, 0, n, arena);
}

/** Elements [begin, end) of a copy, block by block through lanes of the source's compute type. */
export function convertRange(to: Operand, from: Operand, begin: i32, end: i32, arena: usize): void {
  const dense = isDense(from, to);
  const type = computeType(from.dtype);
  const scratch = arena + BLOCK_BYTES;
  for (let at = begin; at < end; at += BLOCK) {
    const n = min(end - at, BLOCK);
    const lanes = loadBlock(from, to, dense, type, false, at, n, arena, scratch);
    storeBlock(to, to, type, false, at, n, lanes, scratch);
  }
}

/** Operand 0 takes param(0), or for int64 the value int(0) (low half), int(1) (high half) where int(2) is 1. */
export function fillKernel(args: Args): void {
  const to = args.operand(0);
  const n = to.numel;
  if (n == 0) return;
  let type: i32 = Compute.F64;
  if (args.int(2) == 1) {
    type = Compute.I64;
    store<i64>(arena, ((<i64>args.int(1)) << 32) | (<i64>(<u32>args.int(0))));
  } else {
    store<f64>(arena, args.param(0));
  }
  const value = v128.load64_splat(arena);
  const bytes = (((<usize>min(n, BLOCK)) << 3) + 15) & ~15;
  for (let i: usize = 0; i < bytes; i += 16) v128.store(arena + i, value);
  for (let at = 0; at < n; at += BLOCK)
    storeBlock(to, to, type, false, at, min(n - at, BLOCK), arena, arena + BLOCK_BYTES);
}
