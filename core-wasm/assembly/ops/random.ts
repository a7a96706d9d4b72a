// Random tensors and in-place random fills. `generator` is the address of a generator's block, 0 for the default one. Draws
// are made in PyTorch's order into contiguous float32, float64 or int64 memory and converted from there. A stream is
// sequential, so the CPU draws for every device, and what it drew is moved there.
import * as ops from "../gen/ops";
import { args } from "../dispatch/args";
import { detach } from "../autograd/views";
import { resultAt } from "../dispatch/entry";
import { Kernel } from "../dispatch/kernel";
import { addOperand, begin, run, workspace } from "../dispatch/run";
import { defaultGenerator } from "../kernels/generator";
import { BERNOULLI_WORKSPACE, Distribution, IntegerDraw } from "../kernels/random";
import { defaultDType } from "../tensor/broadcast";
import { empty, full, rawContiguous, rawToDType } from "../tensor/create";
import { DType, NO_DTYPE, isFloating } from "../tensor/dtype";
import { ErrorKind, fail, msg, msgDType, msgFloat, msgInt, raise } from "../tensor/error";
import { Ints, ints1, ints2, newInts, shapeOf } from "../tensor/ints";
import { Scalar } from "../tensor/scalar";
import { Flag, Tensor } from "../tensor/tensor";
import { Device } from "../dispatch/device";
import { readBack, rawToDevice, valueOf } from "../tensor/transfer";

function wide(dtype: i32): i32 {
  return dtype == DType.Float64 ? DType.Float64 : DType.Float32;
}

/** A fresh contiguous tensor that `kernel` will fill for `device`; the caller sets the other arguments. */
function beginDraw(kernel: i32, shape: Ints, dtype: i32, device: i32, generator: i32): Tensor {
  const out = empty(shape, dtype, device == Device.Null ? device : Device.Cpu);
  begin(kernel);
  addOperand(out);
  args.setInt(0, <i32>(generator == 0 ? defaultGenerator() : <usize>generator));
  return out;
}

function endDraw(out: Tensor, dtype: i32, device: i32): Tensor {
  run(out.device);
  return rawToDevice(rawToDType(out, dtype), device);
}

function requireFloating(op: string, dtype: i32): void {
  if (isFloating(dtype)) return;
  msg('"');
  msg(op);
  msg("\" not implemented for '");
  msgDType(dtype);
  msg("'");
  raise(ErrorKind.Runtime);
}

// ---- distributions -----------------------------------------------------------------------------------------------

function drawUniform(shape: Ints, from: f64, to: f64, generator: i32, dtype: i32, device: i32): Tensor {
  const out = beginDraw(Kernel.RandomUniform, shape, wide(dtype), device, generator);
  args.setParam(0, from);
  args.setParam(1, to);
  args.setInt(1, dtype == DType.Float16 ? 11 : dtype == DType.BFloat16 ? 8 : 24);
  return endDraw(out, dtype, device);
}

function drawNormal(shape: Ints, mean: f64, std: f64, generator: i32, dtype: i32, device: i32): Tensor {
  const out = beginDraw(Kernel.RandomNormal, shape, wide(dtype), device, generator);
  args.setParam(0, mean);
  args.setParam(1, std);
  return endDraw(out, dtype, device);
}

function drawFrom(which: i32, like: Tensor, a: f64, b: f64, generator: i32): Tensor {
  const dtype = <i32>like.dtype;
  const out = beginDraw(Kernel.RandomDistribution, shapeOf(like), wide(dtype), like.device, generator);
  args.setInt(1, which);
  args.setParam(0, a);
  args.setParam(1, b);
  return endDraw(out, dtype, like.device);
}

export function uniform(input: Tensor, from: f64, to: f64, generator: i32): Tensor {
  requireFloating("check_uniform_bounds", input.dtype);
  if (from > to) {
    msg("uniform_ expects to return a [from, to) range, but found from=");
    msgFloat(from);
    msg(" > to=");
    msgFloat(to);
    raise(ErrorKind.Runtime);
  }
  return drawUniform(shapeOf(input), from, to, generator, input.dtype, input.device);
}

