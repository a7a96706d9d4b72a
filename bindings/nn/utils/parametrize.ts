// torch.nn.utils.parametrize: an attribute that modules compute from an original parameter whenever it is read.

import { noGrad } from "../../autograd/mode.ts";
import { RuntimeError, ValueError } from "../../error.ts";
import { checkOptions } from "../../tensor/call.ts";
import { type Rest, take } from "../arguments.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { exchange } from "../../memory/finalize.ts";
import { stateName, type AnyModule } from "../module.ts";
import { ModuleDict, ModuleList } from "../modules/containers.ts";
import { Parameter } from "../parameter.ts";
import { attributeOf, attributes } from "./weight-norm.ts";

/** A module from the original tensor, or tensors, to the attribute; `rightInverse` goes back. */
export interface Parametrization {
  rightInverse?(value: Tensor): Tensor | Tensor[];
}
const inverseOf = (module: AnyModule): Parametrization["rightInverse"] =>
  (module as Parametrization).rightInverse?.bind(module);

let cache: Map<ParametrizationList, Tensor> | undefined;
let depth = 0;

/**
 * The parametrizations of one tensor and what they start from; follows torch.nn.utils.parametrize.ParametrizationList.
 * @example
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 2));
 * layer.parametrizations.get("weight").originals().length; // 2
 */
export class ParametrizationList extends ModuleList {
  readonly unsafe: boolean;
  /** 0: one tensor, `original`; else `original0`, … */
  readonly count: number;

  constructor(modules: readonly AnyModule[], original: Tensor, unsafe = false) {
    super(modules);
    if (modules.length === 0) throw new ValueError("ParametrizationList requires one or more modules.");
    this.unsafe = unsafe;
    const value = noGrad(() => this.inverted(original, false));
    const several = !(value instanceof Tensor);
    this.count = several ? value.length : 0;
    if (!several && value.dtype !== original.dtype) {
      throw new ValueError(
        `When \`right_inverse\` outputs one tensor, it may not change the dtype.\noriginal.dtype: torch.${original.dtype}\n` +
          `right_inverse(original).dtype: torch.${value.dtype}`,
      );
    }
    const { shape, dtype } = original;
    const parts = several ? value : [value];
    parts.forEach((part, i) => {
      const name = several ? `original${i}` : "original";
      // the wrapper stays where there is one tensor, for optimizers that have it
      if (!several) {
        if (part !== original) refill(original, part);
        part = original;
      } else if (original instanceof Parameter) part = new Parameter(part.detach(), original.requiresGrad);
      if (part instanceof Parameter) this.registerParameter(name, part);
      else this.registerBuffer(name, part);
    });
    if (!unsafe) checkSame(this.value(), shape, dtype);
  }

  private inverted(value: Tensor, all: boolean): Tensor | Tensor[] {
    let result: Tensor | Tensor[] = value;
    for (const module of [...this].reverse()) {
      const inverse = inverseOf(module);
      if (inverse) result = inverse(result as Tensor);
      else if (all) {
        throw new RuntimeError(`parametrization ${module.constructor.name} does not implement right_inverse.`);
      }
    }
    return result;
  }

  /**
   * Changes the originals so that the attribute becomes `value`.
   * Follows torch.nn.utils.parametrize.ParametrizationList.right_inverse.
   * @throws RuntimeError where a parametrization has no way back
   * @example
   * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 1));
   * layer.parametrizations.get("weight").rightInverse(torch.tensor([[3, 4]]));
   * layer.weight.detach(); // tensor([[3., 4.]])
   */
  rightInverse(value: Tensor): void {
    noGrad(() => {
      const result = this.inverted(value, true);
      const parts = result instanceof Tensor ? [result] : result;
      if (parts.length !== Math.max(this.count, 1)) {
        throw new ValueError(
          `'right_inverse' must return a sequence of tensors of length ${this.count}. Got a sequence of length ${parts.length}.`,
        );
      }
      this.originals().forEach((original, i) => refill(original, parts[i]!));
    });
  }

