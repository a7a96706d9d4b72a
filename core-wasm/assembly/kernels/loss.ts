// Negative log likelihood over the middle dimension of a contiguous [batch, classes, size], targets int64 [batch, size].
//
// checkTargets: operand 0 = int64 scalar for the first bad target's position or -1, 1 = targets; int(0) = classes,
// int(1) = ignoreIndex. Forward: 0 result ([batch, size] for reduction none, else a scalar), 1 total weight (scalar),
// 2 input, 3 targets, 4 weight [classes]. Backward: 0 gradient of the input (zeroed by the kernel), 1 gradient of the
// result, 2 targets, 3 weight, 4 total weight. int(0) = batch, int(1) = classes, int(2) = size, int(3) = reduction (0 none,
// 1 mean, 2 sum), int(4) = ignoreIndex, int(5) = 1 where a weight is given. float32 or float64 (compute).
// Cost: one gathered element a target: latency-bound, small beside the logSoftmax before it.
import { Args } from "../dispatch/args";
import { Compute } from "../tensor/dtype";

const enum Reduction {
  None = 0,
  Mean = 1,
  Sum = 2,
}

export function checkTargetsKernel(args: Args): void {
  const classes = args.int(0);
  const ignore = args.int(1);
  const targets = args.operand(1);
  let bad: i64 = -1;
  for (let i = 0; i < targets.numel; i++) {
    const target = load<i64>(targets.data + ((<usize>i) << 3));
    if (target != ignore && (target < 0 || target >= classes)) {
      bad = i;
      break;
    }
  }
  store<i64>(args.operand(0).data, bad);
}

export function nllLossKernel(args: Args): void {
  if (args.compute == Compute.F64) forward<f64>(args);
  else forward<f32>(args);
}

export function nllLossBackwardKernel(args: Args): void {
  if (args.compute == Compute.F64) backward<f64>(args);
  else backward<f32>(args);
}

function forward<T>(args: Args): void {
  const batch = args.int(0);
  const classes = args.int(1);
  const size = args.int(2);
  const reduction = args.int(3);
  const ignore = args.int(4);
  const weighted = args.int(5) != 0;
  const out = args.operand(0).data;
  const input = args.operand(2).data;
  const targets = args.operand(3).data;
  const weights = args.operand(4).data;
  let sum: f64 = 0;
  let total: f64 = 0;
  for (let i = 0; i < batch * size; i++) {
    const target = load<i64>(targets + ((<usize>i) << 3));
    let loss: T = 0;
    if (target != ignore) {
      const weight: T = weighted ? load<T>(weights + <usize>target * sizeof<T>()) : 1;
      const at = ((i / size) * classes + <i32>target) * size + (i % size);
      loss = -load<T>(input + <usize>at * sizeof<T>()) * weight;
      sum += <f64>loss;
      total += <f64>weight;
    }
    if (reduction == Reduction.None) store<T>(out + <usize>i * sizeof<T>(), loss);
  }
  if (reduction == Reduction.Mean) store<T>(out, <T>(sum / total));
  else if (reduction == Reduction.Sum) store<T>(out, <T>sum);
  store<T>(args.operand(1).data, <T>(reduction == Reduction.None ? 0 : total));
}

function backward<T>(args: Args): void {
  const batch = args.int(0);
  const classes = args.int(1);
  const size = args.int(2);
  const reduction = args.int(3);
  const ignore = args.int(4);
  const weighted = args.int(5) != 0;
  const out = args.operand(0).data;
  const grad = args.operand(1).data;
  const targets = args.operand(2).data;
  const weights = args.operand(3).data;
  memory.fill(out, 0, <usize>(batch * classes * size) * sizeof<T>());
  const scale = reduction == Reduction.Mean ? load<T>(args.operand(4).data) : 1;
  for (let i = 0; i < batch * size; i++) {
    const target = load<i64>(targets + ((<usize>i) << 3));
    if (target == ignore) continue;
    const weight: T = weighted ? load<T>(weights + <usize>target * sizeof<T>()) : 1;
    const g = load<T>(reduction == Reduction.None ? grad + <usize>i * sizeof<T>() : grad);
    const at = ((i / size) * classes + <i32>target) * size + (i % size);
    store<T>(out + <usize>at * sizeof<T>(), (-g * weight) / scale);
  }
}
