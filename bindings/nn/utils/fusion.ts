// Batch norm in evaluation folded into the layer before it; and modules without their initialisation.

import { RuntimeError } from "../../error.ts";
import * as torch from "../../gen/functions.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { fullLike } from "../factory.ts";
import { withoutInit } from "../init.ts";
import type { AnyModule } from "../module.ts";
import { Parameter } from "../parameter.ts";

type Weights = { weight: Parameter; bias: Parameter | null };
type Norm = {
  runningMean: Tensor | null;
  runningVar: Tensor | null;
  eps: number;
  weight: Tensor | null;
  bias: Tensor | null;
};

/**
 * Weight and bias of a convolution (or linear map) with the batch norm behind it; follows
 * torch.nn.utils.fusion.fuse_conv_bn_weights. `transpose`: the outputs are in the second dimension.
 * @example
 * const [weight, bias] = nn.utils.fuseConvBnWeights(torch.ones(1, 1, 1), null, torch.tensor([1]), torch.tensor([4]), 0, torch.tensor([2]), torch.tensor([3]));
 * bias.detach(); // tensor([2.])
 */
export function fuseConvBnWeights(
  weight: Tensor,
  bias: Tensor | null,
  mean: Tensor,
  variance: Tensor,
  eps: number,
  scale: Tensor | null,
  shift: Tensor | null,
  transpose = false,
): [weight: Parameter, bias: Parameter] {
  const factor = (scale ?? fullLike(mean, 1)).mul(torch.rsqrt(variance.add(eps)));
  const shape = weight.shape.map((_, d) => (d === (transpose ? 1 : 0) ? -1 : 1));
  const offset = (bias ?? fullLike(mean, 0)).sub(mean).mul(factor);
  return [new Parameter(weight.mul(factor.reshape(shape))), new Parameter(shift ? offset.add(shift) : offset)];
}

/**
 * A copy of a convolution, or linear layer, that also does what the batch norm behind it does in evaluation; follows
 * torch.nn.utils.fusion.fuse_conv_bn_eval.
 * @throws RuntimeError for modules in training
 * @example
 * const conv = new nn.Conv1d(1, 2, 1).eval();
 * const norm = new nn.BatchNorm1d(2).eval();
 * const x = torch.ones(1, 1, 3);
 * nn.utils.fuseConvBnEval(conv, norm)(x).allclose(norm(conv(x)), { atol: 1e-5 }); // true
 */
export function fuseConvBnEval<M extends AnyModule & Weights>(conv: M, norm: AnyModule & Norm, transpose = false): M {
  if (conv.training || norm.training) throw new RuntimeError("Fusion only for eval!");
  const fused = conv.deepCopy();
  const { runningMean, runningVar, eps, weight, bias } = norm;
  const old = [fused.weight.detach(), fused.bias?.detach() ?? null] as const;
  const affine = [weight?.detach() ?? null, bias?.detach() ?? null] as const;
  [fused.weight, fused.bias] = fuseConvBnWeights(...old, runningMean!, runningVar!, eps, ...affine, transpose);
  return fused;
}
/**
 * The same for linear layers; follows torch.nn.utils.fusion.fuse_linear_bn_eval.
 * @example
 * const linear = new nn.Linear(1, 2).eval();
 * const norm = new nn.BatchNorm1d(2).eval();
 * const x = torch.ones(3, 1);
 * nn.utils.fuseLinearBnEval(linear, norm)(x).allclose(norm(linear(x)), { atol: 1e-5 }); // true
 */
export const fuseLinearBnEval = fuseConvBnEval;

/**
 * A module whose parameters are not initialised, for those that are loaded next; follows torch.nn.utils.skip_init.
 * @example
 * const state = new nn.Linear(4, 3).stateDict();
 * const layer = nn.utils.skipInit(nn.Linear, 4, 3); // no time for values that are loaded next
 * layer.loadStateDict(state);
 * layer.weight.equal(state.weight); // true
 */
export function skipInit<Args extends unknown[], M extends AnyModule>(
  Class: new (...args: Args) => M,
  ...args: Args
): M {
  return withoutInit(() => new Class(...args));
}
