// autograd.Functions inside vmap.

import { mapping, type Function } from "../autograd/function.ts";
import * as ops from "../gen/functions.ts";
import { Tensor } from "../tensor/tensor.ts";
import { below, levelOf, physicalOf, raw, sizeOfLevel, standIn } from "./batched.ts";
import { scope } from "../memory/scope.ts";

/** Applies a Function to all samples at once where it says that it can, else to one after the other. */
function applyMapped(type: typeof Function, args: readonly unknown[]): unknown {
  const level = Math.max(...args.map((arg) => (arg instanceof Tensor ? levelOf(arg.handle) : 0)));
  const size = sizeOfLevel(level);
  // its results are handed over as stand-ins, which keep the physical tensors
  return below(level, () => {
    const results = scope(() => {
      const physical = (arg: unknown): Tensor | undefined => {
        const handle = arg instanceof Tensor ? physicalOf(arg.handle, level) : undefined;
        if (handle === undefined) return undefined;
        raw.retain(handle);
        return new Tensor(handle);
      };
      if (type.leadingDims) {
        const all = args.map((arg) =>
          arg instanceof Tensor ? (physical(arg) ?? arg.expand([size, ...arg.shape])) : arg,
        );
        return type.apply(...all) as unknown;
      }
      const wholes = args.map((arg) => physical(arg) ?? arg);
      const samples = Array.from({ length: size }, (_, b) => {
        const result: unknown = type.apply(
          ...wholes.map((whole, i) => (whole === args[i] ? whole : ops.select(whole as Tensor, 0, b))),
        );
        return result;
      });
      const column = (values: unknown[]): unknown =>
        values[0] instanceof Tensor ? ops.stack(values as Tensor[]) : values[0];
      const [first] = samples;
      return Array.isArray(first)
        ? first.map((_, i) => column(samples.map((sample) => (sample as unknown[])[i])))
        : column(samples);
    });
    const wrap = (value: unknown): unknown => {
      if (!(value instanceof Tensor)) return value;
      const mapped = new Tensor(standIn(value.handle, level));
      value.dispose();
      return mapped;
    };
    return Array.isArray(results) ? results.map(wrap) : wrap(results);
  });
}

/** Called by whoever makes torch complete. */
export function installFunctions(): void {
  mapping.apply = applyMapped;
}