function checkStd(std: f64): void {
  if (std >= 0) return;
  msg("normal expects std >= 0.0, but found std ");
  msgFloat(std);
  raise(ErrorKind.Runtime);
}

export function normalFill(input: Tensor, mean: f64, std: f64, generator: i32): Tensor {
  requireFloating("normal_kernel_cpu", input.dtype);
  checkStd(std);
  return drawNormal(shapeOf(input), mean, std, generator, input.dtype, input.device);
}

export function exponential(input: Tensor, lambd: f64, generator: i32): Tensor {
  requireFloating("exponential_cpu", input.dtype);
  if (lambd < 0) {
    msg("exponential_ expects lambda >= 0.0, but found lambda=");
    msgFloat(lambd);
    raise(ErrorKind.Runtime);
  }
  return drawFrom(Distribution.Exponential, input, lambd, 0, generator);
}

export function geometric(input: Tensor, p: f64, generator: i32): Tensor {
  if (!(p > 0 && p < 1)) {
    msg("geometric_ expects p to be in (0, 1), but got p=");
    msgFloat(p);
    raise(ErrorKind.Runtime);
  }
  return drawFrom(Distribution.Geometric, input, p, 0, generator);
}

export function cauchy(input: Tensor, median: f64, sigma: f64, generator: i32): Tensor {
  requireFloating("cauchy_cpu", input.dtype);
  if (!(sigma > 0)) {
    msg("cauchy_ expects sigma > 0.0, but found sigma=");
    msgFloat(sigma);
    raise(ErrorKind.Runtime);
  }
  return drawFrom(Distribution.Cauchy, input, median, sigma, generator);
}

export function logNormal(input: Tensor, mean: f64, std: f64, generator: i32): Tensor {
  requireFloating("log_normal_cpu", input.dtype);
  if (!(std > 0)) {
    msg("log_normal_ expects std > 0.0, but found std=");
    msgFloat(std);
    raise(ErrorKind.Runtime);
  }
  return drawFrom(Distribution.LogNormal, input, mean, std, generator);
}

// ---- integers ----------------------------------------------------------------------------------------------------

function drawIntegers(shape: Ints, low: i64, range: u64, draw: i32, generator: i32, dtype: i32, device: i32): Tensor {
  const out = beginDraw(Kernel.RandomIntegers, shape, DType.Int64, device, generator);
  args.setInt(1, draw);
  args.setInt(2, <i32>range);
  args.setInt(3, <i32>(range >> 32));
  args.setInt(4, <i32>low);
  args.setInt(5, <i32>(low >> 32));
  return endDraw(out, dtype, device);
}

function between(shape: Ints, low: i64, high: i64, generator: i32, dtype: i32, device: i32): Tensor {
  const range = <u64>high - <u64>low;
  const draw = range >= 0x100000000 ? IntegerDraw.Modulo64 : IntegerDraw.Modulo32;
  return drawIntegers(shape, low, range, draw, generator, dtype, device);
}

function checkInterval(low: i64, high: i64): void {
  if (low < high) return;
  msg("random_ expects 'from' to be less than 'to', but got from=");
  msgInt(low);
  msg(" >= to=");
  msgInt(high);
  raise(ErrorKind.Runtime);
}

/** One past the greatest value of random_() without bounds: what the dtype holds exactly. */
function greatest(dtype: i32): u64 {
  switch (dtype) {
    case DType.Bool:
      return 2;
    case DType.Uint8:
      return 256;
    case DType.Int8:
      return 128;
    case DType.Int16:
      return 32768;
    case DType.Int32:
      return 0x80000000;
    case DType.Float16:
      return 2049;
    case DType.BFloat16:
      return 257;
    case DType.Float32:
      return 16777217;
    case DType.Float64:
      return 9007199254740993;
    default:
      return 0x8000000000000000;
  }
}

/** random_(), random_(to), random_(from, to) */
export function random(input: Tensor, from: Scalar | null, to: Scalar | null, generator: i32): Tensor {
  const shape = shapeOf(input);
  const dtype = <i32>input.dtype;
  if (from === null) {
    const range = greatest(dtype);
    const isLong = dtype == DType.Int64 || dtype == DType.Float64;
    const draw = isLong ? IntegerDraw.Modulo64 : IntegerDraw.Modulo32;
    return drawIntegers(shape, 0, range, draw, generator, dtype, input.device);
  }
  const low = to === null ? 0 : from.i;
  const high = to === null ? from.i : to.i;
  checkInterval(low, high);
  return between(shape, low, high, generator, dtype, input.device);
}

