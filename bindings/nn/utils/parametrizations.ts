// torch.nn.utils.parametrizations: ready-made ones.

import { ValueError } from "../../error.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { take, type Rest } from "../arguments.ts";
import { normalize } from "../functional.ts";
import { Module, type AnyModule } from "../module.ts";
import { registerParametrization } from "./parametrize.ts";
import {
  asMatrix,
  attributeOf,
  attributes,
  direction,
  iterate,
  normExcept,
  outputDim,
  sigma,
  weightOf,
} from "./weight-norm.ts";
import type { SpectralNormOptions } from "./weight-norm.ts";

class _WeightNorm extends Module<[g: Tensor, v: Tensor]> {
  readonly dim: number | null;
  constructor(dim: number | null) {
    super();
    this.dim = dim;
  }
  forward(g: Tensor, v: Tensor): Tensor {
    return weightOf(v, g, this.dim);
  }
  rightInverse(weight: Tensor): Tensor[] {
    return [normExcept(weight, this.dim), weight];
  }
}

class _SpectralNorm extends Module {
  readonly dim: number;
  readonly count: number;
  readonly eps: number;
  constructor(weight: Tensor, count: number, dim: number, eps: number) {
    super();
    this.dim = (dim + weight.ndim) % weight.ndim;
    this.count = count;
    this.eps = eps;
    if (!(count > 0)) {
      throw new ValueError(`Expected n_power_iterations to be positive, but got n_power_iterations=${count}`);
    }
    if (weight.ndim < 2) return;
    const matrix = asMatrix(weight.detach(), this.dim);
    const [height, width] = matrix.shape as [number, number];
    this.registerBuffer("_u", direction(weight, height, eps));
    this.registerBuffer("_v", direction(weight, width, eps));
    this.improve(matrix, 15);
  }
  private get vectors(): { _u: Tensor; _v: Tensor } {
    return this as unknown as { _u: Tensor; _v: Tensor };
  }
  private improve(matrix: Tensor, count: number): void {
    // u first, v from it: the other way round than in nn.utils.spectralNorm
    iterate(matrix.t(), this.vectors._v, this.vectors._u, count, this.eps);
  }
  forward(weight: Tensor): Tensor {
    if (weight.ndim < 2) return normalize(weight, { dim: 0, eps: this.eps });
    const matrix = asMatrix(weight, this.dim);
    if (this.training) this.improve(matrix, this.count);
    return weight.div(sigma(matrix, this.vectors._u, this.vectors._v));
  }
  rightInverse(value: Tensor): Tensor {
    return value;
  }
}

function tensorOf(module: AnyModule, name: string): Tensor {
  const weight = attributes(module)[attributeOf(name)];
  if (weight instanceof Tensor) return weight;
  throw new ValueError(`Module '${String(module)}' has no parameter or buffer with name '${name}'`);
}

/**
 * Weight norm as a parametrization: `original0` is the magnitude, `original1` the direction; follows
 * torch.nn.utils.parametrizations.weight_norm of PyTorch 2.
 * @example
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(20, 40));
 * Object.keys(layer.stateDict()); // ["bias", "parametrizations.weight.original0", "parametrizations.weight.original1"]
 */
export function weightNorm<M extends AnyModule>(
  module: M,
  ...rest: Rest<[name: string, dim: number | null], { name?: string; dim?: number | null }>
): M {
  const { name, dim } = take("weight_norm", rest, { name: "weight", dim: 0 as number | null });
  tensorOf(module, name);
  return registerParametrization(module, name, new _WeightNorm(dim) as unknown as AnyModule, { unsafe: true });
}

/**
 * Spectral norm as a parametrization; follows torch.nn.utils.parametrizations.spectral_norm.
 * @example nn.utils.parametrizations.spectralNorm(new nn.Linear(20, 40));
 */
export function spectralNorm<M extends AnyModule>(
  module: M,
  ...rest: Rest<[name: string, nPowerIterations: number, eps: number, dim: number | null], SpectralNormOptions>
): M {
  const options = { name: "weight", nPowerIterations: 1, eps: 1e-12, dim: null as number | null };
  const { name, nPowerIterations, eps, dim } = take("spectral_norm", rest, options);
  const norm = new _SpectralNorm(tensorOf(module, name), nPowerIterations, dim ?? outputDim(module), eps);
  return registerParametrization(module, name, norm as unknown as AnyModule);
}
