// Binary search and histograms.
import { Args } from "../dispatch/args";
import { DType } from "../tensor/dtype";
import { hasWideKeys, key32, key64 } from "./sortKeys";
import { itemSize } from "../tensor/dtype";

// @ts-ignore: decorator
@inline
function searchRow(sequence: usize, sorter: usize, n: i32, value: usize, dtype: i32, size: i32, right: bool): i32 {
  let low = 0;
  let high = n;
  const wide = hasWideKeys(dtype);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const place = sorter ? load<i32>(sorter + ((<usize>middle) << 3)) : middle;
    const at = sequence + <usize>(place * size);
    let before: bool;
    if (wide) before = right ? key64(at, dtype) <= key64(value, dtype) : key64(at, dtype) < key64(value, dtype);
    else before = right ? key32(at, dtype) <= key32(value, dtype) : key32(at, dtype) < key32(value, dtype);
    if (before) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Operands: 0 out (int64 or int32), 1 sorted sequences [rows, n] or [n] for all, 2 values [rows, m], 3 (if int 3) sorter
 * int64 in the sequences' shape; contiguous, 1 and 2 of one dtype. ints: 0 n, 1 m, 2 right, 3 has a sorter, 4 one
 * sequence for all. NaN is greater than every number. Cost: log2(n) dependent reads a value.
 */
export function searchSorted(args: Args): void {
  const out = args.operand(0);
  const sequence = args.operand(1);
  const values = args.operand(2);
  const n = args.int(0);
  const m = args.int(1);
  const right = args.int(2) != 0;
  const single = args.int(4) != 0;
  const dtype = values.dtype;
  const size = itemSize(dtype);
  const total = values.numel;
  for (let i = 0; i < total; i++) {
    const row = single ? 0 : i / m;
    const from = sequence.data + <usize>(row * n * size);
    const sorter = args.int(3) ? args.operand(3).data + ((<usize>(row * n)) << 3) : 0;
    const found = searchRow(from, sorter, n, values.data + <usize>(i * size), dtype, size, right);
    if (out.dtype == DType.Int64) store<i64>(out.data + ((<usize>i) << 3), found);
    else store<i32>(out.data + ((<usize>i) << 2), found);
  }
}

function histogramAs<T>(args: Args): void {
  const out = args.operand(0);
  const input = args.operand(1);
  const bins = args.int(0);
  const correct = args.int(1) != 0;
  const weighted = args.int(2) != 0;
  const even = args.int(3) != 0;
  const edges = correct || !even ? args.operand(2).data : 0;
  const low = <T>args.param(0);
  const high = <T>args.param(1);
  const scale = <T>bins;
  for (let i = 0; i < input.numel; i++) {
    const x = load<T>(input.data + <usize>i * sizeof<T>());
    if (!(x >= low && x <= high)) continue;
    let bin: i32;
    if (even) {
      bin = <i32>(((x - low) * scale) / (high - low));
      if (correct) {
        // the division may have rounded over an edge
        if (bin > 0 && x < load<T>(edges + <usize>bin * sizeof<T>())) bin--;
        else if (bin < bins && x >= load<T>(edges + <usize>(bin + 1) * sizeof<T>())) bin++;
      }
    } else {
      let a = 0;
      let b = bins + 1;
      while (a < b) {
        const middle = (a + b) >>> 1;
        if (load<T>(edges + <usize>middle * sizeof<T>()) <= x) a = middle + 1;
        else b = middle;
      }
      bin = a - 1;
    }
    if (bin >= bins) bin = bins - 1;
    if (bin < 0) continue; // only with edges that are not sorted
    const at = out.data + <usize>bin * sizeof<T>();
    const weight: T = weighted ? load<T>(args.operand(3).data + <usize>i * sizeof<T>()) : 1;
    store<T>(at, load<T>(at) + weight);
  }
}

/**
 * Operands: 0 out [bins], zeroed, 1 input, 2 bin edges [bins + 1] (if int 1 or not int 3), 3 weights (if int 2); one
 * floating dtype (float32 or float64), contiguous. ints: 0 bins, 1 settle by the edges, 2 weighted, 3 even bins.
 * params: 0 lowest, 1 highest. Elements outside, and NaN, are not counted; the highest belongs to the last bin.
 */
export function histogram(args: Args): void {
  if (args.operand(0).dtype == DType.Float64) histogramAs<f64>(args);
  else histogramAs<f32>(args);
}