export function randint(low: Scalar, high: Scalar, size: Ints, generator: i32, dtype: i32, device: i32): Tensor {
  checkInterval(low.i, high.i);
  return between(size, low.i, high.i, generator, dtype == NO_DTYPE ? DType.Int64 : dtype, device);
}

export function randperm(n: i32, generator: i32, dtype: i32, device: i32): Tensor {
  if (n < 0) {
    msg("n must be non-negative, got");
    msgInt(n);
    raise(ErrorKind.Runtime);
  }
  const out = beginDraw(Kernel.RandomPermutation, ints1(n), DType.Int64, device, generator);
  return endDraw(out, dtype == NO_DTYPE ? DType.Int64 : dtype, device);
}

// ---- factories ---------------------------------------------------------------------------------------------------

export function rand(size: Ints, generator: i32, dtype: i32, device: i32): Tensor {
  const type = dtype == NO_DTYPE ? defaultDType : dtype;
  requireFloating("check_uniform_bounds", type);
  return drawUniform(size, 0, 1, generator, type, device);
}

export function randn(size: Ints, generator: i32, dtype: i32, device: i32): Tensor {
  const type = dtype == NO_DTYPE ? defaultDType : dtype;
  requireFloating("normal_kernel_cpu", type);
  return drawNormal(size, 0, 1, generator, type, device);
}

/** torch.normal: mean and std are numbers (with a size) or tensors. */
export function normal(mean: Tensor, std: Tensor, size: Ints | null, generator: i32, dtype: i32, device: i32): Tensor {
  const plain = mean.has(Flag.Wrapped) && std.has(Flag.Wrapped);
  if (plain || size !== null) {
    const shape = size === null ? newInts(0) : size;
    const deviation = valueOf(std);
    checkStd(deviation);
    return drawNormal(shape, valueOf(mean), deviation, generator, dtype == NO_DTYPE ? defaultDType : dtype, device);
  }
  const like = mean.has(Flag.Wrapped) ? std : ops.add(mean, ops.mul(std, full(newInts(0), 0, std.dtype, std.device)));
  requireFloating("normal_kernel_cpu", like.dtype);
  const noise = drawNormal(shapeOf(like), 0, 1, generator, like.dtype, like.device);
  return ops.add(ops.mul(noise, std), mean);
}

// ---- choices -----------------------------------------------------------------------------------------------------

function checkProbability(p: f64): void {
  if (p >= 0 && p <= 1) return;
  msg("bernoulli_ expects p to be in [0, 1], but got p=");
  msgFloat(p);
  raise(ErrorKind.Runtime);
}

/** What bernoulli_ writes; `p` is a number or a tensor of probabilities. */
export function bernoulliFill(input: Tensor, p: Tensor, generator: i32): Tensor {
  if (!p.has(Flag.Wrapped)) return bernoulliEach(p, shapeOf(input), input.dtype, input.device, generator);
  const probability = valueOf(p);
  checkProbability(probability);
  const out = beginDraw(Kernel.RandomBernoulli, shapeOf(input), DType.Float32, input.device, generator);
  workspace(BERNOULLI_WORKSPACE);
  args.setParam(0, probability);
  return endDraw(out, input.dtype, input.device);
}

export function bernoulli(input: Tensor, p: Scalar | null, generator: i32): Tensor {
  if (p !== null) {
    checkProbability(p.f);
    const out = beginDraw(Kernel.RandomBernoulli, shapeOf(input), DType.Float32, input.device, generator);
    workspace(BERNOULLI_WORKSPACE);
    args.setParam(0, p.f);
    return endDraw(out, input.dtype, input.device);
  }
  requireFloating("bernoulli_tensor_cpu_p_", input.dtype);
  return bernoulliEach(input, shapeOf(input), input.dtype, input.device, generator);
}

