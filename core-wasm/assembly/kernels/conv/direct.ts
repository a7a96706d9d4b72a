// Convolutions with one or two channels a group on the side that would be the rows of a product: depthwise ones above all.
// Plain loops over the rows of an image, each row a run of multiply-adds; memory-bound for small kernels.
import { everyOther } from "../gemm/pack";
import { madd } from "../gemm/tile";
import { addEveryOther, addScaled, dotContiguous, dotEveryOther } from "../gemm/vector";
import { Geometry, copyShifted, fillRowTable, flipKernel, windows } from "./geometry";

/** Offset, in elements, of the image row that row (z, y) of the map meets at kernel element (kz, ky, 0). */
// @ts-ignore: decorator
@inline function rowOffset(g: Geometry, z: i32, y: i32, kz: i32, ky: i32): usize {
  return <usize>((z * g.sd + kz * g.dd) * g.depthStride + (y * g.sh + ky * g.dh) * g.rowStride);
}

/** out = the convolution of image with weight, plus bias (an address, or 0). */
export function directForward<T>(g: Geometry, out: usize, image: usize, weight: usize, bias: usize): void {
  const kernel = g.kernelSize;
  fillRowTable(g);
  for (let n = 0; n < g.batch; n++) {
    for (let group = 0; group < g.groups; group++) {
      const from = windows<T>(g, image, n, group, 0);
      let kernels = weight + <usize>(group * g.mapChannels * g.imageChannels * kernel) * sizeof<T>();
      if (g.flipped) {
        flipKernel<T>(g, weight, group);
        kernels = g.kernel;
      }
      for (let o = 0; o < g.mapChannels; o++) {
        const channel = group * g.mapChannels + o;
        const start = bias ? load<T>(bias + <usize>channel * sizeof<T>()) : <T>0;
        const w = kernels + <usize>(o * g.imageChannels * kernel) * sizeof<T>();
        let row = out + (<usize>n * <usize>g.mapBatch + <usize>channel * <usize>g.positions) * sizeof<T>();
        for (let z = 0; z < g.md; z++) {
          for (let y = 0; y < g.mh; y++) {
            if (g.sw == 1) {
              sumRow<T>(g, row, from, w, z, y, start);
            } else if (isFloat<T>() && g.sw == 2) {
              sumEveryOther<T>(g, row, from, w, z, y, start);
            } else {
              for (let x = 0; x < g.mw; x++) store<T>(row + <usize>x * sizeof<T>(), start);
              addWindows<T>(g, row, from, w, z, y);
            }
            row += <usize>g.mw * sizeof<T>();
          }
        }
      }
    }
  }
}

/**
 * Row (z, y) of the map of a convolution without horizontal stride: sixteen bytes, or four times that, of its elements stay in
 * registers while all kernel elements pass.
 */
function sumRow<T>(g: Geometry, row: usize, from: usize, weight: usize, z: i32, y: i32, start: T): void {
  sumStepped<T>(g, row, from, weight, z, y, start, 1);
}

/** The same with a horizontal stride of 2. */
function sumEveryOther<T>(g: Geometry, row: usize, from: usize, weight: usize, z: i32, y: i32, start: T): void {
  sumStepped<T>(g, row, from, weight, z, y, start, 2);
}

// @ts-ignore: decorator
@inline function sumStepped<T>(
  g: Geometry,
  row: usize,
  from: usize,
  weight: usize,
  z: i32,
  y: i32,
  start: T,
  by: usize,
): void {
  const bytes = <usize>g.mw * sizeof<T>();
  const taps = g.rows;
  const table = g.rowTable;
  from += rowOffset(g, z, y, 0, 0) * sizeof<T>();
  let at: usize = 0;
  if (bytes >= 64) {
    for (; at + 64 <= bytes; at += 64) sumElements<T>(row + at, from + at * by, weight, taps, table, start, 64, by);
    // the last elements once more rather than one by one
    at = bytes - 64;
    if ((bytes & 63) != 0) sumElements<T>(row + at, from + at * by, weight, taps, table, start, 64, by);
    return;
  }
  for (; at + 16 <= bytes; at += 16) sumElements<T>(row + at, from + at * by, weight, taps, table, start, 16, by);
  for (; at < bytes; at += sizeof<T>()) {
    sumElements<T>(row + at, from + at * by, weight, taps, table, start, <i32>sizeof<T>(), by);
  }
}

