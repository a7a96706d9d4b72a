// The weight's gradient of a convolution after Winograd: the transpose of winograd.ts. Tiles of the image (B^T d B) and of the
// map's gradient (A y A^T) are transformed, their 36 matrix products sum over tiles, and G^T u G is the gradient.
import { multiplyPacked, roundUp } from "../gemm/block";
import { high, low } from "../gemm/pack";
import { MR } from "../gemm/tile";
import { Geometry, copyShifted, room, windows } from "./geometry";
import {
  CP,
  CQ,
  ENTRY,
  GAP,
  P,
  PP,
  PRODUCTS,
  Q,
  QQ,
  SIDE,
  fillEntries,
  offset,
  plus,
  scaled,
  tilesAlong,
  tilesOf,
  transformPatches,
} from "./winograd";

/** Whether the map is whole tiles: where it is not, a copy with zeros behind it is. */
// @ts-ignore: decorator
@inline function isWhole(g: Geometry): bool {
  return ((g.mh | g.mw) & (SIDE - 1)) == 0;
}

/** The workspace from `at` on, behind what both directions have. Returns the end. */
export function layOutWeight(g: Geometry, at: usize): usize {
  g.maps = at;
  if (!isWhole(g)) at += room(g.fold * g.mapChannels * tilesOf(g) * SIDE * SIDE * 4);
  g.packedA = at;
  at += room((roundUp(g.rowStep, MR) * g.columnStep * 4 + GAP) * PRODUCTS);
  g.packedB = at;
  at += room((roundUp(g.imageChannels, 8) * g.columnStep * 4 + GAP) * PRODUCTS);
  g.columns = at;
  at += room((g.rowStep * g.imageChannels * 4 + GAP) * PRODUCTS);
  return at;
}

/** A times a column of the map's gradient. */
// @ts-ignore: decorator
@inline function mapColumn(y0: v128, y1: v128, y2: v128, y3: v128, to: usize, step: usize): void {
  v128.store(to, y0);
  v128.store(to + 5 * step, y3);
  let even = plus(PP, y2, y0);
  let odd = plus(P * PP, y3, scaled(P, y1));
  v128.store(to + step, f32x4.add(even, odd));
  v128.store(to + 2 * step, f32x4.sub(even, odd));
  even = plus(QQ, y2, y0);
  odd = plus(Q * QQ, y3, scaled(Q, y1));
  v128.store(to + 3 * step, f32x4.add(even, odd));
  v128.store(to + 4 * step, f32x4.sub(even, odd));
}

/** A y A^T of four tiles of gradients, whose first elements are at y0 to y3 and whose rows are `row` bytes apart. */
function transformMaps(
  y0: usize,
  y1: usize,
  y2: usize,
  y3: usize,
  row: usize,
  to: usize,
  step: usize,
  work: usize,
): void {
  for (let at = work; at < work + 4 * 96; at += 96) {
    const x0 = v128.load(y0);
    const x1 = v128.load(y1);
    const x2 = v128.load(y2);
    const x3 = v128.load(y3);
    const a = low<f32>(x0, x1);
    const b = low<f32>(x2, x3);
    const c = high<f32>(x0, x1);
    const d = high<f32>(x2, x3);
    mapColumn(
      v128.shuffle<i64>(a, b, 0, 2),
      v128.shuffle<i64>(a, b, 1, 3),
      v128.shuffle<i64>(c, d, 0, 2),
      v128.shuffle<i64>(c, d, 1, 3),
      at,
      16,
    );
    y0 += row;
    y1 += row;
    y2 += row;
    y3 += row;
  }
  for (let at = work; at < work + 96; at += 16) {
    mapColumn(v128.load(at), v128.load(at, 96), v128.load(at, 192), v128.load(at, 288), to, 6 * step);
    to += step;
  }
}

/** G^T times a column of six, `step` bytes apart. */
// @ts-ignore: decorator
@inline function gradientColumn(from: usize, step: usize, to: usize, toStep: usize): void {
  let x = v128.load(from + step);
  let y = v128.load(from + 2 * step);
  const pe = scaled(CP, f32x4.add(x, y));
  const po = scaled(CP * P, f32x4.sub(x, y));
  x = v128.load(from + 3 * step);
  y = v128.load(from + 4 * step);
  const qe = f32x4.add(x, y);
  const qo = f32x4.sub(x, y);
  v128.store(to, plus(1 / (PP * QQ), v128.load(from), plus(CQ, qe, pe)));
  v128.store(to + toStep, plus(CQ * Q, qo, po));
  v128.store(to + 2 * toStep, f32x4.add(plus(CQ * QQ, qe, scaled(PP, pe)), v128.load(from + 5 * step)));
}

/** G^T u G for `count` image channels, up to four, to the kernels at `to`. */
function transformGradients(from: usize, step: usize, count: i32, to: usize, work: usize): void {
  for (let i: usize = 0; i < 6; i++) gradientColumn(from + i * step, 6 * step, work + i * 16, 96);
  const result = work + 288;
  for (let i: usize = 0; i < 3; i++) gradientColumn(work + i * 96, 16, result + i * 48, 16);
  for (let lane: usize = 0; lane < <usize>(count * 4); lane += 4) {
    for (let at = result; at < result + 144; at += 16) {
      store<f32>(to, load<f32>(at + lane));
      to += 4;
    }
  }
}

