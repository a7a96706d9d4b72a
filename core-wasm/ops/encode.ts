/**
 * Expressions → encoded programs, little-endian:
 *   8 bytes   inputs, params, constants, instructions, registers, out register, out is a mask (0/1), mask inputs (bitset)
 *   8 each    constants, f64
 *   8 each    instructions: opcode, dst, a, b, c, 0, 0, 0
 * Registers: inputs, then params, then constants, then temporaries. Only temporaries are ever a dst, and a dst may be one of the
 * instruction's own sources. The out register may be any register: an identity or a constant has no instructions.
 */
import { type Expression, nodesOf } from "./expression.ts";
import { microOps, opcode } from "./micro.ts";

export const MAX_INPUTS = 8;
export const MAX_REGISTERS = 32;

export interface Layout {
  /** which expression leaf each program input is */
  readonly inputs: readonly Expression[];
  readonly params: number;
}

export interface Program {
  readonly inputs: number;
  readonly params: number;
  readonly constants: readonly number[];
  /** [opcode, dst, a, b, c] */
  readonly instructions: readonly (readonly number[])[];
  readonly registers: number;
  readonly out: number;
  readonly outIsMask: boolean;
  readonly maskInputs: number;
}

export function compile(root: Expression, layout: Layout, what: string): Program {
  return compileAll([root], layout, what).program;
}

/** A program with several results: `outs` are their registers; as a program of one result it has the first. */
export function compileAll(
  roots: readonly Expression[],
  layout: Layout,
  what: string,
): { program: Program; outs: number[] } {
  const root = roots[0]!;
  const fail = (why: string): never => {
    throw new Error(`${what}: ${why}`);
  };
  if (layout.inputs.length > MAX_INPUTS) fail(`${layout.inputs.length} inputs, the limit is ${MAX_INPUTS}`);
  const nodes = nodesOf(...roots);
  const register = new Map<Expression, number>();
  layout.inputs.forEach((e, i) => register.set(e, i));
  const constants: number[] = [];
  for (const e of nodes) {
    if (!e.leaf) continue;
    if (e.leaf.type === "param") {
      if (e.leaf.index >= layout.params) fail(`there is no param ${e.leaf.index}`);
      register.set(e, layout.inputs.length + e.leaf.index);
    } else if (e.leaf.type === "constant") {
      register.set(e, layout.inputs.length + layout.params + constants.length);
      constants.push(e.leaf.value);
    } else if (!register.has(e)) fail(`${e} is not among the program's inputs`);
  }
  const firstTemporary = layout.inputs.length + layout.params + constants.length;
  const { instructions, registers } = allocate(nodes, roots, register, firstTemporary);
  if (registers > MAX_REGISTERS) fail(`needs ${registers} registers, the limit is ${MAX_REGISTERS}`);
  if (instructions.length > 255) fail(`${instructions.length} instructions, the limit is 255`);
  const program: Program = {
    inputs: layout.inputs.length,
    params: layout.params,
    constants,
    instructions,
    registers,
    out: register.get(root)!,
    outIsMask: root.kind === "mask",
    maskInputs: layout.inputs.reduce((bits, e, i) => bits | (e.kind === "mask" ? 1 << i : 0), 0),
  };
  return { program, outs: roots.map((r) => register.get(r)!) };
}

/** Linear scan in evaluation order: a temporary's register is free again after its last use, at once for that use's own dst. */
function allocate(
  nodes: readonly Expression[],
  roots: readonly Expression[],
  register: Map<Expression, number>,
  firstTemporary: number,
) {
  const steps = nodes.filter((e) => e.op);
  const lastUse = new Map<Expression, number>();
  steps.forEach((e, i) => e.args.forEach((a) => lastUse.set(a, i)));
  for (const root of roots) lastUse.set(root, steps.length);
  const free: number[] = [];
  let registers = firstTemporary;
  const instructions = steps.map((e, i) => {
    const sources = e.args.map((a) => register.get(a)!);
    for (const a of new Set(e.args)) if (a.op && lastUse.get(a) === i) free.push(register.get(a)!);
    const dst = free.pop() ?? registers++;
    register.set(e, dst);
    return [opcode(e.op!), dst, sources[0] ?? 0, sources[1] ?? 0, sources[2] ?? 0];
  });
  return { instructions, registers };
}

export function encode(p: Program): Uint8Array {
  const bytes = new Uint8Array(8 + 8 * p.constants.length + 8 * p.instructions.length);
  bytes.set([
    p.inputs,
    p.params,
    p.constants.length,
    p.instructions.length,
    p.registers,
    p.out,
    p.outIsMask ? 1 : 0,
    p.maskInputs,
  ]);
  const view = new DataView(bytes.buffer);
  p.constants.forEach((c, i) => view.setFloat64(8 + 8 * i, c, true));
  p.instructions.forEach((instruction, i) => bytes.set(instruction, 8 + 8 * p.constants.length + 8 * i));
  return bytes;
}

/** The compute types (`f` float, `i` integer) in which all micro-ops of the expression exist. */
export function computeTypes(root: Expression): { float: boolean; integer: boolean } {
  const used = nodesOf(root).flatMap((e) => (e.op ? [microOps[e.op].types] : []));
  return { float: used.every((t) => t.includes("f")), integer: used.every((t) => t.includes("i")) };
}
