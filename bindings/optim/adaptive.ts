// Optimizers with a step size per element: Adagrad, Adadelta, Rprop, and averaged SGD.

import { take, type Rest } from "../nn/arguments.ts";
import { fullLike } from "../nn/factory.ts";
import { pyFloat } from "../nn/python.ts";
import * as torch from "../gen/functions.ts";
import { ValueError } from "../error.ts";
import { Tensor } from "../tensor/tensor.ts";
import {
  effectiveGrad,
  filled,
  nextStep,
  Optimizer,
  requireNonNegative,
  stateNumber,
  zeros,
  type Implementation,
  type ParamGroup,
  type Params,
  type ParamState,
} from "./optimizer.ts";

const count = (state: ParamState): number => (state["step"] = ((state["step"] as number | undefined) ?? 0) + 1);

export interface AdagradOptions extends Implementation {
  lr: number;
  lrDecay: number;
  weightDecay: number;
  initialAccumulatorValue: number;
  eps: number;
  maximize: boolean;
}

/**
 * Gradients over the root of the sum of their squares; follows torch.optim.Adagrad.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.Adagrad([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x.detach(); // tensor([0.9000])
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  constructor(
    params: Params<AdagradOptions>,
    ...rest: Rest<
      [lr: number, lrDecay: number, weightDecay: number, initialAccumulatorValue: number, eps: number],
      Partial<AdagradOptions>
    >
  ) {
    const options = take("Adagrad", rest, {
      lr: 1e-2,
      lrDecay: 0,
      weightDecay: 0,
      initialAccumulatorValue: 0,
      eps: 1e-10,
      maximize: false,
      foreach: null,
    });
    requireNonNegative(options, "lr", "lrDecay", "weightDecay", "initialAccumulatorValue", "eps");
    super(params, options);
  }
  protected update(param: Tensor, grad: Tensor, group: ParamGroup<AdagradOptions>, state: ParamState): void {
    const { lr, lrDecay, weightDecay, eps, maximize } = group;
    state["step"] ??= stateNumber(0);
    state["sum"] ??= filled(param, group.initialAccumulatorValue);
    const step = nextStep(state);
    const direction = effectiveGrad(grad, param, maximize, weightDecay);
    const sum = state["sum"] as Tensor;
    sum.addcmul_(direction, direction);
    param.addcdiv_(direction, sum.sqrt().add_(eps), -lr / (1 + (step - 1) * lrDecay));
  }
}

export interface AdadeltaOptions extends Implementation {
  lr: number;
  rho: number;
  eps: number;
  weightDecay: number;
  maximize: boolean;
}

/**
 * Steps in proportion to the steps so far; follows torch.optim.Adadelta.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.Adadelta([x]);
 * x.square().sum().backward();
 * optimizer.step();
 * x.detach(); // tensor([0.9968])
 */
export class Adadelta extends Optimizer<AdadeltaOptions> {
  constructor(
    params: Params<AdadeltaOptions>,
    ...rest: Rest<[lr: number, rho: number, eps: number, weightDecay: number], Partial<AdadeltaOptions>>
  ) {
    const options = take("Adadelta", rest, {
      lr: 1,
      rho: 0.9,
      eps: 1e-6,
      weightDecay: 0,
      maximize: false,
      foreach: null,
    });
    requireNonNegative(options, "lr");
    if (!(options.rho >= 0 && options.rho <= 1)) throw new ValueError(`Invalid rho value: ${pyFloat(options.rho)}`);
    requireNonNegative(options, "eps", "weightDecay");
    super(params, options);
  }
  protected update(param: Tensor, grad: Tensor, group: ParamGroup<AdadeltaOptions>, state: ParamState): void {
    const { lr, rho, eps, weightDecay, maximize } = group;
    if (state["step"] === undefined) {
      state["step"] = 0;
      state["square_avg"] = zeros(param);
      state["acc_delta"] = zeros(param);
    }
    count(state);
    const direction = effectiveGrad(grad, param, maximize, weightDecay);
    const square = state["square_avg"] as Tensor;
    const steps = state["acc_delta"] as Tensor;
    square.mul_(rho).addcmul_(direction, direction, 1 - rho);
    const delta = steps.add(eps).sqrt_().div_(square.add(eps).sqrt_()).mul_(direction);
    steps.mul_(rho).addcmul_(delta, delta, 1 - rho);
    param.add_(delta, -lr);
  }
}

