// Convolutions of 3x3 with stride 1 after Winograd, F(4x4, 3x3): 4x4 elements of the map take 36 multiplications a channel
// instead of 144. Tiles of 6x6 of the image (B^T d B) and kernels (G g G^T) are transformed, 36 matrix products of
// [map channels, image channels] and [image channels, tiles] are taken, and their results transformed back (A^T m A).
// Tiles overlap by two elements and lie four abreast in a vector.
//
// The points are 0, +-5/8, +-3/2 and infinity: with them float32 errs by a third of what it does with the usual 0, +-1,
// +-2. Against float64 the error is 5e-7 to 8e-7 of the result's root mean square, and at most 7e-6 of it, for 16 to 512
// channels (sums of products: 2e-7 and 2e-6). An infinity or NaN in the image makes NaN of the tiles that it lies in.
import { EDGE_BYTES, multiplyPacked, roundUp } from "../gemm/block";
import { high, low, transposeFour } from "../gemm/pack";
import { MR, madd } from "../gemm/tile";
import { layOutWeight } from "./winogradWeight";
import { ConvKind, Geometry, room, windows } from "./geometry";

const KERNEL_BYTES: usize = 36;
/** Elements of the map, and of the image, along a side of a tile. */
export const SIDE: i32 = 4;
const PATCH: i32 = 6;
export const PRODUCTS: i32 = 36;
/** With fewer the products are too short. */
const MIN_CHANNELS: i32 = 8;
/** Bytes of the transformed tiles and of their products that are in flight: a share of L2. */
const BLOCK_BYTES: i32 = 1 << 20;
/** Bytes of transformed kernels that are as good as none in L2. */
const ROW_BYTES: i32 = 1 << 19;
const MIN_TILES: i32 = 32;
const MAX_TILES: i32 = 128;
/** Between the 36 matrices, which would else begin in the same set of the cache. */
export const GAP: i32 = 64;
/** A tile's entry in the table: offset in the image's buffer, offset in the map, rows and columns that the map has there. */
export const ENTRY: usize = 16;

export const P: f32 = 0.625;
export const Q: f32 = 1.5;
export const PP: f32 = P * P;
export const QQ: f32 = Q * Q;
/** What the rows of G for +-P and +-Q are divided by. */
export const CP: f32 = 1 / (2 * PP * (PP - QQ));
export const CQ: f32 = 1 / (2 * QQ * (QQ - PP));

// @ts-ignore: decorator
@inline export function tilesAlong(length: i32): i32 {
  return (length + SIDE - 1) / SIDE;
}

// @ts-ignore: decorator
@inline export function tilesOf(g: Geometry): i32 {
  return tilesAlong(g.mh) * tilesAlong(g.mw);
}

/** Whether it is faster so, for a geometry of the whole convolution. */
export function suits(g: Geometry): bool {
  if (g.kind == ConvKind.Transpose && !g.flipped) return false;
  if (g.size != 4 || g.kd * g.sd * g.id * g.md != 1 || g.sh * g.sw * g.dh * g.dw != 1 || g.kh != 3 || g.kw != 3)
    return false;
  const tiles = <i64>g.batch * tilesOf(g);
  const c = g.imageChannels;
  const m = g.mapChannels;
  if (min(c, m) < MIN_CHANNELS) return false;
  // multiply-adds for each pair of channels, and what transforms take in their stead
  return <i64>g.batch * g.positions * 9 > tiles * (36 + 330 / m + 204 / c) + 280;
}

