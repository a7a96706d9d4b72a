/** torch.onnx: models in ONNX's format. What it is made of is loaded at the first use. */

import type * as onnx from "./onnx.ts";
import type { FileSource, FileTarget } from "../io/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Exportable, OnnxExportOptions } from "./recorder.ts";
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

/**
 * Writes what a module or function computes as an ONNX model. It is run on `args` and the calls of ops are recorded, so that control
 * flow is what it was in that run; a result that depends on values outside of torch's functions (`item`, `tolist`) is
 * refused. The module is exported in eval mode and has its modes back afterwards; parameters and buffers have their names of the
 * state dict. Recurrent layers become one operator each.
 *
 * With `dynamicAxes` the model also runs on arguments of other sizes (made by repeating and cutting these), and a number that
 * follows from those sizes, such as x.shape[0], is computed in the graph. Sizes that are neither products nor sums of them are
 * refused.
 * @param path where to write; without it the result is the file's bytes
 * @throws NotImplementedError that names the ops that have no operator, RuntimeError for what cannot be recorded
 * @example
 * await torch.onnx.export(model, torch.randn(1, 3, 224, 224), "model.onnx", {
 *   inputNames: ["images"],
 *   outputNames: ["logits"],
 *   dynamicAxes: { images: { 0: "batch" } },
 * });
 */
const exportModel: {
  (model: Exportable, args: Tensor | readonly Tensor[], options?: OnnxExportOptions): Promise<Uint8Array>;
  (
    model: Exportable,
    args: Tensor | readonly Tensor[],
    path: undefined,
    options?: OnnxExportOptions,
  ): Promise<Uint8Array>;
  (model: Exportable, args: Tensor | readonly Tensor[], path: FileTarget, options?: OnnxExportOptions): Promise<void>;
} = lazy("exportModel");
export { exportModel as export };

export type { OnnxExportOptions } from "./recorder.ts";
export type { OnnxLoadOptions } from "./load.ts";
export type { OnnxModel, OnnxValue } from "./model.ts";
