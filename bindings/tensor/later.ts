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

/**
 * `nonzero` of a tensor of any device.
 * Follows torch.nonzero.
 * @example
 * await torch.nonzeroAsync(torch.tensor([0, 5, 6])); // tensor([[1], [2]])
 */
export const nonzeroAsync: {
  (input: Tensor): Promise<Tensor>;
  (input: Tensor, options: { asTuple: true }): Promise<Tensor[]>;
} = later(shapes.nonzero);

/**
 * `unique` of a tensor of any device.
 * Follows torch.unique.
 * @example
 * await torch.uniqueAsync(torch.tensor([2, 1, 2])); // tensor([1., 2.])
 */
export const uniqueAsync: {
  (input: Tensor, options?: UniqueOptions & { returnInverse?: false; returnCounts?: false }): Promise<Tensor>;
  (input: Tensor, options: UniqueOptions): Promise<Tensor[]>;
} = later(shapes.unique);

/**
 * `uniqueConsecutive` of a tensor of any device.
 * Follows torch.unique_consecutive.
 * @example
 * await torch.uniqueConsecutiveAsync(torch.tensor([1, 1, 2, 1])); // tensor([1., 2., 1.])
 */
export const uniqueConsecutiveAsync: {
  (
    input: Tensor,
    options?: Omit<UniqueOptions, "sorted"> & { returnInverse?: false; returnCounts?: false },
  ): Promise<Tensor>;
  (input: Tensor, options: Omit<UniqueOptions, "sorted">): Promise<Tensor[]>;
} = later(shapes.uniqueConsecutive);

/**
 * `histogram` of a tensor of any device.
 * Follows torch.histogram.
 * @example
 * const [counts, edges] = await torch.histogramAsync(torch.tensor([1, 2, 1]), 2);
 * counts; // tensor([2., 1.])
 */
export const histogramAsync: (
  input: Tensor,
  bins: number | Tensor,
  options?: HistogramOptions | null,
) => Promise<Named<"hist" | "binEdges">> = later(shapes.histogram);

/**
 * The indices that `where` gives for a condition alone, of a tensor of any device.
 * Follows torch.where.
 * @example
 * await torch.whereAsync(torch.tensor([true, false, true])); // [tensor([0, 2])]
 */
export const whereAsync: (condition: Tensor) => Promise<Tensor[]> = later(shapes.where);

/**
 * `multinomial` with weights of any device.
 * Follows torch.multinomial.
 * @example
 * await torch.multinomialAsync(torch.tensor([0, 0, 1]), 1); // tensor([2])
 */
export const multinomialAsync: (
  input: Tensor,
  numSamples: number,
  replacement?: boolean | (RandomOptions & { replacement?: boolean }),
  options?: RandomOptions,
) => Promise<Tensor> = later(multinomial);

/** The methods that this file adds to Tensor. */
export interface LaterMethods {
  /**
   * `nonzero` of a tensor of any device.
   * Follows torch.Tensor.nonzero.
   * @example
   * await torch.tensor([0, 5]).nonzeroAsync(); // tensor([[1]])
   */
  nonzeroAsync(): Promise<Tensor>;
  nonzeroAsync(options: { asTuple: true }): Promise<Tensor[]>;
  /**
   * `unique` of a tensor of any device.
   * Follows torch.Tensor.unique.
   * @example
   * await torch.tensor([2, 1, 2]).uniqueAsync(); // tensor([1., 2.])
   */
  uniqueAsync(options?: UniqueOptions & { returnInverse?: false; returnCounts?: false }): Promise<Tensor>;
  uniqueAsync(options: UniqueOptions): Promise<Tensor[]>;
  /**
   * `uniqueConsecutive` of a tensor of any device.
   * Follows torch.Tensor.unique_consecutive.
   * @example
   * await torch.tensor([1, 1, 2]).uniqueConsecutiveAsync(); // tensor([1., 2.])
   */
  uniqueConsecutiveAsync(
    options?: Omit<UniqueOptions, "sorted"> & { returnInverse?: false; returnCounts?: false },
  ): Promise<Tensor>;
  uniqueConsecutiveAsync(options: Omit<UniqueOptions, "sorted">): Promise<Tensor[]>;
  /**
   * `histogram` of a tensor of any device.
   * Follows torch.Tensor.histogram.
   * @example
   * const [counts] = await torch.tensor([1, 2, 1]).histogramAsync(2);
   * counts; // tensor([2., 1.])
   */
  histogramAsync(bins: number | Tensor, options?: HistogramOptions): Promise<Named<"hist" | "binEdges">>;
  /**
   * `at` with masks of any device.
   * Follows torch.Tensor.__getitem__.
   * @example
   * await torch.tensor([1, 2, 3]).atAsync(torch.tensor([true, false, true])); // tensor([1., 3.])
   */
  atAsync(...indices: Index[]): Promise<Tensor>;
  /**
   * `put` with masks of any device.
   * Follows torch.Tensor.__setitem__.
   * @example
   * const x = torch.tensor([1, 2, 3]);
   * await x.putAsync(x.gt(1), 0);
   * x; // tensor([1., 0., 0.])
   */
  putAsync(...indicesAndValue: [...Index[], Index | Scalar | Tensor]): Promise<this>;
  /**
   * `multinomial` with weights of any device.
   * Follows torch.Tensor.multinomial.
   * @example
   * await torch.tensor([0, 1]).multinomialAsync(1); // tensor([1])
   */
  multinomialAsync(numSamples: number, replacement?: boolean, options?: RandomOptions): Promise<Tensor>;
  /**
   * `backward` through a graph that lies on several devices: a gradient that flows from WebGPU to the CPU has to be awaited.
   * Hooks may run more than once.
   * Follows torch.Tensor.backward.
   * @example
   * const x = torch.ones(1, { requiresGrad: true });
   * await x.square().sum().backwardAsync();
   * x.grad; // tensor([2.])
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
