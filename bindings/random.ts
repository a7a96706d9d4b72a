// Random numbers: PyTorch's own streams. What is drawn here with a seed is what PyTorch draws with it.

import { core, currentBuffer } from "./core.ts";
import { reading } from "./device.ts";
import { RuntimeError, ValueError } from "./error.ts";
import { Finalizers } from "./memory/finalize.ts";
import { type Rest, take } from "./nn/arguments.ts";
import { deviceOr, dtypeOr, type FactoryOptions, made, sizesOf } from "./factories.ts";
import {
  floatArg,
  GENERATOR,
  generatorArg,
  intArg,
  ints,
  isOptions,
  operandArg,
  optionalScalarArg,
  scalarArg,
  scalarWord,
  self,
} from "./tensor/call.ts";
import { tensor } from "./tensor/create.ts";
import { Code, type Device, deviceCode } from "./tensor/dtype.ts";
import { float, type Scalar } from "./tensor/scalar.ts";
import { Tensor } from "./tensor/tensor.ts";

const STATE_BYTES = 5056;
const generators = new Finalizers<number>((address) => core.freeGenerator(address));

/**
 * A source of random numbers with a state of its own; follows torch.Generator (the Mersenne Twister MT19937).
 * @example
 * const generator = new torch.Generator();
 * generator.manualSeed(1);
 * torch.rand(1, { generator }); // tensor([0.7576])
 */
export class Generator {
  /** @internal */
  get [GENERATOR](): true {
    return true;
  }
  /** @internal address of the state in the core; 0 stands for the default generator */
  readonly address: number;

  /** @param device any: numbers are drawn by the CPU for all of them */
  constructor(...args: Rest<[device: Device], { device?: Device }>) {
    deviceCode(take("Generator", args, { device: "cpu" as Device }).device);
    this.address = core.newGenerator();
    generators.register(this, this.address);
  }

  /**
   * Starts the sequence of a seed, a number or BigInt below 2^64 (negative ones count from 2^64 down).
   * Follows torch.Generator.manual_seed.
   * @example
   * const generator = new torch.Generator().manualSeed(1);
   * generator.initialSeed(); // 1n
   */
  manualSeed(seed: number | bigint): this {
    seedAddress(this.address, seed);
    return this;
  }
  /**
   * A seed from the host's entropy; returns it.
   * Follows torch.Generator.seed.
   * @example
   * typeof new torch.Generator().seed(); // "bigint"
   */
  seed(): bigint {
    return seedRandomly(this.address);
  }
  /**
   * The seed that was set last.
   * Follows torch.Generator.initial_seed.
   * @example
   * new torch.Generator().initialSeed(); // 67280421310721n
   */
  initialSeed(): bigint {
    return initialSeedOf(this.address);
  }
  /**
   * The state as a uint8 tensor of 5056 bytes, PyTorch's own layout.
   * @example
   * const generator = new torch.Generator();
   * const state = generator.getState();
   * const first = torch.rand(2, { generator });
   * generator.setState(state);
   * torch.equal(first, torch.rand(2, { generator })); // true
   */
  getState(): Tensor {
    return stateOf(this.address);
  }
  /**
   * Puts a state back that getState gave.
   * Follows torch.Generator.set_state.
   * @example
   * const generator = new torch.Generator();
   * generator.setState(new torch.Generator().manualSeed(1).getState());
   * torch.rand(1, { generator }); // tensor([0.7576])
   */
  setState(state: Tensor): this {
    restore(this.address, state);
    return this;
  }
}

/** The generator that is used where none is given. */
export const defaultGenerator: Generator = Object.freeze(
  Object.assign(Object.create(Generator.prototype) as Generator, { address: 0 }),
);