/** Lays out the workspace from `at` on; the image's buffer is as large as whole tiles need. Returns the end. */
export function layOutWinograd(g: Geometry, at: usize): usize {
  const tiles = tilesOf(g);
  const block = BLOCK_BYTES / (4 * PRODUCTS * (g.imageChannels + g.mapChannels));
  const all = roundUp(g.batch * tiles, 8);
  g.columnStep = min(all, max(MIN_TILES, min(MAX_TILES, block & -8)));
  // where all tiles are one block, kernels need not be kept: a few rows of them are transformed at a time
  const rowBytes = 4 * PRODUCTS * g.imageChannels;
  g.rowStep =
    all > g.columnStep ? g.mapChannels : min(g.mapChannels, max(g.flipped ? 4 : 1, ROW_BYTES / rowBytes / MR) * MR);
  g.fold = max(1, min(g.batch, g.columnStep / max(1, tiles)));
  g.eh = tilesAlong(g.mh) * SIDE + 2;
  g.ew = tilesAlong(g.mw) * SIDE + 2;
  g.ed = 1;
  g.bordered = true;
  g.rowStride = g.ew;
  g.depthStride = g.ew * g.eh;
  g.channelStride = g.depthStride;
  g.border = at;
  at += room(g.fold * g.imageChannels * g.channelStride * 4);
  g.edge = at;
  at += EDGE_BYTES;
  g.kernel = at;
  at += room(PATCH * PATCH * 16 + 144);
  g.positionTable = at;
  at += room((g.columnStep + 8) * <i32>ENTRY);
  if (g.kind == ConvKind.Weight) return layOutWeight(g, at);
  g.packedA = at;
  at += room((roundUp(g.rowStep, MR) * g.imageChannels * 4 + GAP) * PRODUCTS);
  g.packedB = at;
  at += room((g.imageChannels * g.columnStep * 4 + GAP) * PRODUCTS);
  g.columns = at;
  at += room((g.rowStep * g.columnStep * 4 + GAP) * PRODUCTS);
  return at;
}

// @ts-ignore: decorator
@inline export function scaled(x: f32, v: v128): v128 {
  return f32x4.mul(f32x4.splat(x), v);
}

/** x * v + w */
// @ts-ignore: decorator
@inline export function plus(x: f32, v: v128, w: v128): v128 {
  return madd<f32>(f32x4.splat(x), v, w);
}

/** B^T times the column at `from`, to `to`; elements are `step` and `toStep` bytes apart. */
// @ts-ignore: decorator
@inline function patchColumn(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, step: usize): void {
  v128.store(to, plus(PP * QQ, d0, plus(-(PP + QQ), d2, d4)));
  v128.store(to + 5 * step, plus(PP * QQ, d1, plus(-(PP + QQ), d3, d5)));
  let even = plus(-QQ, d2, d4);
  let odd = plus(-QQ, d1, d3);
  v128.store(to + step, plus(P, odd, even));
  v128.store(to + 2 * step, plus(-P, odd, even));
  even = plus(-PP, d2, d4);
  odd = plus(-PP, d1, d3);
  v128.store(to + 3 * step, plus(Q, odd, even));
  v128.store(to + 4 * step, plus(-Q, odd, even));
}

/** B^T d B of four patches, whose first elements are at d0 to d3 and whose rows are `row` bytes apart. */
export function transformPatches(
  d0: usize,
  d1: usize,
  d2: usize,
  d3: usize,
  row: usize,
  to: usize,
  step: usize,
  work: usize,
): void {
  for (let at = work; at < work + 6 * 96; at += 96) {
    const x0 = v128.load(d0);
    const x1 = v128.load(d1);
    const x2 = v128.load(d2);
    const x3 = v128.load(d3);
    const a = low<f32>(x0, x1);
    const b = low<f32>(x2, x3);
    const c = high<f32>(x0, x1);
    const d = high<f32>(x2, x3);
    const e = v128.load64_lane(d1, v128.load64_zero(d0, 16), 1, 16);
    const f = v128.load64_lane(d3, v128.load64_zero(d2, 16), 1, 16);
    patchColumn(
      v128.shuffle<i64>(a, b, 0, 2),
      v128.shuffle<i64>(a, b, 1, 3),
      v128.shuffle<i64>(c, d, 0, 2),
      v128.shuffle<i64>(c, d, 1, 3),
      v128.shuffle<i32>(e, f, 0, 2, 4, 6),
      v128.shuffle<i32>(e, f, 1, 3, 5, 7),
      at,
      16,
    );
    d0 += row;
    d1 += row;
    d2 += row;
    d3 += row;
  }
  for (let at = work; at < work + 96; at += 16) {
    patchColumn(
      v128.load(at),
      v128.load(at, 96),
      v128.load(at, 192),
      v128.load(at, 288),
      v128.load(at, 384),
      v128.load(at, 480),
      to,
      6 * step,
    );
    to += step;
  }
}

