// Convolutions of float32 between few channels, without horizontal stride. Sums of up to MR channels at eight positions stay in
// registers while all elements of the kernel pass, and the image is read where it lies: only the weights are packed. The
// weight's gradient likewise keeps sums for up to MR channels and two kernel elements, four positions a vector, while a band of
// the map's rows passes. 2 flops a multiply-add, 8 loads for 12 of them; nothing but a bordered copy is written besides the result.
import { addLanes } from "../reduceBlock";
import { MR, madd } from "../gemm/tile";
import { ConvKind, Geometry, copyInside, fillRowTable, room, windows } from "./geometry";

/** Fewer are done by plain loops (direct.ts), for more packing pays. */
const MOST_CHANNELS: i32 = 16;
/** Elements of the kernel, which are summed in one run. */
const MOST_ROWS: i32 = 576;
/** Bytes of the bordered image of a weight's gradient: each chunk of the batch has its own. */
const MOST_IMAGE: i32 = 1 << 20;
/** Bytes of a band of the map, which is to stay in the first cache. */
const BAND: i32 = 24 << 10;
// @ts-ignore: decorator
@lazy const ZEROS: usize = memory.data(32, 16);
/** Into how many sums the gradient of a weight is divided over the batch, at most. */
const CHUNKS: i32 = 8;

export function suitsFew(g: Geometry): bool {
  const m = g.mapChannels;
  if (g.size != 4 || m < 4 || m > MOST_CHANNELS || g.rows > MOST_ROWS || g.kernelSize == 1 || g.sw != 1 || g.mw < 4)
    return false;
  if (g.kind != ConvKind.Weight) return g.kind == ConvKind.Forward || g.flipped;
  // bands have zeros beside a row
  if (g.mw * 5 < g.ew * 4) return false;
  return g.sh == 1 && g.batch > 0 && g.imageChannels * g.ed * g.eh * g.ew * 4 <= MOST_IMAGE;
}

/** Channels of a tile, 4 to MR. The last tile has fewer that are new. */
function channelsATile(m: i32): i32 {
  const tiles = (m + MR - 1) / MR;
  return max(4, (m + tiles - 1) / tiles);
}

/** Images of a chunk of the batch. */
export function imagesAChunk(g: Geometry): i32 {
  return (g.batch + CHUNKS - 1) / CHUNKS;
}

export function chunksOf(batch: i32, images: i32): i32 {
  return (batch + images - 1) / images;
}

/** Rows of the map that are one band. */
function bandOf(g: Geometry): i32 {
  return max(1, min(g.mh, BAND / (g.mapChannels * g.ew * 4)));
}

/** Elements of a band of one channel, laid out with the image's rows. */
function bandStride(g: Geometry): i32 {
  return (bandOf(g) * g.ew + 3) & ~3;
}

/** Channels that whole tiles have. */
function paddedChannels(g: Geometry): i32 {
  const each = channelsATile(g.mapChannels);
  return ((g.mapChannels + each - 1) / each) * each;
}

function sumsBytes(g: Geometry): i32 {
  return paddedChannels(g) * ((g.rows + 1) & ~1) * 16;
}

/** Returns the end. `columns` are the sums of a weight's gradient, four of each; `packedA` the weights or a band of the map. */
export function layOutFew(g: Geometry, at: usize): usize {
  g.fold = 1;
  g.border = at;
  if (g.bordered) at += room(g.imageChannels * g.channelStride * 4 + 16);
  const isWeight = g.kind == ConvKind.Weight;
  g.rowTable = at;
  at += room(max(g.rows, isWeight ? bandStride(g) >> 2 : 0) * 4);
  g.positionTable = at;
  at += room((1 + (isWeight ? g.rows : g.md * g.mh * ((g.mw + 3) >> 2))) * 8);
  g.packedA = at;
  if (!isWeight) return at + room(paddedChannels(g) * g.rows * 16);
  at += room(paddedChannels(g) * bandStride(g) * 4);
  g.maps = at;
  at += room(bandStride(g) * 4 + 16);
  g.columns = at;
  return at + room(g.groups * sumsBytes(g));
}

