// Convolutions over one to three spatial dimensions as packed products: the unrolled columns of the image (im2col) exist
// only as panels inside the packing. 2 * batch * positions * map channels * image channels * kernel elements flops.
//
// ints: groups, then stride, padding, dilation per spatial dimension. Everything is contiguous and of one dtype (float32,
// float64, int64). The workspace has convWorkspace() bytes.
//   convolution:          0 out [N, Co, ...], 1 input [N, Ci, ...], 2 weight [Co, Ci/g, ...], 3 bias [Co] if there
//   convolutionTranspose: 0 out [N, Co, ...], 1 input [N, Ci, ...], 2 weight [Ci, Co/g, ...], 3 bias [Co] if there;
//                         the gradient of a convolution's input, too: out and input are then input's and output's gradient
//   convolutionWeight:    0 weight's gradient [Co, Ci/g, ...], 1 input [N, Ci, ...], 2 gradient of the output [N, Co, ...]
import { Args } from "../../dispatch/args";
import { DType, itemSize } from "../../tensor/dtype";
import { KC, MC, columnBlock, multiplyPacked, roundUp } from "../gemm/block";
import { packA, packB, packGathered } from "../gemm/pack";
import { multiplyByLines } from "../gemm/lines";
import { MR } from "../gemm/tile";
import { addEveryOther, addScaled } from "../gemm/vector";
import { cropBorder, directForward, directTranspose, directWeight } from "./direct";
import { chunksOf, fewForward, fewWeightChunks, fewWeightEnd, imagesAChunk, suitsFew } from "./few";
import { ConvKind, GEOMETRY_BYTES, Geometry, Way, copyRow, describe, fillTables, wayInt, windows } from "./geometry";
import { suits, winogradForward } from "./winograd";
import { winogradWeight } from "./winogradWeight";

function describeKind(g: Geometry, args: Args, kind: i32, base: usize): void {
  const x = args.operand(0);
  const y = args.operand(1);
  const z = args.operand(2);
  const size = itemSize(x.dtype);
  if (kind == ConvKind.Forward) describe(g, args, kind, y, x, z, size, base);
  else if (kind == ConvKind.Transpose) describe(g, args, kind, x, y, z, size, base);
  else describe(g, args, kind, y, z, x, size, base);
}

// @ts-ignore: decorator
@lazy const planned = changetype<Geometry>(memory.data(<i32>GEOMETRY_BYTES, 16));

/**
 * Bytes of workspace for the convolution that operands and ints describe. Decides for all of its parts whether it is computed
 * after Winograd: that must not depend on the number of threads.
 */
export function convWorkspace(args: Args, kind: i32): i32 {
  describeKind(planned, args, kind, 0);
  const way = suits(planned) ? Way.Winograd : suitsFew(planned) ? Way.Few : Way.Product;
  if (way != Way.Product) {
    args.setInt(wayInt(args.operand(0).ndim - 2), way);
    describeKind(planned, args, kind, 0);
  }
  const bytes = (<i32>(GEOMETRY_BYTES + planned.end) + 63) & ~63;
  if (way != Way.Few || kind != ConvKind.Weight) return bytes + 64;
  const images = imagesAChunk(planned);
  const at = wayInt(args.operand(0).ndim - 2);
  args.setInt(at + 1, images);
  args.setInt(at + 2, bytes);
  return bytes * chunksOf(planned.batch, images);
}

function geometry(args: Args, kind: i32): Geometry {
  const g = changetype<Geometry>(args.workspace);
  describeKind(g, args, kind, args.workspace + GEOMETRY_BYTES);
  return g;
}

