// torch.func's derivatives: functions that give gradients, products with Jacobians, and whole Jacobians of functions.
//
// A transform differentiates with the one tape there is. Its inputs become fresh nodes of it: views of tensors that already
// are on the tape, so that transforms nest, leaves otherwise. Inside a vmap they are mapped first, since the gradient
// of a tensor that the samples share would be the sum of theirs.

/* eslint-disable @typescript-eslint/no-explicit-any */

import { grad as tapeGradients } from "../autograd/backward.ts";
import { enableGrad, isGradEnabled } from "../autograd/mode.ts";
import { core } from "../core.ts";
import { RuntimeError } from "../error.ts";
import { zerosLike } from "../factories.ts";
import { checkOptions, tensors as tensorList } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import { mappedAtAllLevels } from "./batched.ts";
import { leavesOf, mapTensors, type Tree } from "./tree.ts";

export type AnyFunction = (...args: any[]) => any;
export type Argnums = number | readonly number[];

export interface GradOptions {
  /** which arguments to differentiate by: a number, or a list, for which there is a list of gradients; 0 by default */
  argnums?: Argnums;
  /** `fn` returns [output, auxiliary], and the second is handed through */
  hasAux?: boolean;
}

/** transforms that run: what they compute may be differentiated by those around them */
let open = 0;

/** Whether a transform runs. */
export const isInside = (): boolean => open > 0;

/** What a transform records on the tape: its inputs' nodes, and what has come of them. */
export class Recording {
  /** whether gradients are recorded where the transform was called */
  readonly outer = isGradEnabled();
  readonly inputs: Tensor[] = [];
  private connected = false;

  /** The tensors of a tree as inputs. */
  watch(tree: Tree): Tree {
    return mapTensors(tree, (tensor) => {
      if (!tensor.isFloatingPoint() && !tensor.isComplex()) {
        throw new RuntimeError("only Tensors of floating point and complex dtype can require gradients");
      }
      const whole = mappedAtAllLevels(tensor);
      const connected = this.outer && whole.requiresGrad;
      const input = connected ? whole.viewAs(whole) : whole.detach().requiresGrad_();
      this.connected ||= connected;
      this.inputs.push(input);
      return input;
    });
  }

  /** Runs `fn` with recording. */
  run<T>(fn: () => T): T {
    open++;
    try {
      return enableGrad(fn);
    } finally {
      open--;
    }
  }

  /** Whether something outside of the transform may ask for derivatives of what it gives. */
  isWatched(outputs: readonly Tensor[]): boolean {
    if (!this.outer) return false;
    if (open > 0 || this.connected) return true;
    const recorded = outputs.filter((output) => output.requiresGrad);
    if (recorded.length === 0) return false;
    return (
      core.hasOtherLeaves(tensorList(recorded, "grad", "outputs", 1), tensorList(this.inputs, "grad", "inputs", 2)) !==
      0
    );
  }
}

/** Gradients for all inputs; zeros where the outputs do not depend on one. */
export function gradients(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[] | undefined,
  { retain, create }: { retain: boolean; create: boolean },
): Tensor[] {
  const recorded = outputs.flatMap((output, i) =>
    output.requiresGrad ? [{ output, start: cotangents?.[i] ?? null }] : [],
  );
  const found =
    recorded.length === 0
      ? inputs.map(() => null)
      : enableGrad(() =>
          tapeGradients(
            recorded.map(({ output }) => output),
            inputs,
            {
              gradOutputs: recorded.map(({ start }) => start),
              retainGraph: retain || create,
              createGraph: create,
              allowUnused: true,
            },
          ),
        );
  return found.map((gradient, i) => gradient ?? zerosLike(inputs[i]!.detach()));
}

export const detached = (tree: Tree): Tree =>
  mapTensors(tree, (tensor) => (tensor.requiresGrad ? tensor.detach() : tensor));

/** The places of the arguments to differentiate by. */
function placesOf(argnums: Argnums, count: number): number[] {
  const list = typeof argnums === "number" ? [argnums] : [...argnums];
  if (list.length === 0) throw new RuntimeError("argnums must be non-empty");
  const places = list.map((argnum) => {
    if (!Number.isInteger(argnum)) {
      throw new RuntimeError(`argnum must be int or Tuple[int, ...], got: ${typeof argnum}`);
    }
    if (argnum < -count || argnum >= count) {
      throw new RuntimeError(`Got argnum=${argnum}, but only ${count} positional inputs`);
    }
    return argnum < 0 ? argnum + count : argnum;
  });
  if (new Set(places).size !== places.length) {
    throw new RuntimeError(`argnums elements must be unique, got [${list.join(", ")}]`);
  }
  return places;
}

/** Arguments with those at `places` watched, and these in the form that gradients have. */
export function watchArguments(recording: Recording, args: readonly unknown[], argnums: Argnums): [unknown[], Tree] {
  const places = placesOf(argnums, args.length);
  const inside = [...args];
  for (const place of places) inside[place] = recording.watch(args[place]);
  const watched = places.map((place) => inside[place]);
  return [inside, typeof argnums === "number" ? watched[0] : watched];
}

/** [output, auxiliary] of what `fn` returned. */
export function split(result: Tree, hasAux: boolean, name: string): [Tree, Tree] {
  if (!hasAux) return [result, undefined];
  if (!Array.isArray(result) || result.length !== 2) {
    throw new RuntimeError(
      `${name}(f)(*args): output of function f should be a tuple: (output, aux) if has_aux is True`,
    );
  }
  return [result[0], result[1]];
}

export function optionsOf(
  op: string,
  argnums: Argnums | GradOptions | undefined,
  hasAux: boolean,
): Required<GradOptions> {
  if (typeof argnums === "object" && !Array.isArray(argnums)) {
    const named = argnums as GradOptions;
    checkOptions(named, ["argnums", "hasAux"], op);
    return { argnums: named.argnums ?? 0, hasAux: named.hasAux ?? hasAux };
  }
  return { argnums: (argnums as Argnums | undefined) ?? 0, hasAux };
}

export function checkTensors(name: string, output: Tree): Tensor[] {
  const leaves = leavesOf(output);
  const wrong = leaves.find((leaf) => !(leaf instanceof Tensor));
  if (leaves.length === 0 || wrong !== undefined) {
    throw new RuntimeError(
      `${name}: expected f(*primals) to return only tensors, got unsupported type ${typeof wrong}`,
    );
  }
  return leaves as Tensor[];
}

/** J·v for outputs and inputs on the tape, by differentiating the product of a cotangent with J, which is linear in it. */
export function forward(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
): (tangents: readonly Tensor[], how: { retain: boolean; create: boolean }) => Tensor[] {
  const recorded = outputs.filter((output) => output.requiresGrad);
  const chosen = recorded.map((output) => zerosLike(output.detach()).requiresGrad_());
  const linear = gradients(recorded, inputs, chosen, { retain: true, create: true });
  return (tangents, how) => {
    const found = gradients(linear, chosen, tangents, how);
    return outputs.map((output) => {
      const at = recorded.indexOf(output);
      return at < 0 ? zerosLike(output.detach()) : found[at]!;
    });
  };
}