/** G times a column of a kernel. */
// @ts-ignore: decorator
@inline function kernelColumn(g0: v128, g1: v128, g2: v128, to: usize, step: usize): void {
  v128.store(to, scaled(1 / (PP * QQ), g0));
  let even = plus(CP * PP, g2, scaled(CP, g0));
  v128.store(to + step, plus(CP * P, g1, even));
  v128.store(to + 2 * step, plus(-CP * P, g1, even));
  even = plus(CQ * QQ, g2, scaled(CQ, g0));
  v128.store(to + 3 * step, plus(CQ * Q, g1, even));
  v128.store(to + 4 * step, plus(-CQ * Q, g1, even));
  v128.store(to + 5 * step, g2);
}

/** G g G^T of four kernels. */
function transformKernels(
  k0: usize,
  k1: usize,
  k2: usize,
  k3: usize,
  flipped: bool,
  to: usize,
  step: usize,
  work: usize,
): void {
  let last = work;
  let by: isize = 96;
  if (flipped) {
    last += 192;
    by = -96;
  }
  // the elements in their order, or from the last to the first
  const x = work + 576;
  transposeFour(k0, k1, k2, k3, x, 16);
  transposeFour(k0 + 16, k1 + 16, k2 + 16, k3 + 16, x + 64, 16);
  let x8 = v128.load32_zero(k0, 32);
  x8 = v128.load32_lane(k1, x8, 1, 32);
  x8 = v128.load32_lane(k2, x8, 2, 32);
  v128.store(x, v128.load32_lane(k3, x8, 3, 32), 128);
  for (let at = x; at < x + 144; at += 48) {
    const a = v128.load(at);
    const c = v128.load(at, 32);
    if (flipped) kernelColumn(c, v128.load(at, 16), a, last, 16);
    else kernelColumn(a, v128.load(at, 16), c, last, 16);
    last += by;
  }
  for (let at = work; at < work + 96; at += 16) {
    kernelColumn(v128.load(at), v128.load(at, 96), v128.load(at, 192), to, 6 * step);
    to += step;
  }
}

/** The transformed kernels of map channels [begin, begin + rows) of a group as 36 packed matrices [rows, image channels]. */
function packKernels(g: Geometry, weight: usize, group: i32, begin: i32, rows: i32): void {
  const last = begin + rows - 1;
  const channels = g.imageChannels;
  const step = <usize>(roundUp(rows, MR) * channels * 4 + GAP);
  // bytes from a map channel's kernels to the next one's, and from an image channel's
  const stride = <usize>g.weightStride * 4;
  const row: usize = g.flipped ? KERNEL_BYTES : stride;
  const column: usize = g.flipped ? stride : KERNEL_BYTES;
  const from = weight + <usize>(group * (g.flipped ? channels : g.mapChannels)) * stride;
  // a flipped kernel's map channels are neighbours, and its image channels are far apart: some at a time, so that lines of
  // memory are read on
  const some = g.flipped ? 16 : channels;
  for (let c0 = 0; c0 < channels; c0 += some) {
    for (let i = begin; i <= last; i += MR) {
      let to = g.packedA + <usize>((i - begin) * channels + c0 * MR) * 4;
      for (let c = c0; c < min(channels, c0 + some); c++) {
        const k = from + <usize>c * column;
        // rows 0 to 3 of a panel, and again the last four
        for (let r = 0; r <= MR - 4; r += 2) {
          const first = i + r;
          transformKernels(
            k + <usize>min(first, last) * row,
            k + <usize>min(first + 1, last) * row,
            k + <usize>min(first + 2, last) * row,
            k + <usize>min(first + 3, last) * row,
            g.flipped,
            to + <usize>r * 4,
            step,
            g.kernel,
          );
        }
        to += <usize>MR * 4;
      }
    }
  }
}

