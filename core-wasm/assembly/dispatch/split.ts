// How the work of a kernel is divided among threads: an argument block that is narrowed to a part of the result is an argument
// block like any other. Parts never share an element of the result, and every element is computed as it would be without
// threads, so that results don't depend on their number.
import { BLOCK } from "../kernels/program/blocks";
import { attentionPart, attentionUnits } from "../kernels/attentionBlocks";
import { gemmPart, gemmUnits } from "../kernels/gemm/gemm";
import { layerNormBackwardEnd, layerNormBackwardRows, ROWS } from "../kernels/layerNorm";
import { reduceEnd, reduceParts, reduceSome } from "../kernels/reduce";
import { programPart } from "../kernels/program/interpreter";
import { weightEnd, weightPart } from "../kernels/conv/conv";
import { Way, wayInt } from "../kernels/conv/geometry";
import { MR } from "../kernels/gemm/tile";
import { itemSize } from "../tensor/dtype";
import { Args, Operand } from "./args";
import { Kernel, runCpu } from "./kernel";

/** Columns of a reduction or scan that stay together. */
const COLUMNS: i32 = 64;
/** Channels that stay together where there is one element of each a sample: those of a cache line. */
const CHANNELS: i32 = 16;

/** Keeps elements [begin, begin + count) of dimension `d`. */
function keep(o: Operand, d: i32, begin: i32, count: i32): void {
  o.data += <usize>begin * <usize>o.stride(d) * itemSize(o.dtype);
  o.numel = (o.numel / o.shape(d)) * count;
  o.setShape(d, count);
}

function keepAll(args: Args, d: i32, begin: i32, count: i32): void {
  for (let i = 0; i < args.count; i++) keep(args.operand(i), d, begin, count);
}

/** Skips `begin` rows of `length` contiguous elements. */
function skip(o: Operand, begin: i32, length: i32): void {
  o.data += <usize>begin * <usize>length * itemSize(o.dtype);
}

/** The first dimension that is longer than 1; -1 where there is none before `end`. */
function outermost(o: Operand, end: i32): i32 {
  for (let d = 0; d < end; d++) if (o.shape(d) > 1) return d;
  return -1;
}

function sameRank(args: Args): bool {
  const ndim = args.operand(0).ndim;
  for (let i = 1; i < args.count; i++) if (args.operand(i).ndim != ndim) return false;
  return true;
}

/** Positions of all images for which packing a convolution's weights is little beside multiplying them. */
const MANY: i32 = 512;

function positionsOf(map: Operand): i32 {
  return map.numel / max(1, map.shape(1));
}

/** Whether threads take output channels of a convolution, and each packs the images' columns, rather than images and the weights. */
function byChannels(args: Args): bool {
  const out = args.operand(0);
  const channels = out.shape(1);
  // transforming a kernel takes eight times what transforming a position does, packing it as much
  const few = args.int(wayInt(out.ndim - 2)) == Way.Winograd ? 8 * channels : channels;
  return args.int(0) == 1 && channels >= 4 * MR && positionsOf(out) < max(MANY, few);
}

/** Whether the gradient of a convolution's weight is a sum over chunks of the batch. */
function byChunks(args: Args): bool {
  return args.kernel == Kernel.ConvolutionWeight && args.int(wayInt(args.operand(0).ndim - 2)) == Way.Few;
}

/** Rows or columns of a product from which on packing the other matrix, as every part does, is little beside multiplying. */
const BROAD: i32 = 192;

/** The most tiles that `threads` threads should find: fewer, where each tile packs what others pack, too. */
export function tilesFor(args: Args, threads: i32): i32 {
  if (args.kernel >= Kernel.Convolution && args.kernel <= Kernel.ConvolutionWeight) return threads;
  let each = 8;
  if (args.kernel == Kernel.Gemm) {
    const c = args.operand(0);
    const m = c.shape(c.ndim - 2);
    const n = c.shape(c.ndim - 1);
    // the parts of a batch are whole products
    if (c.numel == m * n) each = max(1, min(each, max(m, n) / (BROAD * threads)));
  }
  return threads * each;
}

