// The kernels by number, and the CPU's dispatch. A new kernel is a line in each of the two lists.
import { attentionBackwardKernel, attentionKernel } from "../kernels/attention";
import { copyKernel, fillKernel } from "../kernels/copy";
import { programKernel } from "../kernels/program/interpreter";
import { ctcLossBackwardKernel, ctcLossKernel } from "../kernels/ctc";
import { reduceKernel } from "../kernels/reduce";
import { scanKernel } from "../kernels/scan";
import { softmaxKernel, softmaxBackwardKernel } from "../kernels/softmax";
import { layerNormKernel, layerNormBackwardKernel } from "../kernels/layerNorm";
import { groupNormKernel, groupNormBackwardKernel } from "../kernels/groupNorm";
import { batchNormKernel, batchNormBackwardKernel } from "../kernels/batchNorm";
import { checkTargetsKernel, nllLossKernel, nllLossBackwardKernel } from "../kernels/loss";
import { convolution, convolutionTranspose, convolutionWeight } from "../kernels/conv/conv";
import { foldImage, unfoldImage } from "../kernels/fold";
import { gemm } from "../kernels/gemm/gemm";
import { gridSample, gridSampleGrid, gridSampleInput } from "../kernels/gridSample";
import { averagePool, averageSpread, maxPool, planeGather, planeScatter } from "../kernels/pool";
import { resample } from "../kernels/resample";
import { maskedScatter, maskedSelect, nonzero } from "../kernels/compress";
import { gather, indexOffsets } from "../kernels/gather";
import {
  randomBernoulli,
  randomBernoulliEach,
  randomCategories,
  randomDistribution,
  randomIntegers,
  randomNormal,
  randomPermutation,
  randomSlopes,
  randomUniform,
} from "../kernels/random";
import { range } from "../kernels/range";
import { flip, triangle } from "../kernels/rearrange";
import { renormRows } from "../kernels/renorm";
import { scatter } from "../kernels/scatter";
import { histogram, searchSorted } from "../kernels/search";
import { mode, select, sort, topk } from "../kernels/sort";
import { lexsort, numberRuns, repeatPositions } from "../kernels/unique";
import { Args } from "./args";

export const enum Kernel {
  Program = 0,
  Copy = 1,
  Fill = 2,
  Reduce = 3,
  /** an elementwise program with several results, which overwrite its first inputs */
  Update = 4,
  Gemm = 10,
  Convolution = 11,
  ConvolutionTranspose = 12,
  ConvolutionWeight = 13,
  MaxPool = 14,
  AveragePool = 15,
  AverageSpread = 16,
  PlaneScatter = 17,
  PlaneGather = 18,
  UnfoldImage = 19,
  FoldImage = 20,
  Resample = 21,
  GridSample = 22,
  GridSampleInput = 23,
  GridSampleGrid = 24,
  Gather = 40,
  IndexOffsets = 41,
  Scatter = 42,
  Nonzero = 43,
  MaskedSelect = 44,
  MaskedScatter = 45,
  Sort = 46,
  Topk = 47,
  Select = 48,
  Mode = 49,
  Lexsort = 50,
  NumberRuns = 51,
  RepeatPositions = 52,
  SearchSorted = 53,
  Histogram = 54,
  Range = 55,
  Triangle = 56,
  Flip = 57,
  RandomUniform = 58,
  RandomNormal = 59,
  RandomIntegers = 60,
  RandomPermutation = 61,
  RandomBernoulli = 62,
  RandomBernoulliEach = 63,
  RandomDistribution = 64,
  RandomSlopes = 65,
  RandomCategories = 66,
  RenormRows = 67,
  Scan = 80,
  Softmax = 81,
  SoftmaxBackward = 82,
  LayerNorm = 83,
  LayerNormBackward = 84,
  GroupNorm = 85,
  GroupNormBackward = 86,
  BatchNorm = 87,
  BatchNormBackward = 88,
  CheckTargets = 89,
  NllLoss = 90,
  NllLossBackward = 91,
  CtcLoss = 92,
  CtcLossBackward = 93,
  Attention = 94,
  AttentionBackward = 95,
}

