// Copies and fills of a plane: rows x cols elements of 1, 2, 4, 8 or 16 bytes, any strides (in bytes here).

/** `scratch`: 4096 bytes. */
export function planeCopy(
  size: i32,
  dst: usize,
  src: usize,
  rows: i32,
  dstRow: usize,
  srcRow: usize,
  cols: i32,
  dstCol: usize,
  srcCol: usize,
  scratch: usize,
): void {
  const bytes = <usize>size;
  if (dstCol == bytes) {
    if (srcCol == bytes) return copyRows(dst, src, rows, dstRow, srcRow, <usize>cols * bytes);
    if (srcCol == 0) {
      for (; rows > 0; rows--, dst += dstRow, src += srcRow) planeFill(size, dst, src, 1, 0, cols, bytes);
      return;
    }
    if (srcRow == bytes) {
      if (size == 4) return transpose<u32>(dst, src, rows, dstRow, cols, srcCol, scratch);
      if (size == 8) return transpose<u64>(dst, src, rows, dstRow, cols, srcCol, scratch);
      if (size == 1) return transpose<u8>(dst, src, rows, dstRow, cols, srcCol, scratch);
      if (size == 2) return transpose<u16>(dst, src, rows, dstRow, cols, srcCol, scratch);
    }
  }
  if (size == 4) strided<u32>(dst, src, rows, dstRow, srcRow, cols, dstCol, srcCol);
  else if (size == 8) strided<u64>(dst, src, rows, dstRow, srcRow, cols, dstCol, srcCol);
  else if (size == 1) strided<u8>(dst, src, rows, dstRow, srcRow, cols, dstCol, srcCol);
  else if (size == 2) strided<u16>(dst, src, rows, dstRow, srcRow, cols, dstCol, srcCol);
  else {
    for (; rows > 0; rows--, dst += dstRow, src += srcRow) {
      let d = dst;
      let s = src;
      for (let c = 0; c < cols; c++, d += dstCol, s += srcCol) v128.store(d, v128.load(s));
    }
  }
}

export function copyRows(dst: usize, src: usize, rows: i32, dstRow: usize, srcRow: usize, bytes: usize): void {
  for (; rows > 0; rows--, dst += dstRow, src += srcRow) {
    if (bytes >= 512) {
      memory.copy(dst, src, bytes);
      continue;
    }
    let i: usize = 0;
    for (; i + 16 <= bytes; i += 16) v128.store(dst + i, v128.load(src + i));
    for (; i + 4 <= bytes; i += 4) store<u32>(dst + i, load<u32>(src + i));
    for (; i < bytes; i++) store<u8>(dst + i, load<u8>(src + i));
  }
}

function strided<T>(
  dst: usize,
  src: usize,
  rows: i32,
  dstRow: usize,
  srcRow: usize,
  cols: i32,
  dstCol: usize,
  srcCol: usize,
): void {
  for (; rows > 0; rows--, dst += dstRow, src += srcRow) {
    let d = dst;
    let s = src;
    for (let c = 0; c < cols; c++, d += dstCol, s += srcCol) store<T>(d, load<T>(s));
  }
}

/**
 * dst[r][c] = src[c][r], in square tiles whose rows are one cache line. A tile is transposed into `scratch` and leaves
 * from there in whole lines: written directly it would, for strides of a power of two, fall into a few cache sets and
 * alias with the loads, which measured 30 times slower.
 */
function transpose<T>(
  dst: usize,
  src: usize,
  rows: i32,
  dstRow: usize,
  cols: i32,
  srcCol: usize,
  scratch: usize,
): void {
  const side = <i32>(64 / sizeof<T>());
  for (let r = 0; r < rows; r += side) {
    const height = min(side, rows - r);
    for (let c = 0; c < cols; c += side) {
      const width = min(side, cols - c);
      tile<T>(scratch, src + <usize>c * srcCol + <usize>r * sizeof<T>(), height, width, srcCol);
      const d = dst + <usize>r * dstRow + <usize>c * sizeof<T>();
      if (width == side) {
        for (let k = 0; k < height; k++) {
          const p = d + <usize>k * dstRow;
          const s = scratch + ((<usize>k) << 6);
          v128.store(p, v128.load(s));
          v128.store(p, v128.load(s, 16), 16);
          v128.store(p, v128.load(s, 32), 32);
          v128.store(p, v128.load(s, 48), 48);
        }
      } else copyRows(d, scratch, height, dstRow, 64, <usize>width * sizeof<T>());
    }
  }
}

/** to[r][c] = src[c][r] with rows of 64 bytes in `to`. */
// @ts-ignore: decorator
@inline function tile<T>(to: usize, src: usize, height: i32, width: i32, srcCol: usize): void {
  let c = 0;
  if (sizeof<T>() == 4 && height == 16) {
    for (; c + 4 <= width; c += 4) {
      for (let r: usize = 0; r < 16; r += 4) {
        const s = src + <usize>c * srcCol + (r << 2);
        const d = to + (r << 6) + ((<usize>c) << 2);
        const x0 = v128.load(s);
        const x1 = v128.load(s + srcCol);
        const x2 = v128.load(s + 2 * srcCol);
        const x3 = v128.load(s + 3 * srcCol);
        const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
        const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
        const low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
        const high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
        v128.store(d, v128.shuffle<i64>(low01, low23, 0, 2));
        v128.store(d, v128.shuffle<i64>(low01, low23, 1, 3), 64);
        v128.store(d, v128.shuffle<i64>(high01, high23, 0, 2), 128);
        v128.store(d, v128.shuffle<i64>(high01, high23, 1, 3), 192);
      }
    }
  }
  for (; c < width; c++) {
    let s = src + <usize>c * srcCol;
    let d = to + <usize>c * sizeof<T>();
    for (let r = 0; r < height; r++, s += sizeof<T>(), d += 64) store<T>(d, load<T>(s));
  }
}

/** Every element becomes the `size` bytes at `value`. */
export function planeFill(
  size: i32,
  dst: usize,
  value: usize,
  rows: i32,
  dstRow: usize,
  cols: i32,
  dstCol: usize,
): void {
  let pattern: v128;
  if (size == 1) pattern = v128.load8_splat(value);
  else if (size == 2) pattern = v128.load16_splat(value);
  else if (size == 4) pattern = v128.load32_splat(value);
  else if (size == 8) pattern = v128.load64_splat(value);
  else pattern = v128.load(value);
  for (; rows > 0; rows--, dst += dstRow) {
    let d = dst;
    let left = cols;
    if (dstCol == <usize>size) {
      const end = dst + <usize>cols * dstCol;
      for (; d + 16 <= end; d += 16) v128.store(d, pattern);
      left = <i32>((end - d) / dstCol);
    }
    for (; left > 0; left--, d += dstCol) {
      if (size == 4) store<u32>(d, load<u32>(value));
      else if (size == 8) store<u64>(d, load<u64>(value));
      else if (size == 1) store<u8>(d, load<u8>(value));
      else if (size == 2) store<u16>(d, load<u16>(value));
      else v128.store(d, pattern);
    }
  }
}