function bernoulliEach(p: Tensor, shape: Ints, dtype: i32, device: i32, generator: i32): Tensor {
  if (p.device != Device.Cpu) {
    // the same draws, compared where the probabilities are
    const drawn = drawUniform(shape, 0, 1, generator, DType.Float32, device);
    return rawToDType(ops.lt(drawn, ops.to(p, DType.Float32)), dtype);
  }
  const expanded = rawContiguous(ops.expand(rawToDType(p, wide(p.dtype)), shape));
  const data = expanded.dataPtr();
  for (let i: usize = 0; i < <usize>expanded.numel; i++) {
    const value = expanded.dtype == DType.Float64 ? load<f64>(data + (i << 3)) : <f64>load<f32>(data + (i << 2));
    if (!(value >= 0 && value <= 1)) {
      fail(ErrorKind.Runtime, "Expected p_in >= 0 && p_in <= 1 to be true, but got false.");
    }
  }
  const out = beginDraw(Kernel.RandomBernoulliEach, shape, DType.Float32, device, generator);
  addOperand(expanded);
  return endDraw(out, dtype, device);
}

export function multinomial(input: Tensor, numSamples: i32, replacement: bool, generator: i32): Tensor {
  if (!isFloating(input.dtype)) {
    msg("multinomial only supports floating-point dtypes for input, got: ");
    msgDType(input.dtype);
    raise(ErrorKind.Runtime);
  }
  if (input.ndim == 0 || input.ndim > 2) fail(ErrorKind.Runtime, "prob_dist must be 1 or 2 dim");
  if (numSamples <= 0) fail(ErrorKind.Runtime, "cannot sample n_sample <= 0 samples");
  const categories = input.shape(<i32>input.ndim - 1);
  if (!replacement && numSamples > categories) {
    fail(ErrorKind.Runtime, "cannot sample n_sample > prob_dist.size(-1) samples without replacement");
  }
  const type = wide(input.dtype);
  const weights = rawContiguous(rawToDType(readBack(input), type));
  checkWeights(weights, categories);
  const shape = input.ndim == 1 ? ints1(numSamples) : ints2(input.shape(0), numSamples);
  if (replacement) {
    const out = beginDraw(Kernel.RandomCategories, shape, DType.Int64, input.device, generator);
    addOperand(weights);
    args.setInt(1, categories);
    args.setInt(2, numSamples);
    workspace((<usize>categories) << 3);
    return endDraw(out, DType.Int64, input.device);
  }
  // the exponential race: the categories that arrive first
  const q = drawFrom(Distribution.Exponential, weights, 1, 0, generator);
  const arrival = ops.div(weights, q);
  if (numSamples == 1) return rawToDevice(ops.argmax(arrival, -1, true), input.device);
  ops.topk(arrival, numSamples, -1, true, true);
  return rawToDevice(resultAt(1), input.device);
}

function checkWeights(weights: Tensor, categories: i32): void {
  const data = weights.dataPtr();
  let sum: f64 = 0;
  for (let i = 0; i < weights.numel; i++) {
    const at = data + <usize>i * (weights.dtype == DType.Float64 ? 8 : 4);
    const w = weights.dtype == DType.Float64 ? load<f64>(at) : <f64>load<f32>(at);
    if (!(w >= 0 && w < Infinity)) {
      fail(ErrorKind.Runtime, "probability tensor contains either `inf`, `nan` or element < 0");
    }
    sum += w;
    if ((i + 1) % categories == 0) {
      if (sum == 0) fail(ErrorKind.Runtime, "invalid multinomial distribution (sum of probabilities <= 0)");
      sum = 0;
    }
  }
}

// ---- dropout -----------------------------------------------------------------------------------------------------

function checkDropout(p: f64): void {
  if (p >= 0 && p <= 1) return;
  msg("dropout probability has to be between 0 and 1, but got ");
  msgFloat(p);
  raise(ErrorKind.Runtime);
}

/** 0 or 1 with probability 1 - p, over the given shape. */
function kept(shape: Ints, p: f64, like: Tensor): Tensor {
  const out = beginDraw(Kernel.RandomBernoulli, shape, DType.Float32, like.device, 0);
  workspace(BERNOULLI_WORKSPACE);
  args.setParam(0, 1 - p);
  return endDraw(out, isFloating(like.dtype) ? like.dtype : defaultDType, like.device);
}

