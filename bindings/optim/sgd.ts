import { ValueError } from "../error.ts";
import { take, type Rest } from "../nn/arguments.ts";
import { Tensor } from "../tensor/tensor.ts";
import {
  effectiveGrad,
  Optimizer,
  requireNonNegative,
  stateTensor,
  type ParamGroup,
  type Params,
  type ParamState,
} from "./optimizer.ts";

export interface SGDOptions {
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
 * @example new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
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
    });
    const { lr, momentum, dampening, weightDecay, nesterov } = options;
    if (lr === undefined)
      throw new ValueError("parameter group didn't specify a value of required optimization parameter lr");
    requireNonNegative("learning rate", lr);
    requireNonNegative("momentum value", momentum);
    requireNonNegative("weight_decay value", weightDecay);
    if (nesterov && (momentum <= 0 || dampening !== 0)) {
      throw new ValueError("Nesterov momentum requires a momentum and zero dampening");
    }
    super(params, { ...options, lr });
  }

  protected update(param: Tensor, grad: Tensor, group: ParamGroup<SGDOptions>, state: ParamState): void {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = group;
    let direction = weightDecay === 0 ? grad : effectiveGrad(grad, param, maximize, weightDecay);
    const sign = weightDecay === 0 && maximize ? -1 : 1;
    if (momentum !== 0) {
      const buffer = state["momentum_buffer"] as Tensor | null | undefined;
      const velocity = buffer
        ? buffer.mul_(momentum).add_(direction, sign * (1 - dampening))
        : (state["momentum_buffer"] = stateTensor(sign < 0 ? direction.neg() : direction.detach().clone()));
      if (!nesterov) {
        param.add_(velocity as Tensor, -lr);
        return;
      }
      direction = direction.mul(sign).add(velocity as Tensor, momentum);
      param.add_(direction, -lr);
      return;
    }
    state["momentum_buffer"] ??= null;
    param.add_(direction, -lr * sign);
  }
}
