// RMSprop.

import { take, type Rest } from "../nn/arguments.ts";
import { Tensor } from "../tensor/tensor.ts";
import {
  effectiveGrad,
  Optimizer,
  requireNonNegative,
  zeros,
  type Implementation,
  type ParamGroup,
  type Params,
  type ParamState,
} from "./optimizer.ts";

export interface RMSpropOptions extends Implementation {
  lr: number;
  /** Decay of the mean of squares (default 0.99). */
  alpha: number;
  eps: number;
  weightDecay: number;
  momentum: number;
  /** Subtracts the squared mean of gradients (default false). */
  centered: boolean;
  maximize: boolean;
}

/**
 * Gradients over the root of their mean square; follows torch.optim.RMSprop.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.RMSprop([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x.detach(); // tensor([5.9605e-08])
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(
    params: Params<RMSpropOptions>,
    ...rest: Rest<
      [lr: number, alpha: number, eps: number, weightDecay: number, momentum: number, centered: boolean],
      Partial<RMSpropOptions>
    >
  ) {
    const options = take("RMSprop", rest, {
      lr: 1e-2,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
      foreach: null,
      differentiable: false,
    });
    requireNonNegative(options, "lr", "eps", "momentum", "weightDecay", "alpha");
    super(params, options);
  }
  protected update(param: Tensor, grad: Tensor, group: ParamGroup<RMSpropOptions>, state: ParamState): void {
    const { lr, alpha, eps, weightDecay, momentum, centered, maximize } = group;
    if (state["step"] === undefined) {
      state["step"] = 0;
      state["square_avg"] = zeros(param);
      if (momentum > 0) state["momentum_buffer"] = zeros(param);
      if (centered) state["grad_avg"] = zeros(param);
    }
    state["step"] = (state["step"] as number) + 1;
    const direction = effectiveGrad(grad, param, maximize, weightDecay);
    const square = state["square_avg"] as Tensor;
    square.mul_(alpha).addcmul_(direction, direction, 1 - alpha);
    let root: Tensor;
    if (centered) {
      const mean = state["grad_avg"] as Tensor;
      mean.mul_(alpha).add_(direction, 1 - alpha);
      root = square.addcmul(mean, mean, -1).sqrt_().add_(eps);
    } else root = square.sqrt().add_(eps);
    if (momentum > 0) {
      const velocity = state["momentum_buffer"] as Tensor;
      velocity.mul_(momentum).addcdiv_(direction, root);
      param.add_(velocity, -lr);
    } else param.addcdiv_(direction, root, -lr);
  }
}
