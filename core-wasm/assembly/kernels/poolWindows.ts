// The windows of a pooling: along each of up to three spatial dimensions a table with an entry for each output.
import { Args, Operand } from "../dispatch/args";

/** Bytes of a window's entry along one dimension: first, end (clipped to the input), extent before clipping to the input. */
const ENTRY: usize = 12;

/** The most bytes that a pooling from `x` to `out`, whose settings are in `args`, needs. */
export function poolWorkspace(args: Args, x: Operand, out: Operand): usize {
  const rank = args.int(0);
  let entries = 3;
  for (let d = out.ndim - rank; d < out.ndim; d++) entries += out.shape(d);
  return <usize>entries * ENTRY + 2 * lineBytes(args, rank, x, out) + ((<usize>spatial(out, rank, 2)) << 2) + 64;
}

/** A row of input between its padding, as far as four windows side by side may reach (poolRows.ts). */
export function lineBytes(args: Args, rank: i32, x: Operand, out: Operand): usize {
  const row = 2 * setting(args, rank, 2, 2, 0) + spatial(x, rank, 2);
  const reach = (setting(args, rank, 0, 2, 1) - 1) * setting(args, rank, 3, 2, 1);
  return (<usize>(max(row, spatial(out, rank, 2) * setting(args, rank, 1, 2, 1) + reach) + 8)) << 2;
}

// @ts-ignore: decorator
@inline export function spatial(x: Operand, rank: i32, i: i32): i32 {
  return i < 3 - rank ? 1 : x.shape(x.ndim - 3 + i);
}

// @ts-ignore: decorator
@inline export function setting(args: Args, rank: i32, group: i32, i: i32, otherwise: i32): i32 {
  return i < 3 - rank ? otherwise : args.int(4 + group * rank + i - (3 - rank));
}

// @ts-ignore: decorator
@inline export function first(table: usize, i: i32): i32 {
  return load<i32>(table + <usize>i * ENTRY);
}

// @ts-ignore: decorator
@inline export function end(table: usize, i: i32): i32 {
  return load<i32>(table + <usize>i * ENTRY, 4);
}

// @ts-ignore: decorator
@inline export function extent(table: usize, i: i32): i32 {
  return load<i32>(table + <usize>i * ENTRY, 8);
}

/** Writes the windows of spatial dimension `i`; returns the table's end. */
export function fillWindows(args: Args, rank: i32, i: i32, input: i32, output: i32, table: usize): usize {
  if (args.int(1)) {
    for (let o = 0; o < output; o++) {
      const start = <i32>((<i64>o * input) / output);
      const stop = <i32>(((<i64>o + 1) * input + output - 1) / output);
      store<i32>(table, start);
      store<i32>(table, stop, 4);
      store<i32>(table, stop - start, 8);
      table += ENTRY;
    }
    return table;
  }
  const kernel = setting(args, rank, 0, i, 1);
  const stride = setting(args, rank, 1, i, 1);
  const padding = setting(args, rank, 2, i, 0);
  const dilation = setting(args, rank, 3, i, 1);
  const reach = dilation * (kernel - 1) + 1;
  for (let o = 0; o < output; o++) {
    let start = o * stride - padding;
    const stop = start + reach;
    store<i32>(table, min(stop, input), 4);
    store<i32>(table, min(stop, input + padding) - start, 8);
    if (start < 0) start += ((-start + dilation - 1) / dilation) * dilation;
    store<i32>(table, start);
    table += ENTRY;
  }
  return table;
}