// @ts-ignore: decorator
@inline function elements<T>(from: usize, by: usize): v128 {
  return by == 2 ? everyOther<T>(from) : v128.load(from);
}

// @ts-ignore: decorator
@inline function sumElements<T>(
  to: usize,
  from: usize,
  weight: usize,
  taps: i32,
  table: usize,
  start: T,
  bytes: i32,
  by: usize,
): void {
  let s0 = v128.splat<T>(start);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s = start;
  for (const end = weight + <usize>taps * sizeof<T>(); weight < end; weight += sizeof<T>()) {
    const at = from + <usize>load<i32>(table);
    table += 4;
    const w = load<T>(weight);
    if (bytes >= 16) {
      const v = v128.splat<T>(w);
      s0 = madd<T>(v, elements<T>(at, by), s0);
      if (bytes == 64) {
        s1 = madd<T>(v, elements<T>(at + 16 * by, by), s1);
        s2 = madd<T>(v, elements<T>(at + 32 * by, by), s2);
        s3 = madd<T>(v, elements<T>(at + 48 * by, by), s3);
      }
    } else {
      s = <T>(s + w * load<T>(at));
    }
  }
  if (bytes < 16) {
    store<T>(to, s);
    return;
  }
  v128.store(to, s0);
  if (bytes < 64) return;
  v128.store(to, s1, 16);
  v128.store(to, s2, 32);
  v128.store(to, s3, 48);
}

/** Adds every kernel element's contribution to row (z, y) of the map of a convolution with horizontal stride. */
function addWindows<T>(g: Geometry, row: usize, from: usize, weight: usize, z: i32, y: i32): void {
  const step = <usize>g.sw * sizeof<T>();
  for (let c = 0; c < g.imageChannels; c++) {
    for (let kz = 0; kz < g.kd; kz++) {
      for (let ky = 0; ky < g.kh; ky++) {
        let at = from + (<usize>(c * g.channelStride) + rowOffset(g, z, y, kz, ky)) * sizeof<T>();
        for (let kx = 0; kx < g.kw; kx++) {
          const w = load<T>(weight);
          let p = at;
          for (let x: usize = 0; x < <usize>g.mw * sizeof<T>(); x += sizeof<T>()) {
            store<T>(row + x, <T>(load<T>(row + x) + w * load<T>(p)));
            p += step;
          }
          at += <usize>g.dw * sizeof<T>();
          weight += sizeof<T>();
        }
      }
    }
  }
}

/** The transpose: every element of the map is spread over its window. */
export function directTranspose<T>(g: Geometry, image: usize, map: usize, weight: usize, bias: usize): void {
  const kernel = g.kernelSize;
  const volume = <usize>g.channelStride * sizeof<T>();
  for (let n = 0; n < g.batch; n++) {
    for (let group = 0; group < g.groups; group++) {
      memory.fill(g.border, 0, <usize>g.imageChannels * volume);
      for (let o = 0; o < g.mapChannels; o++) {
        const channel = group * g.mapChannels + o;
        const w = weight + <usize>(channel * g.weightStride) * sizeof<T>();
        let row = map + (<usize>n * <usize>g.mapBatch + <usize>channel * <usize>g.positions) * sizeof<T>();
        for (let z = 0; z < g.md; z++) {
          for (let y = 0; y < g.mh; y++) {
            spreadRow<T>(g, row, w, z, y);
            row += <usize>g.mw * sizeof<T>();
          }
        }
      }
      cropBorder<T>(g, image, n, group, 0, bias);
    }
  }
}

