// The relatives of Adam.

import { take, type Rest } from "../nn/arguments.ts";
import { pyFloat } from "../nn/python.ts";
import * as torch from "../gen/functions.ts";
import { ValueError } from "../error.ts";
import { Tensor } from "../tensor/tensor.ts";
import { updateMoments, type Betas } from "./adam.ts";
import {
  effectiveGrad,
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

export interface AdamaxOptions extends Implementation {
  lr: number;
  betas: Betas;
  eps: number;
  weightDecay: number;
  maximize: boolean;
}

/**
 * Adam with the infinity norm; follows torch.optim.Adamax.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.Adamax([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x.detach(); // tensor([0.9000])
 */
export class Adamax extends Optimizer<AdamaxOptions> {
  constructor(
    params: Params<AdamaxOptions>,
    ...rest: Rest<[lr: number, betas: Betas, eps: number, weightDecay: number], Partial<AdamaxOptions>>
  ) {
    const defaults: AdamaxOptions = {
      lr: 2e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      maximize: false,
      foreach: null,
    };
    const options = take("Adamax", rest, defaults);
    requireNonNegative(options, "lr", "eps");
    requireBetas(options.betas);
    requireNonNegative(options, "weightDecay");
    super(params, options);
  }
  protected update(param: Tensor, grad: Tensor, group: ParamGroup<AdamaxOptions>, state: ParamState): void {
    const { lr, betas, eps, weightDecay, maximize } = group;
    if (state["step"] === undefined) {
      state["step"] = stateNumber(0);
      state["exp_avg"] = zeros(param);
      state["exp_inf"] = zeros(param);
    }
    const step = nextStep(state);
    const direction = effectiveGrad(grad, param, maximize, weightDecay);
    const mean = state["exp_avg"] as Tensor;
    const largest = state["exp_inf"] as Tensor;
    mean.mul_(betas[0]).add_(direction, 1 - betas[0]);
    largest.copy_(torch.maximum(largest.mul(betas[1]), direction.abs().add_(eps)));
    param.addcdiv_(mean, largest, -lr / (1 - betas[0] ** step));
  }
}

export interface NAdamOptions extends Implementation {
  lr: number;
  betas: Betas;
  eps: number;
  weightDecay: number;
  momentumDecay: number;
}

/**
 * Adam with Nesterov momentum; follows torch.optim.NAdam.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.NAdam([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x.detach(); // tensor([0.8950])
 */
export class NAdam extends Optimizer<NAdamOptions> {
  constructor(
    params: Params<NAdamOptions>,
    ...rest: Rest<
      [lr: number, betas: Betas, eps: number, weightDecay: number, momentumDecay: number],
      Partial<NAdamOptions>
    >
  ) {
    const defaults: NAdamOptions = {
      lr: 2e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      momentumDecay: 4e-3,
      foreach: null,
    };
    const options = take("NAdam", rest, defaults);
    requireNonNegative(options, "lr", "eps");
    requireBetas(options.betas);
    requireNonNegative(options, "weightDecay", "momentumDecay");
    super(params, options);
  }
  protected update(param: Tensor, grad: Tensor, group: ParamGroup<NAdamOptions>, state: ParamState): void {
    const { lr, betas, eps, weightDecay, momentumDecay } = group;
    if (state["step"] === undefined) {
      state["step"] = stateNumber(0);
      state["mu_product"] = stateNumber(1);
      state["exp_avg"] = zeros(param);
      state["exp_avg_sq"] = zeros(param);
    }
    const step = nextStep(state);
    const direction = effectiveGrad(grad, param, false, weightDecay);
    const decay = (n: number): number => betas[0] * (1 - 0.5 * 0.96 ** (n * momentumDecay));
    const [mu, muNext] = [decay(step), decay(step + 1)];
    const product = (state["mu_product"] as Tensor).mul_(mu).item() as number;
    const [mean, square] = updateMoments(state, direction, betas);
    const denominator = square
      .div(1 - betas[1] ** step)
      .sqrt_()
      .add_(eps);
    param.addcdiv_(direction, denominator, (-lr * (1 - mu)) / (1 - product));
    param.addcdiv_(mean, denominator, (-lr * muNext) / (1 - product * mu * muNext));
  }
}

export interface RAdamOptions extends Implementation {
  lr: number;
  betas: Betas;
  eps: number;
  weightDecay: number;
}

/**
 * Adam with a rectified variance; follows torch.optim.RAdam.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.RAdam([x], { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * x.detach(); // tensor([0.8000])
 */
export class RAdam extends Optimizer<RAdamOptions> {
  constructor(
    params: Params<RAdamOptions>,
    ...rest: Rest<[lr: number, betas: Betas, eps: number, weightDecay: number], Partial<RAdamOptions>>
  ) {
    const defaults: RAdamOptions = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, foreach: null };
    const options = take("RAdam", rest, defaults);
    requireNonNegative(options, "lr", "eps");
    requireBetas(options.betas);
    requireNonNegative(options, "weightDecay");
    super(params, options);
  }
  protected update(param: Tensor, grad: Tensor, group: ParamGroup<RAdamOptions>, state: ParamState): void {
    const { lr, betas, eps, weightDecay } = group;
    if (state["step"] === undefined) {
      state["step"] = stateNumber(0);
      state["exp_avg"] = zeros(param);
      state["exp_avg_sq"] = zeros(param);
    }
    const step = nextStep(state);
    const [mean, square] = updateMoments(state, effectiveGrad(grad, param, false, weightDecay), betas);
    const correction2 = 1 - betas[1] ** step;
    const limit = 2 / (1 - betas[1]) - 1;
    const length = limit - (2 * step * betas[1] ** step) / correction2;
    const stepSize = lr / (1 - betas[0] ** step);
    if (length <= 5) {
      param.add_(mean, -stepSize);
      return;
    }
    const rectified = Math.sqrt(((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length));
    param.addcdiv_(mean, square.sqrt().add_(eps), -stepSize * rectified * Math.sqrt(correction2));
  }
}

export interface SparseAdamOptions {
  lr: number;
  betas: Betas;
  eps: number;
  maximize: boolean;
}

/**
 * Adam that changes only the rows whose gradient is not zero, as PyTorch's does with sparse gradients (here they are dense);
 * follows torch.optim.SparseAdam.
 * @example
 * const rows = new nn.Parameter(torch.ones(3, 2));
 * const optimizer = new optim.SparseAdam([rows], { lr: 0.5 });
 * nn.functional.embedding(torch.tensor([1n]), rows, { sparse: true }).sum().backward();
 * optimizer.step();
 * rows.detach(); // tensor([[1.0000, 1.0000], [0.5000, 0.5000], [1.0000, 1.0000]])
 */
export class SparseAdam extends Optimizer<SparseAdamOptions> {
  constructor(
    params: Params<SparseAdamOptions>,
    ...rest: Rest<[lr: number, betas: Betas, eps: number], Partial<SparseAdamOptions>>
  ) {
    const defaults: SparseAdamOptions = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, maximize: false };
    const options = take("SparseAdam", rest, defaults);
    if (!(options.lr > 0)) throw new ValueError(`Invalid learning rate: ${pyFloat(options.lr)}`);
    if (!(options.eps > 0)) throw new ValueError(`Invalid epsilon value: ${pyFloat(options.eps)}`);
    requireBetas(options.betas);
    super(params, options);
  }
  protected update(param: Tensor, grad: Tensor, group: ParamGroup<SparseAdamOptions>, state: ParamState): void {
    const { lr, betas, eps, maximize } = group;
    if (state["step"] === undefined) {
      state["step"] = 0;
      state["exp_avg"] = zeros(param);
      state["exp_avg_sq"] = zeros(param);
    }
    const step = (state["step"] = (state["step"] as number) + 1);
    const direction = maximize ? grad.neg() : grad;
    let touched = direction.ne(0);
    for (let d = param.ndim - 1; d > 0; d--) touched = touched.any(d, true);
    const mean = state["exp_avg"] as Tensor;
    const square = state["exp_avg_sq"] as Tensor;
    mean.add_(
      direction
        .sub(mean)
        .mul_(1 - betas[0])
        .mul_(touched),
    );
    square.add_(
      direction
        .square()
        .sub_(square)
        .mul_(1 - betas[1])
        .mul_(touched),
    );
    const stepSize = (lr * Math.sqrt(1 - betas[1] ** step)) / (1 - betas[0] ** step);
    param.addcdiv_(mean.mul(touched), square.sqrt().add_(eps), -stepSize);
  }
}
