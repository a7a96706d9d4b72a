// Reductions over any dims of a strided tensor. Memory-bound: the input is read once.
//
// Two forms, each with the adjacent invocations on adjacent memory: *rows*, where a group of 16 to 256 invocations reduces
// the elements of one output and meets in workgroup memory, and *columns*, where each invocation has an output of its own.
// Where outputs are too few to fill the device, the elements of each are cut into chunks, whose states a second run reduces.
// Runs of 32 elements are reduced by themselves and merged, and sums carry their rounding errors along. The order depends on
// shape and strides only: equal inputs, equal bits.

import { type Bound, type Call, Compute, computeOf, DType, floatBits, type Operand } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import {
  fieldsOf,
  finished,
  isArg,
  isBounded,
  isTruth,
  mapped,
  Op,
  stateCode,
  VARIANCE_FUNCTION,
} from "./reduceState.ts";

const GROUP = 256;
/** outputs, or chunks, that fill a device: of rows, of columns */
const ENOUGH_ROWS = 1024;
const ENOUGH_COLUMNS = 65536;
/** elements that are worth an invocation */
const ROW_SHARE = 16;
const COLUMN_SHARE = 64;
/** how many elements a sum goes on for before it joins the others */
const RUN = 32;

/** bounds of the absolute values of the integer dtypes that sums may be carried in int32 for */
const MAGNITUDE: Readonly<Record<number, number>> = {
  [DType.Bool]: 1,
  [DType.UInt8]: 255,
  [DType.Int8]: 128,
  [DType.Int16]: 32768,
};

/** The type of the state's value. The core has integers reduced in int64, which int32 often serves as well. */
function kindOf(op: number, compute: Compute, dtype: number, n: number): Compute {
  if (isTruth(op)) return Compute.I32;
  if (compute === Compute.F32 || computeOf(dtype) !== Compute.I32) return compute;
  if (isBounded(op)) return Compute.I32;
  return op === Op.Sum && (MAGNITUDE[dtype] ?? Infinity) * n < 2 ** 31 ? Compute.I32 : Compute.I64;
}

/** Invocations that share the elements of a row. */
const sharers = (n: number): number => (n >= 1024 ? 256 : n >= 128 ? 64 : 16);

const ITEM_BYTES: Readonly<Record<Compute, number>> = { [Compute.F32]: 4, [Compute.I32]: 4, [Compute.I64]: 8 };
const STATE_DTYPE: Readonly<Record<Compute, number>> = {
  [Compute.F32]: DType.Float32,
  [Compute.I32]: DType.Int32,
  [Compute.I64]: DType.Int64,
};

/**
 * Operand 0: the result; then, if there are three, a second result (ArgMax/ArgMin: 0 values, 1 indices; Var/Std: 1 means).
 * The last: the input, its kept dims first, then the int(0) reduced ones. int(1): the reduction, param(0): exponent or
 * correction.
 */
export function reduce(call: Call, stream: Stream): void {
  const op = call.int(1);
  const two = call.count === 3;
  const input = call.operand(call.count - 1);
  const kept = input.ndim - call.int(0);
  let outputs = 1;
  for (let d = 0; d < kept; d++) outputs *= input.shape(d);
  let n = 1;
  for (let d = kept; d < input.ndim; d++) n *= input.shape(d);
  if (outputs === 0) return;

  const load = isTruth(op) ? computeOf(input.dtype) : kindOf(op, call.compute, input.dtype, n);
  const kind = kindOf(op, call.compute, input.dtype, n);
  const results = two ? [call.operand(0), call.operand(1)] : [call.operand(0)];
  const param = call.param(0);
  const plan: Plan = { op, kind, load, ndim: input.ndim, kept, two, outputs, n, param };

  const columns = n <= ROW_SHARE || areColumns(input, kept);
  const share = columns ? COLUMN_SHARE : ROW_SHARE * GROUP;
  const enough = columns ? ENOUGH_COLUMNS : ENOUGH_ROWS;
  const chunks = Math.max(1, Math.min(Math.ceil(n / share), Math.ceil(enough / outputs)));
  const chunk = Math.ceil(n / chunks);
  const threads = columns ? 1 : sharers(chunk);
  if (chunks === 1) {
    run(stream, plan, { threads, chunks, chunk, results, source: [input], input });
    return;
  }
  const states = fieldsOf(op, kind).map(([, type]) =>
    stream.temporary(STATE_DTYPE[type], outputs * chunks, ITEM_BYTES[type] * outputs * chunks),
  );
  run(stream, plan, { threads, chunks, chunk, results: states, source: [input], input });
  const second = { ...plan, n: chunks };
  run(stream, second, { threads: sharers(chunks), chunks: 1, chunk: chunks, results, source: states, input, total: n });
}

