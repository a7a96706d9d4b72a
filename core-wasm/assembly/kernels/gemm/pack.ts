// Packing: blocks of A and B are copied into the order in which the register tile reads them, so that strides and
// transposes cost nothing afterwards. A panel of A holds MR rows, MR elements for each k; a panel of B holds NR columns,
// NR elements for each k. The last panel is padded with zeros. Strides are in elements.
import { MR, tileColumns } from "./tile";

// @ts-ignore: decorator
@inline export function low<T>(x: v128, y: v128): v128 {
  return sizeof<T>() == 4 ? v128.shuffle<i32>(x, y, 0, 4, 1, 5) : v128.shuffle<i64>(x, y, 0, 2);
}

// @ts-ignore: decorator
@inline export function high<T>(x: v128, y: v128): v128 {
  return sizeof<T>() == 4 ? v128.shuffle<i32>(x, y, 2, 6, 3, 7) : v128.shuffle<i64>(x, y, 1, 3);
}

/** Copies `count` lines of `k` elements (line i at src + i*lineStride, elements kStride apart) into a panel of `width` lines. */
export function packScalar<T>(
  count: i32,
  width: i32,
  k: i32,
  src: usize,
  lineStride: i32,
  kStride: i32,
  dst: usize,
): void {
  const row = <usize>width * sizeof<T>();
  const step = <usize>kStride * sizeof<T>();
  for (let i = 0; i < width; i++) {
    let to = dst + <usize>i * sizeof<T>();
    if (i < count) {
      let from = src + <usize>i * <usize>lineStride * sizeof<T>();
      for (let p = 0; p < k; p++) {
        store<T>(to, load<T>(from));
        from += step;
        to += row;
      }
    } else {
      for (let p = 0; p < k; p++) {
        store<T>(to, <T>0);
        to += row;
      }
    }
  }
}

/** Four 4-byte elements of four lines, to four rows of a panel. */
// @ts-ignore: decorator
@inline export function transposeFour(l0: usize, l1: usize, l2: usize, l3: usize, dst: usize, row: usize = 32): void {
  const x0 = v128.load(l0);
  const x1 = v128.load(l1);
  const x2 = v128.load(l2);
  const x3 = v128.load(l3);
  const a = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
  const b = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
  const c = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
  const d = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
  v128.store(dst, v128.shuffle<i64>(a, b, 0, 2));
  v128.store(dst + row, v128.shuffle<i64>(a, b, 1, 3));
  v128.store(dst + 2 * row, v128.shuffle<i64>(c, d, 0, 2));
  v128.store(dst + 3 * row, v128.shuffle<i64>(c, d, 1, 3));
}

// What is left of a line after whole vectors is done by a vector that ends where the line does, some elements again.

/** Four lines, contiguous along k, into lines `0..3` of a panel whose rows are `row` bytes. Returns how many k are done. */
// @ts-ignore: decorator
@inline function transpose4<T>(k: i32, src: usize, src1: usize, src2: usize, src3: usize, dst: usize, row: usize): i32 {
  const step = 16 / <i32>sizeof<T>();
  if (k < step) return 0;
  for (let p = 0; p < k; p += step) {
    const first = <usize>min(p, k - step);
    const at = first * sizeof<T>();
    const to = dst + first * row;
    if (sizeof<T>() == 4) {
      transposeFour(src + at, src1 + at, src2 + at, src3 + at, to, row);
    } else {
      const x0 = v128.load(src + at);
      const x1 = v128.load(src1 + at);
      const x2 = v128.load(src2 + at);
      const x3 = v128.load(src3 + at);
      v128.store(to, low<T>(x0, x1));
      v128.store(to, low<T>(x2, x3), 16);
      v128.store(to + row, high<T>(x0, x1));
      v128.store(to + row, high<T>(x2, x3), 16);
    }
  }
  return k;
}

/** As transpose4 for two lines. */
// @ts-ignore: decorator
@inline function transpose2<T>(k: i32, src: usize, src1: usize, dst: usize, row: usize): void {
  const step = 16 / <i32>sizeof<T>();
  for (let p = 0; p < k; p += step) {
    const first = <usize>min(p, k - step);
    const to = dst + first * row;
    const x0 = v128.load(src + first * sizeof<T>());
    const x1 = v128.load(src1 + first * sizeof<T>());
    const a = low<T>(x0, x1);
    const b = high<T>(x0, x1);
    if (sizeof<T>() == 4) {
      v128.store64_lane(to, a, 0);
      v128.store64_lane(to + row, a, 1);
      v128.store64_lane(to + 2 * row, b, 0);
      v128.store64_lane(to + 3 * row, b, 1);
    } else {
      v128.store(to, a);
      v128.store(to + row, b);
    }
  }
}

