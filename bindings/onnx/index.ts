/** torch.onnx: models in ONNX's format. What it is made of is loaded at the first use. */

import type * as onnx from "./onnx.ts";
import type { FileSource } from "../io/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { OnnxLoadOptions } from "./load.ts";
import type { OnnxModel } from "./model.ts";

const lazy =
  (name: keyof typeof onnx) =>
  async (...args: unknown[]): Promise<never> =>
    ((await import("./onnx.ts"))[name] as (...args: unknown[]) => Promise<never>)(...args);

/**
 * Reads a model of operators from set 7 on, such as PyTorch's exporter writes, as a module.
 *
 * The weights are parameters that require no gradient until `model.requiresGrad_()`. `model.to("webgpu")` moves them; shapes are
 * computed on the CPU all the same. Where an operator on WebGPU needs values at once (NonZero, a condition), the call
 * belongs into `torch.webgpu.resolve`.
 * @param source a path, a URL, a Response, a Blob, a stream, or the bytes
 * A model of one output gives a tensor when it is called, one of several a list: `load<Tensor[]>(…)`.
 * @throws NotImplementedError that names all operators that are not supported, ValueError for a damaged file
 * @param options.externalData the files that the model has its data in, where they do not lie beside it
 * @example
 * const model = await torch.onnx.load("resnet18.onnx");
 * const logits = model(images);
 * const { output } = model.run({ input: images });
 */
export const load: <Result extends Tensor | Tensor[] = Tensor>(
  source: FileSource,
  options?: OnnxLoadOptions,
) => Promise<OnnxModel<Result>> = lazy("load");

export type { OnnxLoadOptions } from "./load.ts";
export type { OnnxModel, OnnxValue } from "./model.ts";
