// Group normalization of a contiguous [batch, groups * channels, size]: each group of channels of each sample is one
// row; weight and bias are per channel.
//
// Forward: operands 0 result, 1 mean [batch, groups], 2 rstd, 3 input, 4 weight, 5 bias; param(0) = eps.
// Backward: 0 gradient of the input, 1 of the weight, 2 of the bias, 3 gradient of the result, 4 input, 5 mean, 6 rstd,
// 7 weight. int(0) = batch, int(1) = groups, int(2) = channels per group, int(3) = size, int(4) = groups from a sample to the
// next (backward). float32 or float64, contiguous.
// Cost: as layer normalization.
import { Args } from "../dispatch/args";
import { Compute } from "../tensor/dtype";
import { centeredDot, combineRow, inverseDeviation, meanOf, scaleRow } from "./normRows";
import { sumRow } from "./reduceBlock";

/** Bytes of workspace of the backward kernel: float64 sums for weight and bias. */
export function groupNormWorkspace(channels: i32): usize {
  return (<usize>channels) << 4;
}

export function groupNormKernel(args: Args): void {
  if (args.compute == Compute.F64) forward<f64>(args);
  else forward<f32>(args);
}

export function groupNormBackwardKernel(args: Args): void {
  if (args.compute == Compute.F64) backward<f64>(args);
  else backward<f32>(args);
}

function forward<T>(args: Args): void {
  const batch = args.int(0);
  const groups = args.int(1);
  const channels = args.int(2);
  const size = args.int(3);
  const eps = args.param(0);
  let out = args.operand(0).data;
  let means = args.operand(1).data;
  let rstds = args.operand(2).data;
  let input = args.operand(3).data;
  const weight = args.operand(4).data;
  const bias = args.operand(5).data;
  const bytes = <usize>size * sizeof<T>();
  for (let r = 0; r < batch * groups; r++) {
    const mean = meanOf<T>(input, channels * size);
    const rstd = inverseDeviation<T>(input, channels * size, mean, eps);
    const first = (r % groups) * channels;
    for (let c = first; c < first + channels; c++) {
      const at = <usize>c * sizeof<T>();
      scaleRow<T>(out, input, size, <T>mean, <T>rstd * load<T>(weight + at), load<T>(bias + at));
      out += bytes;
      input += bytes;
    }
    store<T>(means, <T>mean);
    store<T>(rstds, <T>rstd);
    means += sizeof<T>();
    rstds += sizeof<T>();
  }
}

function backward<T>(args: Args): void {
  const batch = args.int(0);
  const groups = args.int(1);
  const channels = args.int(2);
  const size = args.int(3);
  let out = args.operand(0).data;
  const gradWeight = args.operand(1).data;
  const gradBias = args.operand(2).data;
  let grad = args.operand(3).data;
  let input = args.operand(4).data;
  let means = args.operand(5).data;
  let rstds = args.operand(6).data;
  const weight = args.operand(7).data;
  const all = <usize>(groups * channels);
  const weightSums = args.workspace;
  const biasSums = weightSums + (all << 3);
  memory.fill(weightSums, 0, all << 4);
  const bytes = <usize>size * sizeof<T>();
  const count = <f64>(channels * size);
  const left = <usize>(args.int(4) - groups);
  for (let r = 0; r < batch * groups; r++) {
    const group = r % groups;
    if (r > 0 && group == 0) {
      const rest = left * <usize>channels * bytes;
      out += rest;
      grad += rest;
      input += rest;
      means += left * sizeof<T>();
      rstds += left * sizeof<T>();
    }
    const mean = load<T>(means + <usize>r * sizeof<T>());
    const rstd = load<T>(rstds + <usize>r * sizeof<T>());
    const first = <usize>(group * channels);
    let sum: f64 = 0;
    let dot: f64 = 0;
    for (let c: usize = 0; c < <usize>channels; c++) {
      const s = sumRow<T>(grad + c * bytes, size);
      const d = centeredDot<T>(grad + c * bytes, input + c * bytes, size, mean);
      const w = <f64>load<T>(weight + (first + c) * sizeof<T>());
      sum += w * s;
      dot += w * d;
      const weightSum = weightSums + ((first + c) << 3);
      const biasSum = biasSums + ((first + c) << 3);
      store<f64>(weightSum, load<f64>(weightSum) + d * <f64>rstd);
      store<f64>(biasSum, load<f64>(biasSum) + s);
    }
    const slope = <T>((-dot * <f64>rstd * <f64>rstd * <f64>rstd) / count);
    const shift = <T>((-sum * <f64>rstd) / count);
    for (let c: usize = 0; c < <usize>channels; c++) {
      const a = rstd * load<T>(weight + (first + c) * sizeof<T>());
      combineRow<T>(out, grad, input, size, mean, a, slope, shift);
      out += bytes;
      grad += bytes;
      input += bytes;
    }
  }
  for (let c: usize = 0; c < all; c++) {
    store<T>(gradWeight + c * sizeof<T>(), <T>load<f64>(weightSums + (c << 3)));
    store<T>(gradBias + c * sizeof<T>(), <T>load<f64>(biasSums + (c << 3)));
  }
}
