// Clipping gradients.

import { noGrad } from "../../autograd/mode.ts";
import { RuntimeError, TypeError } from "../../error.ts";
import { positional } from "../../functional/arguments.ts";
import * as torch from "../../gen/functions.ts";
import { tensor } from "../../tensor/create.ts";
import { Tensor } from "../../tensor/tensor.ts";

const gradsOf = (parameters: Tensor | Iterable<Tensor>): Tensor[] =>
  (parameters instanceof Tensor ? [parameters] : [...parameters]).flatMap((parameter) => parameter.grad ?? []);

/**
 * Scales the gradients in place so that their norm, taken over all of them together, is at most `maxNorm`; follows
 * torch.nn.utils.clip_grad_norm_.
 * @returns the norm before scaling, 0-d
 * @example
 * const x = new nn.Parameter(torch.tensor([3, 4]));
 * x.square().sum().div(2).backward();
 * nn.utils.clipGradNorm_([x], 1); // tensor(5.)
 * x.grad; // tensor([0.6000, 0.8000])
 */
export function clipGradNorm_(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options?: { normType?: number; errorIfNonfinite?: boolean; foreach?: boolean | null },
): Tensor;
export function clipGradNorm_(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  normType?: number,
  errorIfNonfinite?: boolean,
): Tensor;
export function clipGradNorm_(parameters: Tensor | Iterable<Tensor>, ...args: unknown[]): Tensor {
  const names = ["maxNorm", "normType", "errorIfNonfinite", "foreach"];
  const [maxNorm, normType, errorIfNonfinite] = positional(args, names, "clipGradNorm_") as [
    number?,
    number?,
    boolean?,
  ];
  if (maxNorm === undefined)
    throw new TypeError("clip_grad_norm_() missing 1 required positional argument: 'max_norm'");
  const p = Number(normType ?? 2);
  const grads = gradsOf(parameters);
  if (grads.length === 0) return tensor(0);
  return noGrad(() => {
    const parts = grads.map((grad) => grad.detach().abs());
    const total =
      p === Infinity
        ? torch.stack(parts.map((part) => part.max() as Tensor)).max()
        : powerNorm(torch.stack(parts.map((part) => powerNorm(part, p))), p);
    if (errorIfNonfinite && !Number.isFinite(total.item() as number)) {
      throw new RuntimeError(
        `The total norm of order ${p} for gradients from \`parameters\` is non-finite, so it cannot be clipped. To disable ` +
          "this error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`",
      );
    }
    const factor = torch.clamp(total.add(1e-6).reciprocal().mul(maxNorm), null, 1);
    for (const grad of grads) grad.detach().mul_(factor);
    return total;
  });
}

function powerNorm(sizes: Tensor, p: number): Tensor {
  if (p === 1) return sizes.sum();
  if (p === 2) return sizes.square().sum().sqrt();
  return sizes
    .pow(p)
    .sum()
    .pow(1 / p);
}

/**
 * Clamps every gradient to [-clipValue, clipValue] in place; follows torch.nn.utils.clip_grad_value_.
 * @example
 * const x = new nn.Parameter(torch.tensor([3, 4]));
 * x.square().sum().backward();
 * nn.utils.clipGradValue_([x], 1);
 * x.grad; // tensor([1., 1.])
 */
export function clipGradValue_(
  parameters: Tensor | Iterable<Tensor>,
  clipValue: number,
  options?: { foreach?: boolean | null },
): void;
export function clipGradValue_(parameters: Tensor | Iterable<Tensor>, ...args: unknown[]): void {
  const [clipValue] = positional(args, ["clipValue", "foreach"], "clipGradValue_") as [number];
  noGrad(() => {
    for (const grad of gradsOf(parameters)) grad.detach().clamp_(-clipValue, Number(clipValue));
  });
}

/**
 * All parameters in one vector; follows torch.nn.utils.parameters_to_vector.
 * @example
 * nn.utils.parametersToVector([torch.tensor([1, 2]), torch.tensor([[3]])]); // tensor([1., 2., 3.])
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  return torch.cat([...parameters].map((parameter) => parameter.reshape([-1])));
}

/**
 * Copies a vector into parameters, in their order; follows torch.nn.utils.vector_to_parameters.
 * @example
 * const x = new nn.Parameter(torch.zeros(2));
 * nn.utils.vectorToParameters(torch.tensor([5, 6]), [x]);
 * x.detach(); // tensor([5., 6.])
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  let at = 0;
  noGrad(() => {
    for (const parameter of parameters) {
      const count = parameter.numel();
      parameter.copy_(vector.detach().narrow(0, at, count).view(parameter.shape));
      at += count;
    }
  });
}
