// unique and uniqueConsecutive over rows: order the rows, number the runs of equal ones. The rest (values, inverse,
// counts) is scatters by run number.
import { Args } from "../dispatch/args";
import { DType, itemSize } from "../tensor/dtype";
import { hasWideKeys, keyAt, keysIn, positionsIn, sortKeys } from "./sortKeys";

function lexsortAs<K>(args: Args): void {
  const out = args.operand(0);
  const input = args.operand(1);
  const n = args.int(0);
  const length = args.int(1);
  const dtype = input.dtype;
  const size = itemSize(dtype);
  const keys = keysIn(args.workspace);
  const positions = positionsIn(args.workspace, n);
  for (let i = 0; i < n; i++) store<u32>(positions + ((<usize>i) << 2), i);
  // least significant column first: every pass is stable
  for (let column = length - 1; column >= 0; column--) {
    for (let i = 0; i < n; i++) {
      const row = load<u32>(positions + ((<usize>i) << 2));
      const at = input.data + (<usize>row * <usize>length + <usize>column) * <usize>size;
      store<K>(keys + <usize>i * sizeof<K>(), keyAt<K>(at, dtype, 0));
    }
    sortKeys<K>(args.workspace, n);
  }
  for (let i = 0; i < n; i++) store<i64>(out.data + ((<usize>i) << 3), load<u32>(positions + ((<usize>i) << 2)));
}

/**
 * Operands: 0 order of the rows (int64 [n]), 1 rows, contiguous [n, length]. ints: 0 n, 1 length. Lexicographic, stable.
 * Workspace: sortWorkspace(n). Cost: `length` sorts of n keys.
 */
export function lexsort(args: Args): void {
  if (args.int(0) == 0) return;
  if (hasWideKeys(args.operand(1).dtype)) lexsortAs<u64>(args);
  else lexsortAs<u32>(args);
}

function sameRow(a: usize, b: usize, length: i32, dtype: i32): bool {
  const size = itemSize(dtype);
  for (let i = 0; i < length; i++) {
    const offset = <usize>(i * size);
    if (hasWideKeys(dtype)) {
      const key = keyAt<u64>(a + offset, dtype, 0);
      if (key != keyAt<u64>(b + offset, dtype, 0)) return false;
      if (dtype == DType.Float64 && key == u64.MAX_VALUE) return false; // NaN equals nothing
    } else {
      const key = keyAt<u32>(a + offset, dtype, 0);
      if (key != keyAt<u32>(b + offset, dtype, 0)) return false;
      if (dtype >= DType.Float16 && key == u32.MAX_VALUE) return false;
    }
  }
  return true;
}

/**
 * Operands: 0 run number of every row in the given order (int64 [n]), 1 rows, contiguous [n, length], 2 order (int64 [n]).
 * ints: 0 n, 1 length.
 */
export function numberRuns(args: Args): void {
  const out = args.operand(0);
  const input = args.operand(1);
  const order = args.operand(2);
  const n = args.int(0);
  const length = args.int(1);
  const stride = <usize>(length * itemSize(input.dtype));
  let run = 0;
  let previous: usize = 0;
  for (let i = 0; i < n; i++) {
    const row = input.data + <usize>load<i32>(order.data + ((<usize>i) << 3)) * stride;
    if (i > 0 && !sameRow(previous, row, length, input.dtype)) run++;
    store<i64>(out.data + ((<usize>i) << 3), run);
    previous = row;
  }
}

/** Operands: 0 out int64 contiguous, 1 repeats int64 [n] contiguous: i appears repeats[i] times. */
export function repeatPositions(args: Args): void {
  const repeats = args.operand(1);
  let to = args.operand(0).data;
  for (let i = 0; i < repeats.numel; i++) {
    for (let left = load<i64>(repeats.data + ((<usize>i) << 3)); left > 0; left--) {
      store<i64>(to, i);
      to += 8;
    }
  }
}
