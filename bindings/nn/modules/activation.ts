// Activations: modules around the functions of nn.functional, which have the formulas.

import { Tensor } from "../../tensor/tensor.ts";
import type { FloatScalar } from "../../tensor/scalar.ts";
import { take, type Factory, type Rest } from "../arguments.ts";
import { full } from "../factory.ts";
import * as F from "../functional.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { py, pyFloat } from "../python.ts";

type Inplace = Rest<[inplace: boolean], { inplace?: boolean }>;
const inplaceRepr = (inplace: boolean): string => (inplace ? "inplace=True" : "");
const inplaceLast = (inplace: boolean): string => (inplace ? ", inplace=True" : "");

/** An activation whose only setting is whether it writes into its input. */
abstract class InplaceActivation extends Module {
  readonly inplace: boolean;
  constructor(...rest: Inplace) {
    super();
    this.inplace = take(new.target.name, rest, { inplace: false }).inplace;
  }
  override extraRepr(): string {
    return inplaceRepr(this.inplace);
  }
}

/**
 * max(0, x); follows torch.nn.ReLU.
 * @example
 * new nn.ReLU()(torch.tensor([-1, 2])); // tensor([0., 2.])
 */
export class ReLU extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.relu(input, this.inplace);
  }
}

/**
 * min(max(0, x), 6); follows torch.nn.ReLU6.
 * @example
 * new nn.ReLU6()(torch.tensor([-1, 3, 8])); // tensor([0., 3., 6.])
 */
export class ReLU6 extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.relu6(input, this.inplace);
  }
}

/**
 * Scaled exponential linear unit; follows torch.nn.SELU.
 * @example
 * new nn.SELU()(torch.tensor([-1, 1])); // tensor([-1.1113, 1.0507])
 */
export class SELU extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.selu(input, this.inplace);
  }
}

/**
 * x·sigmoid(x); follows torch.nn.SiLU.
 * @example
 * new nn.SiLU()(torch.tensor([-1, 1])); // tensor([-0.2689, 0.7311])
 */
export class SiLU extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.silu(input, this.inplace);
  }
}

/**
 * x·tanh(softplus(x)); follows torch.nn.Mish.
 * @example
 * new nn.Mish()(torch.tensor([-1, 1])); // tensor([-0.3034, 0.8651])
 */
export class Mish extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.mish(input, this.inplace);
  }
}

/**
 * Piecewise linear sigmoid; follows torch.nn.Hardsigmoid.
 * @example
 * new nn.Hardsigmoid()(torch.tensor([-4, 0, 1.5])); // tensor([0.0000, 0.5000, 0.7500])
 */
export class Hardsigmoid extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.hardsigmoid(input, this.inplace);
  }
  override extraRepr(): string {
    return "";
  }
}

/**
 * x·hardsigmoid(x); follows torch.nn.Hardswish.
 * @example
 * new nn.Hardswish()(torch.tensor([-4, 1.5, 4])); // tensor([-0.0000, 1.1250, 4.0000])
 */
export class Hardswish extends InplaceActivation {
  forward(input: Tensor): Tensor {
    return F.hardswish(input, this.inplace);
  }
  override extraRepr(): string {
    return "";
  }
}

/**
 * 1 / (1 + exp(-x)); follows torch.nn.Sigmoid.
 * @example
 * new nn.Sigmoid()(torch.tensor([0, 2])); // tensor([0.5000, 0.8808])
 */
export class Sigmoid extends Module {
  forward(input: Tensor): Tensor {
    return input.sigmoid();
  }
}

/**
 * The hyperbolic tangent; follows torch.nn.Tanh.
 * @example
 * new nn.Tanh()(torch.tensor([0, 1])); // tensor([0.0000, 0.7616])
 */
export class Tanh extends Module {
  forward(input: Tensor): Tensor {
    return input.tanh();
  }
}

/**
 * log(sigmoid(x)); follows torch.nn.LogSigmoid.
 * @example
 * new nn.LogSigmoid()(torch.tensor([-1, 1])); // tensor([-1.3133, -0.3133])
 */
export class LogSigmoid extends Module {
  forward(input: Tensor): Tensor {
    return F.logsigmoid(input);
  }
}

/**
 * x / (1 + |x|); follows torch.nn.Softsign.
 * @example
 * new nn.Softsign()(torch.tensor([-1, 3])); // tensor([-0.5000, 0.7500])
 */
