// Weights as a magnitude times a direction, or divided by their largest singular value; recomputed before each forward.

import { noGrad } from "../../autograd/mode.ts";
import { RuntimeError, ValueError } from "../../error.ts";
import * as torch from "../../gen/functions.ts";
import { norm } from "../../tensor/reductions.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { take, type Rest } from "../arguments.ts";
import { empty } from "../factory.ts";
import { normalize } from "../functional.ts";
import type { AnyModule } from "../module.ts";
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from "../modules/conv.ts";
import { Parameter } from "../parameter.ts";

/** The attribute of a name in either spelling: weight_hh_l0 is weightHhL0. */
export const attributeOf = (name: string): string =>
  name.replace(/(?<=[a-z0-9])_([a-z])/g, (_, letter: string) => letter.toUpperCase());
/** A module's attributes by name. */
export const attributes = (module: AnyModule): Record<string, unknown> => module as unknown as Record<string, unknown>;

/** ‖v‖ over all dimensions but `dim`, over all of them if it is null or -1, kept for broadcasting. */
export function normExcept(v: Tensor, dim: number | null): Tensor {
  if (dim === null || dim === -1) return norm(v);
  const others = v.shape.flatMap((_, d) => (d === (dim + v.ndim) % v.ndim ? [] : [d]));
  return others.length === 0 ? v.abs() : norm(v, 2, others, true);
}
export const weightOf = (v: Tensor, g: Tensor, dim: number | null): Tensor => v.mul(g.div(normExcept(v, dim)));

/** The weight as a matrix whose rows are the outputs. */
export function asMatrix(weight: Tensor, dim: number): Tensor {
  return (dim === 0 ? weight : weight.movedim(dim, 0)).reshape([weight.size(dim), -1]);
}
/** Where the outputs are: in the second dimension of transposed convolutions. */
export const outputDim = (module: AnyModule): number =>
  [ConvTranspose1d, ConvTranspose2d, ConvTranspose3d].some((Class) => (module as object) instanceof Class) ? 1 : 0;

/** A random direction. */
export const direction = (weight: Tensor, size: number, eps: number): Tensor =>
  normalize(empty([size], { dtype: weight.dtype, device: weight.device }).normal_(), { dim: 0, eps });

/** u and v towards the first singular vectors, in place. */
export function iterate(matrix: Tensor, u: Tensor, v: Tensor, count: number, eps: number): void {
  noGrad(() => {
    for (let i = 0; i < count; i++) {
      v.copy_(normalize(torch.mv(matrix.t(), u), { dim: 0, eps }));
      u.copy_(normalize(torch.mv(matrix, v), { dim: 0, eps }));
    }
  });
}
/** uᵀ·W·v of copies, since later steps change u and v, which the tape has saved. */
export const sigma = (matrix: Tensor, u: Tensor, v: Tensor): Tensor =>
  torch.dot(u.clone(), torch.mv(matrix, v.clone()));

type Kind = "weight_norm" | "spectral_norm";
/** Makes the attribute `norm.name` before every forward. It is found among a module's hooks, those of copies too. */
interface NormHook {
  (module: AnyModule): void;
  norm: { kind: Kind; name: string; restore(module: AnyModule): void };
}

function apply(
  kind: Kind,
  module: AnyModule,
  name: string,
  compute: (own: Record<string, unknown>, training: boolean) => Tensor,
  others: readonly string[],
): void {
  const hook: NormHook = (module) => void (attributes(module)[name] = compute(attributes(module), module.training));
  hook.norm = {
    kind,
    name,
    restore(module) {
      const own = attributes(module);
      const final = noGrad(() => compute(own, false)).detach();
      for (const key of [name, ...others]) delete own[key];
      own[name] = new Parameter(final);
    },
  };
  module.registerForwardPreHook(hook);
}
function find(kind: Kind, module: AnyModule, name: string): [handle: object, hook: NormHook] | undefined {
  const hooks = [...(module.ownHooks?.forwardPre ?? [])] as [object, Partial<NormHook>][];
  return hooks.find(([, { norm }]) => norm?.kind === kind && norm.name === name) as [object, NormHook] | undefined;
}
function refuseSecond(kind: Kind, module: AnyModule, name: string): void {
  if (find(kind, module, name)) {
    throw new RuntimeError(`Cannot register two ${kind} hooks on the same parameter ${name}`);
  }
}
function remove<M extends AnyModule>(kind: Kind, module: M, name: string): M {
  const [handle, hook] = find(kind, module, attributeOf(name)) ?? [];
  if (!handle) throw new ValueError(`${kind} of '${name}' not found in ${String(module)}`);
  module.ownHooks!.forwardPre.delete(handle);
  hook!.norm.restore(module);
  return module;
}
function parameterOf(kind: string, module: AnyModule, name: string): Parameter {
  const weight = attributes(module)[name];
  if (!(weight instanceof Parameter))
    throw new ValueError(`\`${kind}\` cannot be applied as parameter \`${name}\` is None`);
  return weight;
}