/** Whether neighbouring outputs are neighbours in the input, and the elements of one output are not. */
function areColumns(input: Operand, kept: number): boolean {
  if (kept === 0 || kept === input.ndim) return false;
  return input.stride(kept - 1) === 1 && input.shape(kept - 1) >= 8 && input.stride(input.ndim - 1) !== 1;
}

interface Plan {
  readonly op: number;
  /** type of the state's value, and type that elements are loaded as */
  readonly kind: Compute;
  readonly load: Compute;
  readonly ndim: number;
  readonly kept: number;
  readonly two: boolean;
  readonly outputs: number;
  /** elements, or states of chunks, of each output */
  readonly n: number;
  readonly param: number;
}

interface Run {
  /** invocations per output and chunk */
  readonly threads: number;
  /** chunks per output; more than one: results are their states */
  readonly chunks: number;
  readonly chunk: number;
  readonly results: readonly Bound[];
  /** the input, or the states of an earlier run */
  readonly source: readonly Bound[];
  /** for its shape and strides */
  readonly input: Operand;
  /** elements of each output, if the source are states */
  readonly total?: number;
}

// words: outputs, elements, chunks, elements a chunk, all elements of an output, exponent, finishing param, 0, then sizes of
// kept dims, their strides in the input and in the result, sizes of reduced dims and their strides
const OUTPUTS = 0;
const COUNT = 1;
const CHUNKS = 2;
const CHUNK = 3;
const TOTAL = 4;
const POWER = 5;
const FINISH = 6;
const ZERO = 7;
const GEOMETRY = 8;

function run(stream: Stream, plan: Plan, r: Run): void {
  const { op, kind, load, ndim, kept, two, outputs, n, param } = plan;
  const { threads, chunks, chunk, results, source, input } = r;
  const total = r.total ?? n;
  const states = r.total !== undefined;
  const finish = op === Op.NormP ? 1 / param : Math.max(total - param, 0);
  const words = [outputs, n, chunks, chunk, total, floatBits(param), floatBits(finish), 0];
  for (let d = 0; d < kept; d++) words.push(input.shape(d));
  for (let d = 0; d < kept; d++) words.push(input.stride(d));
  const first = results[0]!;
  for (let d = 0; d < kept; d++) words.push(chunks > 1 ? 0 : (first as Operand).stride(d));
  for (let d = kept; d < ndim; d++) words.push(input.shape(d));
  for (let d = kept; d < ndim; d++) words.push(input.stride(d));
  stream.dispatch({
    key: `reduce${op}.${kind}.${load}.${ndim}.${kept}.${threads}.${chunks > 1}.${states}.${two}`,
    operands: [...results, ...source],
    outputs: results.length,
    words,
    groups: linear(outputs * chunks * threads, GROUP),
    code: (w) => write(w, plan, threads, chunks > 1, states, results.length),
  });
}

// ---- code

/** A function from a linear index over `count` dims to an offset, their sizes and strides being words. */
function offsetFunction(w: Writer, name: string, count: number, sizes: number, strides: number): string {
  return count === 0
    ? w.define(name, `fn ${name}(linear: u32) -> u32 { return 0u; }`)
    : w.locate(name, count, sizes, strides);
}

