// Modules as functions of their parameters.

import { RuntimeError } from "../error.ts";
import * as ops from "../gen/functions.ts";
import { Module, type AnyModule } from "../nn/module.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Tensors by their names in a module, as `namedParameters` and `namedBuffers` give them. */
export type State = Readonly<Record<string, Tensor>>;

/**
 * Calls a module with other parameters and buffers, by their dotted names; what is not named stays as it is. The module itself is
 * as before afterwards. A tensor that the module has under several names is replaced under all of them.
 * Follows torch.func.functional_call.
 * @param parametersAndBuffers an object, or a list of objects
 * @param args the module's arguments: a list, or the single one
 * @throws RuntimeError for names that the module does not have
 * @example
 * const model = new nn.Linear(2, 1);
 * const params = { weight: torch.ones(1, 2), bias: torch.zeros(1) };
 * torch.func.functionalCall(model, params, [torch.tensor([2, 3])]); // tensor([5.])
 * const loss = (params, x) => torch.func.functionalCall(model, params, [x]).sum();
 * torch.func.vmap(torch.func.grad(loss), [null, 0])(params, torch.eye(2)).weight.shape; // [2, 1, 2]
 */
export function functionalCall<Args extends unknown[], Result>(
  module: Module<Args, Result>,
  parametersAndBuffers: State | readonly State[],
  args: Args | Args[0],
): Result {
  const states: readonly State[] = Array.isArray(parametersAndBuffers)
    ? (parametersAndBuffers as readonly State[])
    : [parametersAndBuffers as State];
  const given = new Map<string, Tensor>();
  for (const state of states) {
    for (const [name, tensor] of Object.entries(state)) {
      if (given.has(name))
        throw new RuntimeError(`${name} appears in multiple dictionaries; behavior of functional call is ambiguous`);
      given.set(name, tensor);
    }
  }
  const places = placesIn(module as unknown as AnyModule);
  const undo: (() => void)[] = [];
  try {
    for (const [name, tensor] of given) {
      const value = places.get(name)?.value;
      if (value === undefined) {
        throw new RuntimeError(`functional_call: the module has no parameter or buffer named '${name}'`);
      }
      for (const [other, place] of places) {
        if (place.value !== value || (other !== name && given.has(other))) continue;
        place.set(tensor);
        undo.push(() => place.set(value));
      }
    }
    const list = (Array.isArray(args) ? args : [args]) as Args;
    return module(...list);
  } finally {
    for (const back of undo) back();
  }
}

/** Where a module holds a tensor. */
interface Place {
  readonly value: Tensor;
  set(tensor: Tensor): void;
}

/** Every tensor of the module by its dotted name. */
function placesIn(module: AnyModule): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const [path, part] of module.namedModules()) {
    for (const [name, value, set] of part.tensorMembers())
      places.set(path === "" ? name : `${path}.${name}`, { value, set });
  }
  return places;
}

/**
 * The parameters and the buffers of several modules of one architecture, stacked by name along a new first dim, to run them all by
 * a vmap of functionalCall. Follows torch.func.stack_module_state.
 * @returns [parameters, buffers]; the parameters are leaves that require gradients where the modules' did
 * @throws RuntimeError without modules, or where they differ in class or in training mode
 * @example
 * const [params, buffers] = torch.func.stackModuleState([new nn.Linear(2, 3), new nn.Linear(2, 3)]);
 * params.weight.shape; // [2, 3, 2]
 */
export function stackModuleState(
  models: readonly AnyModule[],
): [parameters: Record<string, Tensor>, buffers: Record<string, Tensor>] {
  const [first] = models;
  if (first === undefined) throw new RuntimeError("stack_module_state: Expected at least one model, got 0.");
  if (models.some((model) => model.training !== first.training)) {
    throw new RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.");
  }
  if (models.some((model) => model.constructor !== first.constructor)) {
    throw new RuntimeError("stack_module_state: Expected all models to be of the same class.");
  }
  const stacked = (all: (model: AnyModule) => Iterable<[string, Tensor]>): Record<string, Tensor> => {
    const states = models.map((model) => new Map(all(model)));
    return Object.fromEntries(
      Array.from(states[0]!, ([name, like]) => {
        const tensor = ops.stack(states.map((state) => state.get(name)!)).detach();
        return [name, like.requiresGrad ? tensor.requiresGrad_() : tensor];
      }),
    );
  };
  return [stacked((model) => model.namedParameters()), stacked((model) => model.namedBuffers())];
}