/**
 * Replaces a parameter by its direction `weight_v` and its magnitude `weight_g`, one for each index of `dim`, or one for all if `dim`
 * is null; follows torch.nn.utils.weight_norm.
 * @throws RuntimeError when it was done before
 * @example
 * const layer = nn.utils.weightNorm(new nn.Linear(20, 40));
 * Object.keys(layer.stateDict()); // ["bias", "weight_g", "weight_v"]
 */
export function weightNorm<M extends AnyModule>(
  module: M,
  ...rest: Rest<[name: string, dim: number | null], { name?: string; dim?: number | null }>
): M {
  const options = take("weight_norm", rest, { name: "weight", dim: 0 as number | null });
  const { dim } = options;
  const name = attributeOf(options.name);
  refuseSecond("weight_norm", module, name);
  const own = attributes(module);
  const weight = parameterOf("WeightNorm", module, name);
  delete own[name];
  own[`${name}G`] = new Parameter(noGrad(() => normExcept(weight, dim)));
  own[`${name}V`] = new Parameter(weight.detach());
  const compute = (own: Record<string, unknown>): Tensor =>
    weightOf(own[`${name}V`] as Tensor, own[`${name}G`] as Tensor, dim);
  own[name] = compute(own);
  apply("weight_norm", module, name, compute, [`${name}G`, `${name}V`]);
  return module;
}

/**
 * Makes the weight a parameter again; follows torch.nn.utils.remove_weight_norm.
 * @throws ValueError when it is none of weightNorm's
 * @example
 * const layer = nn.utils.weightNorm(new nn.Linear(2, 2));
 * Object.keys(nn.utils.removeWeightNorm(layer).stateDict()); // ["bias", "weight"]
 */
export const removeWeightNorm = <M extends AnyModule>(module: M, name = "weight"): M =>
  remove("weight_norm", module, name);

export interface SpectralNormOptions {
  name?: string;
  /** Steps of the power method at each forward in training (default 1). */
  nPowerIterations?: number;
  eps?: number;
  /** The dimension of the outputs (default 0, of transposed convolutions 1). */
  dim?: number | null;
}

/**
 * Divides a parameter by its largest singular value, found by the power method; follows torch.nn.utils.spectral_norm (Miyato
 * et al. 2018).
 * @example
 * const layer = nn.utils.spectralNorm(new nn.Linear(20, 40));
 * Object.keys(layer.stateDict()); // ["bias", "weight_orig", "weight_u", "weight_v"]
 */
export function spectralNorm<M extends AnyModule>(
  module: M,
  ...rest: Rest<[name: string, nPowerIterations: number, eps: number, dim: number | null], SpectralNormOptions>
): M {
  const options = take("spectral_norm", rest, {
    name: "weight",
    nPowerIterations: 1,
    eps: 1e-12,
    dim: null as number | null,
  });
  const { nPowerIterations: count, eps } = options;
  const dim = options.dim ?? outputDim(module);
  const name = attributeOf(options.name);
  refuseSecond("spectral_norm", module, name);
  const weight = parameterOf("SpectralNorm", module, name);
  if (!(count > 0)) {
    throw new ValueError(`Expected n_power_iterations to be positive, but got n_power_iterations=${count}`);
  }
  const own = attributes(module);
  const [orig, u, v] = [`${name}Orig`, `${name}U`, `${name}V`];
  const [height, width] = asMatrix(weight.detach(), dim).shape as [number, number];
  delete own[name];
  own[orig] = weight;
  own[name] = weight.detach();
  module.registerBuffer(u, direction(weight, height, eps));
  module.registerBuffer(v, direction(weight, width, eps));
  const compute = (own: Record<string, unknown>, training: boolean): Tensor => {
    const original = own[orig] as Parameter;
    const matrix = asMatrix(original, dim);
    if (training) iterate(matrix, own[u] as Tensor, own[v] as Tensor, count, eps);
    return original.div(sigma(matrix, own[u] as Tensor, own[v] as Tensor));
  };
  apply("spectral_norm", module, name, compute, [orig, u, v]);
  return module;
}

/**
 * Makes the weight a parameter again; follows torch.nn.utils.remove_spectral_norm.
 * @example
 * const layer = nn.utils.spectralNorm(new nn.Linear(2, 2));
 * Object.keys(nn.utils.removeSpectralNorm(layer).stateDict()); // ["bias", "weight"]
 */
export const removeSpectralNorm = <M extends AnyModule>(module: M, name = "weight"): M =>
  remove("spectral_norm", module, name);
