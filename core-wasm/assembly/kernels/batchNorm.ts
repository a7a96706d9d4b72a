// Batch normalization of a contiguous [batch, channels, size], statistics per channel over batch and size.
//
// Forward: operands 0 result, 1 mean [channels], 2 inverse deviation [channels], 3 input, 4 weight, 5 bias.
// int(3) = 1: mean and inverse deviation are computed and stored (param(0) = eps), and where int(4) = 1 the running mean
// (operand 6) and variance (operand 7) move towards them by param(1); int(3) = 0: they are given.
// Backward: 0 gradient of the input, 1 of the weight, 2 of the bias, 3 gradient of the result, 4 input, 5 mean, 6 inverse
// deviation, 7 weight; int(3) = 1 where the statistics depended on the input.
// int(0) = batch, int(1) = channels, int(2) = size, int(5) = channels from a sample to the next. float32 or float64 (compute), contiguous.
// Cost: forward reads the input three times (statistics twice, for accuracy), backward twice: memory-bound.
import { Args } from "../dispatch/args";
import { Compute } from "../tensor/dtype";
import { centeredDot, combineRow, scaleRow } from "./normRows";
import { squaredDeviationsRow, sumRow } from "./reduceBlock";

/** Rows shorter than this are summed channel by channel side by side instead. */
const SHORT: i32 = 16;

/** Bytes of workspace: two float64 per channel. */
export function batchNormWorkspace(channels: i32): usize {
  return (<usize>channels) << 4;
}

export function batchNormKernel(args: Args): void {
  if (args.compute == Compute.F64) forward<f64>(args);
  else forward<f32>(args);
}

export function batchNormBackwardKernel(args: Args): void {
  if (args.compute == Compute.F64) backward<f64>(args);
  else backward<f32>(args);
}

function forward<T>(args: Args): void {
  const batch = args.int(0);
  const channels = args.int(1);
  const size = args.int(2);
  const out = args.operand(0).data;
  const means = args.operand(1).data;
  const scales = args.operand(2).data;
  const input = args.operand(3).data;
  const weight = args.operand(4).data;
  const bias = args.operand(5).data;
  if (args.int(3)) statistics<T>(args, batch, channels, size, input, means, scales);
  const rowBytes = <usize>size * sizeof<T>();
  const sampleBytes = <usize>args.int(5) * rowBytes;
  if (size == 1) {
    normalizeColumns<T>(out, input, batch, channels, sampleBytes, means, scales, weight, bias);
    return;
  }
  for (let r = 0; r < batch; r++) {
    let at = <usize>r * sampleBytes;
    for (let c: usize = 0; c < <usize>channels * sizeof<T>(); c += sizeof<T>(), at += rowBytes) {
      const scale = load<T>(scales + c) * load<T>(weight + c);
      scaleRow<T>(out + at, input + at, size, load<T>(means + c), scale, load<T>(bias + c));
    }
  }
}

function normalizeColumns<T>(
  out: usize,
  x: usize,
  batch: i32,
  channels: i32,
  sampleBytes: usize,
  means: usize,
  scales: usize,
  weight: usize,
  bias: usize,
): void {
  const bytes = <usize>channels * sizeof<T>();
  for (let r = 0; r < batch; r++) {
    let c: usize = 0;
    for (; c + 16 <= bytes; c += 16) {
      const scale = v128.mul<T>(v128.load(scales + c), v128.load(weight + c));
      const deviation = v128.sub<T>(v128.load(x + c), v128.load(means + c));
      v128.store(out + c, v128.add<T>(v128.mul<T>(deviation, scale), v128.load(bias + c)));
    }
    for (; c < bytes; c += sizeof<T>()) {
      const scale = load<T>(scales + c) * load<T>(weight + c);
      store<T>(out + c, (load<T>(x + c) - load<T>(means + c)) * scale + load<T>(bias + c));
    }
    x += sampleBytes;
    out += sampleBytes;
  }
}

