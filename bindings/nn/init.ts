// torch.nn.init: fills tensors in place, off the tape, with PyTorch's distributions and its random stream.

import { noGrad } from "../autograd/mode.ts";
import { ValueError } from "../error.ts";
import { empty } from "../factories.ts";
import { positional } from "../functional/arguments.ts";
import type { qr } from "../linalg/functions.ts";
import { partOf } from "../parts.ts";
import { type Rest, take } from "./arguments.ts";
import { randperm } from "../random.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Functions that `calculateGain` knows. */
export type Nonlinearity =
  | "linear"
  | "conv1d"
  | "conv2d"
  | "conv3d"
  | "conv_transpose1d"
  | "conv_transpose2d"
  | "conv_transpose3d"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "selu";
export type FanMode = "fan_in" | "fan_out";

const real = (value: number | { valueOf(): number }): number => Number(value);

/**
 * The recommended gain of a nonlinearity; `param` is the negative slope of leaky_relu.
 * Follows torch.nn.init.calculate_gain.
 * @throws ValueError for an unknown one
 * @example
 * nn.init.calculateGain("tanh"); // 1.6666666666666667
 */
export function calculateGain(nonlinearity: Nonlinearity, param?: number | null): number {
  switch (nonlinearity) {
    case "sigmoid":
    case "linear":
    case "conv1d":
    case "conv2d":
    case "conv3d":
    case "conv_transpose1d":
    case "conv_transpose2d":
    case "conv_transpose3d":
      return 1;
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.sqrt(2);
    case "leaky_relu": {
      const slope = param ?? 0.01;
      return Math.sqrt(2 / (1 + slope ** 2));
    }
    case "selu":
      return 3 / 4;
    default:
      throw new ValueError(`Unsupported nonlinearity ${String(nonlinearity)}`);
  }
}

/**
 * How many inputs and outputs an element of a weight has.
 * Follows torch.nn.init._calculate_fan_in_and_fan_out.
 * @throws ValueError for less than two dimensions
 * @example
 * nn.init.calculateFans(torch.empty(3, 5)); // { fanIn: 5, fanOut: 3 }
 */
export function calculateFans(tensor: Tensor): { fanIn: number; fanOut: number } {
  const { shape } = tensor;
  if (shape.length < 2) {
    throw new ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
  }
  const field = shape.slice(2).reduce((product, size) => product * size, 1);
  return { fanIn: shape[1]! * field, fanOut: shape[0]! * field };
}

let skipping = false;
/** @internal Runs `fn` with every function here leaving its tensor as it is. */
export function withoutInit<T>(fn: () => T): T {
  const before = skipping;
  skipping = true;
  try {
    return fn();
  } finally {
    skipping = before;
  }
}

function fill<T extends Tensor>(tensor: T, body: (tensor: T) => unknown): T {
  if (!skipping) noGrad(() => void body(tensor));
  return tensor;
}

type Gain = Rest<[gain: number], { gain?: number }>;
const gainOf = (op: string, rest: Gain): number => take(op, rest, { gain: 1 }).gain;

/**
 * Uniform on [a, b); follows torch.nn.init.uniform_.
 * @example
 * nn.init.uniform_(torch.empty(3), 1, 2).min().item() >= 1; // true
 */
export function uniform_<T extends Tensor>(
  tensor: T,
  ...rest: Rest<[a: number, b: number], { a?: number; b?: number }>
): T {
  const { a, b } = take("uniform_", rest, { a: 0, b: 1 });
  return fill(tensor, (t) => t.uniform_(a, b));
}
/**
 * Normal; follows torch.nn.init.normal_.
 * @example
 * nn.init.normal_(torch.empty(3), 0, 0.01).shape; // [3]
 */
export const normal_ = <T extends Tensor>(
  tensor: T,
  ...rest: Rest<[mean: number, std: number], { mean?: number; std?: number }>
): T => fill(tensor, (t) => t.normal_(...rest));
/**
 * One value; follows torch.nn.init.constant_.
 * @example
 * nn.init.constant_(torch.empty(2), 0.5); // tensor([0.5000, 0.5000])
 */
export const constant_ = <T extends Tensor>(tensor: T, value: number): T => fill(tensor, (t) => t.fill_(value));
/**
 * Ones; follows torch.nn.init.ones_.
 * @example
 * nn.init.ones_(torch.empty(2)); // tensor([1., 1.])
 */
