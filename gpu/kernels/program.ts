// Elementwise programs: any operands that broadcast to one shape, one invocation an element, or four where all of them are
// float32 in a row. Memory-bound: every operand is read once. The pipeline depends on the program and, by operand, on how
// the operand is walked through.

import { u8 } from "../../bindings/core.ts";
import { type Call, Compute, computeOf, DType, floatBits, type Operand } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import { decode, type Program, printFunction } from "../wgsl/printer.ts";
import { computeName, type Writer } from "../wgsl/writer.ts";

const GROUP = 256;

/** How an operand is walked through. */
const Walk = {
  /** element i at i */
  Linear: 0,
  /** one element of the device */
  Single: 1,
  Strided: 2,
  /** a 0-d tensor of the CPU, whose value is a parameter */
  Value: 3,
} as const;
const WALK_BITS = 2;

/** One pipeline's worth of programs, as far as it does not depend on dtypes and buffers. */
interface Variant {
  readonly key: string;
  readonly program: Program;
  readonly code: (w: Writer) => void;
}

/** by the program's address and the walks of its operands */
const variants = new Map<number, Map<number, Variant>>();

const walks: number[] = [];
const words: number[] = [];
const operands: Operand[] = [];

/** Operand 0: the output. Operands 1..: the program's inputs, with the output's shape, dims coalesced. */
export function program(call: Call, stream: Stream): void {
  const out = call.operand(0);
  const n = out.numel;
  if (n === 0) return;
  const { count, compute } = call;
  const ndim = out.ndim;
  let strided = false;
  // four at a time as long as all are float32 in a row, at multiples of 16 bytes
  let four = n >= 4;
  walks.length = 0;
  operands.length = 0;
  for (let k = 0; k < count; k++) {
    const operand = call.operand(k);
    const walk = operand.device === 0 ? Walk.Value : walkOf(operand, out, ndim);
    walks.push(walk);
    if (walk === Walk.Value) continue;
    operands.push(operand);
    if (walk === Walk.Strided) strided = true;
    else if (walk === Walk.Linear && four) {
      four = operand.dtype === DType.Float32 && (operand.offset & 3) === 0 && stream.fits(operand);
    }
  }
  four &&= !strided && apart(operands, walks);
  let form = strided ? ndim : 0;
  form = (form * 4 + compute) * 2 + (four ? 1 : 0);
  for (let k = 0; k < count; k++) form = (form << WALK_BITS) | walks[k]!;

  const address = call.program;
  let forms = variants.get(address);
  if (forms === undefined) variants.set(address, (forms = new Map()));
  let variant = forms.get(form);
  if (variant === undefined) {
    variant = newVariant(address, form, compute, strided ? ndim : 0, four, [...walks]);
    forms.set(form, variant);
  }

  words.length = 0;
  words.push(n);
  if (strided) {
    for (let d = 0; d < ndim; d++) words.push(out.shape(d));
    for (let k = 0; k < count; k++) {
      if (walks[k] !== Walk.Strided) continue;
      const operand = call.operand(k);
      for (let d = 0; d < ndim; d++) words.push(operand.stride(d));
    }
  }
  const { params, maskInputs } = variant.program;
  for (let k = 1; k < count; k++) {
    if (walks[k] === Walk.Value) pushScalar(call.operand(k), compute, (maskInputs & (1 << (k - 1))) !== 0);
  }
  for (let p = 0; p < params; p++) pushNumber(call.param(p), compute);
  stream.dispatch({
    key: variant.key,
    operands,
    outputs: 1,
    words,
    groups: linear(four ? (n + 3) >>> 2 : n, GROUP),
    code: variant.code,
  });
}

function walkOf(operand: Operand, space: Operand, ndim: number): number {
  let dense = 1;
  let linearly = true;
  let single = true;
  for (let d = ndim - 1; d >= 0; d--) {
    const size = space.shape(d);
    if (size === 1) continue;
    const stride = operand.stride(d);
    if (stride !== dense) linearly = false;
    if (stride !== 0) single = false;
    dense *= size;
  }
  return linearly ? Walk.Linear : single ? Walk.Single : Walk.Strided;
}

/** Whether no single element lies in a buffer that is read or written four elements at a time. */
function apart(all: readonly Operand[], walks: readonly number[]): boolean {
  if (!walks.includes(Walk.Single)) return true;
  const bound = walks.filter((walk) => walk !== Walk.Value);
  return all.every(
    (a, k) => bound[k] !== Walk.Single || all.every((b, j) => bound[j] === Walk.Single || a.id !== b.id),
  );
}

function pushScalar(operand: Operand, compute: Compute, isMask: boolean): void {
  const value = operand.scalar();
  if (isMask) words.push(value === 0 ? 0 : 1);
  else if (compute === Compute.F32) words.push(floatBits(value));
  else if (Math.abs(value) < 2 ** 31) pushSmall(value, compute);
  else pushLong(operand.scalarInt(), compute);
}

function pushNumber(value: number, compute: Compute): void {
  if (compute === Compute.F32) words.push(floatBits(value));
  else if (Math.abs(value) < 2 ** 31) pushSmall(value, compute);
  else pushLong(Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n, compute);
}

function pushSmall(value: number, compute: Compute): void {
  words.push(value | 0);
  if (compute === Compute.I64) words.push(value < 0 && (value | 0) !== 0 ? -1 : 0);
}

function pushLong(value: bigint, compute: Compute): void {
  words.push(Number(BigInt.asIntN(32, value)));
  if (compute === Compute.I64) words.push(Number(BigInt.asIntN(32, value >> 32n)));
}

// ---- code