/** A^T m A of four tiles, plus `bias`; their entries are at `entries`, products at `from`, `step` bytes apart. */
function transformProducts(
  from: usize,
  step: usize,
  bias: v128,
  out: usize,
  row: usize,
  entries: usize,
  work: usize,
): void {
  for (let at = work; at < work + 96; at += 16) {
    const m0 = v128.load(from);
    const m5 = v128.load(from + 30 * step);
    let x = v128.load(from + 6 * step);
    let y = v128.load(from + 12 * step);
    const pe = f32x4.add(x, y);
    const po = f32x4.sub(x, y);
    x = v128.load(from + 18 * step);
    y = v128.load(from + 24 * step);
    const qe = f32x4.add(x, y);
    const qo = f32x4.sub(x, y);
    v128.store(at, f32x4.add(m0, f32x4.add(pe, qe)));
    v128.store(at, plus(P, po, scaled(Q, qo)), 96);
    v128.store(at, plus(PP, pe, scaled(QQ, qe)), 192);
    v128.store(at, plus(P * PP, po, plus(Q * QQ, qo, m5)), 288);
    from += step;
  }
  for (let i = 0; i < SIDE; i++) {
    const m0 = f32x4.add(v128.load(work), bias);
    const m5 = f32x4.add(v128.load(work, 80), bias);
    let x = v128.load(work, 16);
    let y = v128.load(work, 32);
    const pe = f32x4.add(x, y);
    const po = f32x4.sub(x, y);
    x = v128.load(work, 48);
    y = v128.load(work, 64);
    const qe = f32x4.add(x, y);
    const qo = f32x4.sub(x, y);
    const y0 = f32x4.add(m0, f32x4.add(pe, qe));
    const y1 = plus(P, po, plus(Q, qo, bias));
    const y2 = plus(PP, pe, plus(QQ, qe, bias));
    const y3 = plus(P * PP, po, plus(Q * QQ, qo, m5));
    const a = low<f32>(y0, y1);
    const b = low<f32>(y2, y3);
    const c = high<f32>(y0, y1);
    const d = high<f32>(y2, y3);
    storeRow(v128.shuffle<i64>(a, b, 0, 2), i, out, entries);
    storeRow(v128.shuffle<i64>(a, b, 1, 3), i, out, entries + ENTRY);
    storeRow(v128.shuffle<i64>(c, d, 0, 2), i, out, entries + 2 * ENTRY);
    storeRow(v128.shuffle<i64>(c, d, 1, 3), i, out, entries + 3 * ENTRY);
    out += row;
    work += 96;
  }
}

/** Row `i` of a tile, as much of it as the map has. */
// @ts-ignore: decorator
@inline function storeRow(v: v128, i: i32, out: usize, entry: usize): void {
  if (i >= load<i32>(entry, 8)) return;
  const to = out + <usize>load<i32>(entry, 4);
  const count = load<i32>(entry, 12);
  if (count == 4) v128.store(to, v);
  else storePart(v, to, count);
}

function storePart(v: v128, to: usize, count: i32): void {
  if (count == 1) {
    v128.store32_lane(to, v, 0);
    return;
  }
  v128.store64_lane(to, v, 0);
  if (count == 3) v128.store32_lane(to, v, 2, 8);
}