/** The group's weights as packed blocks of KC steps, each of panels of rows. */
function packWeights<T>(g: Geometry, weight: usize, group: i32): void {
  const m = g.mapChannels;
  const paddedRows = roundUp(m, MR);
  const kernel = g.kernelSize;
  const stride = g.weightStride;
  const w = weight + <usize>(group * (g.flipped ? g.imageChannels : m) * stride) * sizeof<T>();
  for (let p = 0; p < g.rows; p += KC) {
    const depth = min(KC, g.rows - p);
    const to = g.packedA + <usize>(paddedRows * p) * sizeof<T>();
    if (!g.flipped) {
      packA<T>(m, depth, w + <usize>p * sizeof<T>(), stride, 1, to);
    } else if (kernel == 1) {
      packA<T>(m, depth, w + <usize>(p * stride) * sizeof<T>(), 1, stride, to);
    } else {
      const panel = <usize>(MR * depth) * sizeof<T>();
      // what is left of a channel's kernel, or of the block
      for (let r = 0, steps = 0; r < depth; r += steps) {
        const first = (p + r) % kernel;
        steps = min(kernel - first, depth - r);
        const from = w + <usize>(((p + r) / kernel) * stride + first) * sizeof<T>();
        packA<T>(m, steps, from, kernel, 1, to + <usize>(r * MR) * sizeof<T>(), panel);
      }
    }
  }
}

function forward<T>(g: Geometry, out: usize, image: usize, weight: usize, bias: usize): void {
  const m = g.mapChannels;
  const paddedRows = roundUp(m, MR);
  const plane = <usize>g.positions * sizeof<T>();
  const nc = columnBlock<T>();
  fillTables(g, imageBytes<T>(g));
  for (let group = 0; group < g.groups; group++) {
    packWeights<T>(g, weight, group);
    for (let n = 0; n < g.batch; n += g.fold) {
      const fold = min(g.fold, g.batch - n);
      const from = foldedWindows<T>(g, image, n, group, fold);
      const first = out + (<usize>n * <usize>g.mapBatch + <usize>(group * m) * <usize>g.positions) * sizeof<T>();
      // several images' results are sorted afterwards
      const result = fold > 1 ? g.columns : first;
      const all = fold * g.positions;
      const ldc = <usize>all * sizeof<T>();
      for (let j = 0; j < all; j += nc) {
        const columns = min(nc, all - j);
        for (let p = 0; p < g.rows; p += KC) {
          const depth = min(KC, g.rows - p);
          if (g.plain) {
            const corner = from + <usize>(p * g.channelStride + j) * sizeof<T>();
            packB<T>(depth, columns, corner, g.channelStride, 1, g.packedB);
          } else {
            packGathered<T>(depth, columns, from, g.rowTable + <usize>p * 4, g.positionTable + <usize>j * 4, g.packedB);
          }
          for (let i = 0; i < m; i += MC) {
            multiplyPacked<T>(
              min(MC, m - i),
              columns,
              depth,
              <T>1,
              g.packedA + <usize>(paddedRows * p + i * depth) * sizeof<T>(),
              g.packedB,
              result + <usize>i * ldc + <usize>j * sizeof<T>(),
              ldc,
              p > 0,
              g.edge,
              bias ? bias + <usize>(group * m + i) * sizeof<T>() : 0,
            );
          }
        }
      }
      if (fold == 1) continue;
      let row = g.columns;
      for (let o = 0; o < m; o++) {
        let to = first + <usize>o * plane;
        for (let f = 0; f < fold; f++) {
          copyRow<T>(to, row, plane);
          to += <usize>g.mapBatch * sizeof<T>();
          row += plane;
        }
      }
    }
  }
}

/** Bytes from one of the folded images to the next. */
// @ts-ignore: decorator
@inline function imageBytes<T>(g: Geometry): i32 {
  return (g.bordered ? g.imageChannels * g.channelStride : g.imageBatch) * <i32>sizeof<T>();
}

function foldedWindows<T>(g: Geometry, image: usize, n: i32, group: i32, fold: i32): usize {
  const from = windows<T>(g, image, n, group, 0);
  if (g.bordered) for (let f = 1; f < fold; f++) windows<T>(g, image, n + f, group, f);
  return from;
}

/** Adds a row of the columns, positions [j, j + columns), to the image: a run of the map's row at a time. */
function addRow<T>(g: Geometry, image: usize, value: usize, j: i32, columns: i32): void {
  let run = g.mw - (j % g.mw);
  for (const end = j + columns; j < end; j += run, run = g.mw) {
    run = min(run, end - j);
    const at = image + <usize>load<i32>(g.positionTable + <usize>j * 4);
    if (g.sw == 1) {
      addScaled<T>(run, <T>1, value, at);
    } else if (isFloat<T>() && g.sw == 2) {
      addEveryOther<T>(run, <T>1, value, at);
    } else {
      const step = <usize>g.sw * sizeof<T>();
      for (let x: usize = 0; x < <usize>run; x++) {
        const to = at + x * step;
        store<T>(to, <T>(load<T>(to) + load<T>(value + x * sizeof<T>())));
      }
    }
    value += <usize>run * sizeof<T>();
  }
}