export const ones_ = <T extends Tensor>(tensor: T): T => fill(tensor, (t) => t.fill_(1));
/**
 * Zeros; follows torch.nn.init.zeros_.
 * @example
 * nn.init.zeros_(torch.empty(2)); // tensor([0., 0.])
 */
export const zeros_ = <T extends Tensor>(tensor: T): T => fill(tensor, (t) => t.zero_());

/**
 * The identity matrix; follows torch.nn.init.eye_.
 * @throws ValueError unless the tensor has two dimensions
 * @example
 * nn.init.eye_(torch.empty(2, 2)); // tensor([[1., 0.], [0., 1.]])
 */
export function eye_<T extends Tensor>(tensor: T): T {
  if (tensor.ndim !== 2) throw new ValueError("Only tensors with 2 dimensions are supported");
  return fill(tensor, (t) => {
    t.zero_();
    t.diagonal().fill_(1);
  });
}

/**
 * Kernels that keep their input, as many channels as there are; follows torch.nn.init.dirac_.
 * @example
 * nn.init.dirac_(torch.empty(1, 1, 3)); // tensor([[[0., 1., 0.]]])
 */
export function dirac_<T extends Tensor>(tensor: T, ...rest: Rest<[groups: number], { groups?: number }>): T {
  const { groups } = take("dirac_", rest, { groups: 1 });
  const { ndim, shape } = tensor;
  if (![3, 4, 5].includes(ndim)) throw new ValueError("Only tensors with 3, 4, or 5 dimensions are supported");
  if (shape[0]! % groups !== 0) throw new ValueError("dim 0 must be divisible by groups");
  const perGroup = shape[0]! / groups;
  const count = Math.min(perGroup, shape[1]!);
  return fill(tensor, (t) => {
    t.zero_();
    let center: Tensor = t;
    for (let d = ndim - 1; d >= 2; d--) center = center.select(d, Math.floor(shape[d]! / 2));
    for (let g = 0; g < groups; g++)
      center
        .narrow(0, g * perGroup, count)
        .diagonal()
        .fill_(1);
  });
}

/**
 * Glorot's uniform initialisation; follows torch.nn.init.xavier_uniform_.
 * @example
 * nn.init.xavierUniform_(torch.empty(3, 5)).abs().max().item() <= Math.sqrt(6 / 8); // true
 */
export function xavierUniform_<T extends Tensor>(tensor: T, ...rest: Gain): T {
  const gain = gainOf("xavierUniform_", rest);
  const { fanIn, fanOut } = calculateFans(tensor);
  const bound = Math.sqrt(3) * (gain * Math.sqrt(2 / (fanIn + fanOut)));
  return uniform_(tensor, -bound, bound);
}

/**
 * Glorot's normal initialisation; follows torch.nn.init.xavier_normal_.
 * @example
 * nn.init.xavierNormal_(torch.empty(3, 5)).shape; // [3, 5]
 */
export function xavierNormal_<T extends Tensor>(tensor: T, ...rest: Gain): T {
  const gain = gainOf("xavierNormal_", rest);
  const { fanIn, fanOut } = calculateFans(tensor);
  return normal_(tensor, 0, gain * Math.sqrt(2 / (fanIn + fanOut)));
}

export interface KaimingOptions {
  /** The negative slope of leaky_relu (default 0). */
  a?: number;
  /** Keeps the variance forwards or backwards (default "fan_in"). */
  mode?: FanMode;
  nonlinearity?: Nonlinearity;
}

type KaimingArguments = [options?: KaimingOptions] | [a?: number, mode?: FanMode, nonlinearity?: Nonlinearity];

function kaimingStd(op: string, tensor: Tensor, args: KaimingArguments): number {
  const [a = 0, mode = "fan_in", nonlinearity = "leaky_relu"] = positional(args, ["a", "mode", "nonlinearity"], op) as [
    number?,
    FanMode?,
    Nonlinearity?,
  ];
  if (mode !== "fan_in" && mode !== "fan_out") {
    throw new ValueError(`Mode ${String(mode)} not supported, please use one of ['fan_in', 'fan_out']`);
  }
  const { fanIn, fanOut } = calculateFans(tensor);
  return calculateGain(nonlinearity, real(a)) / Math.sqrt(mode === "fan_in" ? fanIn : fanOut);
}

/**
 * He's uniform initialisation; follows torch.nn.init.kaiming_uniform_.
 * @example
 * nn.init.kaimingUniform_(torch.empty(3, 6), { nonlinearity: "relu" }).abs().max().item() <= 1; // true
 */