export function runCpu(args: Args): void {
  switch (args.kernel) {
    case Kernel.Program:
    case Kernel.Update:
      return programKernel(args);
    case Kernel.Copy:
      return copyKernel(args);
    case Kernel.Fill:
      return fillKernel(args);
    case Kernel.Reduce:
      return reduceKernel(args);
    case Kernel.Gemm:
      return gemm(args);
    case Kernel.Convolution:
      return convolution(args);
    case Kernel.ConvolutionTranspose:
      return convolutionTranspose(args);
    case Kernel.ConvolutionWeight:
      return convolutionWeight(args);
    case Kernel.MaxPool:
      return maxPool(args);
    case Kernel.AveragePool:
      return averagePool(args);
    case Kernel.AverageSpread:
      return averageSpread(args);
    case Kernel.PlaneScatter:
      return planeScatter(args);
    case Kernel.PlaneGather:
      return planeGather(args);
    case Kernel.UnfoldImage:
      return unfoldImage(args);
    case Kernel.FoldImage:
      return foldImage(args);
    case Kernel.Resample:
      return resample(args);
    case Kernel.GridSample:
      return gridSample(args);
    case Kernel.GridSampleInput:
      return gridSampleInput(args);
    case Kernel.GridSampleGrid:
      return gridSampleGrid(args);
    case Kernel.Gather:
      return gather(args);
    case Kernel.IndexOffsets:
      return indexOffsets(args);
    case Kernel.Scatter:
      return scatter(args);
    case Kernel.Nonzero:
      return nonzero(args);
    case Kernel.MaskedSelect:
      return maskedSelect(args);
    case Kernel.MaskedScatter:
      return maskedScatter(args);
    case Kernel.Sort:
      return sort(args);
    case Kernel.Topk:
      return topk(args);
    case Kernel.Select:
      return select(args);
    case Kernel.Mode:
      return mode(args);
    case Kernel.Lexsort:
      return lexsort(args);
    case Kernel.NumberRuns:
      return numberRuns(args);
    case Kernel.RepeatPositions:
      return repeatPositions(args);
    case Kernel.SearchSorted:
      return searchSorted(args);
    case Kernel.Histogram:
      return histogram(args);
    case Kernel.Range:
      return range(args);
    case Kernel.Triangle:
      return triangle(args);
    case Kernel.Flip:
      return flip(args);
    case Kernel.RandomUniform:
      return randomUniform(args);
    case Kernel.RandomNormal:
      return randomNormal(args);
    case Kernel.RandomIntegers:
      return randomIntegers(args);
    case Kernel.RandomPermutation:
      return randomPermutation(args);
    case Kernel.RandomBernoulli:
      return randomBernoulli(args);
    case Kernel.RandomBernoulliEach:
      return randomBernoulliEach(args);
    case Kernel.RandomDistribution:
      return randomDistribution(args);
    case Kernel.RandomSlopes:
      return randomSlopes(args);
    case Kernel.RandomCategories:
      return randomCategories(args);
    case Kernel.RenormRows:
      return renormRows(args);
    case Kernel.Scan:
      return scanKernel(args);
    case Kernel.Softmax:
      return softmaxKernel(args);
    case Kernel.SoftmaxBackward:
      return softmaxBackwardKernel(args);
    case Kernel.LayerNorm:
      return layerNormKernel(args);
    case Kernel.LayerNormBackward:
      return layerNormBackwardKernel(args);
    case Kernel.GroupNorm:
      return groupNormKernel(args);
    case Kernel.GroupNormBackward:
      return groupNormBackwardKernel(args);
    case Kernel.BatchNorm:
      return batchNormKernel(args);
    case Kernel.BatchNormBackward:
      return batchNormBackwardKernel(args);
    case Kernel.CheckTargets:
      return checkTargetsKernel(args);
    case Kernel.NllLoss:
      return nllLossKernel(args);
    case Kernel.NllLossBackward:
      return nllLossBackwardKernel(args);
    case Kernel.CtcLoss:
      return ctcLossKernel(args);
    case Kernel.CtcLossBackward:
      return ctcLossBackwardKernel(args);
    case Kernel.Attention:
      return attentionKernel(args);
    case Kernel.AttentionBackward:
      return attentionBackwardKernel(args);
    default:
      unreachable();
  }
}