/** The transpose of a strided convolution: columns = weight^T map, each added to its place in the image (col2im). */
function scatter<T>(g: Geometry, image: usize, map: usize, weight: usize, bias: usize): void {
  const k = g.mapChannels;
  const paddedRows = roundUp(g.rows, MR);
  const volume = g.imageChannels * g.channelStride * <i32>sizeof<T>();
  const rowTable = g.mapTables;
  const columnTable = rowTable + <usize>k * 4;
  fillTables(g, volume);
  for (let o = 0; o < k; o++) store<i32>(rowTable + <usize>o * 4, o * g.positions * <i32>sizeof<T>());
  let column = columnTable;
  for (let f = 0; f < g.fold; f++) {
    for (let j = 0; j < g.positions; j++) {
      store<i32>(column, (f * g.mapBatch + j) * <i32>sizeof<T>());
      column += 4;
    }
  }
  for (let group = 0; group < g.groups; group++) {
    const w = weight + <usize>(group * k * g.weightStride) * sizeof<T>();
    for (let p = 0; p < k; p += KC) {
      const depth = min(KC, k - p);
      const from = w + <usize>(p * g.weightStride) * sizeof<T>();
      packA<T>(g.rows, depth, from, 1, g.weightStride, g.packedA + <usize>(paddedRows * p) * sizeof<T>());
    }
    for (let n = 0; n < g.batch; n += g.fold) {
      const fold = min(g.fold, g.batch - n);
      memory.fill(g.border, 0, <usize>fold * <usize>volume);
      const from = map + (<usize>n * <usize>g.mapBatch + <usize>(group * k) * <usize>g.positions) * sizeof<T>();
      const all = fold * g.positions;
      for (let j = 0; j < all; j += g.columnStep) {
        const columns = min(g.columnStep, all - j);
        const ldc = <usize>columns * sizeof<T>();
        for (let p = 0; p < k; p += KC) {
          const depth = min(KC, k - p);
          const a = g.packedA + <usize>(paddedRows * p) * sizeof<T>();
          packGathered<T>(depth, columns, from, rowTable + <usize>p * 4, columnTable + <usize>j * 4, g.packedB);
          multiplyPacked<T>(g.rows, columns, depth, <T>1, a, g.packedB, g.columns, ldc, p > 0, g.edge);
        }
        let value = g.columns;
        for (let r = 0; r < g.rows; r++) {
          addRow<T>(g, g.border + <usize>load<i32>(g.rowTable + <usize>r * 4), value, j, columns);
          value += ldc;
        }
      }
      for (let f = 0; f < fold; f++) cropBorder<T>(g, image, n + f, group, f, bias);
    }
  }
}

