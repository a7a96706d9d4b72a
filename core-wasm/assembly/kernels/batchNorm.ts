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
    if (size == 1) {
      addRow<T>(sums, p, channels);
      p += <usize>channels * sizeof<T>();
      continue;
    }
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
    if (size == 1) {
      addSquaresOfRow<T>(squares, sums, p, channels);
      p += <usize>channels * sizeof<T>();
      continue;
    }
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
    if (size == 1) {
      addProductsOfRow<T>(sums, dots, grad + at, input + at, means, channels);
      at += <usize>channels * sizeof<T>();
      continue;
    }
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
  // what the row of every sample is combined by, in place of the sums
  for (let c: usize = 0; c < <usize>channels; c++) {
    const scale = <f64>load<T>(scales + c * sizeof<T>());
    const a = scale * <f64>load<T>(weight + c * sizeof<T>());
    const slope = train ? (-a * scale * scale * load<f64>(dots + (c << 3))) / count : 0;
    const shift = train ? (-a * load<f64>(sums + (c << 3))) / count : 0;
    store<T>(dots + c * sizeof<T>(), <T>slope);
    store<T>(sums + c * sizeof<T>(), <T>shift);
  }
  at = 0;
  for (let r = 0; r < batch; r++, at += rest) {
    if (size == 1) {
      combineColumns<T>(out + at, grad + at, input + at, channels, means, scales, weight, dots, sums);
      at += <usize>channels * sizeof<T>();
      continue;
    }
    for (let c: usize = 0; c < <usize>channels * sizeof<T>(); c += sizeof<T>(), at += rowBytes) {
      const a = load<T>(scales + c) * load<T>(weight + c);
      const slope = load<T>(dots + c);
      combineRow<T>(out + at, grad + at, input + at, size, load<T>(means + c), a, slope, load<T>(sums + c));
    }
  }
}

// Rows of one element a channel: float64 sums of all channels side by side.

// @ts-ignore: decorator
@inline function low<T>(v: v128): v128 {
  return sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v) : v;
}

/** Two elements as float64. */
// @ts-ignore: decorator
@inline function pair<T>(p: usize): v128 {
  return sizeof<T>() == 4 ? f64x2.promote_low_f32x4(v128.load64_zero(p)) : v128.load(p);
}

// @ts-ignore: decorator
@inline function addPair(at: usize, value: v128): void {
  v128.store(at, f64x2.add(v128.load(at), value));
}

// @ts-ignore: decorator
@inline function addOne(at: usize, value: f64): void {
  store<f64>(at, load<f64>(at) + value);
}

function addRow<T>(sums: usize, x: usize, n: i32): void {
  for (; n >= 2; n -= 2, x += 2 * sizeof<T>(), sums += 16) addPair(sums, pair<T>(x));
  if (n > 0) addOne(sums, <f64>load<T>(x));
}

function addSquaresOfRow<T>(squares: usize, means: usize, x: usize, n: i32): void {
  for (; n >= 2; n -= 2, x += 2 * sizeof<T>(), squares += 16, means += 16) {
    const d = f64x2.sub(pair<T>(x), v128.load(means));
    addPair(squares, f64x2.mul(d, d));
  }
  if (n == 0) return;
  const d = <f64>load<T>(x) - load<f64>(means);
  addOne(squares, d * d);
}

function addProductsOfRow<T>(sums: usize, dots: usize, grad: usize, x: usize, means: usize, n: i32): void {
  for (; n >= 2; n -= 2, sums += 16, dots += 16) {
    const g = pair<T>(grad);
    addPair(sums, g);
    const d = v128.sub<T>(two<T>(x), two<T>(means));
    addPair(dots, f64x2.mul(g, low<T>(d)));
    grad += 2 * sizeof<T>();
    x += 2 * sizeof<T>();
    means += 2 * sizeof<T>();
  }
  if (n == 0) return;
  const g = <f64>load<T>(grad);
  addOne(sums, g);
  addOne(dots, g * <f64>(load<T>(x) - load<T>(means)));
}

/** Two elements as they are. */
// @ts-ignore: decorator
@inline function two<T>(p: usize): v128 {
  return sizeof<T>() == 4 ? v128.load64_zero(p) : v128.load(p);
}

/** out = grad * scale * weight + (x - mean) * slope + shift, all but out, grad and x by channel */
function combineColumns<T>(
  out: usize,
  grad: usize,
  x: usize,
  channels: i32,
  means: usize,
  scales: usize,
  weight: usize,
  slopes: usize,
  shifts: usize,
): void {
  const bytes = <usize>channels * sizeof<T>();
  let c: usize = 0;
  for (; c + 16 <= bytes; c += 16) {
    const a = v128.mul<T>(v128.load(scales + c), v128.load(weight + c));
    const deviation = v128.sub<T>(v128.load(x + c), v128.load(means + c));
    const sum = v128.add<T>(v128.mul<T>(v128.load(grad + c), a), v128.mul<T>(deviation, v128.load(slopes + c)));
    v128.store(out + c, v128.add<T>(sum, v128.load(shifts + c)));
  }
  for (; c < bytes; c += sizeof<T>()) {
    const a = load<T>(scales + c) * load<T>(weight + c);
    const deviation = load<T>(x + c) - load<T>(means + c);
    store<T>(out + c, load<T>(grad + c) * a + deviation * load<T>(slopes + c) + load<T>(shifts + c));
  }
}
