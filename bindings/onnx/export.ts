// Models as ONNX files: the model is traced (recorder.ts), and the calls that its outputs need are written as nodes (emit/).

import { noGrad } from "../autograd/mode.ts";
import { NotImplementedError, RuntimeError, TypeError, ValueError } from "../error.ts";
import type { FileTarget } from "../io/options.ts";
import { deliver } from "../io/sink.ts";
import { scope } from "../memory/scope.ts";
import { Module, type AnyModule } from "../nn/module.ts";
import { checkOptions, isOptions, typeName } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import { ELEMENTWISE } from "./emit/elementwise.ts";
import { INDEXING } from "./emit/indexing.ts";
import { LAYERS } from "./emit/layers.ts";
import { NORMS } from "./emit/norms.ts";
import { RECURRENT } from "./emit/recurrent.ts";
import { REDUCTIONS } from "./emit/reductions.ts";
import { SHAPES } from "./emit/shapes.ts";
import { Recorder, type Exportable, type OnnxExportOptions, type Run } from "./recorder.ts";
import { writeModel, type ValueInfoProto, type Written } from "./schema.ts";
import { solve, type Size } from "./symbols.ts";
import { Scalar, Value, type Call, type Trace } from "./trace.ts";
import { elementType } from "./types.ts";
import { bytesOf, Writer } from "./writer.ts";

const EMITS = { ...ELEMENTWISE, ...REDUCTIONS, ...SHAPES, ...INDEXING, ...LAYERS, ...NORMS, ...RECURRENT };
const IR_VERSION = 8;
/** Ops whose results are drawn anew by who runs the model. */
const RANDOM = new Set(["rand", "randn", "uniform", "normal"]);