export class Softsign extends Module {
  forward(input: Tensor): Tensor {
    return F.softsign(input);
  }
}

/**
 * x - tanh(x); follows torch.nn.Tanhshrink.
 * @example
 * new nn.Tanhshrink()(torch.tensor([0, 1])); // tensor([0.0000, 0.2384])
 */
export class Tanhshrink extends Module {
  forward(input: Tensor): Tensor {
    return F.tanhshrink(input);
  }
}

/**
 * α·(exp(x) - 1) below 0; follows torch.nn.ELU.
 * @example
 * new nn.ELU()(torch.tensor([-1, 1])); // tensor([-0.6321, 1.0000])
 */
export class ELU extends Module {
  readonly alpha: number;
  readonly inplace: boolean;
  constructor(
    ...rest: Rest<[alpha: number | FloatScalar, inplace: boolean], { alpha?: number | FloatScalar; inplace?: boolean }>
  ) {
    super();
    ({ alpha: this.alpha, inplace: this.inplace } = take("ELU", rest, { alpha: 1, inplace: false }));
  }
  forward(input: Tensor): Tensor {
    return F.elu(input, this.alpha, this.inplace);
  }
  override extraRepr(): string {
    return `alpha=${pyFloat(this.alpha)}${inplaceLast(this.inplace)}`;
  }
}

/**
 * α·(exp(x/α) - 1) below 0; follows torch.nn.CELU.
 * @example
 * new nn.CELU()(torch.tensor([-1, 1])); // tensor([-0.6321, 1.0000])
 */
export class CELU extends Module {
  readonly alpha: number;
  readonly inplace: boolean;
  constructor(
    ...rest: Rest<[alpha: number | FloatScalar, inplace: boolean], { alpha?: number | FloatScalar; inplace?: boolean }>
  ) {
    super();
    ({ alpha: this.alpha, inplace: this.inplace } = take("CELU", rest, { alpha: 1, inplace: false }));
  }
  forward(input: Tensor): Tensor {
    return F.celu(input, this.alpha, this.inplace);
  }
  override extraRepr(): string {
    return `alpha=${pyFloat(this.alpha)}${inplaceLast(this.inplace)}`;
  }
}

/**
 * x·Φ(x), or its approximation by tanh; follows torch.nn.GELU.
 * @example
 * new nn.GELU()(torch.tensor([-1, 1])); // tensor([-0.1587, 0.8413])
 */
export class GELU extends Module {
  readonly approximate: "none" | "tanh";
  constructor(...rest: Rest<[approximate: "none" | "tanh"], { approximate?: "none" | "tanh" }>) {
    super();
    this.approximate = take("GELU", rest, { approximate: "none" as "none" | "tanh" }).approximate;
  }
  forward(input: Tensor): Tensor {
    return F.gelu(input, this.approximate);
  }
  override extraRepr(): string {
    return `approximate=${py(this.approximate)}`;
  }
}

/**
 * The first half of a dimension times the sigmoid of the second; follows torch.nn.GLU.
 * @example
 * new nn.GLU()(torch.tensor([1, 2, 0, 0])); // tensor([0.5000, 1.0000])
 */
