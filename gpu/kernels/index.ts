// The kernels by the core's names (core-wasm/assembly/dispatch/kernel.ts). A kernel of the core that has no line here does
// not pass the type check.

import type { Call } from "../call.ts";
import { KernelId, type KernelName } from "../../bindings/gen/kernels.ts";
import type { Stream } from "../stream.ts";
import { attention, attentionBackward } from "./attention.ts";
import { maskedScatter, maskedSelect, nonzero } from "./compress.ts";
import { copy, fill } from "./copy.ts";
import { program } from "./program.ts";
import { reduce } from "./reduce.ts";
import { batchNorm, batchNormBackward } from "./batchNorm.ts";
import { groupNorm, groupNormBackward } from "./groupNorm.ts";
import { layerNorm, layerNormBackward } from "./layerNorm.ts";
import { ctcLoss, ctcLossBackward } from "./ctc.ts";
import { nllLoss, nllLossBackward } from "./loss.ts";
import { renormRows } from "./renorm.ts";
import { scan } from "./scan.ts";
import { softmax, softmaxBackward } from "./softmax.ts";
import { gather, indexOffsets } from "./gather.ts";
import { range } from "./range.ts";
import { flip, triangle } from "./rearrange.ts";
import { scatter } from "./scatter.ts";
import { histogram, searchSorted } from "./search.ts";
import { mode, select, sort, topk } from "./sort.ts";
import { update } from "./update.ts";
import { lexsort, numberRuns, repeatPositions } from "./unique.ts";
import { convolution, convolutionTranspose, convolutionWeight } from "./convolution.ts";
import { foldImage, unfoldImage } from "./fold.ts";
import { gemm } from "./gemm/gemm.ts";
import { gridSample, gridSampleGrid, gridSampleInput } from "./gridSample.ts";
import { planeGather, planeScatter } from "./planes.ts";
import { averagePool, averageSpread, maxPool } from "./pool.ts";
import { resample } from "./resample.ts";

export type Kernel = (call: Call, stream: Stream) => void;

/** Random numbers come from one sequential stream, which the CPU draws; targets are checked where they are used. */
type CpuOnly =
  | "RandomUniform"
  | "RandomNormal"
  | "RandomIntegers"
  | "RandomPermutation"
  | "RandomBernoulli"
  | "RandomBernoulliEach"
  | "RandomDistribution"
  | "RandomSlopes"
  | "RandomCategories"
  | "CheckTargets";

const byName: Record<Exclude<KernelName, CpuOnly>, Kernel> = {
  Program: program,
  Copy: copy,
  Fill: fill,
  Reduce: reduce,
  Update: update,
  Gemm: gemm,
  Convolution: convolution,
  ConvolutionTranspose: convolutionTranspose,
  ConvolutionWeight: convolutionWeight,
  MaxPool: maxPool,
  AveragePool: averagePool,
  AverageSpread: averageSpread,
  PlaneScatter: planeScatter,
  PlaneGather: planeGather,
  UnfoldImage: unfoldImage,
  FoldImage: foldImage,
  Resample: resample,
  GridSample: gridSample,
  GridSampleInput: gridSampleInput,
  GridSampleGrid: gridSampleGrid,
  Gather: gather,
  IndexOffsets: indexOffsets,
  Scatter: scatter,
  Nonzero: nonzero,
  MaskedSelect: maskedSelect,
  MaskedScatter: maskedScatter,
  Sort: sort,
  Topk: topk,
  Select: select,
  Mode: mode,
  Lexsort: lexsort,
  NumberRuns: numberRuns,
  RepeatPositions: repeatPositions,
  SearchSorted: searchSorted,
  Histogram: histogram,
  Range: range,
  Triangle: triangle,
  Flip: flip,
  RenormRows: renormRows,
  Scan: scan,
  Softmax: softmax,
  SoftmaxBackward: softmaxBackward,
  LayerNorm: layerNorm,
  LayerNormBackward: layerNormBackward,
  GroupNorm: groupNorm,
  GroupNormBackward: groupNormBackward,
  BatchNorm: batchNorm,
  BatchNormBackward: batchNormBackward,
  NllLoss: nllLoss,
  NllLossBackward: nllLossBackward,
  CtcLoss: ctcLoss,
  CtcLossBackward: ctcLossBackward,
  Attention: attention,
  AttentionBackward: attentionBackward,
};

/** By the core's number. */
export const kernels: Readonly<Record<number, Kernel>> = Object.fromEntries(
  Object.entries(byName).map(([name, kernel]) => [KernelId[name as KernelName], kernel]),
);