export function kaimingUniform_<T extends Tensor>(tensor: T, ...args: KaimingArguments): T {
  if (tensor.shape.includes(0)) return tensor;
  const bound = Math.sqrt(3) * kaimingStd("kaimingUniform_", tensor, args);
  return uniform_(tensor, -bound, bound);
}

/**
 * He's normal initialisation; follows torch.nn.init.kaiming_normal_.
 * @example
 * nn.init.kaimingNormal_(torch.empty(3, 5), { mode: "fan_out" }).shape; // [3, 5]
 */
export function kaimingNormal_<T extends Tensor>(tensor: T, ...args: KaimingArguments): T {
  if (tensor.shape.includes(0)) return tensor;
  return normal_(tensor, 0, kaimingStd("kaimingNormal_", tensor, args));
}

/** Φ, the distribution function of the standard normal. */
const normalCdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

/** The error function to double precision, by its series and its continued fraction. */
function erf(x: number): number {
  const size = Math.abs(x);
  let value: number;
  if (size < 2.5) {
    let term = size;
    value = size;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(value) && n < 200; n++) {
      term *= (-size * size) / n;
      value += term / (2 * n + 1);
    }
    value *= 2 / Math.sqrt(Math.PI);
  } else {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (size + fraction);
    value = 1 - Math.exp(-size * size) / ((size + fraction) * Math.sqrt(Math.PI));
  }
  return x < 0 ? -value : value;
}

/**
 * Normal, redrawn outside [a, b]; follows torch.nn.init.trunc_normal_.
 * @example
 * nn.init.truncNormal_(torch.empty(100)).abs().max().item() <= 2; // true
 */
export function truncNormal_<T extends Tensor>(
  tensor: T,
  ...rest: Rest<
    [mean: number, std: number, a: number, b: number],
    { mean?: number; std?: number; a?: number; b?: number }
  >
): T {
  const { mean, std, a, b } = take("truncNormal_", rest, { mean: 0, std: 1, a: -2, b: 2 });
  const low = normalCdf((a - mean) / std);
  const high = normalCdf((b - mean) / std);
  return fill(tensor, (t) =>
    t
      .uniform_(2 * low - 1, 2 * high - 1)
      .erfinv_()
      .mul_(std * Math.SQRT2)
      .add_(mean)
      .clamp_(a, b),
  );
}

/**
 * A (semi-)orthogonal matrix, the dims after the first taken as one; follows torch.nn.init.orthogonal_ (Saxe, McClelland
 * and Ganguli 2013).
 * @throws ValueError for less than two dimensions
 * @example
 * const w = nn.init.orthogonal_(torch.empty(2, 2));
 * w.matmul(w.t()).allclose(torch.eye(2), { atol: 1e-5 }); // true
 */
export function orthogonal_<T extends Tensor>(tensor: T, ...rest: Gain): T {
  const gain = gainOf("orthogonal_", rest);
  if (tensor.ndim < 2) throw new ValueError("Only tensors with 2 or more dimensions are supported");
  return fill(tensor, (t) => {
    if (t.numel() === 0) return;
    const rows = t.shape[0]!;
    const columns = t.numel() / rows;
    const normals = empty([rows, columns], { dtype: t.dtype, device: t.device }).normal_();
    const { Q: q, R: r } = partOf<typeof qr>("qr", "nn.init.orthogonal_")(rows < columns ? normals.t() : normals);
    // R's diagonal positive makes the distribution uniform
    const unique = q.mul(r.diagonal().sign());
    t.copy_((rows < columns ? unique.t() : unique).reshape(t.shape)).mul_(gain);
  });
}

/**
 * Normal, with a share `sparsity` of every column zero; follows torch.nn.init.sparse_.
 * @example
 * nn.init.sparse_(torch.empty(4, 2), 0.5).eq(0).sum(); // tensor(4)
 */
export function sparse_<T extends Tensor>(
  tensor: T,
  sparsity: number,
  ...rest: Rest<[std: number], { std?: number }>
): T {
  const { std } = take("sparse_", rest, { std: 0.01 });
  if (tensor.ndim !== 2) throw new ValueError("Only tensors with 2 dimensions are supported");
  const [rows, columns] = tensor.shape as [number, number];
  const zeros = Math.ceil(sparsity * rows);
  return fill(tensor, (t) => {
    t.normal_(0, std);
    for (let column = 0; column < columns; column++) {
      t.select(1, column).indexFill_(0, randperm(rows).narrow(0, 0, zeros), 0);
    }
  });
}
