/**
 * assembly/gen/programs.ts: the static tables of elementwise operations. They make elementwise ops data: the core has one
 * implementation (assembly/ops/elementwise.ts) for all of them, and one backward.
 *
 * An *entry* is one elementwise program with its dtype rule and its derivatives. Entries 0 … MICRO_COUNT-1 are the micro-ops
 * themselves (entry id = opcode), then come the entries of the records; a record has several when its expression depends
 * on an enum, a flag, an absent tensor or a specialised parameter (add with alpha = 1).
 *
 *   export const ELEMENTWISE: usize           the blob; 8-aligned
 *   export const RARE: usize                  the blob of entries that usual programs don't use, after 8 bytes that mark it
 *   export const ELEMENTWISE_COUNT: i32       number of entries
 *   export const MICRO_COUNT: i32             number of micro-ops
 *   export const enum El { add_1 = …, … }     ids
 *
 * Entry `id` at ELEMENTWISE + id * 64, or, where zeros stand there, at RARE + 8 + id * 64: the second module of a core that is
 * divided brings that blob (core-wasm/split). Offsets count from the entry, 0 = absent. Little-endian:
 *    0 u8   number of tensor inputs n (≤ 8)
 *    1 u8   number of params (f64, as set with setElementwiseParam(i, value))
 *    2 u8   Rule: 0 promote  result dtype = compute dtype = promotion of the inputs
 *                 1 float    as 0, but integral and bool become float32
 *                 2 compare  compute in the promotion, result bool
 *                 3 logical  all inputs are masks, result bool; compute: I32
 *                 4 integral as 0; floating dtypes are refused
 *    3 u8   mask inputs, bitset: read as (x != 0), they do not take part in promotion
 *    4 u8   dtype of the result if fixed (overrides the rule's), else 255
 *    5 u8   inputs that some derivative reads, bitset: to be saved
 *    6 u8   1: some derivative reads the result: to be saved
 *    7 u8   differentiable inputs, bitset (0: the result never requires a gradient)
 *    8 u32  refused dtypes, bitset over the promoted dtype (before rule 1 turns it to float32): call refuse(id, dtype), which raises
 *   12 u32  forward program
 *   16 u32  forward program for integral compute dtypes (not bool), or 0: the one at 12
 *   20 u32  forward program for bool compute dtype, or 0: the one at 16, or 12
 *   24 u32  × 8: derivative with respect to input i, or 0: not differentiable
 *   56 u32  reserved
 *   60 u32  reserved
 *
 * A derivative, 8-aligned:
 *    0 u8   number of operands m (0 when the derivative is 0 everywhere: the program is a constant)
 *    1 u8   × 7: what operand j is: 0 grad, 1 … 8 saved input (k-1), 9 the saved result
 *    8      the encoded program, whose inputs are these operands and whose params are the entry's params
 * It runs in the compute type of grad's dtype over the result's shape; the value is then summed to the input's shape and cast
 * to the input's dtype.
 *
 * Encoded programs: see ops/encode.ts. outRegister may be an input, param or constant (identity, zeros): no instruction then.
 * With createGraph the engine runs a derivative instruction by instruction: instruction [opcode, dst, a, b, c] is the
 * recorded op elementwiseK(opcode, a, b, c), K = inputs of entry `opcode`; params and constants enter as wrapped float numbers,
 * mask registers are bool tensors. The entries of the micro-ops have derivatives themselves, so any order exists.
 *
 * What gen/ops.ts calls (assembly/ops/elementwise.ts); params are set immediately before:
 *   setElementwiseParam(i: i32, value: f64): void
 *   elementwise1(id, a): Tensor   elementwise2(id, a, b)   elementwise3(id, a, b, c)   elementwise4(id, a, b, c, d)     recorded
 *   elementwiseInPlace1(id, self): Tensor … elementwiseInPlace4(id, self, b, c, d)     recorded; writes into the first input
 * What the engine calls: elementwiseBackward(node) when node.op < ELEMENTWISE_COUNT, else backwardOf(node) of gen/derivatives.ts
 * (node ops of the other records are ELEMENTWISE_COUNT + k). Also from gen/programs.ts, over all node ops:
 *   msgOpName(op: i32)          "add"  (the record's name, for messages)
 *   msgNodeName(op: i32)        "AddBackward0"
 *   refuse(id: i32, dtype: i32): void     raises the record's message for a dtype that it refuses
 */
