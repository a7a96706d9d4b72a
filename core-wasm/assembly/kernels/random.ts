// Random kernels. Every one draws serially from the generator at address args.int(0) and writes a contiguous operand 0
// (float32 or float64, int64 for the integer kernels; op functions cast). Cost: some 3 ns a draw, bound by the generator.
import { Args } from "../dispatch/args";
import { DType } from "../tensor/dtype";
import { fma, fmaf } from "./fma";
import { fill32, next32, next64, nextNormal, uniform24, uniform53 } from "./generator";
import { fillNormal, fillUniform } from "./normal";

// @ts-ignore: decorator
@inline
function generatorOf(args: Args): usize {
  return <usize>args.int(0);
}

/**
 * uniform_(from, to): params from, to. int 1: random bits of a float32 sample (24; 11 and 8 serve float16 and bfloat16).
 */
export function randomUniform(args: Args): void {
  const out = args.operand(0);
  const generator = generatorOf(args);
  const from = args.param(0);
  const to = args.param(1);
  const n = out.numel;
  const plain = from == 0 && to == 1;
  if (out.dtype == DType.Float64) {
    fillUniform<f64>(generator, out.data, n);
    if (plain) return;
    const range = to - from;
    for (let at = out.data, end = at + ((<usize>n) << 3); at < end; at += 8)
      store<f64>(at, fma(load<f64>(at), range, from));
    return;
  }
  const bits = args.int(1);
  if (bits == 24) fillUniform<f32>(generator, out.data, n);
  else {
    const mask = ((<u32>1) << bits) - 1;
    const unit: f32 = <f32>1 / <f32>((<u32>1) << bits);
    fill32(generator, out.data, n);
    for (let at = out.data, end = at + ((<usize>n) << 2); at < end; at += 4)
      store<f32>(at, <f32>(load<u32>(at) & mask) * unit);
  }
  if (plain) return;
  const low = <f32>from;
  const range = <f32>to - low;
  for (let at = out.data, end = at + ((<usize>n) << 2); at < end; at += 4)
    store<f32>(at, fmaf(load<f32>(at), range, low));
}

/** normal_(mean, std): params mean, std. */
export function randomNormal(args: Args): void {
  const out = args.operand(0);
  if (out.dtype == DType.Float64) {
    fillNormal<f64>(generatorOf(args), out.data, out.numel, args.param(0), args.param(1));
  } else fillNormal<f32>(generatorOf(args), out.data, out.numel, args.param(0), args.param(1));
}

/** How randomIntegers draws. */
export const enum IntegerDraw {
  /** 32 random bits modulo the range */
  Modulo32 = 0,
  /** 64 random bits modulo the range */
  Modulo64 = 1,
  /** all 64 random bits (the full range of int64) */
  Full64 = 2,
}

/** randint, random_: int64 output. ints: 1 IntegerDraw, 2..3 range (u64, low word first), 4..5 lowest value (i64). */
export function randomIntegers(args: Args): void {
  const out = args.operand(0);
  const generator = generatorOf(args);
  const draw = args.int(1);
  const range = (<u64>(<u32>args.int(2))) | ((<u64>(<u32>args.int(3))) << 32);
  const low = <i64>((<u64>(<u32>args.int(4))) | ((<u64>(<u32>args.int(5))) << 32));
  for (let at = out.data, end = at + ((<usize>out.numel) << 3); at < end; at += 8) {
    if (draw == IntegerDraw.Modulo64) store<i64>(at, <i64>(next64(generator) % range) + low);
    else if (draw == IntegerDraw.Full64) store<i64>(at, <i64>next64(generator));
    else store<i64>(at, <i64>(next32(generator) % <u32>range) + low);
  }
}

/** randperm: int64 output, a forward Fisher-Yates shuffle. */
export function randomPermutation(args: Args): void {
  const out = args.operand(0);
  const generator = generatorOf(args);
  const n = out.numel;
  const data = out.data;
  for (let i = 0; i < n; i++) store<i64>(data + ((<usize>i) << 3), i);
  for (let i = 0; i < n - 1; i++) {
    const z = i + <i32>(next32(generator) % <u32>(n - i));
    const here = data + ((<usize>i) << 3);
    const there = data + ((<usize>z) << 3);
    const saved = load<i64>(here);
    store<i64>(here, load<i64>(there));
    store<i64>(there, saved);
  }
}

/** Samples that randomBernoulli draws at a time; its workspace holds two 32-bit draws for each. */
const BERNOULLI_CHUNK: i32 = 256;
export const BERNOULLI_WORKSPACE: usize = 256 * 8;

/**
 * bernoulli_(p) with one probability: float32 output of 0 and 1, 53-bit uniforms. param 0: p in [0, 1]. Workspace:
 * BERNOULLI_WORKSPACE. A uniform k / 2^53 is less than p if and only if k is less than p * 2^53, rounded up.
 */
export function randomBernoulli(args: Args): void {
  const out = args.operand(0);
  const generator = generatorOf(args);
  const limit = i64x2.splat(<i64>Math.ceil(args.param(0) * 9007199254740992));
  const mask = i64x2.splat(0x1fffffffffffff);
  const one = f32x4.splat(1);
  const draws = args.workspace;
  let to = out.data;
  for (let left = out.numel; left > 0; left -= BERNOULLI_CHUNK) {
    const n = min(left, BERNOULLI_CHUNK);
    fill32(generator, draws, 2 * n);
    const last = to + ((<usize>n) << 2);
    for (let from = draws; to < last; from += 32) {
      // the first of two draws is the high half
      const a = v128.load(from);
      const b = v128.load(from, 16);
      const low = i64x2.lt_s(v128.and(v128.shuffle<i32>(a, a, 1, 0, 3, 2), mask), limit);
      const high = i64x2.lt_s(v128.and(v128.shuffle<i32>(b, b, 1, 0, 3, 2), mask), limit);
      const value = v128.and(v128.shuffle<i32>(low, high, 0, 2, 4, 6), one);
      if (to + 16 <= last) v128.store(to, value);
      else {
        for (let rest = to, lane = value; rest < last; rest += 4) {
          store<f32>(rest, f32x4.extract_lane(lane, 0));
          lane = v128.shuffle<i32>(lane, lane, 1, 2, 3, 0);
        }
      }
      to += 16;
    }
    to = last;
  }
}