export interface RpropOptions extends Implementation {
  lr: number;
  /** Factors of the step size where the gradient's sign has changed and where it has not (default [0.5, 1.2]). */
  etas: readonly [number, number];
  /** Least and greatest step size (default [1e-6, 50]). */
  stepSizes: readonly [number, number];
  maximize: boolean;
}

/**
 * Steps by the gradient's sign alone; follows torch.optim.Rprop.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.Rprop([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x.detach(); // tensor([0.9000])
 */
export class Rprop extends Optimizer<RpropOptions> {
  constructor(
    params: Params<RpropOptions>,
    ...rest: Rest<
      [lr: number, etas: readonly [number, number], stepSizes: readonly [number, number]],
      Partial<RpropOptions>
    >
  ) {
    const defaults: RpropOptions = {
      lr: 1e-2,
      etas: [0.5, 1.2],
      stepSizes: [1e-6, 50],
      maximize: false,
      foreach: null,
    };
    const options = take("Rprop", rest, defaults);
    requireNonNegative(options, "lr");
    const [minus, plus] = options.etas;
    if (!(minus > 0 && minus < 1 && plus > 1))
      throw new ValueError(`Invalid eta values: ${pyFloat(minus)}, ${pyFloat(plus)}`);
    super(params, options);
  }
  protected update(param: Tensor, grad: Tensor, group: ParamGroup<RpropOptions>, state: ParamState): void {
    const [minus, plus] = group.etas;
    const [least, most] = group.stepSizes;
    if (state["step"] === undefined) {
      state["step"] = 0;
      state["prev"] = zeros(param);
      state["step_size"] = filled(param, group.lr);
    }
    count(state);
    const direction = group.maximize ? grad.neg() : grad;
    const previous = state["prev"] as Tensor;
    const sizes = state["step_size"] as Tensor;
    const agreement = direction.mul(previous);
    const turned = agreement.lt(0);
    const factor = torch.where(agreement.gt(0), plus, torch.where(turned, minus, fullLike(param, 1)));
    sizes.mul_(factor).clamp_(least, most);
    const used = direction.maskedFill(turned, 0);
    param.addcmul_(used.sign(), sizes, -1);
    previous.copy_(used);
  }
}

export interface ASGDOptions extends Implementation {
  lr: number;
  lambd: number;
  alpha: number;
  /** The step from which on it averages (default 1e6). */
  t0: number;
  weightDecay: number;
  maximize: boolean;
}

/**
 * SGD whose parameters are averaged in `ax` of the state; follows torch.optim.ASGD.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.ASGD([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x.detach(); // tensor([0.8000])
 */
export class ASGD extends Optimizer<ASGDOptions> {
  constructor(
    params: Params<ASGDOptions>,
    ...rest: Rest<[lr: number, lambd: number, alpha: number, t0: number, weightDecay: number], Partial<ASGDOptions>>
  ) {
    const options = take("ASGD", rest, {
      lr: 1e-2,
      lambd: 1e-4,
      alpha: 0.75,
      t0: 1e6,
      weightDecay: 0,
      maximize: false,
      foreach: null,
    });
    requireNonNegative(options, "lr", "weightDecay");
    super(params, options);
  }
  protected update(param: Tensor, grad: Tensor, group: ParamGroup<ASGDOptions>, state: ParamState): void {
    const { lr, lambd, alpha, t0, weightDecay, maximize } = group;
    if (state["step"] === undefined) {
      state["step"] = stateNumber(0);
      state["eta"] = stateNumber(lr);
      state["mu"] = stateNumber(1);
      state["ax"] = zeros(param);
    }
    const step = nextStep(state);
    const eta = (state["eta"] as Tensor).item() as number;
    const mu = (state["mu"] as Tensor).item() as number;
    const average = state["ax"] as Tensor;
    const direction = effectiveGrad(grad, param, maximize, weightDecay);
    param.mul_(1 - lambd * eta).add_(direction, -eta);
    if (mu === 1) average.copy_(param);
    else average.add_(param.sub(average), mu);
    (state["eta"] as Tensor).fill_(lr / (1 + lambd * lr * step) ** alpha);
    (state["mu"] as Tensor).fill_(1 / Math.max(1, step - t0));
  }
}
