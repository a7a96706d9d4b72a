// Adam and AdamW.

import { take, type Rest } from "../nn/arguments.ts";
import { Tensor } from "../tensor/tensor.ts";
import {
  nextStep,
  Optimizer,
  requireBetas,
  requireNonNegative,
  stateNumber,
  zeros,
  type Implementation,
  type ParamGroup,
  type Params,
  type ParamState,
} from "./optimizer.ts";

/** Decay rates of the means of gradients and of their squares. */
export type Betas = readonly [number, number];

export interface AdamOptions extends Implementation {
  /** Learning rate (default 1e-3). */
  lr: number;
  /** Default [0.9, 0.999]. */
  betas: Betas;
  /** Added to the denominator (default 1e-8). */
  eps: number;
  /** L2 penalty, or with AdamW the decoupled decay. */
  weightDecay: number;
  /** Divides by the largest mean of squares so far (default false). */
  amsgrad: boolean;
  /** Ascends (default false). */
  maximize: boolean;
}
type AdamRest = Rest<
  [lr: number, betas: Betas, eps: number, weightDecay: number, amsgrad: boolean],
  Partial<AdamOptions>
>;

/** Means of the gradient and of its square, moved towards the newest. */
export function updateMoments(state: ParamState, grad: Tensor, [beta1, beta2]: Betas): [mean: Tensor, square: Tensor] {
  const mean = state["exp_avg"] as Tensor;
  const square = state["exp_avg_sq"] as Tensor;
  mean.mul_(beta1).add_(grad, 1 - beta1);
  square.mul_(beta2).addcmul_(grad, grad, 1 - beta2);
  return [mean, square];
}

abstract class AdamBase extends Optimizer<AdamOptions> {
  constructor(params: Params<AdamOptions>, weightDecay: number, what: string, rest: AdamRest) {
    const defaults: AdamOptions = {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay,
      amsgrad: false,
      maximize: false,
      foreach: null,
      capturable: false,
      differentiable: false,
      fused: false,
    };
    const options = take(what, rest, defaults);
    requireNonNegative(options, "lr", "eps");
    requireBetas(options.betas);
    requireNonNegative(options, "weightDecay");
    super(params, options);
  }

  /** `decay`: the L2 penalty, or with `decoupled` the factor that the parameter has first. */
  protected adamStep(
    param: Tensor,
    grad: Tensor,
    group: ParamGroup<AdamOptions>,
    state: ParamState,
    decoupled: boolean,
  ): void {
    const { lr, betas, eps, amsgrad, weightDecay } = group;
    if (state["step"] === undefined) {
      state["step"] = stateNumber(0);
      state["exp_avg"] = zeros(param);
      state["exp_avg_sq"] = zeros(param);
      if (amsgrad) state["max_exp_avg_sq"] = zeros(param);
    }
    const step = nextStep(state);
    const [beta1, beta2] = betas;
    const stepSize = lr / (1 - beta1 ** step);
    const root = Math.sqrt(1 - beta2 ** step);
    const tensors = [param, state["exp_avg"] as Tensor, state["exp_avg_sq"] as Tensor];
    if (amsgrad) tensors.push(state["max_exp_avg_sq"] as Tensor);
    tensors.push(grad);
    const numbers = [beta1, 1 - beta1, beta2, 1 - beta2, eps, -stepSize, root, group.maximize ? -1 : 1];
    const kind = amsgrad ? "amsgrad" : "adam";
    if (decoupled) this.enqueue(`${kind}Decoupled`, tensors, [...numbers, 1 - lr * weightDecay]);
    else if (weightDecay !== 0) this.enqueue(`${kind}Penalty`, tensors, [...numbers, weightDecay]);
    else this.enqueue(kind, tensors, numbers);
  }
}

/**
 * Adam; follows torch.optim.Adam.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.Adam([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x.detach(); // tensor([0.9000])
 */
export class Adam extends AdamBase {
  constructor(params: Params<AdamOptions>, ...rest: AdamRest) {
    super(params, 0, "Adam", rest);
  }
  protected update(param: Tensor, grad: Tensor, group: ParamGroup<AdamOptions>, state: ParamState): void {
    this.adamStep(param, grad, group, state, false);
  }
}

/**
 * Adam with weight decay apart from the gradient; follows torch.optim.AdamW.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.AdamW([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x.detach(); // tensor([0.8990])
 */
export class AdamW extends AdamBase {
  constructor(params: Params<AdamOptions>, ...rest: AdamRest) {
    super(params, 1e-2, "AdamW", rest);
  }
  protected update(param: Tensor, grad: Tensor, group: ParamGroup<AdamOptions>, state: ParamState): void {
    this.adamStep(param, grad, group, state, true);
  }
}
