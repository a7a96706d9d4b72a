import { ValueError } from "../error.ts";
import { take, type Rest } from "../nn/arguments.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  Optimizer,
  requireNonNegative,
  zeros,
  type Implementation,
  type ParamGroup,
  type Params,
  type ParamState,
} from "./optimizer.ts";

export interface SGDOptions extends Implementation {
  /** Learning rate. */
  lr: number;
  /** Share of the last step in the next one (default 0). */
  momentum: number;
  /** Damps the gradient's share in the momentum (default 0). */
  dampening: number;
  /** L2 penalty (default 0). */
  weightDecay: number;
  /** Nesterov momentum (default false). */
  nesterov: boolean;
  /** Ascends (default false). */
  maximize: boolean;
}

/**
 * Stochastic gradient descent; follows torch.optim.SGD.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.SGD([x], { lr: 0.1, momentum: 0.9 });
 * x.square().sum().backward();
 * optimizer.step();
 * x.detach(); // tensor([0.8000])
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(
    params: Params<SGDOptions>,
    ...rest: Rest<
      [lr: number, momentum: number, dampening: number, weightDecay: number, nesterov: boolean],
      Partial<SGDOptions>
    >
  ) {
    const options = take<Omit<SGDOptions, "lr"> & { lr: number | undefined }>("SGD", rest, {
      lr: undefined,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false,
      foreach: null,
      differentiable: false,
    });
    const { lr, momentum, dampening, weightDecay, nesterov } = options;
    if (lr === undefined)
      throw new ValueError("parameter group didn't specify a value of required optimization parameter lr");
    requireNonNegative({ lr, momentum, weightDecay }, "lr", "momentum", "weightDecay");
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new ValueError("Nesterov momentum requires a momentum and zero dampening");
    }
    super(params, { ...options, lr });
  }

  protected update(param: Tensor, grad: Tensor, group: ParamGroup<SGDOptions>, state: ParamState): void {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = group;
    const sign = maximize ? -1 : 1;
    const decays = weightDecay !== 0;
    if (momentum === 0) {
      state["momentum_buffer"] ??= null;
      if (decays) this.enqueue("sgdDecay", [param, grad], [-lr, sign, weightDecay]);
      else this.enqueue("sgd", [param, grad], [-lr * sign]);
      return;
    }
    // the first step takes the whole gradient into a buffer of zeros
    const isFirst = !state["momentum_buffer"];
    const buffer = (state["momentum_buffer"] ??= zeros(param)) as Tensor;
    const numbers = [-lr, momentum, isFirst ? 1 : 1 - dampening, sign];
    if (decays) numbers.push(weightDecay);
    const kind = nesterov ? "nesterov" : "momentum";
    this.enqueue(decays ? `${kind}Decay` : kind, [param, buffer, grad], numbers);
  }
}