export async function exportModel(
  model: Exportable,
  args: Tensor | readonly Tensor[],
  path?: FileTarget | OnnxExportOptions,
  options?: OnnxExportOptions,
): Promise<Uint8Array | void> {
  // the path may be left out
  const isPath = !isOptions(path) || path instanceof URL || "getWriter" in path;
  const given: unknown = (isPath ? options : path) ?? {};
  if (!isOptions(given)) throw new TypeError(`torch.onnx.export: options must be an object, not ${typeName(given)}`);
  const names = ["inputNames", "outputNames", "dynamicAxes", "opsetVersion", "training", "doConstantFolding"];
  checkOptions(given, names, "onnx.export");
  const list: unknown[] = Array.isArray(args) ? args : [args];
  for (const arg of list) {
    if (!(arg instanceof Tensor))
      throw new TypeError(`torch.onnx.export: arguments must be tensors, not ${typeName(arg)}`);
  }
  const bytes = convert(model, list as Tensor[], given);
  return deliver(bytes.length, piecesOf(bytes), isPath ? ((path ?? undefined) as FileTarget | undefined) : undefined);
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

function convert(model: Exportable, args: Tensor[], options: OnnxExportOptions): Uint8Array {
  if (typeof model !== "function")
    throw new TypeError(`torch.onnx.export: expected a module or a function, got ${typeName(model)}`);
  const opset = options.opsetVersion ?? 17;
  if (!(Number.isInteger(opset) && opset >= 13 && opset <= 17))
    throw new ValueError(`torch.onnx.export: opsetVersion must be 13 to 17, not ${opset}`);
  const modules = model instanceof Module ? [...(model as AnyModule).modules()] : [];
  const modes = modules.map(({ training }) => training);
  if (options.training !== true) for (const module of modules) module.training = false;
  const recorder = new Recorder(model, args, options);
  try {
    return noGrad(() => scope(() => new Exporter(recorder.traces(), recorder, opset).write()));
  } finally {
    recorder.release();
    modules.forEach((module, i) => (module.training = modes[i]!));
  }
}

// ---- writing

class Exporter {
  private readonly runs: readonly Run[];
  private readonly recorder: Recorder;
  private readonly writer: Writer;
  /** the values of the other traces that stand where a value of the first stands */
  private readonly twins = new Map<Value, Value[]>();
  private readonly callTwins = new Map<Call, Call[]>();
  private readonly shapes = new Map<Value, Size[]>();
  private readonly varying = new Map<Value, boolean>();

  constructor(runs: readonly Run[], recorder: Recorder, opset: number) {
    this.runs = runs;
    this.recorder = recorder;
    this.align();
    const taken = new Set([...recorder.inputs.map(({ name }) => name), ...recorder.outputs, ""]);
    for (const value of this.twins.keys()) if (value.name !== undefined) taken.add(value.name);
    this.writer = new Writer(
      opset,
      recorder.axes,
      taken,
      (call, name) => this.solved(call, name),
      (value) => this.shapeOf(value),
    );
  }

  /** Finds the calls and values of the other traces that are those of the first. */
  private align(): void {
    const [first, ...others] = this.runs.map(({ trace }) => trace.calls);
    for (const calls of others) {
      const at = first!.findIndex((call, i) => call.op !== calls[i]?.op);
      if (at >= 0 || calls.length !== first!.length) {
        throw new RuntimeError(
          `torch.onnx.export: what the model does depends on the values or the dynamic sizes of its inputs: ` +
            `${first![at]?.op ?? "nothing"} in one case is ${calls[at < 0 ? first!.length : at]?.op ?? "nothing"} in another`,
        );
      }
    }
    const pair = (value: unknown, twins: unknown[]): void => {
      if (value instanceof Value) {
        if (!this.twins.has(value)) this.twins.set(value, twins as Value[]);
      } else if (Array.isArray(value)) {
        value.forEach((item, i) =>
          pair(
            item,
            twins.map((twin) => (twin as unknown[] | null)?.[i]),
          ),
        );
      }
    };
    first!.forEach((call, i) => {
      const twins = others.map((calls) => calls[i]!);
      this.callTwins.set(call, twins);
      for (const [name, arg] of Object.entries(call.args))
        pair(
          arg,
          twins.map(({ args }) => args[name]),
        );
      pair(
        call.outputs,
        twins.map(({ outputs }) => outputs),
      );
    });
    const [outputs, ...rest] = this.runs.map((run) => run.outputs);
    pair(outputs, rest);
  }

  // ---- numbers that may depend on sizes

  private number(values: readonly unknown[], what: () => string): Size {
    const numbers = values.map((value) => Number(value instanceof Scalar ? value.value : value));
    const whole = numbers.every(Number.isInteger);
    const size = whole
      ? solve(numbers, this.recorder.sizes)
      : numbers.every((n) => Object.is(n, numbers[0]))
        ? numbers[0]
        : undefined;
    if (size !== undefined) return size;
    throw new RuntimeError(
      `torch.onnx.export: ${what()} is ${numbers.join(", ")} in traces with other sizes or values, which no dynamic axis explains`,
    );
  }

  private solved(call: Call, name: string): Size | Size[] {
    const args = [call, ...this.callTwins.get(call)!].map((twin) => twin.args[name]);
    const what = (): string => `${name} of ${call.op}`;
    const [first] = args;
    if (!Array.isArray(first)) return this.number(args, what);
    return first.map((_, i) =>
      this.number(
        args.map((list) => (list as number[])[i]),
        what,
      ),
    );
  }

  private shapeOf(value: Value): Size[] {
    let shape = this.shapes.get(value);
    if (shape === undefined) {
      const all = [value, ...this.twins.get(value)!].map((twin) => twin.shape);
      if (all.some(({ length }) => length !== value.shape.length))
        throw new RuntimeError("torch.onnx.export: the number of dims depends on the dynamic sizes");
      shape = value.shape.map((_, i) =>
        this.number(
          all.map((sizes) => sizes[i]),
          () => `a size of ${value.call?.op ?? "a constant"}`,
        ),
      );
      this.shapes.set(value, shape);
    }
    return shape;
  }

  /** Whether a value is another in each run: an input, a parameter, or made of them or of sizes that vary. */
  private varies(value: Value): boolean {
    let known = this.varying.get(value);
    if (known === undefined) {
      known = !value.isConstant || this.shapeOf(value).some((size) => typeof size !== "number");
      if (!known && value.call !== undefined) {
        const { call } = value;
        known =
          RANDOM.has(call.op) ||
          call.inputs.some((input) => this.varies(input)) ||
          Object.entries(call.args).some(([name, arg]) => {
            const isNumber =
              typeof arg === "number" || arg instanceof Scalar || (Array.isArray(arg) && typeof arg[0] === "number");
            const sizes = isNumber ? this.solved(call, name) : 0;
            return (Array.isArray(sizes) ? sizes : [sizes]).some((size) => typeof size !== "number");
          });
      }
      this.varying.set(value, known);
    }
    return known;
  }

  // ---- the graph

  write(): Uint8Array {
    const [{ outputs, trace }] = this.runs as [Run];
    const needed = this.needed(outputs);
    const unknown = new Set(trace.calls.filter((call) => needed.has(call) && !(call.op in EMITS)).map(({ op }) => op));
    if (unknown.size > 0)
      throw new NotImplementedError(`torch.onnx.export: ops that have no operator: ${[...unknown].sort().join(", ")}`);
    const { writer } = this;
    for (const call of trace.calls) {
      if (!needed.has(call)) continue;
      for (const input of call.inputs) this.place(input);
      writer.call = call;
      const names = EMITS[call.op]!(writer);
      call.outputs.forEach((output, i) => writer.names.set(output, typeof names === "string" ? names : names[i]!));
    }
    outputs.forEach((output) => this.place(output));
    return this.model(outputs);
  }

  /** The calls that the outputs need, but for those that make constants. */
  private needed(outputs: readonly Value[]): Set<Call> {
    const needed = new Set<Call>();
    const queue = [...outputs];
    for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
      const { call } = value;
      if (call === undefined || needed.has(call) || !this.varies(value)) continue;
      needed.add(call);
      queue.push(...call.inputs);
    }
    return needed;
  }

  /** Gives a value that no call makes its place in the graph. */
  private place(value: Value): void {
    const { writer } = this;
    if (writer.names.has(value)) return;
    if (value.name !== undefined) {
      if (!value.isInput) {
        const tensor = value.tensor();
        writer.addInitializer(value.name, bytesOf(tensor), value.shape, value.dtype);
        tensor.dispose();
      }
      writer.names.set(value, value.name);
    } else if (value.call === undefined || !this.varies(value)) {
      const bytes = [value, ...this.twins.get(value)!].map((twin) => {
        const tensor = twin.tensor();
        const own = bytesOf(tensor);
        tensor.dispose();
        return own;
      });
      if (bytes.some((other) => other.length !== bytes[0]!.length || other.some((byte, i) => byte !== bytes[0]![i]))) {
        throw new RuntimeError(
          `torch.onnx.export: a constant of shape [${value.shape.join(", ")}] is another each time: it is random, or was made of ` +
            "the inputs' values or sizes outside of torch's functions",
        );
      }
      const tensor = value.tensor();
      writer.names.set(value, writer.constant(tensor));
      tensor.dispose();
    }
  }

  private model(outputs: readonly Value[]): Uint8Array {
    const { writer, recorder } = this;
    const final = new Map<string, string>();
    const made = new Set(writer.nodes.flatMap(({ output }) => output!));
    outputs.forEach((output, i) => {
      const name = writer.names.get(output)!;
      if (made.has(name) && !final.has(name)) final.set(name, recorder.outputs[i]!);
      else writer.nodes.push({ opType: "Identity", input: [name], output: [recorder.outputs[i]!] });
    });
    const rename = (name: string): string => final.get(name) ?? name;
    for (const node of writer.nodes) {
      node.input = node.input!.map(rename);
      node.output = node.output!.map(rename);
    }
    const used = new Set(recorder.outputs);
    const nodes = writer.nodes.toReversed().filter(({ input, output }) => {
      if (!output!.some((name) => used.has(name))) return false;
      for (const name of input!) used.add(name);
      return true;
    });
    const [{ trace }] = this.runs as [Run];
    return writeModel({
      irVersion: IR_VERSION,
      producerName: "flambeau",
      opsetImport: [{ domain: "", version: writer.opset }],
      graph: {
        name: "model",
        node: nodes.toReversed(),
        initializer: writer.initializers.filter(({ name }) => used.has(name!)),
        input: recorder.inputs.map(({ name, axes }) => this.inputInfo(trace, name, axes)),
        output: outputs.map((output, i) => this.outputInfo(output, recorder.outputs[i]!)),
      },
    });
  }

  private inputInfo(trace: Trace, name: string, axes: ReadonlyMap<number, string>): Written<ValueInfoProto> {
    const input = trace.inputs.get(name)!;
    const dim = input.shape.map((size, i) => (axes.has(i) ? { dimParam: axes.get(i)! } : { dimValue: size }));
    return { name, type: { tensorType: { elemType: elementType(input.dtype), shape: { dim } } } };
  }

  private outputInfo(output: Value, name: string): Written<ValueInfoProto> {
    const all = [output, ...this.twins.get(output)!].map(({ shape }) => shape);
    const dim = output.shape.map((_, i) => {
      const values = all.map((shape) => shape[i]!);
      const size = solve(values, this.recorder.sizes);
      // how many there are of NonZero is known when it has run
      if (size === undefined) return { dimParam: `${name}_dim_${i}` };
      if (typeof size === "number") return { dimValue: size };
      const [axis] = size.powers;
      const isAxis =
        size.powers.length === 1 && axis![1] === 1 && size.factor === 1 && size.divisor === 1 && size.offset === 0;
      return { dimParam: isAxis ? axis![0] : `${name}_dim_${i}` };
    });
    return { name, type: { tensorType: { elemType: elementType(output.dtype), shape: { dim } } } };
  }
}