/** A word, or two, as an expression of the compute type. */
function wordOf(w: Writer, j: number, compute: Compute): string {
  if (compute === Compute.F32) return w.f32(j);
  return compute === Compute.I32 ? w.i32(j) : `vec2<u32>(${w.u32(j)}, ${w.u32(j + 1)})`;
}

function newVariant(
  address: number,
  form: number,
  compute: Compute,
  ndim: number,
  four: boolean,
  walks: readonly number[],
): Variant {
  const program = decode(u8, address);
  const code = four
    ? (w: Writer) => writeFour(w, program, compute, walks)
    : (w: Writer) => writeOne(w, program, compute, ndim, walks);
  return { key: `program${address}.${form}`, program, code };
}

/** Declares the program as function `program` and its values of the CPU as expressions, by operand. */
function writeProgram(w: Writer, program: Program, compute: Compute, firstWord: number, walks: readonly number[]) {
  const size = compute === Compute.I64 ? 2 : 1;
  let at = firstWord;
  const values = walks.map((walk, k) => {
    if (walk !== Walk.Value) return "";
    const isMask = (program.maskInputs & (1 << (k - 1))) !== 0;
    const value = isMask ? `(${w.u32(at)} != 0u)` : wordOf(w, at, compute);
    at += isMask ? 1 : size;
    return value;
  });
  const params = Array.from({ length: program.params }, (_, p) => wordOf(w, at + p * size, compute));
  w.define("program", printFunction("program", program, compute, params));
  return values;
}

/** An element of a bound operand as the program takes it. */
function loaded(w: Writer, slot: number, dtype: number, compute: Compute, isMask: boolean, at: string): string {
  if (!isMask) return `${w.load(slot, compute)}(${at})`;
  const own = computeOf(dtype);
  const value = `${w.load(slot, own)}(${at})`;
  if (own === Compute.I32) return `(${value} != 0)`;
  return own === Compute.F32 ? `f32_nonzero(${value})` : `i64_nonzero(${value})`;
}

function writeOne(w: Writer, program: Program, compute: Compute, ndim: number, walks: readonly number[]): void {
  const { dtypes } = w;
  const strided = walks.flatMap((walk, k) => (walk === Walk.Strided ? [k] : []));
  const values = writeProgram(w, program, compute, 1 + ndim * (1 + strided.length), walks);
  const lines: string[] = [];
  if (strided.length > 0) {
    lines.push("var rest = i;", "var q = 0u;", "var c = 0u;", ...strided.map((k) => `var at${k} = 0u;`));
    for (let d = ndim - 1; d >= 0; d--) {
      if (d > 0) lines.push(`q = rest / ${w.u32(1 + d)};`, `c = rest - q * ${w.u32(1 + d)};`, "rest = q;");
      else lines.push("c = rest;");
      strided.forEach((k, s) => lines.push(`at${k} += c * ${w.u32(1 + ndim * (1 + s) + d)};`));
    }
  }
  let slot = 0;
  const target = walks[0] === Walk.Strided ? "at0" : "i";
  const inputs = walks.slice(1).map((walk, k) => {
    if (walk === Walk.Value) return values[k + 1]!;
    const at = walk === Walk.Strided ? `at${k + 1}` : walk === Walk.Single ? "0u" : "i";
    slot++;
    return loaded(w, slot, dtypes[slot]!, compute, (program.maskInputs & (1 << k)) !== 0, at);
  });
  const call = `program(${inputs.join(", ")})`;
  const store = program.outIsMask
    ? `${w.store(0, Compute.I32)}(${target}, select(0, 1, ${call}));`
    : `${w.store(0, compute)}(${target}, ${call});`;
  w.main(GROUP, `if (i >= ${w.u32(0)}) { return; }\n${[...lines, store].join("\n")}`);
}

/** Vectors of four float32. The last one may reach beyond the output: what lies there is written back as it was. */
function writeFour(w: Writer, program: Program, compute: Compute, walks: readonly number[]): void {
  const values = writeProgram(w, program, compute, 1, walks);
  const lines: string[] = [];
  let slot = 0;
  const inputs = walks.slice(1).map((walk, k) => {
    const isMask = (program.maskInputs & (1 << k)) !== 0;
    if (walk === Walk.Value) return () => values[k + 1]!;
    slot++;
    const name = `v${k}`;
    if (walk === Walk.Single) {
      lines.push(`let ${name} = ${loaded(w, slot, w.dtypes[slot]!, compute, isMask, "0u")};`);
      return () => name;
    }
    lines.push(`let ${name} = ${w.vec4(slot)}[i + (${w.offset(slot)} >> 2u)];`);
    return (lane: string) => {
      const value = `${name}.${lane}`;
      if (isMask) return `f32_nonzero(${value})`;
      return compute === Compute.F32
        ? value
        : compute === Compute.I32
          ? `i32_from_f32(${value})`
          : `i64_from_f32(${value})`;
    };
  });
  const results = Array.from("xyzw", (lane) => {
    const call = `program(${inputs.map((input) => input(lane)).join(", ")})`;
    if (program.outIsMask) return `select(0.0, 1.0, ${call})`;
    return computeName(compute) === "f32" ? call : compute === Compute.I32 ? `f32(${call})` : `f32_from_i64(${call})`;
  });
  const n = w.u32(0);
  const out = w.vec4(0);
  w.main(
    GROUP,
    `if (i >= (${n} + 3u) >> 2u) { return; }
${lines.join("\n")}
var r = vec4<f32>(${results.join(", ")});
let at = i + (${w.offset(0)} >> 2u);
let left = ${n} - 4u * i;
if (left < 4u) { r = select(${out}[at], r, vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(left)); }
${out}[at] = r;`,
  );
}