/** One panel of A from up to MR rows that are contiguous along k; past the last row, which a tile drops, that row again. */
function packRows<T>(rows: i32, k: i32, src: usize, rowStride: i32, dst: usize): void {
  const line = <usize>rowStride * sizeof<T>();
  const row = <usize>MR * sizeof<T>();
  const last = rows - 1;
  const src1 = src + <usize>min(1, last) * line;
  const src2 = src + <usize>min(2, last) * line;
  const src3 = src + <usize>min(3, last) * line;
  const done = transpose4<T>(k, src, src1, src2, src3, dst, row);
  if (MR == 6 && rows > 4 && done != 0) {
    const src4 = src + 4 * line;
    transpose2<T>(k, src4, src + <usize>last * line, dst + 4 * sizeof<T>(), row);
  }
  packScalar<T>(rows, MR, k - done, src + <usize>done * sizeof<T>(), rowStride, 1, dst + <usize>done * row);
}

/** One panel of A from MR contiguous elements per k. */
function packAcross<T>(k: i32, src: usize, kStride: i32, dst: usize): void {
  const step = <usize>kStride * sizeof<T>();
  for (let p = 0; p < k; p++) {
    v128.store(dst, v128.load(src));
    if (sizeof<T>() == 8) v128.store(dst, v128.load(src, 16), 16);
    if (MR == 6) {
      if (sizeof<T>() == 4) store<i64>(dst, load<i64>(src, 16), 16);
      else v128.store(dst, v128.load(src, 32), 32);
    }
    src += step;
    dst += <usize>MR * sizeof<T>();
  }
}

/** A[m, k] into panels of MR rows, `panel` bytes apart. */
export function packA<T>(
  m: i32,
  k: i32,
  src: usize,
  rowStride: i32,
  kStride: i32,
  dst: usize,
  panel: usize = <usize>MR * <usize>k * sizeof<T>(),
): void {
  for (let i = 0; i < m; i += MR) {
    const rows = min(MR, m - i);
    if (kStride == 1) packRows<T>(rows, k, src, rowStride, dst);
    else if (rowStride == 1 && rows == MR) packAcross<T>(k, src, kStride, dst);
    else packScalar<T>(rows, MR, k, src, rowStride, kStride, dst);
    src += <usize>MR * <usize>rowStride * sizeof<T>();
    dst += panel;
  }
}

/** One panel of B from NR columns that are contiguous along k (a transposed matrix). */
function packColumns<T>(k: i32, src: usize, columnStride: i32, dst: usize): void {
  const line = <usize>columnStride * sizeof<T>();
  const done = transpose4<T>(k, src, src + line, src + 2 * line, src + 3 * line, dst, 32);
  if (sizeof<T>() == 4) {
    const src4 = src + 4 * line;
    transpose4<T>(k, src4, src4 + line, src4 + 2 * line, src4 + 3 * line, dst + 16, 32);
  }
  const width = tileColumns<T>();
  packScalar<T>(width, width, k - done, src + <usize>done * sizeof<T>(), columnStride, 1, dst + <usize>done * 32);
}

/** A vector of every other element; what lies behind the last is not read. */
// @ts-ignore: decorator
@inline export function everyOther<T>(from: usize): v128 {
  if (sizeof<T>() == 8) return v128.load64_lane(from, v128.load64_zero(from), 1, 16);
  return v128.shuffle<i32>(v128.load(from), v128.load(from, 12), 0, 2, 5, 7);
}

// @ts-ignore: decorator
@inline function entry(table: usize, i: i32): usize {
  return <usize>load<i32>(table + ((<usize>i) << 2));
}

/**
 * B[k, n] into panels, where element (p, j) lies at src + kTable[p] + columnTable[j] (bytes, ascending): the columns of
 * an image (im2col) without ever writing them out. Padding columns repeat the last one.
 */