/** For each four neighbours of the map, an even number of them: the offset of their window and their own, in bytes. */
function fillFours(g: Geometry): i32 {
  let to = g.positionTable;
  let row = 0;
  for (let z = 0; z < g.md; z++) {
    for (let y = 0; y < g.mh; y++) {
      const window = z * g.sd * g.depthStride + y * g.sh * g.rowStride;
      for (let x = 0; x < g.mw; x += 4) {
        // the last four reach back over some that are done
        const c = min(x, g.mw - 4);
        store<i32>(to, (window + c) << 2);
        store<i32>(to, (row + c) << 2, 4);
        to += 8;
      }
      row += g.mw;
    }
  }
  const count = <i32>((to - g.positionTable) >> 3);
  if ((count & 1) == 0) return count;
  store<i64>(to, load<i64>(to - 8));
  return count + 1;
}

/** For each kernel element the weights of a tile's channels side by side, each four times. The last tile reaches back. */
function packTiles(g: Geometry, weight: usize, each: i32): void {
  const m = g.mapChannels;
  const kernel = g.kernelSize;
  const byMap = g.flipped ? kernel : g.weightStride;
  const byImage = g.flipped ? g.weightStride : kernel;
  let to = g.packedA;
  for (let o = 0; o < m; o += each) {
    const first = min(o, m - each) * byMap;
    for (let i = 0; i < g.imageChannels; i++) {
      for (let e = 0; e < kernel; e++) {
        let from = first + i * byImage + e;
        for (let c = 0; c < each; c++) {
          v128.store(to, v128.load32_splat(weight + ((<usize>from) << 2)));
          from += byMap;
          to += 16;
        }
      }
    }
  }
}

export function fewForward(g: Geometry, out: usize, image: usize, weight: usize, bias: usize): void {
  const m = g.mapChannels;
  const each = channelsATile(m);
  const plane = (<usize>g.positions) << 2;
  fillRowTable(g);
  const fours = fillFours(g);
  for (let group = 0; group < g.groups; group++) {
    packTiles(g, weight + ((<usize>(group * (g.flipped ? g.imageChannels : m) * g.weightStride)) << 2), each);
    for (let n = 0; n < g.batch; n++) {
      const from = windows<f32>(g, image, n, group, 0);
      let weights = g.packedA;
      for (let o = 0; o < m; o += each) {
        const c = group * m + min(o, m - each);
        const to = out + ((<usize>n * <usize>g.mapBatch) << 2) + <usize>c * plane;
        sumTile(g, each, fours, g.rows, from, weights, to, plane, bias ? bias + ((<usize>c) << 2) : ZEROS);
        weights += (<usize>(each * g.rows)) << 4;
      }
    }
  }
}

/** The kernel's elements as places, an even number of them, and in place of their table one of vectors side by side. */
function fillPlaces(g: Geometry): void {
  fillRowTable(g);
  for (let r = 0; r <= g.rows; r++) {
    const to = g.positionTable + ((<usize>r) << 3);
    store<i32>(to, r < g.rows ? load<i32>(g.rowTable + ((<usize>r) << 2)) : 0);
    store<i32>(to, r << 4, 4);
  }
  for (let i = 0; i < bandStride(g) >> 2; i++) store<i32>(g.rowTable + ((<usize>i) << 2), i << 4);
}

/** Puts rows [y, y + rows) of channel `o` of the map between those of its tile's other channels, a vector of each in turn. */
function packBand(g: Geometry, map: usize, o: i32, each: i32, z: i32, y: i32, rows: i32): void {
  const length = (rows - 1) * g.ew + g.mw;
  // the end of a longer band may stand behind this one
  v128.store(g.maps + ((<usize>length) << 2), f32x4.splat(0));
  copyInside<f32>(1, map, g.md, g.mh, g.mw, g.maps, 1, rows, g.ew, -z, -y, 0);
  const channel = o % each;
  let to = g.packedA + ((<usize>((o - channel) * bandStride(g))) << 2) + ((<usize>channel) << 4);
  for (let at: usize = 0; at < (<usize>length) << 2; at += 16) {
    v128.store(to, v128.load(g.maps + at));
    to += (<usize>each) << 4;
  }
}

