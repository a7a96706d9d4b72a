// The sizes of a convolution, its lookup tables and the layout of its workspace. One and two spatial dimensions are three
// with leading ones. Where a window may leave the image, the image is copied once into a buffer with zero borders, so
// that element (row of the unrolled kernel, output position) always lies at rowTable[row] + positionTable[position].
import { Args, Operand } from "../../dispatch/args";
import { layOutFew } from "./few";
import { layOutWinograd } from "./winograd";
import { linesBytes, mayBeByLines } from "../gemm/lines";
import { EDGE_BYTES, KC, MC, NC_BYTES, packedABytes, packedBBytes } from "../gemm/block";

/** What is computed; decides which buffers the workspace holds. */
export const enum ConvKind {
  Forward = 0,
  /** the input's gradient, which is also the transposed convolution */
  Transpose = 1,
  Weight = 2,
}

/** How it is computed, where that is the op's to decide: all parts of a convolution must go the same way. */
export const enum Way {
  Product = 0,
  Winograd = 1,
  Few = 2,
}

/** Up to so many channels a group on the side that would be the product's rows, plain loops beat the register tile. */
const DIRECT_CHANNELS: i32 = 2;

/** Positions that are worth a product of their own. */
const FOLD: i32 = 256;

/** Bytes of unrolled columns that the strided transpose holds at a time. */
const SCATTER_BYTES: i32 = 1 << 20;

/**
 * `image` is what the window slides over, `map` what the window's positions form: input and output of a forward
 * convolution, gradient and gradient of the output for the others (but see `flipped`). Channels are per group.
 */
@unmanaged
export class Geometry {
  kind: i32;
  size: i32;
  batch: i32;
  groups: i32;
  imageChannels: i32;
  mapChannels: i32;
  // image, map, kernel: depth, height, width
  id: i32;
  ih: i32;
  iw: i32;
  md: i32;
  mh: i32;
  mw: i32;
  kd: i32;
  kh: i32;
  kw: i32;
  // stride, padding, dilation
  sd: i32;
  sh: i32;
  sw: i32;
  pd: i32;
  ph: i32;
  pw: i32;
  dd: i32;
  dh: i32;
  dw: i32;
  /** extent of all windows together, from the first one's corner */
  ed: i32;
  eh: i32;
  ew: i32;
  /** a transpose of stride 1 that is computed as a forward convolution of the map with the reversed kernel */
  flipped: bool;
  direct: bool;
  way: i32;
  /** the windows leave the image: it has to be copied with a border */
  bordered: bool;
  /** kernels of one element that meet every element of one image at a time: the columns are the image */
  plain: bool;
  /** the gradient of such a weight, of few input channels: lines of the map stay in place */
  byLines: bool;
  /** copies of images that have been made: their borders are there */
  copies: i32;
  /** images handled together, so that a run over their positions is long enough */
  fold: i32;
  // element strides of the buffer that windows are read from (or added to)
  channelStride: i32;
  depthStride: i32;
  rowStride: i32;
  // elements from one image to the next, and from one of the weight's to the next along its first dimension: more than there
  // are where a thread does a part of the channels
  imageBatch: i32;
  mapBatch: i32;
  weightStride: i32;
  /** positions of the window; rows of the unrolled kernel */
  positions: i32;
  rows: i32;
  // workspace, as addresses
  edge: usize;
  rowTable: usize;
  positionTable: usize;
  border: usize;
  packedA: usize;
  packedB: usize;
  kernel: usize;
  columns: usize;
  maps: usize;
  mapTables: usize;
  /** columns computed at a time by the strided transpose */
  columnStep: i32;
  /** map channels that Winograd's way takes at a time */
  rowStep: i32;
  end: usize;

  // @ts-ignore: decorator
  @inline get kernelSize(): i32 {
    return this.kd * this.kh * this.kw;
  }
  // @ts-ignore: decorator
  @inline get imageSize(): i32 {
    return this.id * this.ih * this.iw;
  }
}

// @ts-ignore: decorator
@inline export const GEOMETRY_BYTES: usize = 256;

function spatial(x: Operand, i: i32): i32 {
  const d = x.ndim - 3 + i;
  return d < 2 ? 1 : x.shape(d);
}

/** Which of args.ints has the `Way`; for Way.Few behind it: images of a chunk, bytes from its workspace to the next one's. */
// @ts-ignore: decorator
@inline export function wayInt(rank: i32): i32 {
  return 1 + 3 * rank;
}

