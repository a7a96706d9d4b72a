// Attention whose scores are never stored. int(0) … int(4) = batch, queries L, keys S, features E of queries and keys, features
// V of values; int(5) = Hidden; param(0) = scale. float32 or float16, contiguous but for the mask; statistics are float32.
//
// Forward: operands 0 result [batch, L, V], 1 statistics [batch, L, 2]: the greatest score of a row and the sum of the
// exponentials of the differences to it; 2 query, 3 key, 4 value, 5 mask [..., L, S] if there is one, of any strides.
// Backward: 0, 1, 2 gradients of query, key and value, 3 gradient of the result, 4 query, 5 key, 6 value, 7 statistics
// [batch, L, 3], the third the sum of the result times its gradient, 8 mask.
//
// Only the CPU stand-in for a device runs these, hence plain loops. On the CPU itself forward is attentionBlocks.ts, and where
// there is a mask, or gradients are wanted, products and a softmax are faster.
import { Args, Operand } from "../dispatch/args";
import { DType } from "../tensor/dtype";
import { attentionPart, attentionUnits } from "./attentionBlocks";
import { expOfDifference } from "./exponential";
import { floatToHalf, halfToFloat } from "./half";

export const enum Hidden {
  None = 0,
  /** keys after the query */
  Later = 1,
  /** where a bool mask is false */
  Mask = 2,
  /** a mask that is added to the scores */
  Added = 3,
}

/** The most features of a head. */
export const MAX_FEATURES: i32 = 128;
const sums: usize = memory.data(2 * 128 * 4, 16);

function at(o: Operand, i: i32): f32 {
  const p = o.data;
  if (o.dtype == DType.Float16) return halfToFloat(<u32>load<u16>(p + ((<usize>i) << 1)));
  return load<f32>(p + ((<usize>i) << 2));
}

function put(o: Operand, i: i32, value: f32): void {
  const p = o.data;
  if (o.dtype == DType.Float16) store<u16>(p + ((<usize>i) << 1), <u16>floatToHalf(value));
  else store<f32>(p + ((<usize>i) << 2), value);
}

function dot(a: Operand, i: i32, b: Operand, j: i32, n: i32): f32 {
  let sum: f64 = 0;
  for (let e = 0; e < n; e++) sum += <f64>(at(a, i * n + e) * at(b, j * n + e));
  return <f32>sum;
}

/** sums[from …] += factor * row `i` of `o` */
function addRow(from: i32, factor: f32, o: Operand, i: i32, n: i32): void {
  for (let e = 0; e < n; e++) {
    const p = sums + ((<usize>(from + e)) << 2);
    store<f32>(p, load<f32>(p) + factor * at(o, i * n + e));
  }
}

/** Row `i` of `o` = factor * sums[from …] */
function putRow(o: Operand, i: i32, factor: f32, from: i32, n: i32): void {
  for (let e = 0; e < n; e++) put(o, i * n + e, factor * load<f32>(sums + ((<usize>(from + e)) << 2)));
}

function maskOffset(mask: Operand, b: i32, l: i32, s: i32): i32 {
  const last = mask.ndim - 1;
  let offset = l * mask.stride(last - 1) + s * mask.stride(last);
  for (let d = last - 2; d >= 0; d--) {
    offset += (b % mask.shape(d)) * mask.stride(d);
    b /= mask.shape(d);
  }
  return offset;
}

function isHidden(args: Args, mask: i32, b: i32, l: i32, s: i32): bool {
  if (args.int(5) == Hidden.Later) return s > l;
  const o = args.operand(mask);
  return args.int(5) == Hidden.Mask && load<u8>(o.data + <usize>maskOffset(o, b, l, s)) == 0;
}

/** The score of a query and a key; `query` is the operand of the queries, keys and mask are 1 and `mask`. */
function score(args: Args, query: i32, mask: i32, b: i32, l: i32, s: i32): f32 {
  if (isHidden(args, mask, b, l, s)) return -Infinity;
  const product = dot(
    args.operand(query),
    b * args.int(1) + l,
    args.operand(query + 1),
    b * args.int(2) + s,
    args.int(3),
  );
  const scaled = product * <f32>args.param(0);
  if (args.int(5) != Hidden.Added) return scaled;
  const o = args.operand(mask);
  return scaled + at(o, maskOffset(o, b, l, s));
}

export function attentionKernel(args: Args): void {
  // the CPU's own
  if (args.workspaceBytes != 0) return attentionPart(args, 0, attentionUnits(args), args.workspace);
  const keys = args.int(2);
  const features = args.int(4);
  const rows = args.int(0) * args.int(1);
  for (let row = 0; row < rows; row++) {
    const b = row / args.int(1);
    const l = row % args.int(1);
    let most: f32 = -f32.MAX_VALUE;
    for (let s = 0; s < keys; s++) most = max<f32>(most, score(args, 2, 5, b, l, s));
    let sum: f32 = 0;
    memory.fill(sums, 0, 512);
    for (let s = 0; s < keys; s++) {
      const p = expOfDifference<f32>(score(args, 2, 5, b, l, s), most);
      sum += p;
      addRow(0, p, args.operand(4), b * keys + s, features);
    }
    putRow(args.operand(0), row, sum == 0 ? <f32>NaN : <f32>1 / sum, 0, features);
    put(args.operand(1), 2 * row, most);
    put(args.operand(1), 2 * row + 1, sum);
  }
}

export function attentionBackwardKernel(args: Args): void {
  gradients(args, true);
  gradients(args, false);
}

/** Of the queries, by the keys of each; or of the keys and values, by the queries of each. */
function gradients(args: Args, ofQueries: bool): void {
  const queries = args.int(1);
  const keys = args.int(2);
  const e = args.int(3);
  const v = args.int(4);
  const scale = <f32>args.param(0);
  const statistics = args.operand(7);
  const own = ofQueries ? queries : keys;
  const others = ofQueries ? keys : queries;
  for (let row = 0; row < args.int(0) * own; row++) {
    const b = row / own;
    memory.fill(sums, 0, 1024);
    for (let other = 0; other < others; other++) {
      const l = ofQueries ? row % own : other;
      const s = ofQueries ? other : row % own;
      const query = b * queries + l;
      const key = b * keys + s;
      const sum = at(statistics, 3 * query + 1);
      const p =
        expOfDifference<f32>(score(args, 4, 8, b, l, s), at(statistics, 3 * query)) *
        (sum == 0 ? <f32>NaN : <f32>1 / sum);
      const slope = p * (dot(args.operand(3), query, args.operand(6), key, v) - at(statistics, 3 * query + 2));
      addRow(0, isHidden(args, 8, b, l, s) ? 0 : slope, args.operand(ofQueries ? 5 : 4), ofQueries ? key : query, e);
      if (!ofQueries) addRow(128, p, args.operand(3), query, v);
    }
    putRow(args.operand(ofQueries ? 0 : 1), row, scale, 0, e);
    if (!ofQueries) putRow(args.operand(2), row, 1, 128, v);
  }
}
