// Graphs as they are run: nodes in order, values by name, each released after its last use.

import { NotImplementedError, TorchError, ValueError } from "../error.ts";
import * as torch from "../gen/functions.ts";
import { dispose } from "../memory/finalize.ts";
import { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/create.ts";
import { Node, noteConstant, type Operator, type Operators, type Value } from "./node.ts";
import { ELEMENTWISE } from "./ops/elementwise.ts";
import { INDEXING } from "./ops/indexing.ts";
import { LAYERS } from "./ops/layers.ts";
import { RECURRENT } from "./ops/recurrent.ts";
import { REDUCTIONS } from "./ops/reductions.ts";
import { RESIZE } from "./ops/resize.ts";
import { SHAPES } from "./ops/shapes.ts";
import type { GraphProto, NodeProto } from "./schema.ts";
import { tensorOf } from "./types.ts";

interface Entry {
  readonly run: Operator | undefined;
  /** inputs whose values are needed on the CPU */
  readonly host: ReadonlySet<number>;
}

const ALL: Operators = {
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...SHAPES,
  ...INDEXING,
  ...LAYERS,
  ...RESIZE,
  ...RECURRENT,
};
const OPERATORS = new Map<string, Entry>([
  ["If", { run: undefined, host: new Set([0]) }],
  ["Loop", { run: undefined, host: new Set([0, 1]) }],
  ...Object.entries(ALL).map(([key, run]): [string, Entry] => {
    const [type, host = ""] = key.split(":") as [string, string?];
    return [type, { run, host: new Set(Array.from(host, Number)) }];
  }),
]);

/** Operators that are cheap on small values of the CPU: what they make of constants is computed once. */
const FOLDED = new Set(
  (
    "Identity Cast Shape Size Gather Unsqueeze Squeeze Concat Slice Reshape Transpose Add Sub Mul Div Mod Neg Sqrt Floor Ceil " +
    "Equal Less Greater Not And Or Where Min Max ReduceProd ReduceSum Range"
  ).split(" "),
);
/** Constants of more elements are not read by every run. */
export const MOST_FOLDED = 4096;
/** Loops of a damaged file end. */
const MOST_ITERATIONS = 2 ** 31;

interface Step {
  readonly node: Node;
  readonly entry: Entry;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** values that nothing needs any more after this step */
  drops: string[];
  /** of If and Loop */
  readonly graphs: ReadonlyMap<string, Graph>;
}

/** Values of a run by name; those of the graphs around are seen, too. */
class Scope {
  private readonly values = new Map<string, Value | undefined>();
  /** how many names a tensor that was made here has */
  private readonly holders = new Map<Tensor, number>();
  private readonly parent: Scope | undefined;

  constructor(parent: Scope | undefined) {
    this.parent = parent;
  }

  get(name: string): Value | undefined {
    const { values } = this;
    return values.has(name) ? values.get(name) : this.parent?.get(name);
  }
  /** A value that is not ours to release. */
  lend(name: string, value: Value | undefined): void {
    this.values.set(name, value);
    if (value instanceof Tensor) this.holders.set(value, Infinity);
  }
  put(name: string, value: Value | undefined, isLent: boolean): void {
    this.values.set(name, value);
    if (value instanceof Tensor) this.holders.set(value, isLent ? Infinity : (this.holders.get(value) ?? 0) + 1);
  }
  drop(name: string): void {
    const value = this.values.get(name);
    this.values.delete(name);
    if (!(value instanceof Tensor)) return;
    const left = this.holders.get(value)! - 1;
    this.holders.set(value, left);
    if (left === 0) dispose(value);
  }
}

/** Names whose values are asked for on the CPU, in the graph and those inside of it. */
export function hostNames(graph: GraphProto, found = new Set<string>()): Set<string> {
  for (const { opType = "", input, attribute } of graph.node) {
    for (const i of OPERATORS.get(opType)?.host ?? []) if (input[i]) found.add(input[i]);
    for (const { g } of attribute) if (g !== undefined) hostNames(g, found);
  }
  return found;
}

/** Operators of the graph and those inside of it that there are none of. */
export function unsupported(graph: GraphProto, found = new Set<string>()): Set<string> {
  for (const node of graph.node) {
    const domain = node.domain ?? "";
    const type = node.opType ?? "";
    if (domain !== "" && domain !== "ai.onnx") found.add(`${domain}.${type}`);
    else if (!OPERATORS.has(type)) found.add(type);
    for (const { g } of node.attribute) if (g !== undefined) unsupported(g, found);
  }
  return found;
}

export class Graph {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** values that are there before a run, and never change */
  readonly constants: Map<string, Tensor>;
  private readonly steps: Step[] = [];
  /** names of the graphs around that are read here */
  readonly captured = new Set<string>();

  /** The constants of this graph and those inside of it. */
  *allConstants(): Iterable<Tensor> {
    yield* this.constants.values();
    for (const { graphs } of this.steps) for (const graph of graphs.values()) yield* graph.allConstants();
  }

  /** @throws ValueError for a graph that is none: a name is used before it is made, or made twice */
  constructor(proto: GraphProto, opset: number, constants: Map<string, Tensor>, outer: ReadonlySet<string>) {
    this.constants = constants;
    this.inputs = proto.input.map(({ name = "" }) => name).filter((name) => !constants.has(name) && !outer.has(name));
    this.outputs = proto.output.map(({ name = "" }) => name);
    const made = new Set([...this.inputs, ...constants.keys()]);
    const known = (name: string): void => {
      if (made.has(name)) return;
      if (!outer.has(name)) throw new ValueError(`not an ONNX model: '${name}' is used before it is made`);
      this.captured.add(name);
    };
    for (const node of proto.node) {
      for (const name of node.input) if (name !== "") known(name);
      const visible = new Set([...outer, ...made]);
      const graphs = new Map<string, Graph>();
      for (const { name = "", g } of node.attribute) {
        if (g === undefined) continue;
        const inner = new Graph(g, opset, constantsOf(g), visible);
        inner.captured.forEach(known);
        graphs.set(name, inner);
      }
      this.add(node, opset, graphs);
      for (const name of node.output) {
        if (name !== "" && made.has(name)) throw new ValueError(`not an ONNX model: '${name}' is made twice`);
        made.add(name);
      }
    }
    this.outputs.forEach(known);
    this.planDrops();
  }

  private add(proto: NodeProto, opset: number, graphs: ReadonlyMap<string, Graph>): void {
    const node = new Node(proto, opset);
    const entry = OPERATORS.get(node.type);
    if (entry === undefined) throw new NotImplementedError(`ONNX operator ${node.type} is not supported`);
    const step: Step = { node, entry, inputs: proto.input, outputs: proto.output, drops: [], graphs };
    if (!this.fold(step)) this.steps.push(step);
  }

  /** Computes a step whose inputs are small constants now. */
  private fold({ node, entry, inputs, outputs }: Step): boolean {
    const isConstant = node.type === "Constant";
    if (outputs.length !== 1 || !(isConstant || FOLDED.has(node.type))) return false;
    const given = inputs.map((name) => (name === "" ? undefined : this.constants.get(name)));
    const fits = (value: Tensor | undefined, i: number): boolean =>
      inputs[i] === "" || (value !== undefined && value.numel() <= MOST_FOLDED);
    if (!isConstant && (inputs.length === 0 || !given.every(fits))) return false;
    node.inputs = given;
    let result;
    try {
      result = entry.run!(node);
    } catch (error) {
      if (isConstant) throw error;
      return false;
    }
    const value = result instanceof Tensor ? result : result[0];
    if (!(value instanceof Tensor)) return false;
    // a view of another constant moves with nobody
    const own = value.isView() || given.includes(value) ? value.clone() : value;
    this.constants.set(outputs[0]!, own);
    if (!own.isFloatingPoint() && own.ndim <= 1) noteConstant(own);
    return true;
  }

  private planDrops(): void {
    const kept = new Set(this.outputs);
    const mine = new Set(this.inputs);
    for (const { outputs } of this.steps) for (const name of outputs) mine.add(name);
    for (let i = this.steps.length - 1; i >= 0; i--) {
      const { inputs, outputs, graphs, drops } = this.steps[i]!;
      const used = [...inputs, ...outputs, ...Array.from(graphs.values(), ({ captured }) => [...captured]).flat()];
      for (const name of used) {
        if (name === "" || kept.has(name) || !mine.has(name)) continue;
        kept.add(name);
        drops.push(name);
      }
    }
  }

  /** Runs the graph; the caller owns a scope of memory. */
  run(
    inputs: readonly (Value | undefined)[],
    outer?: Scope,
    weights?: ReadonlyMap<string, Tensor>,
  ): (Value | undefined)[] {
    const scope = new Scope(outer);
    for (const [name, value] of this.constants) scope.lend(name, value);
    for (const [name, value] of weights ?? []) scope.lend(name, value);
    this.inputs.forEach((name, i) => scope.lend(name, inputs[i]));
    for (const step of this.steps) {
      try {
        take(step, scope);
      } catch (error) {
        throw inWords(step.node, error);
      } finally {
        step.node.inputs = [];
      }
    }
    return this.outputs.map((name) => scope.get(name));
  }
}

/** Runs one step. */
function take({ node, entry, inputs, outputs, drops, graphs }: Step, scope: Scope): void {
  const given = inputs.map((name) => (name === "" ? undefined : scope.get(name)));
  node.inputs = together(given, entry.host);
  const answer = entry.run === undefined ? control(node, graphs, scope) : entry.run(node);
  const results = answer instanceof Tensor ? [answer] : answer;
  outputs.forEach((name, i) => {
    const value = results[i];
    // what an operator hands on is its owner's
    if (name !== "") scope.put(name, value, entry.run === undefined || given.includes(value));
  });
  for (const name of drops) scope.drop(name);
}

/** The error of a step, with the operator's name in its message. */
function inWords(node: Node, error: unknown): unknown {
  // what JavaScript throws comes of attributes that make no sense
  if (!(error instanceof TorchError)) return new ValueError(`${node.title}: ${String(error)}`);
  if (!error.message.startsWith("ONNX")) error.message = `${node.title}: ${error.message}`;
  return error;
}

/** The initializers of a graph inside of another. */
function constantsOf(graph: GraphProto): Map<string, Tensor> {
  return new Map(graph.initializer.map((proto) => [proto.name ?? "", tensorOf(proto)]));
}

/** Where one input lies on WebGPU the others follow, save those whose values are asked for. */
function together(values: (Value | undefined)[], host: ReadonlySet<number>): (Value | undefined)[] {
  const away = (value: Value | undefined, i: number): boolean =>
    value instanceof Tensor && value.device === "webgpu" && !host.has(i);
  if (!values.some(away)) return values;
  return values.map((value, i) =>
    value instanceof Tensor && value.device === "cpu" && value.ndim > 0 && !host.has(i) ? value.to("webgpu") : value,
  );
}

// ---- graphs inside of graphs

function control(node: Node, graphs: ReadonlyMap<string, Graph>, scope: Scope): (Value | undefined)[] {
  const graph = (name: string): Graph => graphs.get(name) ?? node.fail(`${name} is missing`);
  if (node.type === "If") return graph(node.value(0) === 0 ? "else_branch" : "then_branch").run([], scope);
  return loop(node, graph("body"), scope);
}

function loop(node: Node, body: Graph, scope: Scope): (Value | undefined)[] {
  const most = Math.min(node.value(0) ?? Infinity, MOST_ITERATIONS);
  let goesOn = node.value(1) !== 0;
  let carried = node.inputs.slice(2);
  const scanned: Tensor[][] = body.outputs.slice(1 + carried.length).map(() => []);
  for (let i = 0; i < most && goesOn; i++) {
    const results = body.run([tensor(BigInt(i)), tensor(goesOn), ...carried], scope);
    const condition = results[0];
    goesOn = !(condition instanceof Tensor) || Boolean(condition.item());
    carried = results.slice(1, 1 + carried.length);
    scanned.forEach((list, k) => {
      const value = results[1 + carried.length + k];
      list.push(value instanceof Tensor ? value : node.fail("a scan output is no tensor"));
    });
  }
  return [...carried, ...scanned.map((list) => (list.length === 0 ? tensor([]) : torch.stack(list)))];
}
