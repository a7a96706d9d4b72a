// PyTorch's CPU generator: MT19937. A generator is a block of 5056 bytes in the very layout of torch.get_rng_state(), so
// reading or restoring a state is a copy, and any number of generators can stand in memory beside the default one.
//
// Bytes: 0 seed u64, 8 left i32, 12 seeded i32, 16 next u64, 24 state u64[624] (32 bits used of each), 5016 unused f64,
// 5024 cached normal sample f64, 5032 unused f64, 5040 cache valid i32, 5048 unused.

export const GENERATOR_BYTES: i32 = 5056;
/** The seed of a fresh default generator (c10's default_rng_seed_val). */
export const DEFAULT_SEED: u64 = 67280421310721;

const LEFT: usize = 8;
const SEEDED: usize = 12;
const NEXT: usize = 16;
const STATE: usize = 24;
const NORMAL: usize = 5024;
const NORMAL_VALID: usize = 5040;
const N: i32 = 624;
const M: usize = 397;

const defaultBlock = memory.data(5056, 8);

/** Address of the default generator, seeded on first use. */
export function defaultGenerator(): usize {
  if (load<i32>(defaultBlock, SEEDED) == 0) seedGenerator(defaultBlock, DEFAULT_SEED);
  return defaultBlock;
}

/** torch.Generator.manual_seed: the whole seed is remembered, its low 32 bits start the sequence. */
export function seedGenerator(generator: usize, seed: u64): void {
  memory.fill(generator, 0, GENERATOR_BYTES);
  store<u64>(generator, seed);
  store<i32>(generator, 1, LEFT);
  store<i32>(generator, 1, SEEDED);
  let x = <u32>seed;
  store<u64>(generator, x, STATE);
  for (let i = 1; i < N; i++) {
    x = 1812433253 * (x ^ (x >> 30)) + i;
    store<u64>(generator + ((<usize>i) << 3), x, STATE);
  }
}

/** Whether 5056 bytes can be a generator's state (PyTorch's check before it accepts one). */
export function isGeneratorState(state: usize): bool {
  const left = load<i32>(state, LEFT);
  const next = load<u64>(state, NEXT);
  return load<i32>(state, SEEDED) != 0 && left > 0 && left <= N && next <= <u64>N;
}

// @ts-ignore: decorator
@inline
function twistOne(s: usize, k: usize, far: usize): void {
  const y = (load<u32>(s + (k << 3)) & 0x80000000) | (load<u32>(s + ((k == 623 ? 0 : k + 1) << 3)) & 0x7fffffff);
  store<u64>(s + (k << 3), load<u32>(s + (far << 3)) ^ (y >> 1) ^ (-(y & 1) & 0x9908b0df));
}

// @ts-ignore: decorator
@inline
function twistTwo(s: usize, k: usize, far: usize): void {
  const at = s + (k << 3);
  const y = v128.or(
    v128.and(v128.load(at), i64x2.splat(0x80000000)),
    v128.and(v128.load(at, 8), i64x2.splat(0x7fffffff)),
  );
  const odd = v128.and(i64x2.neg(v128.and(y, i64x2.splat(1))), i64x2.splat(0x9908b0df));
  v128.store(at, v128.xor(v128.xor(v128.load(s + (far << 3)), i64x2.shr_u(y, 1)), odd));
}

function twist(generator: usize): void {
  const s = generator + STATE;
  for (let k: usize = 0; k < 226; k += 2) twistTwo(s, k, k + M);
  twistOne(s, 226, 623);
  for (let k: usize = 227; k < 623; k += 2) twistTwo(s, k, k + M - 624);
  twistOne(s, 623, 396);
}

// @ts-ignore: decorator
@inline
function temper(y: u32): u32 {
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  return y ^ (y >> 18);
}

/** The next 32 random bits. */
export function next32(generator: usize): u32 {
  let left = load<i32>(generator, LEFT) - 1;
  let next = load<u32>(generator, NEXT);
  if (left == 0) {
    twist(generator);
    left = N;
    next = 0;
  }
  store<i32>(generator, left, LEFT);
  store<u32>(generator, next + 1, NEXT);
  return temper(load<u32>(generator + ((<usize>next) << 3), STATE));
}

/** The next 64 random bits: the first 32 drawn are the high ones. */
export function next64(generator: usize): u64 {
  const high = <u64>next32(generator);
  return (high << 32) | (<u64>next32(generator));
}

/** Writes the next `n` 32-bit draws at `out`. */
export function fill32(generator: usize, out: usize, n: i32): void {
  while (n > 0) {
    let left = load<i32>(generator, LEFT);
    let next = load<u32>(generator, NEXT);
    if (left == 1) {
      twist(generator);
      left = N + 1;
      next = 0;
    }
    const m = min(n, left - 1);
    store<i32>(generator, left - m, LEFT);
    store<u32>(generator, next + m, NEXT);
    n -= m;
    let from = generator + STATE + ((<usize>next) << 3);
    let i = 0;
    for (; i + 4 <= m; i += 4) {
      const pairs = v128.load(from);
      let y = v128.shuffle<i32>(pairs, v128.load(from, 16), 0, 2, 4, 6);
      y = v128.xor(y, i32x4.shr_u(y, 11));
      y = v128.xor(y, v128.and(i32x4.shl(y, 7), i32x4.splat(0x9d2c5680)));
      y = v128.xor(y, v128.and(i32x4.shl(y, 15), i32x4.splat(0xefc60000)));
      v128.store(out, v128.xor(y, i32x4.shr_u(y, 18)));
      from += 32;
      out += 16;
    }
    for (; i < m; i++) {
      store<u32>(out, temper(load<u32>(from)));
      from += 8;
      out += 4;
    }
  }
}

/** Uniform in [0, 1) with 24 random bits: PyTorch's float32 uniform. */
// @ts-ignore: decorator
@inline
export function uniform24(generator: usize): f32 {
  return <f32>(next32(generator) & 0xffffff) * <f32>5.9604644775390625e-8;
}

/** Uniform in [0, 1) with 53 random bits: PyTorch's float64 uniform. */
// @ts-ignore: decorator
@inline
export function uniform53(generator: usize): f64 {
  return <f64>(next64(generator) & 0x1fffffffffffff) * 1.1102230246251565e-16;
}

/** One standard normal sample by Box and Muller; every second one comes from the generator's cache. */
export function nextNormal(generator: usize): f64 {
  if (load<i32>(generator, NORMAL_VALID)) {
    store<i32>(generator, 0, NORMAL_VALID);
    const cached = load<f64>(generator, NORMAL);
    store<f64>(generator, 0, NORMAL);
    return cached;
  }
  const u1 = uniform53(generator);
  const u2 = uniform53(generator);
  const r = Math.sqrt(-2 * Math.log1p(-u2));
  const theta = 2 * Math.PI * u1;
  store<f64>(generator, r * Math.sin(theta), NORMAL);
  store<i32>(generator, 1, NORMAL_VALID);
  return r * Math.cos(theta);
}
