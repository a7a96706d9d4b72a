// Second forms, for tensors of any device, of the functions whose results depend on values: on WebGPU those have to be
// awaited. The generated functions have theirs beside them (gen/); these are of the functions that are written by hand.

import { resolve } from "../device.ts";
import { multinomial, type RandomOptions } from "../random.ts";
import { defineMethods, type Named } from "./call.ts";
import type { Index } from "./index.ts";
import type { Scalar } from "./scalar.ts";
import * as shapes from "./shapes.ts";
import type { HistogramOptions, UniqueOptions } from "./shapes.ts";
import { Tensor } from "./tensor.ts";

type AnyFunction = (...args: unknown[]) => never;

const later =
  (fn: unknown) =>
  (...args: unknown[]): Promise<never> =>
    resolve(() => (fn as AnyFunction)(...args));

/** `nonzero` of a tensor of any device. */
export const nonzeroAsync: {
  (input: Tensor): Promise<Tensor>;
  (input: Tensor, options: { asTuple: true }): Promise<Tensor[]>;
} = later(shapes.nonzero);

/** `unique` of a tensor of any device. */
export const uniqueAsync: {
  (input: Tensor, options?: UniqueOptions & { returnInverse?: false; returnCounts?: false }): Promise<Tensor>;
  (input: Tensor, options: UniqueOptions): Promise<Tensor[]>;
} = later(shapes.unique);

/** `uniqueConsecutive` of a tensor of any device. */
export const uniqueConsecutiveAsync: {
  (
    input: Tensor,
    options?: Omit<UniqueOptions, "sorted"> & { returnInverse?: false; returnCounts?: false },
  ): Promise<Tensor>;
  (input: Tensor, options: Omit<UniqueOptions, "sorted">): Promise<Tensor[]>;
} = later(shapes.uniqueConsecutive);

/** `histogram` of a tensor of any device. */
export const histogramAsync: (
  input: Tensor,
  bins: number | Tensor,
  options?: HistogramOptions | null,
) => Promise<Named<"hist" | "binEdges">> = later(shapes.histogram);

/** The indices that `where` gives for a condition alone, of a tensor of any device. */
export const whereAsync: (condition: Tensor) => Promise<Tensor[]> = later(shapes.where);

/** `multinomial` with weights of any device. */
export const multinomialAsync: (
  input: Tensor,
  numSamples: number,
  replacement?: boolean | (RandomOptions & { replacement?: boolean }),
  options?: RandomOptions,
) => Promise<Tensor> = later(multinomial);

/** The methods that this file adds to Tensor. */
export interface LaterMethods {
  /** `nonzero` of a tensor of any device. */
  nonzeroAsync(): Promise<Tensor>;
  nonzeroAsync(options: { asTuple: true }): Promise<Tensor[]>;
  /** `unique` of a tensor of any device. */
  uniqueAsync(options?: UniqueOptions & { returnInverse?: false; returnCounts?: false }): Promise<Tensor>;
  uniqueAsync(options: UniqueOptions): Promise<Tensor[]>;
  /** `uniqueConsecutive` of a tensor of any device. */
  uniqueConsecutiveAsync(
    options?: Omit<UniqueOptions, "sorted"> & { returnInverse?: false; returnCounts?: false },
  ): Promise<Tensor>;
  uniqueConsecutiveAsync(options: Omit<UniqueOptions, "sorted">): Promise<Tensor[]>;
  /** `histogram` of a tensor of any device. */
  histogramAsync(bins: number | Tensor, options?: HistogramOptions): Promise<Named<"hist" | "binEdges">>;
  /** `at` with masks of any device. @example await x.atAsync(x.gt(0)) */
  atAsync(...indices: Index[]): Promise<Tensor>;
  /** `put` with masks of any device. */
  putAsync(...indicesAndValue: [...Index[], Index | Scalar | Tensor]): Promise<this>;
  /** `multinomial` with weights of any device. */
  multinomialAsync(numSamples: number, replacement?: boolean, options?: RandomOptions): Promise<Tensor>;
  /**
   * `backward` through a graph that lies on several devices: a gradient that flows from WebGPU to the CPU has to be awaited.
   * Hooks may run more than once.
   */
  backwardAsync(gradient?: Tensor | null, retainGraph?: boolean | null, createGraph?: boolean): Promise<void>;
}

const laterMethod = (name: string) =>
  function (this: Tensor, ...args: unknown[]): Promise<never> {
    return resolve(() => (this as unknown as Record<string, AnyFunction>)[name]!(...args));
  };

for (const name of ["nonzero", "unique", "uniqueConsecutive", "histogram", "at", "put", "multinomial", "backward"]) {
  defineMethods(Tensor, { [`${name}Async`]: laterMethod(name) });
}