/**
 * The sums of the chunks of `images` images in g.columns, and in the same place of workspaces that lie `slot` bytes apart. A
 * band of the map has the image's row length, zeros between its rows, so that both are read straight through.
 */
export function fewWeightChunks(g: Geometry, image: usize, map: usize, images: i32, slot: usize): void {
  const m = g.mapChannels;
  const each = channelsATile(m);
  const stride = bandStride(g);
  const padded = paddedChannels(g);
  const bytes = sumsBytes(g);
  const band = bandOf(g);
  const row = <usize>(((g.rows + 1) & ~1) * 16);
  fillPlaces(g);
  // channels that a tile lacks, and what lies between the rows of the others
  memory.fill(g.packedA, 0, (<usize>(padded * stride)) << 2);
  memory.fill(g.maps, 0, (<usize>stride) << 2);
  // what the last four positions reach beyond the image
  v128.store(g.border + ((<usize>(g.imageChannels * g.channelStride)) << 2), f32x4.splat(0));
  let sums = g.columns;
  for (let n = 0; n < g.batch; n++) {
    if (n % images == 0) {
      if (n > 0) sums += slot;
      memory.fill(sums, 0, <usize>(g.groups * bytes));
    }
    for (let group = 0; group < g.groups; group++) {
      const from = windows<f32>(g, image, n, group, 0);
      const gradient = map + ((<usize>n * <usize>g.mapBatch + <usize>(group * m) * <usize>g.positions) << 2);
      for (let z = 0; z < g.md; z++) {
        for (let y = 0; y < g.mh; y += band) {
          const rows = min(band, g.mh - y);
          for (let o = 0; o < m; o++) packBand(g, gradient + ((<usize>(o * g.positions)) << 2), o, each, z, y, rows);
          const length = (rows - 1) * g.ew + g.mw;
          const at = from + ((<usize>(z * g.sd * g.depthStride + y * g.rowStride)) << 2);
          let to = sums + <usize>(group * bytes);
          for (let o = 0; o < padded; o += each) {
            const factors = g.packedA + ((<usize>(o * stride)) << 2);
            sumTile(g, each, g.rows, (length + 3) >> 2, at, factors, to, row, 0);
            to += <usize>each * row;
          }
        }
      }
    }
  }
}

/** The gradient of the weight: the sums of `chunks` chunks, `slot` bytes apart, and of their four lanes. */
export function fewWeightEnd(g: Geometry, weight: usize, chunks: i32, slot: usize): void {
  const even = (g.rows + 1) & ~1;
  for (let group = 0; group < g.groups; group++) {
    for (let o = 0; o < g.mapChannels; o++) {
      let at = g.columns + <usize>(group * sumsBytes(g) + o * even * 16);
      for (let r = 0; r < g.rows; r++) {
        let sum = v128.load(at);
        for (let k = 1; k < chunks; k++) sum = f32x4.add(sum, v128.load(at + <usize>k * slot));
        store<f32>(weight, <f32>addLanes<f32>(sum));
        weight += 4;
        at += 16;
      }
    }
  }
}

/**
 * For `each` channels, `plane` bytes apart in `out`, and each of `count` places, of which g.positionTable has the offsets in the
 * image and in `out`: the sum of `steps` vectors of the image, at the offsets in g.rowTable, times the channel's factors, a
 * vector for each, those of all channels side by side. It is added to the channel's bias or, where that is 0, to what is there.
 */