function seedAddress(address: number, seed: number | bigint): void {
  if (typeof seed !== "bigint" && !Number.isInteger(seed))
    throw new ValueError(`a seed must be an integer, not ${String(seed)}`);
  const value = BigInt(seed);
  if (value < -(1n << 63n) || value >= 1n << 64n)
    throw new RuntimeError("Overflow when unpacking long: a seed must fit into 64 bits");
  const bits = BigInt.asUintN(64, value);
  core.seedGenerator(address, Number(bits & 0xffffffffn), Number(bits >> 32n));
}

function seedRandomly(address: number): bigint {
  const seed = crypto.getRandomValues(new BigUint64Array(1))[0]! >> 11n;
  seedAddress(address, seed);
  return seed;
}

function initialSeedOf(address: number): bigint {
  return new DataView(currentBuffer(), core.generatorBlock(address)).getBigUint64(0, true);
}

function stateOf(address: number): Tensor {
  return tensor(new Uint8Array(currentBuffer(), core.generatorBlock(address), STATE_BYTES).slice());
}

function restore(address: number, state: Tensor): void {
  if (state.dtype !== "uint8") throw new RuntimeError("RNG state must be a torch.ByteTensor");
  if (state.numel() !== STATE_BYTES) throw new RuntimeError("RNG state is wrong size");
  const bytes = state.contiguous().data() as Uint8Array;
  const scratch = core.scratch();
  new Uint8Array(currentBuffer(), scratch, STATE_BYTES).set(bytes);
  if (core.setGeneratorState(address, scratch) === 0) throw new RuntimeError("RNG state is invalid");
}

/**
 * Seeds the default generator; follows torch.manual_seed.
 * @example
 * torch.manualSeed(0);
 * torch.rand(2); // tensor([0.4963, 0.7682])
 */
export function manualSeed(seed: number | bigint): Generator {
  return defaultGenerator.manualSeed(seed);
}
/**
 * Seeds the default generator from the host's entropy and returns the seed; follows torch.seed.
 * @example
 * typeof torch.seed(); // "bigint"
 */
export function seed(): bigint {
  return seedRandomly(0);
}
/**
 * The seed of the default generator; follows torch.initial_seed.
 * @example
 * torch.manualSeed(7);
 * torch.initialSeed(); // 7n
 */
export function initialSeed(): bigint {
  return initialSeedOf(0);
}
/**
 * The default generator's state, uint8 [5056]; follows torch.get_rng_state.
 * @example
 * const state = torch.getRngState();
 * const first = torch.rand(2);
 * torch.setRngState(state);
 * torch.equal(first, torch.rand(2)); // true
 */
export function getRngState(): Tensor {
  return stateOf(0);
}
/**
 * Puts the default generator into a state; follows torch.set_rng_state.
 * @example
 * torch.setRngState(new torch.Generator().manualSeed(1).getState());
 * torch.rand(1); // tensor([0.7576])
 */
export function setRngState(state: Tensor): void {
  restore(0, state);
}

/** @internal A draw of torch.empty((), dtype=torch.int64).random_(), as DataLoader and samplers seed. */
export function drawSeed(generator: Generator | undefined = undefined): bigint {
  const drawn = made(core.empty(ints([], "empty", "size", 1), Code.Int64, 0), {}).random_({
    generator: generator ?? null,
  });
  const value = BigInt(drawn.item() as number | bigint);
  drawn.dispose();
  return value;
}

export interface RandomOptions extends FactoryOptions {
  generator?: Generator | null;
}
type RandomSizes = [...(number[] | [size: readonly number[]]), RandomOptions] | number[] | [size: readonly number[]];

const addressOf = (options: { generator?: Generator | null } | null): number =>
  generatorArg(options?.generator, "random", "generator", 1);
/**
 * Uniform numbers in [0, 1); follows torch.rand.
 * @example
 * torch.manualSeed(0);
 * torch.rand(2); // tensor([0.4963, 0.7682])
 */
export function rand(...args: RandomSizes): Tensor {
  const { size, options } = sizesOf<RandomOptions>("rand", args);
  const at = ints(size, "rand", "size", 1);
  return made(core.op_rand(at, addressOf(options), dtypeOr(options, -1), deviceOr(options)), options);
}