function batchStride(x: Operand): i32 {
  return x.shape(0) > 1 ? x.stride(0) : 0;
}

function setting(args: Args, rank: i32, group: i32, i: i32, otherwise: i32): i32 {
  const d = rank - 3 + i;
  return d < 0 ? otherwise : args.int(1 + group * rank + d);
}

/**
 * Reads the sizes from operands `image`, `map` and `weight` and from ints (groups, then stride, padding and dilation per
 * spatial dimension), and lays out the workspace at `base` (any address: only `end - base` counts for its size).
 */
export function describe(
  g: Geometry,
  args: Args,
  kind: i32,
  image: Operand,
  map: Operand,
  weight: Operand,
  size: i32,
  base: usize,
): void {
  const rank = weight.ndim - 2;
  g.kind = kind;
  g.size = size;
  g.batch = image.shape(0);
  g.groups = args.int(0);
  g.imageChannels = image.shape(1) / g.groups;
  g.mapChannels = map.shape(1) / g.groups;
  g.id = spatial(image, 0);
  g.ih = spatial(image, 1);
  g.iw = spatial(image, 2);
  g.md = spatial(map, 0);
  g.mh = spatial(map, 1);
  g.mw = spatial(map, 2);
  g.kd = spatial(weight, 0);
  g.kh = spatial(weight, 1);
  g.kw = spatial(weight, 2);
  g.sd = setting(args, rank, 0, 0, 1);
  g.sh = setting(args, rank, 0, 1, 1);
  g.sw = setting(args, rank, 0, 2, 1);
  g.pd = setting(args, rank, 1, 0, 0);
  g.ph = setting(args, rank, 1, 1, 0);
  g.pw = setting(args, rank, 1, 2, 0);
  g.dd = setting(args, rank, 2, 0, 1);
  g.dh = setting(args, rank, 2, 1, 1);
  g.dw = setting(args, rank, 2, 2, 1);
  // where a map without padding is much smaller than its image, most of the flipped one would be zeros
  const near = g.imageSize / 7 <= (g.md * g.mh * g.mw) / 4;
  g.flipped = kind == ConvKind.Transpose && g.sd * g.sh * g.sw == 1 && near;
  if (g.flipped) flip(g);
  g.ed = (g.md - 1) * g.sd + g.dd * (g.kd - 1) + 1;
  g.eh = (g.mh - 1) * g.sh + g.dh * (g.kh - 1) + 1;
  g.ew = (g.mw - 1) * g.sw + g.dw * (g.kw - 1) + 1;
  g.direct = (kind == ConvKind.Transpose && !g.flipped ? g.imageChannels : g.mapChannels) <= DIRECT_CHANNELS;
  g.positions = g.md * g.mh * g.mw;
  g.imageBatch = batchStride(g.flipped ? map : image);
  g.mapBatch = batchStride(g.flipped ? image : map);
  g.weightStride = batchStride(weight);
  g.rows = g.imageChannels * g.kernelSize;
  g.copies = 0;
  g.way = args.int(wayInt(rank));
  g.bordered =
    (g.way == Way.Few && kind == ConvKind.Weight) ||
    (kind == ConvKind.Transpose && !g.flipped) ||
    g.pd > 0 ||
    g.ph > 0 ||
    g.pw > 0 ||
    g.ed - g.pd > g.id ||
    g.eh - g.ph > g.ih ||
    g.ew - g.pw > g.iw;
  g.rowStride = g.bordered ? g.ew : g.iw;
  g.depthStride = g.rowStride * (g.bordered ? g.eh : g.ih);
  g.channelStride = g.depthStride * (g.bordered ? g.ed : g.id);
  if (g.way == Way.Winograd) g.end = layOutWinograd(g, base);
  else if (g.way == Way.Few) g.end = layOutFew(g, base);
  else layOut(g, base);
}

/** Exchanges image and map: the transpose of a stride-1 convolution is a convolution with padding d(k - 1) - p. */
function flip(g: Geometry): void {
  let t = g.imageChannels;
  g.imageChannels = g.mapChannels;
  g.mapChannels = t;
  t = g.id;
  g.id = g.md;
  g.md = t;
  t = g.ih;
  g.ih = g.mh;
  g.mh = t;
  t = g.iw;
  g.iw = g.mw;
  g.mw = t;
  g.pd = g.dd * (g.kd - 1) - g.pd;
  g.ph = g.dh * (g.kh - 1) - g.ph;
  g.pw = g.dw * (g.kw - 1) - g.pw;
}