function spreadRow<T>(g: Geometry, row: usize, weight: usize, z: i32, y: i32): void {
  const step = <usize>g.sw * sizeof<T>();
  for (let c = 0; c < g.imageChannels; c++) {
    for (let kz = 0; kz < g.kd; kz++) {
      for (let ky = 0; ky < g.kh; ky++) {
        let at = g.border + (<usize>(c * g.channelStride) + rowOffset(g, z, y, kz, ky)) * sizeof<T>();
        for (let kx = 0; kx < g.kw; kx++) {
          const w = load<T>(weight);
          if (g.sw == 1) {
            addScaled<T>(g.mw, w, row, at);
          } else if (isFloat<T>() && g.sw == 2) {
            addEveryOther<T>(g.mw, w, row, at);
          } else {
            let p = at;
            for (let x: usize = 0; x < <usize>g.mw * sizeof<T>(); x += sizeof<T>()) {
              store<T>(p, <T>(load<T>(p) + w * load<T>(row + x)));
              p += step;
            }
          }
          at += <usize>g.dw * sizeof<T>();
          weight += sizeof<T>();
        }
      }
    }
  }
}

/** Copies the sums from slot `slot` of the bordered buffer to the image of a transpose, and adds the bias. */
export function cropBorder<T>(g: Geometry, image: usize, n: i32, group: i32, slot: i32, bias: usize): void {
  const channels = g.imageChannels;
  const size = g.imageSize;
  const to = image + (<usize>n * <usize>g.imageBatch + <usize>(group * channels) * <usize>size) * sizeof<T>();
  const from = g.border + <usize>(slot * channels) * <usize>g.channelStride * sizeof<T>();
  copyShifted<T>(channels, from, g.ed, g.eh, g.ew, to, g.id, g.ih, g.iw, -g.pd, -g.ph, -g.pw);
  if (!bias) return;
  for (let c = 0; c < channels; c++) {
    const value = load<T>(bias + <usize>(group * channels + c) * sizeof<T>());
    const plane = to + <usize>(c * size) * sizeof<T>();
    for (let at: usize = 0; at < <usize>size * sizeof<T>(); at += sizeof<T>()) {
      store<T>(plane + at, <T>(load<T>(plane + at) + value));
    }
  }
}

/** The weight's gradient: every kernel element is the product of the map with the image under it. */
export function directWeight<T>(g: Geometry, weight: usize, image: usize, map: usize): void {
  const kernel = g.kernelSize;
  memory.fill(weight, 0, <usize>(g.groups * g.mapChannels * g.imageChannels * kernel) * sizeof<T>());
  for (let n = 0; n < g.batch; n++) {
    for (let group = 0; group < g.groups; group++) {
      const from = windows<T>(g, image, n, group, 0);
      for (let o = 0; o < g.mapChannels; o++) {
        const channel = group * g.mapChannels + o;
        const w = weight + <usize>(channel * g.imageChannels * kernel) * sizeof<T>();
        let row = map + (<usize>n * <usize>g.mapBatch + <usize>channel * <usize>g.positions) * sizeof<T>();
        for (let z = 0; z < g.md; z++) {
          for (let y = 0; y < g.mh; y++) {
            correlateRow<T>(g, row, from, w, z, y);
            row += <usize>g.mw * sizeof<T>();
          }
        }
      }
    }
  }
}

function correlateRow<T>(g: Geometry, row: usize, from: usize, weight: usize, z: i32, y: i32): void {
  const step = <usize>g.sw * sizeof<T>();
  for (let c = 0; c < g.imageChannels; c++) {
    for (let kz = 0; kz < g.kd; kz++) {
      for (let ky = 0; ky < g.kh; ky++) {
        let at = from + (<usize>(c * g.channelStride) + rowOffset(g, z, y, kz, ky)) * sizeof<T>();
        for (let kx = 0; kx < g.kw; kx++) {
          let sum = <T>0;
          if (g.sw == 1) {
            sum = dotContiguous<T>(g.mw, at, row);
          } else if (isFloat<T>() && g.sw == 2) {
            sum = dotEveryOther<T>(g.mw, at, row);
          } else {
            let p = at;
            for (let x: usize = 0; x < <usize>g.mw * sizeof<T>(); x += sizeof<T>()) {
              sum = <T>(sum + load<T>(p) * load<T>(row + x));
              p += step;
            }
          }
          store<T>(weight, <T>(load<T>(weight) + sum));
          at += <usize>g.dw * sizeof<T>();
          weight += sizeof<T>();
        }
      }
    }
  }
}