/** Entries of tiles [first, first + count) of the folded images; those up to a multiple of 8 repeat the last without storing it. */
export function fillEntries(g: Geometry, first: i32, count: i32, mapBatch: i32, mapWidth: i32): void {
  const across = tilesAlong(g.mw);
  const tiles = tilesOf(g);
  let to = g.positionTable;
  for (let i = 0; i < roundUp(count, 8); i++) {
    const t = first + min(i, count - 1);
    const f = t / tiles;
    const y = ((t % tiles) / across) * SIDE;
    const x = ((t % tiles) % across) * SIDE;
    store<i32>(to, (f * g.imageChannels * g.channelStride + y * g.rowStride + x) * 4);
    store<i32>(to, (f * mapBatch + y * mapWidth + x) * 4, 4);
    store<i32>(to, i < count ? min(SIDE, g.mh - y) : 0, 8);
    store<i32>(to, min(SIDE, g.mw - x), 12);
    to += ENTRY;
  }
}

// @ts-ignore: decorator
@inline export function offset(entry: usize): usize {
  return <usize>load<i32>(entry);
}

/** Patches of the tiles that the table holds, as 36 packed matrices [image channels, padded]. */
function packPatches(g: Geometry, padded: i32, step: usize): void {
  const channels = g.imageChannels;
  for (let q = 0; q < padded; q += 4) {
    const entry = g.positionTable + <usize>q * ENTRY;
    let from = g.border;
    let to = g.packedB + <usize>((q >> 3) * channels * 32 + (q & 4) * 4);
    for (let c = 0; c < channels; c++) {
      transformPatches(
        from + offset(entry),
        from + offset(entry + ENTRY),
        from + offset(entry + 2 * ENTRY),
        from + offset(entry + 3 * ENTRY),
        <usize>g.rowStride * 4,
        to,
        step,
        g.kernel,
      );
      from += <usize>g.channelStride * 4;
      to += 32;
    }
  }
}

export function winogradForward(g: Geometry, out: usize, image: usize, weight: usize, bias: usize): void {
  const channels = g.imageChannels;
  const m = g.mapChannels;
  const once = g.rowStep == m;
  for (let group = 0; group < g.groups; group++) {
    if (once) packKernels(g, weight, group, 0, m);
    for (let n = 0; n < g.batch; n += g.fold) {
      const fold = min(g.fold, g.batch - n);
      for (let f = 0; f < fold; f++) windows<f32>(g, image, n + f, group, f);
      const result = out + (<usize>n * <usize>g.mapBatch + <usize>(group * m * g.positions)) * 4;
      const tiles = fold * tilesOf(g);
      for (let t = 0; t < tiles; t += g.columnStep) {
        const count = min(g.columnStep, tiles - t);
        const padded = roundUp(count, 8);
        const stepB = <usize>(channels * padded * 4 + GAP);
        fillEntries(g, t, count, g.mapBatch, g.mw);
        packPatches(g, padded, stepB);
        for (let i = 0; i < m; i += g.rowStep) {
          const rows = min(g.rowStep, m - i);
          if (!once) packKernels(g, weight, group, i, rows);
          const stepA = <usize>(roundUp(rows, MR) * channels * 4 + GAP);
          const stepC = <usize>(rows * padded * 4 + GAP);
          const ldc = <usize>padded * 4;
          for (let e: usize = 0; e < <usize>PRODUCTS; e++) {
            const a = g.packedA + e * stepA;
            const b = g.packedB + e * stepB;
            multiplyPacked<f32>(rows, padded, channels, 1, a, b, g.columns + e * stepC, ldc, false, g.edge);
          }
          for (let o = 0; o < rows; o++) {
            const channel = i + o;
            const value = f32x4.splat(bias ? load<f32>(bias + <usize>(group * m + channel) * 4) : 0);
            const plane = result + <usize>(channel * g.positions) * 4;
            const from = g.columns + <usize>(o * padded) * 4;
            for (let q = 0; q < padded; q += 4) {
              const entries = g.positionTable + <usize>q * ENTRY;
              transformProducts(from + <usize>q * 4, stepC, value, plane, <usize>g.mw * 4, entries, g.kernel);
            }
          }
        }
      }
    }
  }
}