export class GLU extends Module {
  readonly dim: number;
  constructor(...rest: Rest<[dim: number], { dim?: number }>) {
    super();
    this.dim = take("GLU", rest, { dim: -1 }).dim;
  }
  forward(input: Tensor): Tensor {
    return F.glu(input, this.dim);
  }
  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/**
 * Zero where |x| ≤ λ; follows torch.nn.Hardshrink.
 * @example
 * new nn.Hardshrink()(torch.tensor([-1, 0.3, 1])); // tensor([-1., 0., 1.])
 */
export class Hardshrink extends Module {
  readonly lambd: number;
  constructor(...rest: Rest<[lambd: number | FloatScalar], { lambd?: number | FloatScalar }>) {
    super();
    this.lambd = take("Hardshrink", rest, { lambd: 0.5 }).lambd;
  }
  forward(input: Tensor): Tensor {
    return F.hardshrink(input, this.lambd);
  }
  override extraRepr(): string {
    return pyFloat(this.lambd);
  }
}

/**
 * x moved towards zero by λ; follows torch.nn.Softshrink.
 * @example
 * new nn.Softshrink()(torch.tensor([-2, 0.3, 2])); // tensor([-1.5000, 0.0000, 1.5000])
 */
export class Softshrink extends Module {
  readonly lambd: number;
  constructor(...rest: Rest<[lambd: number | FloatScalar], { lambd?: number | FloatScalar }>) {
    super();
    this.lambd = take("Softshrink", rest, { lambd: 0.5 }).lambd;
  }
  forward(input: Tensor): Tensor {
    return F.softshrink(input, this.lambd);
  }
  override extraRepr(): string {
    return pyFloat(this.lambd);
  }
}

/**
 * x clamped to [minVal, maxVal]; follows torch.nn.Hardtanh.
 * @example
 * new nn.Hardtanh()(torch.tensor([-2, 0.5, 2])); // tensor([-1.0000, 0.5000, 1.0000])
 */
export class Hardtanh extends Module {
  readonly minVal: number;
  readonly maxVal: number;
  readonly inplace: boolean;
  constructor(
    ...rest: Rest<
      [minVal: number | FloatScalar, maxVal: number | FloatScalar, inplace: boolean],
      { minVal?: number | FloatScalar; maxVal?: number | FloatScalar; inplace?: boolean }
    >
  ) {
    super();
    const options = take("Hardtanh", rest, { minVal: -1, maxVal: 1, inplace: false });
    ({ minVal: this.minVal, maxVal: this.maxVal, inplace: this.inplace } = options);
  }
  forward(input: Tensor): Tensor {
    return F.hardtanh(input, this.minVal, this.maxVal, this.inplace);
  }
  override extraRepr(): string {
    return `min_val=${pyFloat(this.minVal)}, max_val=${pyFloat(this.maxVal)}${inplaceLast(this.inplace)}`;
  }
}

/**
 * `negativeSlope`·x below 0; follows torch.nn.LeakyReLU.
 * @example
 * new nn.LeakyReLU(0.1)(torch.tensor([-1, 1])); // tensor([-0.1000, 1.0000])
 */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;
  readonly inplace: boolean;
  constructor(
    ...rest: Rest<
      [negativeSlope: number | FloatScalar, inplace: boolean],
      { negativeSlope?: number | FloatScalar; inplace?: boolean }
    >
  ) {
    super();
    const options = take("LeakyReLU", rest, { negativeSlope: 0.01, inplace: false });
    ({ negativeSlope: this.negativeSlope, inplace: this.inplace } = options);
  }
  forward(input: Tensor): Tensor {
    return F.leakyRelu(input, this.negativeSlope, this.inplace);
  }
  override extraRepr(): string {
    return `negative_slope=${pyFloat(this.negativeSlope)}${inplaceLast(this.inplace)}`;
  }
}

/**
 * A random slope of [lower, upper] below 0 while training, their mean otherwise; follows torch.nn.RReLU.
 * @example
 * new nn.RReLU(0.25, 0.75).eval()(torch.tensor([-1, 1])); // tensor([-0.5000, 1.0000])
 */
export class RReLU extends Module {
  readonly lower: number;
  readonly upper: number;
  readonly inplace: boolean;
  constructor(
    ...rest: Rest<
      [lower: number | FloatScalar, upper: number | FloatScalar, inplace: boolean],
      { lower?: number | FloatScalar; upper?: number | FloatScalar; inplace?: boolean }
    >
  ) {
    super();
    const options = take("RReLU", rest, { lower: 1 / 8, upper: 1 / 3, inplace: false });
    ({ lower: this.lower, upper: this.upper, inplace: this.inplace } = options);
  }
  forward(input: Tensor): Tensor {
    return F.rrelu(input, this.lower, this.upper, this.training, this.inplace);
  }
  override extraRepr(): string {
    return `lower=${pyFloat(this.lower)}, upper=${pyFloat(this.upper)}${inplaceLast(this.inplace)}`;
  }
}

/**
 * log(1 + exp(βx)) / β; follows torch.nn.Softplus.
 * @example
 * new nn.Softplus()(torch.tensor([0, 30])); // tensor([0.6931, 30.0000])
 */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;
  constructor(
    ...rest: Rest<
      [beta: number | FloatScalar, threshold: number | FloatScalar],
      { beta?: number | FloatScalar; threshold?: number | FloatScalar }
    >
  ) {
    super();
    ({ beta: this.beta, threshold: this.threshold } = take("Softplus", rest, { beta: 1, threshold: 20 }));
  }
  forward(input: Tensor): Tensor {
    return F.softplus(input, this.beta, this.threshold);
  }
  override extraRepr(): string {
    return `beta=${this.beta}, threshold=${this.threshold}`;
  }
}