/**
 * Standard normal numbers; follows torch.randn.
 * @example
 * torch.manualSeed(0);
 * torch.randn(2); // tensor([1.5410, -0.2934])
 */
export function randn(...args: RandomSizes): Tensor {
  const { size, options } = sizesOf<RandomOptions>("randn", args);
  const at = ints(size, "randn", "size", 1);
  return made(core.op_randn(at, addressOf(options), dtypeOr(options, -1), deviceOr(options)), options);
}

/**
 * Uniform numbers of another tensor's shape; follows torch.rand_like.
 * @example
 * torch.manualSeed(0);
 * torch.randLike(torch.zeros(2)); // tensor([0.4963, 0.7682])
 */
export function randLike(input: Tensor, options: RandomOptions = {}): Tensor {
  self(input);
  return rand([...input.shape], { dtype: input.dtype, device: input.device, ...options });
}
/**
 * Standard normal numbers of another tensor's shape; follows torch.randn_like.
 * @example
 * torch.manualSeed(0);
 * torch.randnLike(torch.zeros(2)); // tensor([1.5410, -0.2934])
 */
export function randnLike(input: Tensor, options: RandomOptions = {}): Tensor {
  self(input);
  return randn([...input.shape], { dtype: input.dtype, device: input.device, ...options });
}

/**
 * Integers low ≤ x < high, int64 unless a dtype is given; follows torch.randint.
 * @example
 * torch.manualSeed(0);
 * torch.randint(0, 10, [4]); // tensor([4, 9, 3, 0])
 */
export function randint(high: Scalar, size: readonly number[], options?: RandomOptions): Tensor;
export function randint(low: Scalar, high: Scalar, size: readonly number[], options?: RandomOptions): Tensor;
export function randint(...args: unknown[]): Tensor {
  const given = Array.isArray(args[1]) ? [0, ...args] : args;
  const low = scalarArg(given[0], "randint", "low", 1);
  const high = scalarArg(given[1], "randint", "high", 2);
  const { size } = sizesOf("randint", [given[2]]);
  const options = (given[3] ?? {}) as RandomOptions;
  const at = ints(size, "randint", "size", 3);
  const handle = core.op_randint(
    scalarWord(low),
    scalarWord(high),
    at,
    addressOf(options),
    dtypeOr(options, -1),
    deviceOr(options),
  );
  return made(handle, options, "randint");
}
/**
 * Integers of another tensor's shape and dtype; follows torch.randint_like.
 * @example
 * torch.manualSeed(0);
 * torch.randintLike(torch.zeros(3), 10); // tensor([4., 9., 3.])
 */
export function randintLike(
  input: Tensor,
  low: Scalar,
  high?: Scalar | RandomOptions,
  options: RandomOptions = {},
): Tensor {
  self(input);
  const bounded = high !== undefined && !isOptions(high);
  const named = {
    dtype: input.dtype,
    device: input.device,
    ...(bounded ? options : (high as RandomOptions | undefined)),
  };
  return randint(bounded ? low : 0, bounded ? (high as Scalar) : low, [...input.shape], named);
}

/**
 * A random permutation of 0 … n-1, int64; follows torch.randperm.
 * @example
 * torch.manualSeed(0);
 * torch.randperm(4); // tensor([0, 1, 3, 2])
 */
export function randperm(n: number, options: RandomOptions = {}): Tensor {
  return made(
    core.op_randperm(intArg(n, "randperm", "n", 1), addressOf(options), dtypeOr(options, -1), deviceOr(options)),
    options,
    "randperm",
  );
}

/**
 * Normal numbers: with means and standard deviations given by tensors or numbers, or normal(mean, std, size).
 * Follows torch.normal.
 * @example
 * torch.manualSeed(0);
 * torch.normal(0, 1, [2]); // tensor([1.5410, -0.2934])
 */
