import { isAbsent, isRefusal } from "./refusal.ts";
import type { Report, Row } from "./report.ts";
import { Missing, type Runtime, type Tensor } from "./runtime.ts";
import { camelCase } from "./value.ts";

const scalarValues: Record<string, (runtime: Runtime) => unknown> = {
  bool: () => true,
  int: () => 2,
  float: (runtime) => runtime.float(2),
};

const ones = (runtime: Runtime, dtype: string) => runtime.call("ones", [2], { dtype, device: runtime.device });

function operand(runtime: Runtime, kind: string, dtype: string): unknown {
  if (kind === "scalar") return scalarValues[dtype]!(runtime);
  if (kind === "vec") return ones(runtime, dtype);
  return runtime.call("tensor", 1).to(dtype);
}

/** Calls of `unary` that are more than `torch.op(x)`. */
const unaryCalls: Record<string, (runtime: Runtime, x: Tensor) => any> = {
  flip: (runtime, x) => runtime.call("flip", x, [0]),
  triu: (runtime, x) => runtime.call("triu", x.reshape([1, 2])),
  trace: (runtime, x) => runtime.call("trace", x.reshape([1, 2])),
  mv_self: (runtime, x) => runtime.call("mv", x.reshape([1, 2]), x),
  clamp_0_1: (runtime, x) => runtime.call("clamp", x, 0, 1),
};
for (const op of ["softmax", "log_softmax", "logsumexp", "cumsum", "cumprod", "cummax"])
  unaryCalls[op] = (runtime, x) => runtime.call(camelCase(op), x, 0);

const scalarOperators: Record<string, (runtime: Runtime, scalar: unknown, x: Tensor) => any> = {
  "scalar - t": (runtime, scalar, x) => runtime.call("rsub", x, scalar),
  "scalar / t": (runtime, scalar, x) => runtime.call("mul", runtime.call("reciprocal", x), scalar),
  "scalar // t": (runtime, scalar, x) => runtime.call("floorDivide", scalar, x),
  "scalar ** t": (runtime, scalar, x) => runtime.call("pow", scalar, x),
  "scalar % t": (runtime, scalar, x) => runtime.call("remainder", scalar, x),
};

/** `full` takes its fill value's kind from JavaScript's value, so the float ones are marked. */
const factories: Record<string, (runtime: Runtime) => Tensor> = {
  "arange(3)": (runtime) => runtime.call("arange", 3),
  "arange(3.)": (runtime) => runtime.call("arange", runtime.float(3)),
  "arange(0,1,.5)": (runtime) => runtime.call("arange", 0, 1, 0.5),
  "full((2,),1)": (runtime) => runtime.call("full", [2], 1),
  "full((2,),1.)": (runtime) => runtime.call("full", [2], runtime.float(1)),
  "full((2,),True)": (runtime) => runtime.call("full", [2], true),
  "linspace(0,1,3)": (runtime) => runtime.call("linspace", 0, 1, 3),
  "zeros(2)": (runtime) => runtime.call("zeros", 2),
  "eye(2)": (runtime) => runtime.call("eye", 2),
  "randperm(3)": (runtime) => runtime.call("randperm", 3),
  "randint(0,3,(2,))": (runtime) => runtime.call("randint", 0, 3, [2]),
  "logspace(0,1,3)": (runtime) => runtime.call("logspace", 0, 1, 3),
  "range(0,3)": (runtime) => runtime.call("range", 0, 3),
  "tensor(1)": (runtime) => runtime.call("tensor", 1),
  "tensor(1.)": (runtime) => runtime.call("tensor", runtime.float(1)),
  "tensor([1,2.])": (runtime) => runtime.call("tensor", [1, runtime.float(2)]),
  "tensor([True,2])": (runtime) => runtime.call("tensor", [true, 2]),
  "tensor(True)": (runtime) => runtime.call("tensor", true),
  "tensor([])": (runtime) => runtime.call("tensor", []),
};

/** dtype of a result, list of dtypes for several, the type of a value that is no tensor. */
function kindOf(runtime: Runtime, result: any): string {
  if (runtime.isTensor(result)) return result.dtype;
  const tensors = runtime.flatten(result);
  if (tensors.length > 0) return `[${tensors.map((tensor) => tensor.dtype)}]`;
  return typeof result === "boolean" ? "bool" : typeof result;
}