  /**
   * The tensors that the attribute is made from.
   * Follows torch.nn.utils.parametrize.ParametrizationList.original.
   * @example
   * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 2));
   * layer.parametrizations.get("weight").originals().length; // 2
   */
  originals(): Tensor[] {
    const own = attributes(this as unknown as AnyModule);
    if (this.count === 0) return [own["original"] as Tensor];
    return Array.from({ length: this.count }, (_, i) => own[`original${i}`] as Tensor);
  }
  /**
   * What the attribute is now.
   * Follows torch.nn.utils.parametrize.ParametrizationList.forward.
   * @example
   * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 2));
   * layer.parametrizations.get("weight").value().equal(layer.weight); // true
   */
  value(): Tensor {
    let value = cache?.get(this);
    if (value === undefined) {
      const [first, ...others] = this as unknown as Iterable<(...inputs: Tensor[]) => Tensor>;
      value = others.reduce((tensor, module) => module(tensor), first!(...this.originals()));
      cache?.set(this, value);
    }
    return value;
  }
}

/** Gives a tensor another's values, in memory of its own: what shared it before stays as it is. */
function refill(tensor: Tensor, values: Tensor): void {
  const { requiresGrad } = tensor;
  exchange(tensor, values.detach().clone());
  tensor.requiresGrad = requiresGrad;
}

function checkSame(value: unknown, shape: readonly number[], dtype: string): void {
  if (!(value instanceof Tensor)) {
    throw new ValueError(`A parametrization must return a tensor. Got ${typeof value}.`);
  }
  const change = (what: string, before: string, after: string): never => {
    throw new ValueError(
      `Registering a parametrization may not change the ${what} of the tensor, unless \`unsafe\` flag is enabled.\n` +
        `unparametrized ${what}: ${before}\nparametrized ${what}: ${after}`,
    );
  };
  if (value.dtype !== dtype) change("dtype", `torch.${dtype}`, `torch.${value.dtype}`);
  const size = (sizes: readonly number[]): string => `torch.Size([${sizes.join(", ")}])`;
  if (String(value.shape) !== String(shape)) change("shape", size(shape), size(value.shape));
}

type Parametrized = { parametrizations?: ModuleDict<AnyModule> };
const listOf = (module: AnyModule, name: string): ParametrizationList | undefined =>
  (module as Parametrized).parametrizations?.get(stateName(attributeOf(name))) as ParametrizationList | undefined;

/**
 * Whether a module, or its attribute `name`, is parametrized; follows torch.nn.utils.parametrize.is_parametrized.
 * @example
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 2));
 * nn.utils.parametrize.isParametrized(layer, "weight"); // true
 */
export const isParametrized = (module: AnyModule, name?: string): boolean =>
  name === undefined ? ((module as Parametrized).parametrizations?.size ?? 0) > 0 : listOf(module, name) !== undefined;

/**
 * Lets `parametrization` compute the attribute `name` from what it was; assigning to it then needs `rightInverse`. The class of
 * the module becomes one of its own, which prints as ParametrizedLinear. Follows torch.nn.utils.parametrize.register_parametrization.
 * @throws ValueError for an attribute that is no tensor, or a parametrization that changes shape or dtype
 * @example
 * class Symmetric extends nn.Module {
 *   forward(x) {
 *     return x.triu().add(x.triu(1).t());
 *   }
 * }
 * const layer = new nn.Linear(3, 3);
 * nn.utils.parametrize.registerParametrization(layer, "weight", new Symmetric());
 * layer.weight.equal(layer.weight.t()); // true
 */