// @ts-ignore: decorator
@inline export function room(bytes: i32): usize {
  return <usize>((bytes + 63) & ~63);
}

/** So many images that their positions are `enough`. */
// @ts-ignore: decorator
@inline function folded(g: Geometry, enough: i32): i32 {
  return max(1, min(g.batch, enough / max(1, g.positions)));
}

function layOut(g: Geometry, base: usize): void {
  const size = g.size;
  const isForward = g.kind == ConvKind.Forward || g.flipped;
  const rowBytes = max(1, g.rows * size);
  g.columnStep = max(8, min(g.batch * g.positions, SCATTER_BYTES / rowBytes));
  g.fold = 1;
  if (!g.direct) g.fold = folded(g, isForward ? FOLD : g.kind == ConvKind.Weight ? KC : g.columnStep);
  const positions = g.fold * g.positions;
  g.plain = g.kernelSize == 1 && !g.bordered && g.fold == 1 && g.positions == g.imageSize;
  // whatever channels of the map a thread takes
  g.byLines = g.plain && mayBeByLines(g.rows, g.rows, g.positions);
  let at = base;
  g.border = at;
  if (g.bordered) at += room(g.fold * g.imageChannels * g.channelStride * size);
  g.edge = at;
  at += EDGE_BYTES;
  g.rowTable = at;
  at += room(g.rows * 4);
  g.kernel = at;
  if (g.direct) {
    g.end = at + (g.flipped ? room(g.mapChannels * rowBytes) : 0);
    return;
  }
  g.positionTable = at;
  at += room(positions * 4);
  g.packedA = at;
  if (isForward) {
    at += room(packedABytes(g.mapChannels, g.rows, size));
    g.packedB = at;
    at += room(packedBBytes(min(g.rows, KC), min(positions, NC_BYTES / size), size));
    g.columns = at;
    if (g.fold > 1) at += room(g.mapChannels * positions * size);
  } else if (g.kind == ConvKind.Weight) {
    const depth = min(KC, positions);
    const packed = packedABytes(min(g.mapChannels, MC), depth, size);
    at += room(g.byLines ? max(packed, linesBytes(g.rows, g.positions, size)) : packed);
    g.packedB = at;
    at += room(packedBBytes(depth, min(g.rows, NC_BYTES / size), size));
  } else {
    at += room(packedABytes(g.rows, g.mapChannels, size));
    g.packedB = at;
    at += room(packedBBytes(min(g.mapChannels, KC), g.columnStep, size));
    g.mapTables = at;
    at += room((g.mapChannels + positions) * 4);
    g.columns = at;
    at += room(g.columnStep * rowBytes);
  }
  g.end = at;
}

/** Fills both tables with byte offsets; `imageStride` (bytes) parts the folded images. */
export function fillTables(g: Geometry, imageStride: i32): void {
  fillRowTable(g);
  fillPositionTable(g, imageStride);
}

/** Ascending; for a flipped kernel that lies as it is, descending within a channel. */
export function fillRowTable(g: Geometry): void {
  const size = g.size;
  const back = g.flipped && !g.direct;
  const step: isize = back ? -4 : 4;
  let to = g.rowTable;
  for (let c = 0; c < g.imageChannels; c++) {
    if (back) to = g.rowTable + <usize>((c + 1) * g.kernelSize - 1) * 4;
    for (let z = 0; z < g.kd; z++) {
      for (let y = 0; y < g.kh; y++) {
        const row = c * g.channelStride + z * g.dd * g.depthStride + y * g.dh * g.rowStride;
        for (let x = 0; x < g.kw; x++) {
          store<i32>(to, (row + x * g.dw) * size);
          to += step;
        }
      }
    }
  }
}

function fillPositionTable(g: Geometry, imageStride: i32): void {
  const size = g.size;
  let to = g.positionTable;
  for (let f = 0; f < g.fold; f++) {
    for (let z = 0; z < g.md; z++) {
      for (let y = 0; y < g.mh; y++) {
        const row = z * g.sd * g.depthStride + y * g.sh * g.rowStride;
        for (let x = 0; x < g.mw; x++) {
          store<i32>(to, f * imageStride + (row + x * g.sw) * size);
          to += 4;
        }
      }
    }
  }
}