export function normal(
  mean: Tensor | Scalar,
  std: Tensor | Scalar = 1,
  size?: readonly number[] | (RandomOptions & { size?: readonly number[] }),
  options: RandomOptions = {},
): Tensor {
  const named = (isOptions(size) ? size : { ...options, size }) as RandomOptions & { size?: readonly number[] };
  const sizes = named.size;
  const handle = core.op_normalOf(
    operandArg(mean, "normal", "mean", 1),
    operandArg(std, "normal", "std", 2),
    ints(sizes, "normal", "size", 3),
    addressOf(named),
    dtypeOr(named, -1),
    deviceOr(named),
  );
  return made(handle, named, "normal");
}

/**
 * 0 or 1 with the probabilities given by a floating tensor, or with p everywhere; follows torch.bernoulli.
 * @example
 * torch.bernoulli(torch.tensor([0, 1, 1])); // tensor([0., 1., 1.])
 */
export function bernoulli(input: Tensor, p?: number | RandomOptions | null, options: RandomOptions = {}): Tensor {
  const named = isOptions(p)
    ? (p as RandomOptions & { p?: number })
    : { ...options, p: p as number | null | undefined };
  const given = named.p !== undefined && named.p !== null;
  const probability = given ? scalarWord(float(floatArg(named.p, "bernoulli", "p", 2))) : 0;
  return made(core.op_bernoulli(self(input), probability, addressOf(named)), {});
}

/**
 * Indices drawn from rows of weights [n] or [rows, n], int64; follows torch.multinomial.
 * @throws RuntimeError for negative weights, rows of zeros, and more samples than categories without replacement
 * @example
 * torch.multinomial(torch.tensor([0, 0, 1]), 2, true); // tensor([2, 2])
 */
export function multinomial(
  input: Tensor,
  numSamples: number,
  replacement: boolean | (RandomOptions & { replacement?: boolean }) = false,
  options: RandomOptions = {},
): Tensor {
  const named = (isOptions(replacement) ? replacement : { ...options, replacement }) as RandomOptions & {
    replacement?: boolean;
  };
  const samples = intArg(numSamples, "multinomial", "num_samples", 2);
  const handle = self(input);
  const address = addressOf(named);
  return made(
    reading("torch.multinomial", () => core.op_multinomial(handle, samples, named.replacement ? 1 : 0, address)),
    {},
  );
}

interface DrawOptions {
  generator?: Generator | null;
}