function write(w: Writer, plan: Plan, threads: number, partial: boolean, states: boolean, outs: number): void {
  const { op, kind, load, ndim, kept, two } = plan;
  w.declare(stateCode(op, kind, w.u32(ZERO)));
  if (op === Op.Var || op === Op.Std) w.define("variance", VARIANCE_FUNCTION);
  const fields = fieldsOf(op, kind);
  const reduced = ndim - kept;
  const reducedAt = GEOMETRY + 3 * kept;

  let element: string;
  let base = "";
  if (states) {
    const loads = fields.map(([, type], f) => `${w.load(outs + f, type)}(output * ${w.u32(COUNT)} + at)`);
    element = `s = merge(s, State(${loads.join(", ")}));`;
  } else {
    const row = offsetFunction(w, "rowOffset", kept, GEOMETRY, GEOMETRY + kept);
    const place = offsetFunction(w, "elementOffset", reduced, reducedAt, reducedAt + reduced);
    base = `let base = ${row}(output);`;
    element = `let x = ${w.load(outs, load)}(base + ${place}(at));
      s = accumulate(s, ${mapped(op, "x", load, w.f32(POWER))}, at);`;
  }

  const share = threads === 1 ? "0u" : `(i & ${threads - 1}u)`;
  const gather = `let task = i / ${threads}u;
let live = task < ${w.u32(OUTPUTS)} * ${w.u32(CHUNKS)};
${partial && threads === 1 ? `let output = task % ${w.u32(OUTPUTS)};\nlet piece = task / ${w.u32(OUTPUTS)};` : `let output = task / ${w.u32(CHUNKS)};\nlet piece = task % ${w.u32(CHUNKS)};`}
var total = identity();
if (live) {
  ${base}
  let end = min((piece + 1u) * ${w.u32(CHUNK)}, ${w.u32(COUNT)});
  var at = piece * ${w.u32(CHUNK)} + ${share};
  while (at < end) {
    var s = identity();
    let stop = min(end, at + ${RUN * threads}u);
    while (at < stop) {
      ${element}
      at += ${threads}u;
    }
    total = merge(total, s);
  }
}`;
  if (threads > 1) w.declare(`var<workgroup> shared_states: array<State, ${GROUP}>;`);
  const meet =
    threads === 1
      ? ""
      : `shared_states[local] = total;
workgroupBarrier();
for (var width = ${threads / 2}u; width > 0u; width >>= 1u) {
  if (${share} < width) { shared_states[local] = merge(shared_states[local], shared_states[local + width]); }
  workgroupBarrier();
}
total = shared_states[local];`;

  let store: string;
  if (partial) {
    store = fields
      .map(([name, type], f) => `${w.store(f, type)}(output * ${w.u32(CHUNKS)} + piece, total.${name});`)
      .join("\n");
  } else {
    const place = offsetFunction(w, "resultOffset", kept, GEOMETRY, GEOMETRY + 2 * kept);
    const value = finished(op, kind, w.u32(TOTAL), w.f32(FINISH));
    const lines = [`let s = total;`, `let to = ${place}(output);`];
    if (isArg(op)) {
      if (two) lines.push(`${w.store(0, kind)}(to, s.value);`);
      lines.push(`${w.store(two ? 1 : 0, Compute.I32)}(to, s.index);`);
    } else {
      lines.push(`${w.store(0, kind)}(to, ${value});`);
      if (two) lines.push(`${w.store(1, Compute.F32)}(to, select(s.mean, f32_nan(), ${w.u32(TOTAL)} == 0u));`);
    }
    store = lines.join("\n");
  }
  const writer = threads === 1 ? "live" : `live && ${share} == 0u`;
  w.main(GROUP, `${gather}\n${meet}\nif (${writer}) {\n${store}\n}`);
}