/** The dimension along which a kernel's operands are cut, -1 where they are not. */
function dimension(args: Args): i32 {
  const out = args.operand(0);
  switch (args.kernel) {
    case Kernel.Copy:
    case Kernel.Fill:
    case Kernel.Gather:
      return sameRank(args) ? outermost(out, out.ndim) : -1;
    case Kernel.IndexOffsets:
      return sameRank(args) ? outermost(out, out.ndim) : -1;
    case Kernel.Scatter:
      return besideIndex(args);
    case Kernel.Scan:
      return outermost(out, out.ndim - 1);
    case Kernel.Resample:
      return outermost(out, args.int(0));
    case Kernel.GridSample:
    case Kernel.GridSampleInput:
    case Kernel.GridSampleGrid:
    case Kernel.UnfoldImage:
    case Kernel.FoldImage:
      return out.shape(0) > 1 ? 0 : -1;
    case Kernel.Triangle:
      return outermost(out, out.ndim - 2);
    case Kernel.Flip: {
      const d = outermost(out, out.ndim);
      return d >= 0 && args.int(0) & (1 << d) ? -1 : d;
    }
    case Kernel.MaxPool:
    case Kernel.AveragePool:
    case Kernel.AverageSpread:
      return outermost(out, out.ndim - args.int(0));
    case Kernel.Reduce:
      return outermost(args.operand(args.count - 1), out.ndim);
    case Kernel.Convolution:
    case Kernel.ConvolutionTranspose:
      return out.shape(0) > 1 && !byChannels(args) ? 0 : args.int(0) == 1 ? 1 : -1;
    case Kernel.ConvolutionWeight:
      return args.int(0) == 1 ? 0 : -1;
    default:
      return -1;
  }
}

/** The first dimension along which writes by index stay apart: one that is not the indexed one, whose stride is 0. */
function besideIndex(args: Args): i32 {
  const out = args.operand(0);
  const index = args.operand(2);
  if (!sameRank(args)) return -1;
  for (let d = 0; d < out.ndim; d++) if (index.shape(d) > 1 && out.stride(d) != 0) return d;
  return -1;
}

/** How many elements along `dimension` a unit has. */
function grainOf(args: Args, d: i32): i32 {
  switch (args.kernel) {
    case Kernel.Scan:
    case Kernel.Scatter:
      return args.operand(0).stride(d) == 1 ? COLUMNS : 1;
    case Kernel.Reduce:
      // rows of columns are taken by vectors
      return cutOperand(args).stride(d) == 1 ? COLUMNS : 1;
    case Kernel.ConvolutionWeight:
      return MR;
    case Kernel.Convolution:
    case Kernel.ConvolutionTranspose:
      return d == 1 ? MR : 1;
    default:
      return 1;
  }
}

function channelsTogether(args: Args): i32 {
  return args.int(2) < CHANNELS ? CHANNELS : 1;
}

/** The operand whose shape tells how far a dimension goes. */
function cutOperand(args: Args): Operand {
  if (args.kernel == Kernel.Reduce) return args.operand(args.count - 1);
  return args.operand(args.kernel == Kernel.Scatter ? 2 : 0);
}

/** Units of work that can be done in any order; less than 2 where a kernel cannot be divided. */
export function unitsOf(args: Args): i32 {
  switch (args.kernel) {
    case Kernel.Program:
    case Kernel.Update:
      return (args.operand(0).numel + BLOCK - 1) / BLOCK;
    case Kernel.Gemm:
      return gemmUnits(args);
    case Kernel.Attention:
      return attentionUnits(args);
    case Kernel.Softmax:
    case Kernel.SoftmaxBackward:
    case Kernel.LayerNorm:
    case Kernel.GroupNorm:
    case Kernel.NllLossBackward:
      return args.int(0);
    case Kernel.LayerNormBackward:
      return (args.int(0) + ROWS - 1) / ROWS;
    case Kernel.GroupNormBackward:
      return args.int(1);
    case Kernel.BatchNorm:
    case Kernel.BatchNormBackward:
      return args.int(1) / channelsTogether(args);
    case Kernel.Sort:
    case Kernel.Topk:
    case Kernel.Select:
    case Kernel.Mode:
    case Kernel.PlaneScatter:
    case Kernel.PlaneGather:
      return args.operand(2).numel / args.int(0);
    default: {
      if (byChunks(args)) {
        const images = args.int(wayInt(args.operand(0).ndim - 2) + 1);
        return (args.operand(1).shape(0) + images - 1) / images;
      }
      const d = dimension(args);
      if (d < 0) return args.kernel == Kernel.Reduce ? reduceParts(args) : 0;
      const cut = cutOperand(args);
      const grain = grainOf(args, d);
      // the last one takes what is left: a kernel goes other ways where there is little
      return max(1, cut.shape(d) / grain);
    }
  }
}