function sumTile(
  g: Geometry,
  each: i32,
  count: i32,
  steps: i32,
  image: usize,
  factors: usize,
  out: usize,
  plane: usize,
  bias: usize,
): void {
  if (MR == 6 && each == 6) sumSix(g, count, steps, image, factors, out, plane, bias);
  else if (MR == 6 && each == 5) sumFive(g, count, steps, image, factors, out, plane, bias);
  else sumFour(g, count, steps, image, factors, out, plane, bias);
}

// prettier-ignore
function sumSix(g: Geometry, n: i32, k: i32, image: usize, f: usize, out: usize, plane: usize, bias: usize): void {
  sum(6, g, n, k, image, f, out, plane, bias);
}

// prettier-ignore
function sumFive(g: Geometry, n: i32, k: i32, image: usize, f: usize, out: usize, plane: usize, bias: usize): void {
  sum(5, g, n, k, image, f, out, plane, bias);
}

// prettier-ignore
function sumFour(g: Geometry, n: i32, k: i32, image: usize, f: usize, out: usize, plane: usize, bias: usize): void {
  sum(4, g, n, k, image, f, out, plane, bias);
}

// @ts-ignore: decorator
@inline function put(to0: usize, to1: usize, bias: usize, c: usize, s0: v128, s1: v128): void {
  v128.store(to0, f32x4.add(s0, bias ? v128.load32_splat(bias + (c << 2)) : v128.load(to0)));
  v128.store(to1, f32x4.add(s1, bias ? v128.load32_splat(bias + (c << 2)) : v128.load(to1)));
}

// @ts-ignore: decorator
@inline function sum(
  each: i32,
  g: Geometry,
  count: i32,
  steps: i32,
  image: usize,
  factors: usize,
  out: usize,
  plane: usize,
  bias: usize,
): void {
  const table = g.rowTable;
  const end = table + ((<usize>steps) << 2);
  for (let places = g.positionTable; count > 0; count -= 2, places += 16) {
    const from0 = image + <usize>load<i32>(places);
    const from1 = image + <usize>load<i32>(places, 8);
    let s00 = f32x4.splat(0);
    let s01 = s00;
    let s10 = s00;
    let s11 = s00;
    let s20 = s00;
    let s21 = s00;
    let s30 = s00;
    let s31 = s00;
    let s40 = s00;
    let s41 = s00;
    let s50 = s00;
    let s51 = s00;
    let w = factors;
    for (let t = table; t < end; t += 4) {
      const at = <usize>load<i32>(t);
      const v0 = v128.load(from0 + at);
      const v1 = v128.load(from1 + at);
      let x = v128.load(w);
      s00 = madd<f32>(x, v0, s00);
      s01 = madd<f32>(x, v1, s01);
      x = v128.load(w, 16);
      s10 = madd<f32>(x, v0, s10);
      s11 = madd<f32>(x, v1, s11);
      x = v128.load(w, 32);
      s20 = madd<f32>(x, v0, s20);
      s21 = madd<f32>(x, v1, s21);
      x = v128.load(w, 48);
      s30 = madd<f32>(x, v0, s30);
      s31 = madd<f32>(x, v1, s31);
      if (each > 4) {
        x = v128.load(w, 64);
        s40 = madd<f32>(x, v0, s40);
        s41 = madd<f32>(x, v1, s41);
      }
      if (each > 5) {
        x = v128.load(w, 80);
        s50 = madd<f32>(x, v0, s50);
        s51 = madd<f32>(x, v1, s51);
      }
      w += (<usize>each) << 4;
    }
    let to0 = out + <usize>load<i32>(places, 4);
    let to1 = out + <usize>load<i32>(places, 12);
    put(to0, to1, bias, 0, s00, s01);
    put((to0 += plane), (to1 += plane), bias, 1, s10, s11);
    put((to0 += plane), (to1 += plane), bias, 2, s20, s21);
    put((to0 += plane), (to1 += plane), bias, 3, s30, s31);
    if (each > 4) put((to0 += plane), (to1 += plane), bias, 4, s40, s41);
    if (each > 5) put((to0 += plane), (to1 += plane), bias, 5, s50, s51);
  }
}