import { type Program, compile, computeTypes, encode } from "../ops/encode.ts";
import { differentiate } from "../ops/differentiate.ts";
import {
  type Expression,
  type Value,
  constant,
  grad,
  input,
  m,
  maskInput,
  nodesOf,
  result,
  substitute,
} from "../ops/expression.ts";
import { type MicroName, microNames, microOps } from "../ops/micro.ts";
import type { DTypeRule } from "../ops/record.ts";
import { type Form, formsOf } from "./forms.ts";
import { type Registry, header } from "./registry.ts";

const RULES: readonly DTypeRule[] = ["promote", "float", "compare", "logical", "integral"];
const ENTRY_SIZE = 64;
const ABSENT_DTYPE = 255;
/** codes and groups as in assembly/tensor/dtype.ts */
const DTYPES = { int32: 3, float32: 6, float64: 7, bool: 10 } as const;
const GROUPS = { integral: [0, 1, 2, 3, 4], floating: [5, 6, 7, 11], bool: [10] } as const;

interface Derivative {
  /** bytes 1 … of the derivative's header */
  readonly operands: readonly number[];
  readonly program: Program;
}

interface Entry {
  readonly id: string;
  readonly inputs: number;
  readonly params: number;
  readonly rule: DTypeRule;
  readonly masks: number;
  readonly resultDType: number;
  readonly refused: number;
  readonly forward: Program;
  readonly integral: Program | null;
  readonly bool: Program | null;
  readonly derivatives: readonly (Derivative | null)[];
}

/** What core-wasm/split/data.mjs knows the blob of rare entries by. */
const RARE_MARK = Buffer.from("programs", "latin1").readBigUInt64LE();

/** Gives the text of gen/programs.ts. @param isRare whether usual programs don't call an op */
export function generatePrograms(registry: Registry, isRare = (_op: string): boolean => false): string {
  const forms = registry.elementwise.flatMap((record) => formsOf(record));
  const entries = [...microNames.map(microEntry), ...forms.map(formEntry)];
  // micro-ops are entries for second derivatives and complex numbers; `add`, for gradients that are summed
  const rare = entries.map((_, id) =>
    id < microNames.length ? microNames[id] !== "add" : isRare(forms[id - microNames.length]!.record.name),
  );
  const usual = layOut(entries.map((entry, id) => (rare[id] ? null : entry)));
  const others = layOut(entries.map((entry, id) => (rare[id] ? entry : null)));
  const linesOf = (words: readonly string[]): string[] => {
    const lines: string[] = [];
    for (let i = 0; i < words.length; i += 5) lines.push(`  ${words.slice(i, i + 5).join(", ")},`);
    return lines;
  };
  return [
    header("The tables of elementwise programs; the layout is described in core-wasm/generate/programs.ts."),
    'import { ErrorKind, msgAbout, msgNode, msgWord, raise } from "../tensor/error";',
    "",
    `export const MICRO_COUNT: i32 = ${microNames.length};`,
    `export const ELEMENTWISE_COUNT: i32 = ${entries.length};`,
    "",
    "/** Entry ids. */",
    "export const enum El {",
    ...entries.map((e, i) => (i < microNames.length ? `  micro_${e.id} = ${i},` : `  ${e.id} = ${i},`)),
    "}",
    "",
    "// @ts-ignore: decorator",
    "@lazy const BLOB = memory.data<u64>([",
    ...linesOf(usual),
    "], 8);",
    "export const ELEMENTWISE: usize = BLOB;",
    "// @ts-ignore: decorator",
    "@lazy const RARE_BLOB = memory.data<u64>([",
    ...linesOf([`0x${RARE_MARK.toString(16)}`, ...others]),
    "], 8);",
    "export const RARE: usize = RARE_BLOB;",
    "",
    ...nameFunctions(registry, forms),
    ...refuseFunction(forms),
  ].join("\n");
}

/** Ids of node ops that are not elementwise, by record name. */
export function nodeOps(registry: Registry): Map<string, number> {
  const first = microNames.length + registry.elementwise.reduce((n, record) => n + formsOf(record).length, 0);
  return new Map(registry.recorded.map((record, i) => [record.name, first + i]));
}

