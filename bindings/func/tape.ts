// What the core's autograd exports do for stand-ins (batched.ts): the tape itself only knows physical tensors.

import { core, type Core } from "../core.ts";
import { NotImplementedError, RuntimeError } from "../error.ts";
import { handles as list } from "../tensor/call.ts";
import { listAt } from "../tensor/intercept.ts";
import { batchedText } from "../tensor/read.ts";
import { below, layDown, levelOf, own, physicalOf, raw, resultsOf, run, sizeOfLevel, standIn } from "./batched.ts";
import { shapeOf, type Handle } from "./words.ts";

/** The physical tensor, or one that has all samples because it is expanded. */
function everySample(handle: Handle, level: number): Handle {
  return physicalOf(handle, level) ?? run("expand", handle, [sizeOfLevel(level), ...shapeOf(handle)]);
}

/** Below all levels. */
function bottom(handle: Handle): Handle {
  const level = levelOf(handle);
  return level === 0 ? handle : bottom(physicalOf(handle, level)!);
}

type Unary = "requiresGrad" | "isLeaf" | "gradFnName" | "gradFnCallback" | "retainGrad" | "detach_" | "bumpVersion";
type Making = "detach" | "alias" | "getGrad";

/** The same of the physical tensor. */
const forwarded =
  (name: Unary) =>
  (handle: Handle): number =>
    (raw[name] as (handle: Handle) => number)(bottom(handle));

/** A stand-in for what the physical tensor gives. */
const making =
  (name: Making) =>
  (handle: Handle): Handle => {
    const level = levelOf(handle);
    if (level === 0) return raw[name](handle);
    return below(level, () => {
      const result = core[name](physicalOf(handle, level)!);
      return result === 0 ? 0 : standIn(own(result), level);
    });
  };

/** The starting gradient of a mapped output that has none. */
function implicit(output: Handle, level: number): Handle {
  const physical = physicalOf(output, level)!;
  if (
    shapeOf(physical)
      .slice(1)
      .some((size) => size !== 1)
  ) {
    throw new RuntimeError("grad can be implicitly created only for scalar outputs");
  }
  return run("fullLike", physical, 1);
}

type Pass = (outputs: Handle[], grads: Handle[], inputs: Handle[], retain: number) => Handle[];

/** autograd.grad at the innermost level that occurs. `pass` runs it below. */
function gradients(outputs: Handle[], grads: Handle[], inputs: Handle[], retain: number, pass: Pass): Handle[] {
  const level = Math.max(...[...outputs, ...inputs, ...grads.filter((grad) => grad !== 0)].map(levelOf));
  if (level === 0) return pass(outputs, grads, inputs, retain);
  return below(level, () => {
    const physical = (handle: Handle): Handle => physicalOf(handle, level) ?? handle;
    const mapped = (handle: Handle): boolean => physicalOf(handle, level) !== undefined;
    const keep = (found: Handle[]): Handle[] => found.map((handle) => (handle === 0 ? 0 : standIn(own(handle), level)));
    if (inputs.every(mapped) && outputs.every((output, i) => mapped(output) || !mapped(grads[i]!))) {
      const starts = grads.map((grad, i) => {
        const output = outputs[i]!;
        if (!mapped(output)) return grad;
        return grad === 0 ? implicit(output, level) : everySample(grad, level);
      });
      return keep(gradients(outputs.map(physical), starts, inputs.map(physical), retain, pass));
    }
    // an input that all samples share: its gradient is asked for sample by sample
    const size = sizeOfLevel(level);
    const bits = raw.setGradMode(raw.gradMode() | 1);
    try {
      const each = Array.from({ length: size }, (_, b) => {
        const sample = (handle: Handle): Handle => {
          const of = physicalOf(handle, level);
          return of === undefined ? handle : run("select", of, 0, b);
        };
        const starts = grads.map((grad) => (grad === 0 ? 0 : sample(grad)));
        const found = gradients(outputs.map(sample), starts, inputs.map(physical), 1, pass);
        return found.map((handle, i) => {
          if (handle === 0) return 0;
          own(handle);
          return mapped(inputs[i]!) ? run("select", handle, 0, b) : handle;
        });
      });
      return inputs.map((_, i) => {
        const samples = each.map((found) => found[i]!);
        return samples.includes(0) ? 0 : standIn(run("stack", samples, 0), level);
      });
    } finally {
      raw.setGradMode(bits);
    }
  });
}

const unsupported = (what: string) => (handle: Handle, id: number) => {
  if (levelOf(handle) > 0) throw new NotImplementedError(`vmap: ${what} of a mapped tensor is not supported`);
  return raw.addHook(handle, id);
};

export function autogradExports(): Partial<Core> {
  const exports: Record<string, unknown> = {
    autogradGrad(
      outputs: number,
      grads: number,
      inputs: number,
      retain: number,
      create: number,
      unused: number,
    ): number {
      const [roots, leaves] = [listAt(outputs), listAt(inputs)];
      const starts = grads === 0 ? roots.map(() => 0) : listAt(grads);
      const found = gradients(roots, starts, leaves, retain, (...at) => {
        const count = raw.autogradGrad(list(at[0]), list(at[1]), list(at[2]), at[3], create, unused);
        return resultsOf(count);
      });
      return layDown(found);
    },
    backward(tensors: number, grads: number, retain: number, create: number, inputs: number): void {
      const roots = listAt(tensors);
      const starts = grads === 0 ? roots.map(() => 0) : listAt(grads);
      const leaves = inputs === 0 ? undefined : listAt(inputs).map(bottom);
      below(Math.max(1, ...roots.map(levelOf)), () => {
        // every level's mapped dim is one more of the physical tensor
        let [ends, seeds] = [roots, starts];
        for (let level = Math.max(...ends.map(levelOf)); level > 0; level = Math.max(...ends.map(levelOf))) {
          const at = level;
          seeds = ends.map((end, i) => {
            if (physicalOf(end, at) === undefined) return seeds[i]!;
            return seeds[i] === 0 ? implicit(end, at) : everySample(seeds[i]!, at);
          });
          ends = ends.map((end) => physicalOf(end, at) ?? end);
        }
        raw.backward(list(ends), list(seeds), retain, create, leaves === undefined ? 0 : list(leaves));
      });
    },
    hasOtherLeaves: (outputs: number, leaves: number) =>
      raw.hasOtherLeaves(list(listAt(outputs).map(bottom)), list(listAt(leaves).map(bottom))),
    setRequiresGrad: (handle: Handle, value: number) => raw.setRequiresGrad(bottom(handle), value),
    setGrad(handle: Handle, grad: Handle): void {
      const level = levelOf(handle);
      if (level === 0) return raw.setGrad(handle, grad);
      below(level, () => core.setGrad(physicalOf(handle, level)!, grad === 0 ? 0 : everySample(grad, level)));
    },
    addHook: unsupported("registerHook"),
    readBack(handle: Handle): Handle {
      if (levelOf(handle) > 0) throw new RuntimeError(batchedText.refusal(handle, "item"));
      return raw.readBack(handle);
    },
  };
  for (const name of [
    "requiresGrad",
    "isLeaf",
    "gradFnName",
    "gradFnCallback",
    "retainGrad",
    "detach_",
    "bumpVersion",
  ]) {
    exports[name] = forwarded(name as Unary);
  }
  for (const name of ["detach", "alias", "getGrad"]) exports[name] = making(name as Making);
  return exports as Partial<Core>;
}