function scaledNoise(shape: Ints, p: f64, like: Tensor): Tensor {
  const noise = kept(shape, p, like);
  return ops.div(noise, full(newInts(0), 1 - p, noise.dtype, Device.Cpu));
}

export function dropout(input: Tensor, p: f64, training: bool): Tensor {
  checkDropout(p);
  if (p == 0 || !training || input.numel == 0) return input;
  if (p == 1) return ops.mul(input, full(newInts(0), 0, input.dtype, input.device));
  return ops.mul(input, scaledNoise(shapeOf(input), p, input));
}

/** One draw for every channel of every sample: [N, C, 1, …]. */
function channelShape(input: Tensor): Ints {
  if (input.ndim < 2) fail(ErrorKind.Runtime, "Feature dropout requires at least 2 dimensions in the input");
  const shape = shapeOf(input);
  for (let d = 2; d < shape.length; d++) shape.set(d, 1);
  return shape;
}

export function featureDropout(input: Tensor, p: f64, training: bool): Tensor {
  checkDropout(p);
  if (p == 0 || !training || input.numel == 0) return input;
  if (p == 1) return ops.mul(input, full(newInts(0), 0, input.dtype, input.device));
  return ops.mul(input, scaledNoise(channelShape(input), p, input));
}

/** Dropped elements become -alpha', and all are scaled, so that mean and variance stay. */
function alphaNoise(input: Tensor, shape: Ints, p: f64): Tensor {
  const alpha: f64 = 1.7580993408473766;
  const scale = 1 / Math.sqrt((alpha * alpha * p + 1) * (1 - p));
  const noise = kept(shape, p, input);
  const b = ops.add(
    ops.mul(ops.add(noise, constant(-1, noise)), constant(alpha * scale, noise)),
    constant(alpha * scale * p, noise),
  );
  return ops.add(ops.mul(input, ops.mul(noise, constant(scale, noise))), b);
}

function constant(value: f64, like: Tensor): Tensor {
  return full(newInts(0), value, like.dtype, like.device);
}

export function alphaDropout(input: Tensor, p: f64, training: bool): Tensor {
  checkDropout(p);
  if (p == 0 || !training || input.numel == 0) return input;
  if (p == 1) return ops.mul(input, constant(0, input));
  return alphaNoise(input, shapeOf(input), p);
}

export function featureAlphaDropout(input: Tensor, p: f64, training: bool): Tensor {
  checkDropout(p);
  if (p == 0 || !training || input.numel == 0) return input;
  if (p == 1) return ops.mul(input, constant(0, input));
  return alphaNoise(input, channelShape(input), p);
}

/** The factors of rrelu in training: uniform in [lower, upper) where the input is not positive, else 1. */
export function rreluSlopes(input: Tensor, lower: f64, upper: f64): Tensor {
  const type = wide(input.dtype);
  const from = rawContiguous(rawToDType(readBack(input), type));
  const out = beginDraw(Kernel.RandomSlopes, shapeOf(input), type, input.device, 0);
  addOperand(from);
  args.setParam(0, type == DType.Float64 ? lower : <f64>(<f32>lower));
  args.setParam(1, type == DType.Float64 ? upper : <f64>(<f32>upper));
  return endDraw(out, input.dtype, input.device);
}

/** Softmax of the logits with Gumbel noise; `hard` gives one-hot samples with the gradient of the soft ones. */
export function gumbelSoftmax(logits: Tensor, tau: f64, hard: bool, eps: f64, dim: i32): Tensor {
  requireFloating("exponential_cpu", logits.dtype);
  const noise = ops.neg(ops.log(drawFrom(Distribution.Exponential, logits, 1, 0, 0)));
  const soft = ops.softmax(ops.div(ops.add(logits, noise), constant(tau, logits)), dim);
  if (!hard) return soft;
  const place = ops.argmax(soft, dim, true);
  const zero = full(shapeOf(logits), 0, logits.dtype, logits.device);
  const one = ops.expand(constant(1, logits), shapeOf(place));
  return ops.add(ops.sub(ops.scatter(zero, dim, place, one), detach(soft)), soft);
}
