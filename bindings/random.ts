// Random numbers: PyTorch's own streams. What is drawn here with a seed is what PyTorch draws with it.

import { core, currentBuffer } from "./core.ts";
import { reading } from "./device.ts";
import { RuntimeError, ValueError } from "./error.ts";
import { Finalizers } from "./memory/finalize.ts";
import { type Arguments, required, type Rest, take } from "./nn/arguments.ts";
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
export function bernoulli(
  input: Tensor,
  ...rest: Rest<[p: number | null], DrawOptions & { p?: number | null }>
): Tensor {
  const { p, ...options } = take("bernoulli", rest, { p: null as number | null, ...unseeded });
  const probability = p === null ? 0 : scalarWord(float(floatArg(p, "bernoulli", "p", 2)));
  return made(core.op_bernoulli(self(input), probability, addressOf(options)), {});
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
  ...rest: Rest<[replacement: boolean], DrawOptions & { replacement?: boolean }>
): Tensor {
  const { replacement, ...options } = take("multinomial", rest, { replacement: false, ...unseeded });
  const samples = intArg(numSamples, "multinomial", "num_samples", 2);
  const handle = self(input);
  const address = addressOf(options);
  return made(
    reading("torch.multinomial", () => core.op_multinomial(handle, samples, replacement ? 1 : 0, address)),
    {},
  );
}

interface DrawOptions {
  generator?: Generator | null;
}
const unseeded = { generator: null as Generator | null };

/** Overwrites a tensor by numbers of a distribution, whose parameters `defaults` has in order. */
function draw<T extends Tensor>(
  tensor: T,
  op: "uniform_" | "normal_" | "exponential_" | "geometric_" | "cauchy_" | "logNormal_",
  args: readonly unknown[],
  defaults: Record<string, number>,
): T {
  const { generator, ...parameters } = take(op, args, { ...defaults, ...unseeded });
  const numbers = Object.entries(parameters).map(([name, value], i) => floatArg(value, op, name, i + 1));
  (core[`op_${op}`] as (...words: number[]) => void)(self(tensor), ...numbers, addressOf({ generator }));
  return tensor;
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
    ...args: Rest<[from: number, to: number], DrawOptions & { from?: number; to?: number }>
  ): T {
    return draw(this, "uniform_", args, { from: 0, to: 1 });
  },
  /**
   * Normal numbers; follows torch.Tensor.normal_.
   * @example
   * torch.zeros(1000).normal_(1, 2).std().sub(2).abs().item() < 0.2; // true
   */
  normal_<T extends Tensor>(
    this: T,
    ...args: Rest<[mean: number, std: number], DrawOptions & { mean?: number; std?: number }>
  ): T {
    return draw(this, "normal_", args, { mean: 0, std: 1 });
  },
  /**
   * Integers: random_() over all that the dtype represents, random_(to), random_(from, to); follows torch.Tensor.random_.
   * @example
   * torch.zeros(4).random_(5, 6); // tensor([5., 5., 5., 5.])
   */
  random_<T extends Tensor>(
    this: T,
    ...args: Rest<[from: Scalar | null, to: Scalar | null], DrawOptions & { from?: Scalar | null; to?: Scalar | null }>
  ): T {
    const { from, to, ...options } = take("random_", args, { from: null, to: null, ...unseeded });
    const low = optionalScalarArg(from, "random_", "from", 1);
    const high = optionalScalarArg(to, "random_", "to", 2);
    core.op_random_(self(this), scalarWord(low), scalarWord(high), addressOf(options));
    return this;
  },
  /**
   * 0 or 1 with probability p of 1, a number or a tensor; follows torch.Tensor.bernoulli_.
   * @example
   * torch.zeros(3).bernoulli_(1); // tensor([1., 1., 1.])
   */
  bernoulli_<T extends Tensor>(this: T, ...args: Rest<[p: number | Tensor], DrawOptions & { p?: number | Tensor }>): T {
    const { p, ...options } = take("bernoulli_", args, { p: 0.5 as number | Tensor, ...unseeded });
    const drawn = made(core.op_bernoulliOf(self(this), operandArg(p, "bernoulli_", "p", 1), addressOf(options)), {});
    this.copy_(drawn);
    drawn.dispose();
    return this;
  },
  /**
   * Exponentially distributed numbers; follows torch.Tensor.exponential_.
   * @example
   * torch.zeros(1000).exponential_(2).mean().sub(0.5).abs().item() < 0.1; // true
   */
  exponential_<T extends Tensor>(this: T, ...args: Rest<[lambd: number], DrawOptions & { lambd?: number }>): T {
    return draw(this, "exponential_", args, { lambd: 1 });
  },
  /**
   * Geometrically distributed numbers; follows torch.Tensor.geometric_.
   * @example
   * torch.zeros(1000).geometric_(0.5).mean().sub(2).abs().item() < 0.2; // true
   */
  geometric_<T extends Tensor>(this: T, ...args: Arguments<[p: number], { p: number }, [], DrawOptions>): T {
    return draw(this, "geometric_", args, { p: required<number>() });
  },
  /**
   * Cauchy-distributed numbers; follows torch.Tensor.cauchy_.
   * @example
   * torch.zeros(1000).cauchy_().median().abs().item() < 0.2; // true
   */
  cauchy_<T extends Tensor>(
    this: T,
    ...args: Rest<[median: number, sigma: number], DrawOptions & { median?: number; sigma?: number }>
  ): T {
    return draw(this, "cauchy_", args, { median: 0, sigma: 1 });
  },
  /**
   * Log-normally distributed numbers; follows torch.Tensor.log_normal_.
   * @example
   * torch.zeros(1000).logNormal_(0, 1).log().mean().abs().item() < 0.2; // true
   */
  logNormal_<T extends Tensor>(
    this: T,
    ...args: Rest<[mean: number, std: number], DrawOptions & { mean?: number; std?: number }>
  ): T {
    return draw(this, "logNormal_", args, { mean: 1, std: 2 });
  },
};

/** @internal */
export type RandomMethods = typeof randomMethods;
