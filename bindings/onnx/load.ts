// Models from files.

import { NotImplementedError, ValueError } from "../error.ts";
import type { FileSource } from "../io/options.ts";
import { readSource } from "../io/source.ts";
import { keep, scope } from "../memory/scope.ts";
import { Parameter } from "../nn/parameter.ts";
import { checkOptions } from "../tensor/call.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Graph, hostNames, MOST_FOLDED, unsupported } from "./graph.ts";
import { describe, OnnxModel } from "./model.ts";
import { noteConstant } from "./node.ts";
import { readModel, type GraphProto, type ModelProto, type TensorProto } from "./schema.ts";
import { tensorOf } from "./types.ts";

export interface OnnxLoadOptions {
  /** Files beside the model, by the names that it gives them; needed where the model itself has no path. */
  externalData?: Readonly<Record<string, FileSource>>;
}

/** Operator sets before have another broadcasting; those after are not known here. */
const OLDEST = 7;
const NEWEST = 21;

export async function load(source: FileSource, options: OnnxLoadOptions = {}): Promise<OnnxModel> {
  checkOptions(options, ["externalData"], "onnx.load");
  const bytes = await readSource(source);
  const proto = readModel(bytes);
  const { graph } = proto;
  if (graph === undefined || graph.output.length === 0) throw new ValueError("not an ONNX model: it has no graph");
  const opset = opsetOf(proto);
  const missing = [...unsupported(graph)].sort();
  if (missing.length > 0)
    throw new NotImplementedError(
      `ONNX operators that are not supported: ${missing.join(", ")} (operator set ${opset})`,
    );
  if ((graph.sparseInitializer?.length ?? 0) > 0)
    throw new NotImplementedError("sparse tensors of ONNX are not supported");
  const files = await readFiles(graph, source, options);
  return build(graph, opset, (entries) => part(files, entries));
}

function opsetOf({ opsetImport }: ModelProto): number {
  const opset = opsetImport.find(({ domain = "" }) => domain === "" || domain === "ai.onnx")?.version;
  if (opset === undefined) throw new ValueError("not an ONNX model: it names no operator set");
  if (!(opset >= OLDEST && opset <= NEWEST))
    throw new NotImplementedError(`operator set ${opset} of ONNX is not supported, ${OLDEST} to ${NEWEST} are`);
  return opset;
}

// ---- data in other files

const locations = (tensors: readonly TensorProto[]): string[] =>
  tensors
    .filter(({ dataLocation }) => dataLocation === 1)
    .map(({ externalData }) => externalData.find(({ key }) => key === "location")?.value ?? "");

/** The files that tensors lie in. A model may name files of its own folder and those below only. */
async function readFiles(
  graph: GraphProto,
  source: FileSource,
  { externalData = {} }: OnnxLoadOptions,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of new Set(locations(graph.initializer))) {
    if (Object.hasOwn(externalData, name)) {
      files.set(name, await readSource(externalData[name]!));
      continue;
    }
    const isPath = typeof source === "string" || source instanceof URL;
    if (!isPath) throw new ValueError(`the model's data lies in the file '${name}': give it as externalData`);
    if (name === "" || /^([\\/]|[a-z]+:)|(^|[\\/])\.\.([\\/]|$)/i.test(name))
      throw new ValueError(`the model's data lies in '${name}', which is not below its own folder`);
    const beside = source instanceof URL ? new URL(name, source) : source.replace(/[^\\/]*$/, "") + name;
    files.set(name, await readSource(beside));
  }
  return files;
}

function part(files: ReadonlyMap<string, Uint8Array>, entries: ReadonlyMap<string, string>): Uint8Array {
  const file = files.get(entries.get("location") ?? "")!;
  const offset = Number(entries.get("offset") ?? 0);
  const length = Number(entries.get("length") ?? file.length - offset);
  if (!(offset >= 0 && length >= 0 && offset + length <= file.length))
    throw new ValueError(`a tensor lies beyond the end of '${entries.get("location")}'`);
  return file.subarray(offset, offset + length);
}

// ---- weights

function build(
  graph: GraphProto,
  opset: number,
  external: (entries: ReadonlyMap<string, string>) => Uint8Array,
): OnnxModel {
  const parameters: Parameter[] = [];
  try {
    // what is not kept in the end is released
    return scope(() => compile(graph, opset, external, parameters));
  } catch (error) {
    for (const parameter of parameters) parameter.dispose();
    throw error;
  }
}

function compile(
  graph: GraphProto,
  opset: number,
  external: (entries: ReadonlyMap<string, string>) => Uint8Array,
  parameters: Parameter[],
): OnnxModel {
  const constants = new Map<string, Tensor>();
  const weights = new Map<string, Tensor>();
  const onHost = hostNames(graph);
  const statistics = statisticsOf(graph);
  for (const proto of graph.initializer) {
    const { name = "" } = proto;
    const tensor = tensorOf(proto, external);
    const isFloat = tensor.isFloatingPoint();
    if (tensor.numel() <= MOST_FOLDED && (onHost.has(name) || (!isFloat && tensor.ndim <= 1))) {
      noteConstant(tensor);
      constants.set(name, tensor);
    } else if (isFloat && tensor.ndim > 0 && !statistics.has(name)) {
      const parameter = new Parameter(tensor, false);
      tensor.dispose();
      parameters.push(parameter);
      weights.set(name, parameter);
    } else {
      weights.set(name, tensor);
    }
  }
  const given = new Set([...weights.keys(), ...constants.keys()]);
  const inputs = graph.input.filter(({ name = "" }) => !given.has(name)).map(describe);
  const compiled = new Graph(graph, opset, constants, new Set(weights.keys()));
  const model = new OnnxModel(compiled, inputs, graph.output.map(describe), opset);
  for (const [name, weight] of weights) {
    if (weight instanceof Parameter) model.addWeight(name, weight);
    else model.addBuffer(name, weight, true);
  }
  for (const [name, constant] of constants) {
    // what a device computes with follows the model there
    if (constant.isFloatingPoint() && constant.ndim > 0 && !onHost.has(name)) model.addBuffer(name, constant, false);
  }
  for (const constant of compiled.allConstants()) keep(constant);
  return model;
}

/** Names of the running means and variances of batch norms. */
function statisticsOf(graph: GraphProto): Set<string> {
  const norms = graph.node.filter(({ opType }) => opType === "BatchNormalization");
  return new Set(norms.flatMap(({ input }) => input.slice(3, 5)));
}