function weightGradient<T>(g: Geometry, weight: usize, image: usize, map: usize): void {
  const m = g.mapChannels;
  const mapStride = <usize>g.mapBatch;
  const ldc = <usize>g.rows * sizeof<T>();
  const nc = columnBlock<T>();
  fillTables(g, imageBytes<T>(g));
  for (let group = 0; group < g.groups; group++) {
    const result = weight + <usize>(group * m) * ldc;
    for (let n = 0; n < g.batch; n += g.fold) {
      const fold = min(g.fold, g.batch - n);
      const from = foldedWindows<T>(g, image, n, group, fold);
      const gradient = map + (<usize>n * mapStride + <usize>(group * m) * <usize>g.positions) * sizeof<T>();
      const length = fold * g.positions;
      const channel = g.channelStride;
      if (isFloat<T>()) {
        if (g.byLines) {
          const line = <usize>length * sizeof<T>();
          const work = g.packedA;
          multiplyByLines<T>(
            m,
            g.rows,
            length,
            1,
            gradient,
            line,
            from,
            1,
            channel,
            result,
            ldc,
            sizeof<T>(),
            n > 0,
            work,
          );
          continue;
        }
      }
      for (let j = 0; j < g.rows; j += nc) {
        const columns = min(nc, g.rows - j);
        for (let p = 0; p < length; p += KC) {
          const depth = min(KC, length - p);
          if (g.plain) {
            packB<T>(depth, columns, from + <usize>(j * channel + p) * sizeof<T>(), 1, channel, g.packedB);
          } else {
            packGathered<T>(depth, columns, from, g.positionTable + <usize>p * 4, g.rowTable + <usize>j * 4, g.packedB);
          }
          for (let i = 0; i < m; i += MC) {
            const rows = min(MC, m - i);
            // fold > 1 only where all of the folded positions fit in one run
            const pieces = fold > 1 ? fold : 1;
            const piece = fold > 1 ? g.positions : depth;
            for (let f = 0; f < pieces; f++) {
              packA<T>(
                rows,
                piece,
                gradient + (<usize>f * mapStride + <usize>i * <usize>g.positions + <usize>p) * sizeof<T>(),
                g.positions,
                1,
                g.packedA + <usize>(f * piece * MR) * sizeof<T>(),
                <usize>(MR * depth) * sizeof<T>(),
              );
            }
            const to = result + <usize>i * ldc + <usize>j * sizeof<T>();
            const add = n > 0 || p > 0;
            multiplyPacked<T>(rows, columns, depth, <T>1, g.packedA, g.packedB, to, ldc, add, g.edge);
          }
        }
      }
    }
  }
}

function run<T>(args: Args, kind: i32): void {
  const x = args.operand(0);
  if (x.numel == 0) return;
  const bias = kind != ConvKind.Weight && args.count > 3 ? args.operand(3).data : 0;
  const g = geometry(args, kind);
  const y = args.operand(1).data;
  const z = args.operand(2).data;
  if (sizeof<T>() == 4 && g.way == Way.Few) {
    if (kind != ConvKind.Weight) return fewForward(g, x.data, y, z, bias);
    weightChunks(g, args);
    weightEnd(args);
  } else if (g.way == Way.Winograd) {
    if (kind == ConvKind.Weight) winogradWeight(g, x.data, y, z);
    else winogradForward(g, x.data, y, z, bias);
  } else if (kind == ConvKind.Forward) {
    if (g.direct || g.rows == 0) directForward<T>(g, x.data, y, z, bias);
    else forward<T>(g, x.data, y, z, bias);
  } else if (kind == ConvKind.Transpose) {
    if (g.flipped && (g.direct || g.rows == 0)) directForward<T>(g, x.data, y, z, bias);
    else if (g.flipped) forward<T>(g, x.data, y, z, bias);
    else if (g.direct || g.mapChannels == 0) directTranspose<T>(g, x.data, y, z, bias);
    else scatter<T>(g, x.data, y, z, bias);
  } else if (g.direct || g.batch == 0 || g.positions == 0) {
    directWeight<T>(g, x.data, y, z);
  } else {
    weightGradient<T>(g, x.data, y, z);
  }
}

function weightChunks(g: Geometry, args: Args): void {
  const at = wayInt(args.operand(0).ndim - 2);
  fewWeightChunks(g, args.operand(1).data, args.operand(2).data, args.int(at + 1), <usize>args.int(at + 2));
}

/** Where the gradient of a weight is sums over chunks of the batch (Way.Few), the sums of some. */
export function weightPart(args: Args): void {
  weightChunks(geometry(args, ConvKind.Weight), args);
}

/** Adds up what all parts have. */
export function weightEnd(args: Args): void {
  const g = geometry(args, ConvKind.Weight);
  const at = wayInt(args.operand(0).ndim - 2);
  fewWeightEnd(g, args.operand(0).data, chunksOf(g.batch, args.int(at + 1)), <usize>args.int(at + 2));
}

// @ts-ignore: decorator
@inline function runTyped(args: Args, kind: i32): void {
  switch (args.operand(0).dtype) {
    case DType.Float32:
      return run<f32>(args, kind);
    case DType.Float64:
      return run<f64>(args, kind);
    default:
      return run<i64>(args, kind);
  }
}

export function convolution(args: Args): void {
  runTyped(args, ConvKind.Forward);
}

export function convolutionTranspose(args: Args): void {
  runTyped(args, ConvKind.Transpose);
}

export function convolutionWeight(args: Args): void {
  runTyped(args, ConvKind.Weight);
}
