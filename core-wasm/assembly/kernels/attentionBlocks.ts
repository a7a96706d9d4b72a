// Attention on the CPU: a block of queries at a time, whose scores never leave the cache. They are a product of queries and
// keys, become exponentials where they lie, and meet the values in another product; what a row is divided by is the result's
// part. Keys after a block's queries are left out where each query sees only those before it.
//
// Operands, ints and param as in attention.ts, all float32, without a mask; the workspace has attentionWorkspace() bytes.
// 2 * batch * L * S * (E + V) flops.
import { Args } from "../dispatch/args";
import { Hidden } from "./attention";
import { expBlock } from "./exponential";
import { gemmWorkspace, multiply } from "./gemm/gemm";
import { BLOCK, maxBlock } from "./reduceBlock";

/** Scores of a block: 256 KiB, which L2 holds beside keys and values. */
const SCORES: i32 = 1 << 16;
/** Most queries of a block that needs no keys behind it. */
const LATER_ROWS: i32 = 96;

/** Queries of a block. */
function rowsOf(args: Args): i32 {
  const rows = max(24, SCORES / args.int(2));
  return min(args.int(1), args.int(5) == Hidden.Later ? min(rows, LATER_ROWS) : rows);
}

export function attentionWorkspace(args: Args): i32 {
  const queries = args.int(1);
  const keys = args.int(2);
  const step = rowsOf(args);
  let bytes = 0;
  for (let first = 0; first < queries; first += step) {
    const rows = min(step, queries - first);
    const seen = seenBy(args, first + rows);
    bytes = max(bytes, gemmWorkspace(rows, seen, args.int(3), 4));
    bytes = max(bytes, gemmWorkspace(rows, args.int(4), seen, 4));
  }
  return scoreBytes(step, keys) + bytes;
}

/** Keys that meet a block of the queries before `end`. */
// @ts-ignore: decorator
@inline function seenBy(args: Args, end: i32): i32 {
  return args.int(5) == Hidden.Later ? min(args.int(2), end) : args.int(2);
}

// @ts-ignore: decorator
@inline function scoreBytes(rows: i32, keys: i32): i32 {
  return (rows * keys * 4 + 63) & -64;
}

/** Units of work: blocks of queries of each of the batch. */
export function attentionUnits(args: Args): i32 {
  const rows = rowsOf(args);
  return args.int(0) * ((args.int(1) + rows - 1) / rows);
}

/** Units [begin, end). */
export function attentionPart(args: Args, begin: i32, end: i32, work: usize): void {
  const queries = args.int(1);
  const keys = args.int(2);
  const features = args.int(3);
  const values = args.int(4);
  const later = args.int(5) == Hidden.Later;
  const step = rowsOf(args);
  const blocks = (queries + step - 1) / step;
  const rest = work + <usize>scoreBytes(step, keys);
  for (let unit = begin; unit < end; unit++) {
    const b = unit / blocks;
    const first = (unit % blocks) * step;
    const rows = min(step, queries - first);
    const seen = seenBy(args, first + rows);
    const row = b * queries + first;
    const query = args.operand(2).data + ((<usize>(row * features)) << 2);
    const key = args.operand(3).data + ((<usize>(b * keys * features)) << 2);
    const value = args.operand(4).data + ((<usize>(b * keys * values)) << 2);
    const out = args.operand(0).data + ((<usize>(row * values)) << 2);
    const statistics = args.operand(1).data + ((<usize>row) << 3);
    const scale = <f32>args.param(0);
    multiply<f32>(rows, seen, features, scale, query, features, 1, key, 1, features, work, false, rest);
    for (let r = 0; r < rows; r++) {
      const scores = work + ((<usize>(r * seen)) << 2);
      exponentials(scores, later ? min(seen, first + r + 1) : seen, seen, statistics + ((<usize>r) << 3));
    }
    multiply<f32>(rows, values, seen, 1, work, seen, 1, value, values, 1, out, false, rest);
    for (let r = 0; r < rows; r++) {
      const factor: f32 = 1 / load<f32>(statistics + ((<usize>r) << 3), 4);
      let at = out + ((<usize>(r * values)) << 2);
      const last = at + ((<usize>values) << 2);
      for (; at + 16 <= last; at += 16) v128.store(at, f32x4.mul(v128.load(at), f32x4.splat(factor)));
      for (; at < last; at += 4) store<f32>(at, load<f32>(at) * factor);
    }
  }
}

/** A row of `n` scores as exponentials of the differences to the greatest, zeros up to `all`; and the statistics. */
function exponentials(scores: usize, n: i32, all: i32, statistics: usize): void {
  const most = maxBlock<f32>(scores, n);
  let sum: f64 = 0;
  for (let i = 0; i < n; i += BLOCK) {
    const at = scores + ((<usize>i) << 2);
    sum += expBlock<f32>(at, at, min(BLOCK, n - i), most);
  }
  memory.fill(scores + ((<usize>n) << 2), 0, (<usize>(all - n)) << 2);
  store<f32>(statistics, most);
  store<f32>(statistics, <f32>sum, 4);
}
