// The kernels by the core's number (core-wasm/assembly/dispatch/kernel.ts). A new kernel is a line here.

import type { Call } from "../call.ts";
import type { Stream } from "../stream.ts";
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

export const kernels: Record<number, Kernel> = {
  0: program,
  1: copy,
  2: fill,
  3: reduce,
  4: update,
  67: renormRows,
  80: scan,
  81: softmax,
  82: softmaxBackward,
  83: layerNorm,
  84: layerNormBackward,
  85: groupNorm,
  86: groupNormBackward,
  87: batchNorm,
  88: batchNormBackward,
  40: gather,
  41: indexOffsets,
  42: scatter,
  43: nonzero,
  44: maskedSelect,
  45: maskedScatter,
  46: sort,
  47: topk,
  48: select,
  49: mode,
  50: lexsort,
  51: numberRuns,
  52: repeatPositions,
  53: searchSorted,
  54: histogram,
  55: range,
  56: triangle,
  57: flip,
  90: nllLoss,
  91: nllLossBackward,
  92: ctcLoss,
  93: ctcLossBackward,
  10: gemm,
  11: convolution,
  12: convolutionTranspose,
  13: convolutionWeight,
  14: maxPool,
  15: averagePool,
  16: averageSpread,
  17: planeScatter,
  18: planeGather,
  19: unfoldImage,
  20: foldImage,
  21: resample,
  22: gridSample,
  23: gridSampleInput,
  24: gridSampleGrid,
};