export function registerParametrization<M extends AnyModule>(
  module: M,
  name: string,
  parametrization: AnyModule,
  options: { unsafe?: boolean } = {},
): M {
  checkOptions(options, ["unsafe"], "registerParametrization");
  const { unsafe = false } = options;
  parametrization.train(module.training);
  const attribute = attributeOf(name);
  const own = attributes(module);
  const list = listOf(module, name);
  if (list) {
    if (!unsafe) {
      const before = list.value();
      checkSame((parametrization as unknown as (x: Tensor) => Tensor)(before), before.shape, before.dtype);
    }
    const inverse = inverseOf(parametrization);
    const value = list.value();
    list.append(parametrization);
    if (inverse) list.rightInverse(value);
    return module;
  }
  const original = own[attribute];
  if (!Object.hasOwn(module, attribute) || !(original instanceof Tensor)) {
    throw new ValueError(
      `Module '${String(module)}' does not have a parameter, a buffer, or a parametrized element with name '${name}'`,
    );
  }
  const parametrizations = new ParametrizationList([parametrization], original, unsafe);
  delete own[attribute];
  if (!(module as Parametrized).parametrizations) {
    const Base = module.constructor as new () => object;
    const Class = class extends Base {};
    Object.defineProperty(Class, "name", { value: `Parametrized${Base.name}` });
    Object.setPrototypeOf(module, Class.prototype);
    module.addModule("parametrizations", new ModuleDict<AnyModule>());
  }
  const key = stateName(attribute);
  (module as Parametrized).parametrizations!.set(key, parametrizations as unknown as AnyModule);
  Object.defineProperty(module.constructor.prototype, attribute, {
    configurable: true,
    get(this: AnyModule) {
      return listOf(this, key)!.value();
    },
    set(this: AnyModule, value: Tensor) {
      listOf(this, key)!.rightInverse(value);
    },
  });
  return module;
}

/**
 * Makes a parametrized attribute a tensor again: what it is now, or with `leaveParametrized` off what it was made from.
 * Follows torch.nn.utils.parametrize.remove_parametrizations.
 * @throws ValueError when there is none
 * @example
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 2));
 * nn.utils.parametrize.removeParametrizations(layer, "weight");
 * nn.utils.parametrize.isParametrized(layer); // false
 */
export function removeParametrizations<M extends AnyModule>(
  module: M,
  name: string,
  ...rest: Rest<[leaveParametrized: boolean], { leaveParametrized?: boolean }>
): M {
  const { leaveParametrized } = take("removeParametrizations", rest, { leaveParametrized: true });
  const list = listOf(module, name);
  if (!list) throw new ValueError(`Module ${String(module)} does not have a parametrization on ${name}`);
  const attribute = attributeOf(name);
  const [original, ...others] = list.originals() as [Tensor, ...Tensor[]];
  let result: Tensor = original;
  if (leaveParametrized) {
    const value = noGrad(() => list.value().detach());
    if (others.length === 0) refill(original, value);
    else result = original instanceof Parameter ? new Parameter(value, original.requiresGrad) : value;
  } else if (others.length > 0) {
    throw new ValueError(
      "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence of tensors.",
    );
  }
  const all = (module as Parametrized).parametrizations!;
  delete (module.constructor.prototype as Record<string, unknown>)[attribute];
  all.delete(stateName(attribute));
  if (all.size === 0) {
    delete (module as Parametrized).parametrizations;
    Object.setPrototypeOf(module, Object.getPrototypeOf(Object.getPrototypeOf(module)) as object);
  }
  if (result instanceof Parameter) module.registerParameter(attribute, result);
  else module.registerBuffer(attribute, result);
  return module;
}

/**
 * Runs `fn`, within which each parametrized attribute is computed once; follows torch.nn.utils.parametrize.cached.
 * @example
 * const layer = nn.utils.parametrizations.weightNorm(new nn.Linear(2, 2));
 * nn.utils.parametrize.cached(() => layer.weight === layer.weight); // true
 */
export function cached<T>(fn: () => T): T {
  cache ??= new Map();
  depth++;
  const done = (): void => {
    if (--depth === 0) cache = undefined;
  };
  let result: T;
  try {
    result = fn();
  } catch (error) {
    done();
    throw error;
  }
  if (result instanceof Promise) return result.finally(done) as T;
  done();
  return result;
}