/** About how many nanoseconds the whole would take one thread. */
export function workOf(args: Args): f64 {
  const out = <f64>args.operand(0).numel;
  switch (args.kernel) {
    case Kernel.Program:
    case Kernel.Update:
      return out * <f64>(1 + load<u8>(args.program, 3)) * 0.25;
    case Kernel.Gemm:
      return out * <f64>args.operand(1).shape(args.operand(1).ndim - 1) * 0.04;
    case Kernel.Attention:
      return out * <f64>args.int(2) * 0.1;
    case Kernel.Convolution:
    case Kernel.ConvolutionTranspose:
    case Kernel.ConvolutionWeight: {
      // the products that each element of the output of the forward convolution is a sum of
      const weight = args.operand(args.kernel == Kernel.ConvolutionWeight ? 0 : 2);
      const map = args.operand(
        args.kernel == Kernel.Convolution ? 0 : args.kernel == Kernel.ConvolutionTranspose ? 1 : 2,
      );
      return <f64>map.numel * <f64>(weight.numel / max(1, weight.shape(0))) * 0.04;
    }
    case Kernel.Softmax:
    case Kernel.SoftmaxBackward:
      return out * 2;
    case Kernel.Reduce:
      return <f64>args.operand(args.count - 1).numel * 0.25;
    case Kernel.MaxPool:
      // with indices or without
      return (out + <f64>args.operand(args.count - 1).numel) * (args.count == 3 ? 1.2 : 0.5);
    case Kernel.AveragePool:
    case Kernel.AverageSpread:
      return (out + <f64>args.operand(args.count - 1).numel) * 0.5;
    case Kernel.LayerNormBackward:
    case Kernel.GroupNormBackward:
    case Kernel.BatchNorm:
    case Kernel.BatchNormBackward:
    case Kernel.Scan:
      return out;
    case Kernel.Scatter:
    case Kernel.PlaneScatter:
    case Kernel.PlaneGather:
      return <f64>args.operand(2).numel;
    case Kernel.Sort:
    case Kernel.Mode:
      return <f64>args.operand(2).numel * 20;
    case Kernel.Topk:
    case Kernel.Select:
      return <f64>args.operand(2).numel * 5;
    case Kernel.Resample:
    case Kernel.FoldImage:
      return (out + <f64>args.operand(1).numel) * 2;
    case Kernel.GridSample:
    case Kernel.GridSampleInput:
    case Kernel.GridSampleGrid:
      return (out + <f64>args.operand(1).numel) * 5;
    default:
      return out * 0.4;
  }
}

/** Whether the parts of a kernel share its workspace, each with a place in it of its own. */
export function sharesWorkspace(args: Args): bool {
  return args.kernel == Kernel.LayerNormBackward || byChunks(args);
}

/** Whether a reduction has one result, of which threads take parts. */
function isOneResult(args: Args): bool {
  return args.kernel == Kernel.Reduce && dimension(args) < 0;
}

/** What is left to do when all parts are done. */
export function afterParts(args: Args): void {
  if (args.kernel == Kernel.LayerNormBackward) layerNormBackwardEnd(args);
  else if (isOneResult(args)) reduceEnd(args);
  else if (byChunks(args)) weightEnd(args);
}

/** Does units [begin, end) of the work of `args`. `block` has room for an argument block, `workspace` as much as `args` has. */
export function runPart(args: Args, begin: i32, end: i32, block: Args, size: usize, workspace: usize): void {
  if (args.kernel == Kernel.Program || args.kernel == Kernel.Update) {
    programPart(args, begin * BLOCK, min(args.operand(0).numel, end * BLOCK));
    return;
  }
  if (args.kernel == Kernel.Gemm) {
    gemmPart(args, begin, end, workspace);
    return;
  }
  if (args.kernel == Kernel.Attention) {
    attentionPart(args, begin, end, workspace);
    return;
  }
  memory.copy(changetype<usize>(block), changetype<usize>(args), size);
  block.workspace = workspace;
  if (isOneResult(args)) {
    reduceSome(block, begin, end, args.workspace);
    return;
  }
  narrow(block, begin, end);
  if (args.kernel == Kernel.LayerNormBackward) layerNormBackwardRows(block);
  else if (byChunks(block)) weightPart(block);
  else runCpu(block);
}