// Rows are short: a call of the engine's memory.copy costs more than they do.
// @ts-ignore: decorator
@inline export function copyRow<T>(to: usize, from: usize, bytes: usize): void {
  let at: usize = 0;
  if (bytes >= 16) {
    for (; at + 16 <= bytes; at += 16) v128.store(to + at, v128.load(from + at));
    // the last ones once more rather than one by one
    v128.store(to + bytes - 16, v128.load(from + bytes - 16));
    return;
  }
  for (; at < bytes; at += sizeof<T>()) store<T>(to + at, load<T>(from + at));
}

/**
 * Copies planes [channels, d, h, w] into [channels, ed, eh, ew], shifted by the padding: to[z] = from[z - pd], zero outside.
 * Negative padding crops.
 */
export function copyShifted<T>(
  channels: i32,
  from: usize,
  d: i32,
  h: i32,
  w: i32,
  to: usize,
  ed: i32,
  eh: i32,
  ew: i32,
  pd: i32,
  ph: i32,
  pw: i32,
): void {
  if (max(pd, max(ph, pw)) > 0 || d + pd < ed || h + ph < eh || w + pw < ew) {
    memory.fill(to, 0, <usize>(channels * ed * eh) * <usize>ew * sizeof<T>());
  }
  copyInside<T>(channels, from, d, h, w, to, ed, eh, ew, pd, ph, pw);
}

/** As copyShifted, where an earlier one has left the zeros. */
export function copyInside<T>(
  channels: i32,
  from: usize,
  d: i32,
  h: i32,
  w: i32,
  to: usize,
  ed: i32,
  eh: i32,
  ew: i32,
  pd: i32,
  ph: i32,
  pw: i32,
): void {
  const row = <usize>ew * sizeof<T>();
  const source = <usize>w * sizeof<T>();
  const first = max(0, pw);
  const columns = min(ew, w + pw) - first;
  if (columns <= 0) return;
  const bytes = <usize>columns * sizeof<T>();
  const firstY = max(0, ph);
  const lastY = min(eh, h + ph);
  from += <usize>(first - pw) * sizeof<T>();
  to += <usize>first * sizeof<T>();
  for (let c = 0; c < channels; c++) {
    for (let z = max(0, pd); z < min(ed, d + pd); z++) {
      let at = from + <usize>((c * d + z - pd) * h + firstY - ph) * source;
      let into = to + <usize>((c * ed + z) * eh + firstY) * row;
      for (let y = firstY; y < lastY; y++) {
        copyRow<T>(into, at, bytes);
        at += source;
        into += row;
      }
    }
  }
}

/** The address that windows of image `n`, group `group` are read from: the image itself, or its copy in slot `slot`. */
export function windows<T>(g: Geometry, data: usize, n: i32, group: i32, slot: i32): usize {
  const channels = g.imageChannels;
  const from = data + (<usize>n * <usize>g.imageBatch + <usize>(group * channels) * <usize>g.imageSize) * sizeof<T>();
  if (!g.bordered) {
    return from + <usize>-(g.pd * g.depthStride + g.ph * g.rowStride + g.pw) * sizeof<T>();
  }
  const to = g.border + <usize>(slot * channels) * <usize>g.channelStride * sizeof<T>();
  if (slot < g.copies) {
    copyInside<T>(channels, from, g.id, g.ih, g.iw, to, g.ed, g.eh, g.ew, g.pd, g.ph, g.pw);
  } else {
    copyShifted<T>(channels, from, g.id, g.ih, g.iw, to, g.ed, g.eh, g.ew, g.pd, g.ph, g.pw);
    g.copies = max(g.copies, slot + 1);
  }
  return to;
}

/** The group's kernel with channels exchanged and elements reversed: [map channel, image channel, element], in g.kernel. */
export function flipKernel<T>(g: Geometry, weight: usize, group: i32): void {
  const kernel = g.kernelSize;
  let to = g.kernel;
  for (let m = 0; m < g.mapChannels; m++) {
    for (let i = 0; i < g.imageChannels; i++) {
      const source = (group * g.imageChannels + i) * g.weightStride + m * kernel;
      for (let e = kernel - 1; e >= 0; e--) {
        store<T>(to, load<T>(weight + <usize>(source + e) * sizeof<T>()));
        to += sizeof<T>();
      }
    }
  }
}