function microEntry(name: MicroName): Entry {
  const micro = microOps[name];
  const leaves = micro.operands.map((kind, i) => (kind === "mask" ? maskInput(i) : input(i)));
  const root = (m[name] as (...x: Expression[]) => Expression)(...leaves);
  const logical = micro.operands.every((kind) => kind === "mask");
  const layout = { inputs: leaves, params: 0 };
  const what = `micro-op ${name}`;
  return {
    id: name,
    inputs: leaves.length,
    params: 0,
    rule: micro.result === "mask" ? (logical ? "logical" : "compare") : micro.types === "i" ? "integral" : "promote",
    masks: leaves.reduce((bits, e, i) => (e.kind === "mask" ? bits | (1 << i) : bits), 0),
    resultDType: name === "toValue" ? DTYPES.float32 : ABSENT_DTYPE,
    refused: 0,
    forward: compile(root, layout, what),
    integral: null,
    bool: null,
    derivatives: leaves.map((leaf) =>
      micro.result === "mask" || leaf.kind === "mask" || !(micro.types as string).includes("f")
        ? null
        : derivativeOf(root as Value, leaf, leaves, 0, undefined, what),
    ),
  };
}

function formEntry(form: Form): Entry {
  const { record, leaves, root } = form;
  const d = record.declaration;
  const rule = form.dtype;
  const params = form.params.length;
  const layout = { inputs: leaves, params };
  const what = `${record.name} (form ${form.id})`;
  const refused = Object.keys(form.refuses).flatMap((group) => GROUPS[group as keyof typeof GROUPS]);
  if (rule === "integral" && !form.refuses.floating)
    throw new Error(`${what}: the dtype rule integral needs a message for floating dtypes`);
  const integral = form.integral && compile(form.integral, layout, what);
  const bool = form.bool && compile(form.bool, layout, what);
  checkComputeTypes(form, rule, what);
  const differentiable =
    d.differentiable !== false && root.kind === "value" && rule !== "integral" && !isFixedToIntegers(d.resultDType);
  return {
    id: form.id,
    inputs: leaves.length,
    params,
    rule,
    masks: leaves.reduce((bits, e, i) => (e.kind === "mask" ? bits | (1 << i) : bits), 0),
    resultDType: d.resultDType ? DTYPES[d.resultDType] : ABSENT_DTYPE,
    refused: refused.reduce<number>((bits, dtype) => bits | (1 << dtype), 0),
    forward: compile(root, layout, what),
    integral,
    bool,
    derivatives: leaves.map((leaf, i) => {
      const override = d.derivative?.[form.inputs[i]!];
      if (!differentiable || leaf.kind === "mask" || override === null || isNumberKnown(form, i)) return null;
      const stated = override?.({ ...form.given, grad, result });
      return derivativeOf(root as Value, leaf, leaves, params, stated, `derivative of ${what}`);
    }),
  };
}

/** An input that the form is specialised for is a plain number. */
const isNumberKnown = (form: Form, input: number): boolean =>
  form.choices.some((c) => c.type === "value" && c.parameter.name === form.inputs[input]);

const isFixedToIntegers = (dtype: string | undefined): boolean => dtype === "int32" || dtype === "bool";

/** Every dtype that the op takes must find a program whose micro-ops exist in its compute type. */
function checkComputeTypes(form: Form, rule: DTypeRule, what: string): void {
  const { refuses } = form;
  const float = computeTypes(form.root);
  if (rule !== "integral" && rule !== "logical" && !refuses.floating && !float.float) {
    throw new Error(`${what}: uses integer micro-ops for floating dtypes; refuse them or use the dtype rule integral`);
  }
  if (rule === "float" || form.record.declaration.resultDType === "float64") return;
  const forIntegers = form.integral ?? form.root;
  const takesIntegers = !refuses.integral || (!refuses.bool && !form.bool);
  if (takesIntegers && !computeTypes(forIntegers).integer) {
    throw new Error(
      `${what}: uses floating micro-ops for integral dtypes; give an integral expression, refuse them, or use the dtype rule float`,
    );
  }
}

function derivativeOf(
  root: Value,
  leaf: Expression,
  leaves: readonly Expression[],
  params: number,
  stated: Value | undefined,
  what: string,
): Derivative {
  let gradient = stated ?? differentiate(root, leaf, grad) ?? constant(0);
  if (root.op) gradient = substitute(gradient, (e) => (e === root ? result : undefined)) as Value;
  const used = new Set(nodesOf(gradient));
  const inputs: Expression[] = [];
  const operands: number[] = [];
  const take = (e: Expression, code: number) => {
    if (!used.has(e)) return;
    inputs.push(e);
    operands.push(code);
  };
  take(grad, 0);
  leaves.forEach((e, i) => take(e, 1 + i));
  take(result, 9);
  return { operands, program: compile(gradient, { inputs, params }, what) };
}