function narrow(args: Args, begin: i32, end: i32): void {
  const count = end - begin;
  switch (args.kernel) {
    case Kernel.Softmax:
    case Kernel.SoftmaxBackward:
      for (let i = 0; i < args.count; i++) skip(args.operand(i), begin, args.int(1) * args.int(2));
      args.setInt(0, count);
      return;
    case Kernel.LayerNorm:
      skip(args.operand(0), begin, args.int(1));
      skip(args.operand(1), begin, 1);
      skip(args.operand(2), begin, 1);
      skip(args.operand(3), begin, args.int(1));
      args.setInt(0, count);
      return;
    case Kernel.GroupNorm: {
      const sample = args.int(1) * args.int(2) * args.int(3);
      skip(args.operand(0), begin, sample);
      skip(args.operand(1), begin, args.int(1));
      skip(args.operand(2), begin, args.int(1));
      skip(args.operand(3), begin, sample);
      args.setInt(0, count);
      return;
    }
    case Kernel.LayerNormBackward: {
      const n = args.int(1);
      const first = begin * ROWS;
      skip(args.operand(0), first, n);
      for (let i = 3; i < 5; i++) skip(args.operand(i), first, n);
      for (let i = 5; i < 7; i++) skip(args.operand(i), first, 1);
      args.workspace += <usize>(begin * 2 * n) * itemSize(args.operand(0).dtype);
      args.setInt(0, min(args.int(0), end * ROWS) - first);
      return;
    }
    case Kernel.GroupNormBackward: {
      const channels = args.int(2);
      const sample = channels * args.int(3);
      for (let i = 0; i < 8; i++) {
        skip(args.operand(i), begin, i == 0 || i == 3 || i == 4 ? sample : i == 5 || i == 6 ? 1 : channels);
      }
      args.setInt(1, count);
      return;
    }
    case Kernel.BatchNorm:
    case Kernel.BatchNormBackward: {
      const together = channelsTogether(args);
      const first = begin * together;
      const last = end == unitsOf(args) ? args.int(1) : end * together;
      const isBackward = args.kernel == Kernel.BatchNormBackward;
      for (let i = 0; i < 8; i++) {
        const isMap = i == 0 || i == 3 || (isBackward && i == 4);
        skip(args.operand(i), first, isMap ? args.int(2) : 1);
      }
      args.setInt(1, last - first);
      return;
    }
    case Kernel.Sort:
    case Kernel.Topk:
    case Kernel.Select:
    case Kernel.Mode: {
      const n = args.int(0);
      const kept = args.kernel == Kernel.Sort ? n : args.kernel == Kernel.Topk ? args.int(2) : 1;
      skip(args.operand(0), begin, kept);
      skip(args.operand(1), begin, kept);
      skip(args.operand(2), begin, n);
      args.operand(2).numel = count * n;
      return;
    }
    case Kernel.PlaneScatter:
    case Kernel.PlaneGather:
      // the operand of whole planes, and two with those elements of each that are moved
      for (let i = 0; i < 3; i++) {
        const length = args.int(i == (args.kernel == Kernel.PlaneScatter ? 0 : 1) ? 1 : 0);
        skip(args.operand(i), begin, length);
        args.operand(i).numel = count * length;
      }
      return;
    case Kernel.NllLossBackward: {
      const size = args.int(2);
      skip(args.operand(0), begin, args.int(1) * size);
      if (args.int(3) == 0) skip(args.operand(1), begin, size);
      skip(args.operand(2), begin, size);
      args.setInt(0, count);
      return;
    }
  }
  if (byChunks(args)) {
    const at = wayInt(args.operand(0).ndim - 2);
    const images = args.int(at + 1);
    const image = begin * images;
    const some = min(args.operand(1).shape(0), end * images) - image;
    keep(args.operand(1), 0, image, some);
    keep(args.operand(2), 0, image, some);
    args.workspace += <usize>begin * <usize>args.int(at + 2);
    return;
  }
  const d = dimension(args);
  const grain = grainOf(args, d);
  const out = args.operand(0);
  const first = begin * grain;
  const length = cutOperand(args).shape(d);
  const kept = (end == unitsOf(args) ? length : end * grain) - first;
  switch (args.kernel) {
    case Kernel.Convolution:
    case Kernel.ConvolutionTranspose:
      keep(out, d, first, kept);
      if (d == 0) return keep(args.operand(1), 0, first, kept);
      keep(args.operand(2), args.kernel == Kernel.Convolution ? 0 : 1, first, kept);
      if (args.count > 3) keep(args.operand(3), 0, first, kept);
      return;
    case Kernel.ConvolutionWeight:
      keep(out, 0, first, kept);
      return keep(args.operand(2), 1, first, kept);
    default:
      keepAll(args, d, first, kept);
  }
}