export async function runPromotion(
  runtime: Runtime,
  report: Report,
  rowOf: (op: string) => Row | null,
  file: any,
): Promise<void> {
  /** `dtypes` are those of the tensors that the body makes. */
  async function check(op: string, id: string, want: any, dtypes: unknown[], body: () => any): Promise<void> {
    const row = rowOf(op);
    const refused = runtime.device !== "cpu" && dtypes.flat().some(isAbsent);
    if (row) await report.run(row, { id, refused }, () => runtime.scope(async () => compareKind(runtime, want, body)));
  }
  const ofTensors = (...operands: [kind: string, dtype: string][]) =>
    operands.filter(([kind]) => kind !== "scalar").map(([, dtype]) => dtype);
  const call = (name: string, ...args: unknown[]) => runtime.call(camelCase(name), ...args);

  for (const [kindA, a, kindB, b, want] of file.resultType)
    await check("result_type", `${kindA} ${a}, ${kindB} ${b}`, want, ofTensors([kindA, a], [kindB, b]), () =>
      call("result_type", operand(runtime, kindA, a), operand(runtime, kindB, b)),
    );
  for (const [from, to, want] of file.canCast)
    await check("can_cast", `${from} to ${to}`, want, [], () => call("can_cast", from, to));
  for (const [a, b, want] of file.promoteTypes)
    await check("promote_types", `${a}, ${b}`, want, [], () => call("promote_types", a, b));
  for (const [op, rows] of Object.entries<any[]>(file.binary))
    for (const [a, b, want] of settled(rows))
      await check(op, `${a}, ${b}`, want, [a, b, want], () => {
        const [x, y] = [ones(runtime, a), ones(runtime, b)];
        if (op === "where") return call(op, runtime.call("tensor", [true, false]), x, y);
        if (op === "cat" || op === "stack") return call(op, [x, y]);
        return op === "lerp" ? call(op, x, y, 0.5) : call(op, x, y);
      });
  for (const [op, rows] of Object.entries<any[]>(file.inplace))
    for (const [a, b, want] of settled(rows))
      await check(op, `${a}, ${b}`, want, [a, b], () =>
        runtime.method(ones(runtime, a), camelCase(op), [ones(runtime, b)]),
      );
  for (const [op, rows] of Object.entries<any[]>(file.tensorScalar))
    for (const [kind, dtype, scalar, want] of settled(rows))
      await check(`${op} of a scalar`, `${kind} ${dtype}, ${scalar}`, want, [dtype, want], () =>
        call(op, operand(runtime, kind, dtype), operand(runtime, "scalar", scalar)),
      );
  for (const [op, rows] of Object.entries<any[]>(file.scalarTensor))
    for (const [dtype, scalar, want] of settled(rows))
      await check(op, `${scalar}, ${dtype}`, want, [dtype, want], () =>
        scalarOperators[op]!(runtime, operand(runtime, "scalar", scalar), ones(runtime, dtype)),
      );
  for (const [op, rows] of Object.entries<any[]>(file.unary))
    for (const [dtype, want] of settled(rows))
      await check(op, dtype, want, [dtype, want], () => {
        const special = unaryCalls[op];
        return special ? special(runtime, ones(runtime, dtype)) : call(op, ones(runtime, dtype));
      });
  for (const [expression, want] of Object.entries(file.factories))
    await check("factories", expression, want, [want], () => {
      const factory = factories[expression];
      if (!factory) throw new Error(`no form of ${expression} in JavaScript`);
      return factory(runtime);
    });
}

/** Rows of a table with what they want as their last item. */
const settled = (rows: any[][]): any[][] => rows.map((row) => [...row.slice(0, -1), wantedOf(rows, row)]);

/**
 * What a row of a table wants. Where PyTorch 1.13's CPU has no kernel for 16-bit floats, which later versions have, that is what the row
 * of float32 says: its error, or its dtype.
 */
function wantedOf(rows: readonly any[][], row: readonly any[]): any {
  const want = row.at(-1);
  const [, name] = /not implemented for '(Half|BFloat16)'/.exec(want?.message ?? "") ?? [];
  if (name === undefined) return want;
  const half = name === "Half" ? "float16" : "bfloat16";
  const operands = String(row.slice(0, -1).map((operand) => (operand === half ? "float32" : operand)));
  const full = rows.find((other) => String(other.slice(0, -1)) === operands)?.at(-1);
  if (full === undefined) throw new Error(`no row of ${operands}`);
  const halved = (dtype: any) => (dtype === "float32" ? half : dtype);
  return Array.isArray(full) ? full.map(halved) : halved(full);
}

async function compareKind(runtime: Runtime, want: any, body: () => any): Promise<string[]> {
  let got: string;
  try {
    const result = await runtime.resolve(body);
    got = typeof want === "boolean" ? result : typeof result === "string" ? result : kindOf(runtime, result);
  } catch (error) {
    if (error instanceof Missing || isRefusal(error)) throw error;
    const { name, message } = error as Error;
    if (want.error === undefined) return [`raised ${name}: ${message}, want ${want}`];
    return want.error === name ? [] : [`raised ${name}: ${message}, want ${want.error}: ${want.message}`];
  }
  if (want.error !== undefined) return [`got ${got}, want ${want.error}: ${want.message}`];
  const expected = Array.isArray(want) ? `[${want}]` : want;
  return got === expected ? [] : [`got ${got}, want ${expected}`];
}