/** bernoulli(input): float32 output; operand 1: contiguous probabilities, float32 (24-bit uniforms) or float64. */
export function randomBernoulliEach(args: Args): void {
  const out = args.operand(0);
  const p = args.operand(1);
  const generator = generatorOf(args);
  for (let i: usize = 0, n = <usize>out.numel; i < n; i++) {
    let hit: bool;
    if (p.dtype == DType.Float64) hit = uniform53(generator) < load<f64>(p.data + (i << 3));
    else hit = uniform24(generator) < load<f32>(p.data + (i << 2));
    store<f32>(out.data + (i << 2), <f32>i32(hit));
  }
}

/** The distributions of randomDistribution. */
export const enum Distribution {
  /** exponential_(lambda) */
  Exponential = 0,
  /** geometric_(p) */
  Geometric = 1,
  /** cauchy_(median, sigma) */
  Cauchy = 2,
  /** log_normal_(mean, std) */
  LogNormal = 3,
  /** one uniform in [from, to) a sample, in double precision */
  Uniform = 4,
}

const EPSILON: f64 = 2.220446049250313e-16;

function sample(generator: usize, kind: i32, a: f64, b: f64): f64 {
  switch (kind) {
    case Distribution.Exponential:
      return (-1 / a) * Math.log(1 - uniform53(generator));
    case Distribution.Geometric:
      return Math.ceil(Math.log(uniform53(generator)) / Math.log(1 - a));
    case Distribution.Cauchy: {
      const u = Math.min(Math.max(uniform53(generator), EPSILON), 1 - EPSILON);
      return fma(b, Math.tan(Math.PI * (u - 0.5)), a);
    }
    case Distribution.LogNormal:
      return Math.exp(fma(nextNormal(generator), b, a));
    default:
      return fma(uniform53(generator), b - a, a);
  }
}

/** One-dimensional distributions drawn in double precision. int 1: Distribution; params: its two parameters. */
export function randomDistribution(args: Args): void {
  const out = args.operand(0);
  const generator = generatorOf(args);
  const kind = args.int(1);
  const a = args.param(0);
  const b = args.param(1);
  const wide = out.dtype == DType.Float64;
  for (let i: usize = 0, n = <usize>out.numel; i < n; i++) {
    const value = sample(generator, kind, a, b);
    if (wide) store<f64>(out.data + (i << 3), value);
    else store<f32>(out.data + (i << 2), <f32>value);
  }
}

/** rrelu's slopes: operand 1 the contiguous input; a double uniform in [a, b) where it is <= 0, else 1 without a draw. */
export function randomSlopes(args: Args): void {
  const out = args.operand(0);
  const input = args.operand(1);
  const generator = generatorOf(args);
  const a = args.param(0);
  const b = args.param(1);
  for (let i: usize = 0, n = <usize>out.numel; i < n; i++) {
    if (out.dtype == DType.Float64) {
      const negative = load<f64>(input.data + (i << 3)) <= 0;
      store<f64>(out.data + (i << 3), negative ? sample(generator, Distribution.Uniform, a, b) : 1);
    } else {
      const negative = load<f32>(input.data + (i << 2)) <= 0;
      store<f32>(out.data + (i << 2), negative ? <f32>sample(generator, Distribution.Uniform, a, b) : 1);
    }
  }
}

function drawCategories<T>(args: Args): void {
  const out = args.operand(0);
  const weights = args.operand(1);
  const generator = generatorOf(args);
  const categories = args.int(1);
  const samples = args.int(2);
  const sums = args.workspace;
  const rows = categories ? weights.numel / categories : 0;
  for (let row = 0; row < rows; row++) {
    const from = weights.data + <usize>row * categories * sizeof<T>();
    let sum: T = 0;
    for (let j = 0; j < categories; j++) {
      sum += load<T>(from + <usize>j * sizeof<T>());
      store<T>(sums + <usize>j * sizeof<T>(), sum);
    }
    for (let j = 0; j < categories; j++) {
      const at = sums + <usize>j * sizeof<T>();
      store<T>(at, load<T>(at) / sum);
    }
    for (let j = 0; j < samples; j++) {
      const u = uniform53(generator);
      let left = 0;
      let right = categories - 1; // the last sum counts as 1, above every u
      while (left < right) {
        const middle = (left + right) >> 1;
        if (<f64>load<T>(sums + <usize>middle * sizeof<T>()) < u) left = middle + 1;
        else right = middle;
      }
      store<i64>(out.data + ((<usize>row * samples + j) << 3), left);
    }
  }
}

/**
 * multinomial with replacement: int64 output [rows, samples]; operand 1 contiguous weights [rows, categories], float32
 * or float64. ints: 1 categories, 2 samples. Workspace: one row of weights.
 */
export function randomCategories(args: Args): void {
  if (args.operand(1).dtype == DType.Float64) drawCategories<f64>(args);
  else drawCategories<f32>(args);
}
