// How the work of a kernel is divided among threads: an argument block that is narrowed to a part of the result is an argument
// block like any other. Parts never share an element of the result, and every element is computed as it would be without
// threads, so that results don't depend on their number.
import { BLOCK } from "../kernels/program/blocks";
import { gemmPart, gemmUnits } from "../kernels/gemm/gemm";
import { programPart } from "../kernels/program/interpreter";
import { MR } from "../kernels/gemm/tile";
import { itemSize } from "../tensor/dtype";
import { Args, Operand } from "./args";
import { Kernel, runCpu } from "./kernel";

/** Columns of a reduction that stay together. */
const COLUMNS: i32 = 64;

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
  return args.int(0) == 1 && channels >= 4 * MR && positionsOf(out) < max(MANY, channels);
}

/** The most tiles that `threads` threads should find: fewer, where each tile packs the same weights. */
export function tilesFor(args: Args, threads: i32): i32 {
  const packs = args.kernel >= Kernel.Convolution && args.kernel <= Kernel.ConvolutionWeight;
  return packs ? threads : threads * 8;
}

/** The dimension along which a kernel's operands are cut, -1 where they are not. */
function dimension(args: Args): i32 {
  const out = args.operand(0);
  switch (args.kernel) {
    case Kernel.Copy:
    case Kernel.Fill:
    case Kernel.Gather:
      return sameRank(args) ? outermost(out, out.ndim) : -1;
    case Kernel.MaxPool:
    case Kernel.AveragePool:
    case Kernel.AverageSpread:
      return outermost(out, out.ndim - args.int(0));
    case Kernel.Reduce:
      return outermost(args.operand(args.count - 1), out.ndim);
    case Kernel.Convolution:
      return out.shape(0) > 1 && !byChannels(args) ? 0 : args.int(0) == 1 ? 1 : -1;
    case Kernel.ConvolutionTranspose:
      return out.shape(0) > 1 && positionsOf(args.operand(1)) >= MANY ? 0 : -1;
    case Kernel.ConvolutionWeight:
      return args.int(0) == 1 ? 0 : -1;
    default:
      return -1;
  }
}

/** How many elements along `dimension` a unit has. */
function grainOf(args: Args, d: i32): i32 {
  switch (args.kernel) {
    case Kernel.Reduce:
      // its rows of columns are taken by vectors
      return d == args.operand(0).ndim - 1 ? COLUMNS : 1;
    case Kernel.ConvolutionWeight:
      return MR;
    case Kernel.Convolution:
      return d == 1 ? MR : 1;
    default:
      return 1;
  }
}

/** Units of work that can be done in any order; less than 2 where a kernel cannot be divided. */
export function unitsOf(args: Args): i32 {
  switch (args.kernel) {
    case Kernel.Program:
    case Kernel.Update:
      return (args.operand(0).numel + BLOCK - 1) / BLOCK;
    case Kernel.Gemm:
      return gemmUnits(args);
    case Kernel.Softmax:
    case Kernel.SoftmaxBackward:
    case Kernel.LayerNorm:
    case Kernel.GroupNorm:
      return args.int(0);
    default: {
      const d = dimension(args);
      if (d < 0) return 0;
      const cut = args.kernel == Kernel.Reduce ? args.operand(args.count - 1) : args.operand(0);
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
    case Kernel.AveragePool:
    case Kernel.AverageSpread:
      return (out + <f64>args.operand(args.count - 1).numel) * 0.5;
    default:
      return out * 0.4;
  }
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
  memory.copy(changetype<usize>(block), changetype<usize>(args), size);
  block.workspace = workspace;
  narrow(block, begin, end);
  runCpu(block);
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
  }
  const d = dimension(args);
  const grain = grainOf(args, d);
  const out = args.operand(0);
  const first = begin * grain;
  const length = args.kernel == Kernel.Reduce ? args.operand(args.count - 1).shape(d) : out.shape(d);
  const kept = (end == unitsOf(args) ? length : end * grain) - first;
  switch (args.kernel) {
    case Kernel.Convolution:
    case Kernel.ConvolutionTranspose:
      keep(out, d, first, kept);
      if (d == 0) return keep(args.operand(1), 0, first, kept);
      keep(args.operand(2), 0, first, kept);
      if (args.count > 3) keep(args.operand(3), 0, first, kept);
      return;
    case Kernel.ConvolutionWeight:
      keep(out, 0, first, kept);
      return keep(args.operand(2), 1, first, kept);
    default:
      keepAll(args, d, first, kept);
  }
}