export function packGathered<T>(k: i32, n: i32, src: usize, kTable: usize, columnTable: usize, dst: usize): void {
  const width = tileColumns<T>();
  const span = 32 - sizeof<T>();
  for (let j = 0; j < n; j += width) {
    const last = min(j + width, n) - 1;
    const c0 = src + entry(columnTable, j);
    const end = src + entry(columnTable, last);
    // tables ascend strictly, so width columns that span width elements are adjacent
    if (last - j == width - 1 && end - c0 == span) {
      for (let p = 0; p < k; p++) {
        const from = c0 + entry(kTable, p);
        v128.store(dst, v128.load(from));
        v128.store(dst, v128.load(from, 16), 16);
        dst += 32;
      }
      continue;
    }
    const c1 = src + entry(columnTable, min(j + 1, last));
    const c2 = src + entry(columnTable, min(j + 2, last));
    const c3 = src + entry(columnTable, min(j + 3, last));
    if (sizeof<T>() == 4) {
      const c4 = src + entry(columnTable, min(j + 4, last));
      const c5 = src + entry(columnTable, min(j + 5, last));
      const c6 = src + entry(columnTable, min(j + 6, last));
      const c7 = src + entry(columnTable, min(j + 7, last));
      let p = 0;
      // every other element, as with stride 2
      const spans = c1 - c0 == 8 && c2 - c0 == 16 && c3 - c0 == 24 && c4 - c0 == 32;
      if (spans && c5 - c0 == 40 && c6 - c0 == 48 && c7 - c0 == 56) {
        for (; p < k; p++) {
          const from = c0 + entry(kTable, p);
          v128.store(dst, everyOther<T>(from));
          v128.store(dst, everyOther<T>(from + 32), 16);
          dst += 32;
        }
      }
      while (p < k) {
        const at = entry(kTable, p);
        // descending tables rise where a channel ends, but not by one element
        if (p + 4 <= k && entry(kTable, p + 3) - at == 12 && entry(kTable, p + 1) - at == 4) {
          transposeFour(c0 + at, c1 + at, c2 + at, c3 + at, dst);
          transposeFour(c4 + at, c5 + at, c6 + at, c7 + at, dst + 16);
          p += 4;
          dst += 128;
          continue;
        }
        store<i32>(dst, load<i32>(c0 + at));
        store<i32>(dst, load<i32>(c1 + at), 4);
        store<i32>(dst, load<i32>(c2 + at), 8);
        store<i32>(dst, load<i32>(c3 + at), 12);
        store<i32>(dst, load<i32>(c4 + at), 16);
        store<i32>(dst, load<i32>(c5 + at), 20);
        store<i32>(dst, load<i32>(c6 + at), 24);
        store<i32>(dst, load<i32>(c7 + at), 28);
        p++;
        dst += 32;
      }
    } else {
      for (let p = 0; p < k; p++) {
        const at = entry(kTable, p);
        store<i64>(dst, load<i64>(c0 + at));
        store<i64>(dst, load<i64>(c1 + at), 8);
        store<i64>(dst, load<i64>(c2 + at), 16);
        store<i64>(dst, load<i64>(c3 + at), 24);
        dst += 32;
      }
    }
  }
}

/**
 * Whole panels of B whose rows are contiguous, 16 panels at a time, 8 rows of each: a processor fetches runs of 512 bytes on its
 * own, and so few panels are written to at once that their pages and lines stay at hand.
 */
function packRuns(k: i32, panels: i32, src: usize, step: usize, dst: usize): void {
  const panel = <usize>k * 32;
  for (; panels > 0; panels -= 16) {
    for (let p = 0; p < k; p += 8) {
      const steps = min(8, k - p);
      let line = src + <usize>p * step;
      let column = dst + <usize>p * 32;
      for (let j = min(16, panels); j > 0; j--) {
        let from = line;
        let to = column;
        for (let q = steps; q > 0; q--) {
          v128.store(to, v128.load(from));
          v128.store(to, v128.load(from, 16), 16);
          from += step;
          to += 32;
        }
        line += 32;
        column += panel;
      }
    }
    src += 16 * 32;
    dst += 16 * panel;
  }
}

/** B[k, n] into panels of NR columns. */
export function packB<T>(k: i32, n: i32, src: usize, kStride: i32, columnStride: i32, dst: usize): void {
  const width = tileColumns<T>();
  if (columnStride == 1) {
    const panels = n / width;
    packRuns(k, panels, src, <usize>kStride * sizeof<T>(), dst);
    n -= panels * width;
    src += <usize>panels * 32;
    dst += <usize>panels * <usize>k * 32;
  }
  for (let j = 0; j < n; j += width) {
    const columns = min(width, n - j);
    if (columns < width) packScalar<T>(columns, width, k, src, columnStride, kStride, dst);
    else if (kStride == 1) packColumns<T>(k, src, columnStride, dst);
    else packScalar<T>(width, width, k, src, columnStride, kStride, dst);
    src += <usize>width * <usize>columnStride * sizeof<T>();
    dst += 32 * <usize>k;
  }
}