/** The words of a table and its programs; zeros for entries that are elsewhere. */
function layOut(entries: readonly (Entry | null)[]): string[] {
  const table = new Uint8Array(entries.length * ENTRY_SIZE);
  const view = new DataView(table.buffer);
  const chunks: Uint8Array[] = [table];
  let end = table.length;
  const placed = new Map<string, number>();
  const place = (bytes: Uint8Array): number => {
    const key = bytes.join(",");
    let at = placed.get(key);
    if (at === undefined) {
      at = end;
      placed.set(key, at);
      chunks.push(bytes);
      end += bytes.length;
    }
    return at;
  };
  entries.forEach((e, id) => {
    if (e === null) return;
    const at = id * ENTRY_SIZE;
    const offset = (bytes: Uint8Array): number => place(bytes) - at;
    const operands = e.derivatives.flatMap((d) => d?.operands ?? []);
    const saved = operands.reduce((bits, code) => (code >= 1 && code <= 8 ? bits | (1 << (code - 1)) : bits), 0);
    const differentiable = e.derivatives.reduce<number>((bits, d, i) => (d ? bits | (1 << i) : bits), 0);
    const head = [
      e.inputs,
      e.params,
      RULES.indexOf(e.rule),
      e.masks,
      e.resultDType,
      saved,
      operands.includes(9) ? 1 : 0,
      differentiable,
    ];
    table.set(head, at);
    view.setUint32(at + 8, e.refused, true);
    view.setUint32(at + 12, offset(encode(e.forward)), true);
    if (e.integral) view.setUint32(at + 16, offset(encode(e.integral)), true);
    if (e.bool) view.setUint32(at + 20, offset(encode(e.bool)), true);
    e.derivatives.forEach((d, i) => {
      if (!d) return;
      const program = encode(d.program);
      const bytes = new Uint8Array(8 + program.length);
      bytes.set([d.operands.length, ...d.operands]);
      bytes.set(program, 8);
      view.setUint32(at + 24 + 4 * i, offset(bytes), true);
    });
  });
  const words: string[] = [];
  for (const chunk of chunks) {
    const data = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let i = 0; i < chunk.length; i += 8) words.push(`0x${data.getBigUint64(i, true).toString(16)}`);
  }
  return words;
}

function nameFunctions(registry: Registry, forms: readonly Form[]): string[] {
  const names = [...microNames, ...forms.map((f) => f.record.name), ...registry.recorded.map((r) => r.name)];
  return [
    `const OPS: string = ${JSON.stringify(names.join(" "))};`,
    "",
    "/** The op's name, for messages; over all node ops. */",
    "export function msgOpName(op: i32): void {",
    "  msgWord(OPS, op);",
    "}",
    "",
    "/** The name of a tape node of this op, as gradFn shows it. */",
    "export function msgNodeName(op: i32): void {",
    `  if (op < ${names.length}) msgNode(OPS, op);`,
    "}",
    "",
  ];
}

function refuseFunction(forms: readonly Form[]): string[] {
  const first = microNames.length;
  const cases: string[] = [];
  forms.forEach((form, i) => {
    const refuses = Object.entries(form.refuses);
    if (refuses.length === 0) return;
    const next = forms[i + 1];
    cases.push(`    case ${first + i}:`);
    if (next?.record === form.record && JSON.stringify(next.refuses) === JSON.stringify(form.refuses)) return;
    // groups that share a message need no condition of their own
    const distinct = refuses.every(([, message]) => message === refuses[0]![1]) ? refuses.slice(0, 1) : refuses;
    distinct.forEach(([group, message], k) => {
      const dtypes = GROUPS[group as keyof typeof GROUPS].reduce<number>((bits, dtype) => bits | (1 << dtype), 0);
      const text = `msgAbout(dtype, ${JSON.stringify(message!.replaceAll("{dtype}", "%"))});`;
      const condition = k === distinct.length - 1 ? "" : `if ((1 << dtype) & ${dtypes}) `;
      cases.push(`      ${condition}{ ${text} break; }`);
    });
  });
  return [
    "/** Raises the message with which op `id` refuses inputs of `dtype`. */",
    "export function refuse(id: i32, dtype: i32): void {",
    "  switch (id) {",
    ...cases,
    "  }",
    "  raise(ErrorKind.Runtime);",
    "}",
    "",
  ];
}