/** Patches of the tiles that the table holds, up to `end`, as 36 packed matrices [tiles, image channels]. */
function packPatches(g: Geometry, end: usize, step: usize): void {
  const last = g.imageChannels - 1;
  const plane = <usize>g.channelStride * 4;
  const panel = end - g.positionTable;
  for (let c = 0; c <= last; c += 4) {
    const d0 = g.border + <usize>c * plane;
    const d1 = g.border + <usize>min(c + 1, last) * plane;
    const d2 = g.border + <usize>min(c + 2, last) * plane;
    const d3 = g.border + <usize>min(c + 3, last) * plane;
    // a tile is 32 bytes of a panel of eight channels, twice its entry's
    let to = g.packedB + <usize>(c >> 3) * 2 * panel + <usize>(c & 4) * 4;
    for (let entry = g.positionTable; entry < end; entry += ENTRY) {
      const at = offset(entry);
      transformPatches(d0 + at, d1 + at, d2 + at, d3 + at, <usize>g.rowStride * 4, to, step, g.kernel);
      to += 32;
    }
  }
}

/** The same tiles of map channels [begin, begin + rows), planes of `width` elements a row, as 36 matrices [rows, tiles]. */
function packMaps(
  g: Geometry,
  maps: usize,
  plane: usize,
  width: i32,
  begin: i32,
  rows: i32,
  end: usize,
  step: usize,
): void {
  const last = begin + rows - 1;
  let panel = g.packedA;
  for (let o = begin; o <= last; o += MR) {
    // rows 0 to 3 of a panel, and again the last four
    for (let r = 0; r <= MR - 4; r += 2) {
      const y0 = maps + <usize>min(o + r, last) * plane;
      const y1 = maps + <usize>min(o + r + 1, last) * plane;
      const y2 = maps + <usize>min(o + r + 2, last) * plane;
      const y3 = maps + <usize>min(o + r + 3, last) * plane;
      let to = panel + <usize>r * 4;
      for (let entry = g.positionTable; entry < end; entry += ENTRY) {
        const at = offset(entry + 4);
        transformMaps(y0 + at, y1 + at, y2 + at, y3 + at, <usize>width * 4, to, step, g.kernel);
        to += <usize>MR * 4;
      }
    }
    panel += <usize>MR * 4 * ((end - g.positionTable) / ENTRY);
  }
}

/** The gradients of the kernels of map channels [begin, begin + rows), whose sums there are. */
function unpackKernels(g: Geometry, weight: usize, begin: i32, rows: i32, step: usize): void {
  const channels = g.imageChannels;
  for (let o = 0; o < rows; o++) {
    for (let c = 0; c < channels; c += 4) {
      const from = g.columns + <usize>(o * channels + c) * 4;
      const to = weight + <usize>((begin + o) * channels + c) * 36;
      transformGradients(from, step, min(4, channels - c), to, g.kernel);
    }
  }
}

export function winogradWeight(g: Geometry, weight: usize, image: usize, map: usize): void {
  const channels = g.imageChannels;
  const m = g.mapChannels;
  const whole = isWhole(g);
  const width = whole ? g.mw : tilesAlong(g.mw) * SIDE;
  const height = whole ? g.mh : tilesAlong(g.mh) * SIDE;
  const plane = width * height;
  const mapBatch = whole ? g.mapBatch : m * plane;
  const sumsStay = g.rowStep == m;
  const stepC = <usize>(g.rowStep * channels * 4 + GAP);
  for (let group = 0; group < g.groups; group++) {
    const result = weight + <usize>(group * m * channels) * 36;
    for (let n = 0; n < g.batch; n += g.fold) {
      const fold = min(g.fold, g.batch - n);
      const y = map + (<usize>n * <usize>g.mapBatch + <usize>(group * m * g.positions)) * 4;
      for (let f = 0; f < fold; f++) {
        windows<f32>(g, image, n + f, group, f);
        if (whole) continue;
        const source = y + <usize>f * <usize>g.mapBatch * 4;
        const copy = g.maps + <usize>(f * mapBatch) * 4;
        copyShifted<f32>(m, source, 1, g.mh, g.mw, copy, 1, height, width, 0, 0, 0);
      }
      const maps = whole ? y : g.maps;
      const tiles = fold * tilesOf(g);
      for (let t = 0; t < tiles; t += g.columnStep) {
        const count = min(g.columnStep, tiles - t);
        fillEntries(g, t, count, mapBatch, width);
        const end = g.positionTable + <usize>count * ENTRY;
        const stepB = <usize>(roundUp(channels, 8) * count * 4 + GAP);
        packPatches(g, end, stepB);
        for (let i = 0; i < m; i += g.rowStep) {
          const rows = min(g.rowStep, m - i);
          const stepA = <usize>(roundUp(rows, MR) * count * 4 + GAP);
          packMaps(g, maps, <usize>plane * 4, width, i, rows, end, stepA);
          const ldc = <usize>channels * 4;
          const add = n > 0 || t > 0;
          for (let e: usize = 0; e < <usize>PRODUCTS; e++) {
            const a = g.packedA + e * stepA;
            const b = g.packedB + e * stepB;
            multiplyPacked<f32>(rows, channels, count, 1, a, b, g.columns + e * stepC, ldc, add, g.edge);
          }
          if (!sumsStay) unpackKernels(g, result, i, rows, stepC);
        }
      }
    }
    if (sumsStay) unpackKernels(g, result, 0, m, stepC);
  }
}
