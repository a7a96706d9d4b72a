// nn.Parameter: a tensor that a module registers by being assigned to one of its attributes.

import { core } from "../core.ts";
import { keep } from "../memory/scope.ts";
import { tensorArg } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Rest, take } from "./arguments.ts";

/**
 * A leaf tensor that requires grad and that belongs to the module it is assigned to. It shares `data`'s storage and outlives
 * every `torch.scope`; follows torch.nn.Parameter.
 * @example
 * new nn.Parameter(torch.zeros(2)); // Parameter containing: tensor([0., 0.], requires_grad=True)
 */
export class Parameter extends Tensor {
  constructor(data: Tensor, ...rest: Rest<[requiresGrad: boolean], { requiresGrad?: boolean }>) {
    const { requiresGrad } = take("Parameter", rest, { requiresGrad: true });
    super(core.detach(tensorArg(data, "Parameter", "data", 1)));
    keep(this);
    if (requiresGrad) this.requiresGrad = true;
  }

  override toString(): string {
    return `Parameter containing:\n${super.toString()}`;
  }
}