/**
 * x above the threshold, `value` elsewhere; follows torch.nn.Threshold.
 * @example
 * new nn.Threshold(0, 9)(torch.tensor([-1, 2])); // tensor([9., 2.])
 */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;
  readonly inplace: boolean;
  constructor(threshold: number | FloatScalar, value: number | FloatScalar, ...rest: Inplace) {
    super();
    this.threshold = Number(threshold);
    this.value = Number(value);
    this.inplace = take("Threshold", rest, { inplace: false }).inplace;
  }
  forward(input: Tensor): Tensor {
    return F.threshold(input, this.threshold, this.value, this.inplace);
  }
  override extraRepr(): string {
    return `threshold=${py(this.threshold)}, value=${py(this.value)}${inplaceLast(this.inplace)}`;
  }
}

/**
 * Below 0 a learned slope, one or one per channel; follows torch.nn.PReLU.
 * @example
 * new nn.PReLU()(torch.tensor([-2, 2])).detach(); // tensor([-0.5000, 2.0000])
 */
export class PReLU extends Module {
  readonly numParameters: number;
  weight: Parameter;
  constructor(
    ...rest: Rest<
      [numParameters: number, init: number | FloatScalar],
      { numParameters?: number; init?: number | FloatScalar } & Factory
    >
  ) {
    super();
    const { numParameters, init, device, dtype } = take("PReLU", rest, {
      numParameters: 1,
      init: 0.25,
      device: undefined as Factory["device"],
      dtype: undefined as Factory["dtype"],
    });
    this.numParameters = numParameters;
    this.weight = new Parameter(full([numParameters], init, { device, dtype: dtype ?? "float32" }));
  }
  forward(input: Tensor): Tensor {
    return F.prelu(input, this.weight);
  }
  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`;
  }
}

/** An activation over one dimension. */
abstract class DimActivation extends Module {
  readonly dim: number | null;
  constructor(...rest: Rest<[dim: number | null], { dim?: number | null }>) {
    super();
    this.dim = take(new.target.name, rest, { dim: null as number | null }).dim;
  }
}

/** Which dimension softmax takes where none is said, as PyTorch's deprecated rule has it. */
const implicitDim = (dim: number | null, { ndim }: Tensor): number =>
  dim ?? (ndim === 0 || ndim === 1 || ndim === 3 ? 0 : 1);

/**
 * exp(x) over its sum along `dim`; follows torch.nn.Softmax.
 * @example
 * new nn.Softmax(0)(torch.tensor([0, 0, 0, 0])); // tensor([0.2500, 0.2500, 0.2500, 0.2500])
 */
export class Softmax extends DimActivation {
  forward(input: Tensor): Tensor {
    return F.softmax(input, implicitDim(this.dim, input));
  }
  override extraRepr(): string {
    return `dim=${py(this.dim)}`;
  }
}

/**
 * log(softmax(x)); follows torch.nn.LogSoftmax.
 * @example
 * new nn.LogSoftmax(0)(torch.tensor([0, 0])); // tensor([-0.6931, -0.6931])
 */
export class LogSoftmax extends DimActivation {
  forward(input: Tensor): Tensor {
    return F.logSoftmax(input, implicitDim(this.dim, input));
  }
  override extraRepr(): string {
    return `dim=${py(this.dim)}`;
  }
}

/**
 * softmax(-x); follows torch.nn.Softmin.
 * @example
 * new nn.Softmin(0)(torch.tensor([0, 0])); // tensor([0.5000, 0.5000])
 */
export class Softmin extends DimActivation {
  forward(input: Tensor): Tensor {
    return F.softmax(input.neg(), implicitDim(this.dim, input));
  }
  override extraRepr(): string {
    return `dim=${py(this.dim)}`;
  }
}

/**
 * Softmax over the channels of [N, C, H, W] or [C, H, W]; follows torch.nn.Softmax2d.
 * @example
 * new nn.Softmax2d()(torch.zeros(1, 2, 1, 1)); // tensor([[[[0.5000]], [[0.5000]]]])
 */
export class Softmax2d extends Module {
  forward(input: Tensor): Tensor {
    return F.softmax(input, -3);
  }
}