/** @internal The methods of Tensor that overwrite it with random numbers. */
export const randomMethods = {
  /**
   * Uniform numbers in [from, to); follows torch.Tensor.uniform_.
   * @example
   * torch.zeros(3).uniform_(2, 3).min().item() >= 2; // true
   */
  uniform_<T extends Tensor>(
    this: T,
    from: number | (DrawOptions & { from?: number; to?: number }) = 0,
    to: number | DrawOptions = 1,
    options: DrawOptions = {},
  ): T {
    const named = isOptions(from) ? (from as DrawOptions) : { from, ...second("to", to, options) };
    core.op_uniform_(self(this), number(named, "from", 0), number(named, "to", 1), addressOf(named));
    return this;
  },
  /**
   * Normal numbers; follows torch.Tensor.normal_.
   * @example
   * torch.zeros(1000).normal_(1, 2).std().sub(2).abs().item() < 0.2; // true
   */
  normal_<T extends Tensor>(
    this: T,
    mean: number | (DrawOptions & { mean?: number; std?: number }) = 0,
    std: number | DrawOptions = 1,
    options: DrawOptions = {},
  ): T {
    const named = isOptions(mean) ? (mean as DrawOptions) : { mean, ...second("std", std, options) };
    core.op_normal_(self(this), number(named, "mean", 0), number(named, "std", 1), addressOf(named));
    return this;
  },
  /**
   * Integers: random_() over all that the dtype represents, random_(to), random_(from, to); follows torch.Tensor.random_.
   * @example
   * torch.zeros(4).random_(5, 6); // tensor([5., 5., 5., 5.])
   */
  random_<T extends Tensor>(
    this: T,
    from?: Scalar | DrawOptions,
    to?: Scalar | DrawOptions,
    options: DrawOptions = {},
  ): T {
    const named = isOptions(from) ? (from as DrawOptions) : isOptions(to) ? (to as DrawOptions) : options;
    const low = isOptions(from) ? undefined : optionalScalarArg(from, "random_", "from", 1);
    const high = isOptions(to) ? undefined : optionalScalarArg(to, "random_", "to", 2);
    core.op_random_(self(this), scalarWord(low), scalarWord(high), addressOf(named));
    return this;
  },
  /**
   * 0 or 1 with probability p of 1, a number or a tensor; follows torch.Tensor.bernoulli_.
   * @example
   * torch.zeros(3).bernoulli_(1); // tensor([1., 1., 1.])
   */
  bernoulli_<T extends Tensor>(this: T, p: number | Tensor = 0.5, options: DrawOptions = {}): T {
    const probability = operandArg(p, "bernoulli_", "p", 1);
    const drawn = made(core.op_bernoulliOf(self(this), probability, addressOf(options)), {});
    this.copy_(drawn);
    drawn.dispose();
    return this;
  },
  /**
   * Exponentially distributed numbers; follows torch.Tensor.exponential_.
   * @example
   * torch.zeros(1000).exponential_(2).mean().sub(0.5).abs().item() < 0.1; // true
   */
  exponential_<T extends Tensor>(this: T, lambd: number | DrawOptions = 1, options: DrawOptions = {}): T {
    const named = second("lambd", lambd, options);
    core.op_exponential_(self(this), number(named, "lambd", 1), addressOf(named));
    return this;
  },
  /**
   * Geometrically distributed numbers; follows torch.Tensor.geometric_.
   * @example
   * torch.zeros(1000).geometric_(0.5).mean().sub(2).abs().item() < 0.2; // true
   */
  geometric_<T extends Tensor>(this: T, p: number, options: DrawOptions = {}): T {
    core.op_geometric_(self(this), floatArg(p, "geometric_", "p", 1), addressOf(options));
    return this;
  },
  /**
   * Cauchy-distributed numbers; follows torch.Tensor.cauchy_.
   * @example
   * torch.zeros(1000).cauchy_().median().abs().item() < 0.2; // true
   */
  cauchy_<T extends Tensor>(this: T, median = 0, sigma: number | DrawOptions = 1, options: DrawOptions = {}): T {
    const named = second("sigma", sigma, options);
    const center = floatArg(median, "cauchy_", "median", 1);
    core.op_cauchy_(self(this), center, number(named, "sigma", 1), addressOf(named));
    return this;
  },
  /**
   * Log-normally distributed numbers; follows torch.Tensor.log_normal_.
   * @example
   * torch.zeros(1000).logNormal_(0, 1).log().mean().abs().item() < 0.2; // true
   */
  logNormal_<T extends Tensor>(this: T, mean = 1, std: number | DrawOptions = 2, options: DrawOptions = {}): T {
    const named = second("std", std, options);
    const center = floatArg(mean, "log_normal_", "mean", 1);
    core.op_logNormal_(self(this), center, number(named, "std", 2), addressOf(named));
    return this;
  },
};

/** A number among the options. */
function number(options: object, name: string, absent: number): number {
  const value = (options as Record<string, unknown>)[name];
  return value === undefined || value === null ? absent : floatArg(value, "random", name, 1);
}

/** An argument that may be the options instead. */
function second<K extends string>(
  name: K,
  value: number | DrawOptions,
  options: DrawOptions,
): DrawOptions & { [key in K]?: number } {
  return (isOptions(value) ? value : { ...options, [name]: value }) as DrawOptions & { [key in K]?: number };
}

/** @internal */
export type RandomMethods = typeof randomMethods;