function statistics<T>(
  args: Args,
  batch: i32,
  channels: i32,
  size: i32,
  input: usize,
  means: usize,
  scales: usize,
): void {
  const sums = args.workspace;
  const squares = sums + ((<usize>channels) << 3);
  const rowBytes = <usize>size * sizeof<T>();
  const rest = <usize>(args.int(5) - channels) * rowBytes;
  const count = <f64>batch * <f64>size;
  const eps = args.param(0);
  memory.fill(sums, 0, (<usize>channels) << 4);
  for (let r = 0, p = input; r < batch; r++, p += rest) {
    for (let c: usize = 0; c < <usize>channels; c++, p += rowBytes) {
      const at = sums + (c << 3);
      if (size < SHORT) {
        let sum = load<f64>(at);
        for (let q = p; q < p + rowBytes; q += sizeof<T>()) sum += <f64>load<T>(q);
        store<f64>(at, sum);
      } else store<f64>(at, load<f64>(at) + sumRow<T>(p, size));
    }
  }
  for (let c: usize = 0; c < <usize>channels; c++) store<f64>(sums + (c << 3), load<f64>(sums + (c << 3)) / count);
  for (let r = 0, p = input; r < batch; r++, p += rest) {
    for (let c: usize = 0; c < <usize>channels; c++, p += rowBytes) {
      const mean = load<f64>(sums + (c << 3));
      const at = squares + (c << 3);
      if (size < SHORT) {
        let sum = load<f64>(at);
        for (let q = p; q < p + rowBytes; q += sizeof<T>()) {
          const d = <f64>load<T>(q) - mean;
          sum += d * d;
        }
        store<f64>(at, sum);
      } else {
        const off = mean - <f64>(<T>mean);
        store<f64>(at, load<f64>(at) + squaredDeviationsRow<T>(p, size, <T>mean) - <f64>size * off * off);
      }
    }
  }
  const momentum = args.param(1);
  for (let c: usize = 0; c < <usize>channels; c++) {
    const mean = load<f64>(sums + (c << 3));
    const square = max<f64>(load<f64>(squares + (c << 3)), 0);
    store<T>(means + c * sizeof<T>(), <T>mean);
    store<T>(scales + c * sizeof<T>(), <T>(1 / Math.sqrt(square / count + eps)));
    if (args.int(4)) {
      move<T>(args.operand(6).data + c * sizeof<T>(), mean, momentum);
      move<T>(args.operand(7).data + c * sizeof<T>(), square / (count - 1), momentum);
    }
  }
}

function move<T>(at: usize, value: f64, momentum: f64): void {
  store<T>(at, <T>(<f64>load<T>(at) * (1 - momentum) + value * momentum));
}

function backward<T>(args: Args): void {
  const batch = args.int(0);
  const channels = args.int(1);
  const size = args.int(2);
  const train = args.int(3) != 0;
  const out = args.operand(0).data;
  const gradWeight = args.operand(1).data;
  const gradBias = args.operand(2).data;
  const grad = args.operand(3).data;
  const input = args.operand(4).data;
  const means = args.operand(5).data;
  const scales = args.operand(6).data;
  const weight = args.operand(7).data;
  const sums = args.workspace;
  const dots = sums + ((<usize>channels) << 3);
  const rowBytes = <usize>size * sizeof<T>();
  const rest = <usize>(args.int(5) - channels) * rowBytes;
  const count = <f64>batch * <f64>size;
  memory.fill(sums, 0, (<usize>channels) << 4);
  let at: usize = 0;
  for (let r = 0; r < batch; r++, at += rest) {
    for (let c: usize = 0; c < <usize>channels; c++, at += rowBytes) {
      const mean = load<T>(means + c * sizeof<T>());
      let sum: f64 = 0;
      let dot: f64 = 0;
      if (size < SHORT) {
        for (let q = at; q < at + rowBytes; q += sizeof<T>()) {
          const g = <f64>load<T>(grad + q);
          sum += g;
          dot += g * <f64>(load<T>(input + q) - mean);
        }
      } else {
        sum = sumRow<T>(grad + at, size);
        dot = centeredDot<T>(grad + at, input + at, size, mean);
      }
      store<f64>(sums + (c << 3), load<f64>(sums + (c << 3)) + sum);
      store<f64>(dots + (c << 3), load<f64>(dots + (c << 3)) + dot);
    }
  }
  for (let c: usize = 0; c < <usize>channels; c++) {
    const scale = <f64>load<T>(scales + c * sizeof<T>());
    store<T>(gradWeight + c * sizeof<T>(), <T>(load<f64>(dots + (c << 3)) * scale));
    store<T>(gradBias + c * sizeof<T>(), <T>load<f64>(sums + (c << 3)));
  }
  at = 0;
  for (let r = 0; r < batch; r++, at += rest) {
    for (let c: usize = 0; c < <usize>channels; c++, at += rowBytes) {
      const mean = load<T>(means + c * sizeof<T>());
      const scale = <f64>load<T>(scales + c * sizeof<T>());
      const a = scale * <f64>load<T>(weight + c * sizeof<T>());
      const b = train ? (-a * scale * scale * load<f64>(dots + (c << 3))) / count : 0;
      const shift = train ? (-a * load<f64>(sums + (c << 3))) / count : 0;
      combineRow<T>(out + at, grad + at, input + at, size, mean, <T>a, <T>b, <T>shift);
    }
  }
}
