// Writes by index. Values that meet in one element are combined by atomics where 32 bits are enough (sums of int64 carry
// from word to word), else in order: sorted by destination, one invocation for all of a destination's values.

import { type Bound, type Call, Compute, computeOf, DType, type Operand } from "../call.ts";
import { coalesce, type Geometry } from "../geometry.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import { faultWords, placeOf, raiseFault } from "./places.ts";
import { type SortedRows, sortRows, sortedAccess } from "./sortRows.ts";

const GROUP = 256;

const Mode = { Assign: 0, Add: 1, Mul: 2, Min: 3, Max: 4 } as const;

/** What all passes of a scatter know. */
interface Scatter {
  readonly out: Operand;
  readonly source: Operand;
  readonly index: Operand;
  readonly mode: number;
  readonly faults: boolean;
  readonly compute: Compute;
  /** over the index's shape: strides of index, out, source */
  readonly space: Geometry;
  /** starts with n, elements per index step, size of the dim, an index to ignore, and faultWords */
  readonly words: readonly number[];
}
const WORDS = 6;

/**
 * Operands: 0 out (read and written), 1 source (the same dtype), 2 index (int64), all over the index's shape, out stride 0
 * where the index stands in. ints: 0 elements of out per index step, 1 size of the indexed dim, 2 ScatterMode, 3 an index to
 * ignore, else -1, 4 fault code, 5 dim.
 */
export function scatter(call: Call, stream: Stream): void {
  const index = call.operand(2);
  const n = index.numel;
  if (n === 0) return;
  const out = call.operand(0);
  const source = call.operand(1);
  const space = coalesce(index, out, source);
  const { dtype } = out;
  // a sum of booleans is their disjunction
  const mode = dtype === DType.Bool && call.int(2) === Mode.Add ? Mode.Max : call.int(2);
  const words = [n, call.int(0), call.int(1), call.int(3), ...faultWords(call.int(4), call.int(5))];
  words.push(...space.sizes, ...space.strides.flat());
  const task = { out, source, index, mode, faults: call.int(4) !== 0, compute: computeOf(dtype), space, words };
  if (mode === Mode.Assign) assign(task, stream);
  else if (stream.fits(out) && (dtype !== DType.Int64 || mode === Mode.Add)) combineAtomically(task, stream);
  else combineInOrder(task, stream);
}

/**
 * Code that returns where there is nothing to do, then declares `to` (offset in out) and `origin` (in source). The index is
 * operand `operand`.
 */
function locateElement(w: Writer, task: Scatter, operand: number): string {
  const { ndim } = task.space;
  const indexAt = w.locate("indexAt", ndim, WORDS, WORDS + ndim);
  const outAt = w.locate("outAt", ndim, WORDS, WORDS + 2 * ndim);
  const sourceAt = w.locate("sourceAt", ndim, WORDS, WORDS + 3 * ndim);
  return `if (i >= ${w.u32(0)}) { return; }
let index = ${w.load(operand, Compute.I64)}(${indexAt}(i));
let place = ${placeOf(w)}(index, ${w.u32(2)});
${raiseFault(w, task.faults, "index", "place", w.u32(2), 4)}
let ignored = place < 0 || place == ${w.i32(3)};
let to = ${outAt}(i) + u32(max(place, 0)) * ${w.u32(1)};
let origin = ${sourceAt}(i);
`;
}

/** Of several values for one element any may stay. */
function assign(task: Scatter, stream: Stream): void {
  const { out, source, index, faults, compute, space } = task;
  stream.dispatch({
    key: `scatter${space.ndim}.${faults}`,
    operands: [out, source, index],
    outputs: 1,
    faults,
    words: task.words,
    groups: linear(index.numel, GROUP),
    code: (w) =>
      w.main(
        GROUP,
        `${locateElement(w, task, 2)}if (!ignored) { ${w.store(0, compute)}(to, ${w.load(1, compute)}(origin)); }`,
      ),
  });
}

/** The name of a function (a, b) of the compute type: the two combined, rounded or wrapped to the dtype. */
function combiner(w: Writer, dtype: number, compute: Compute, mode: number): string {
  if (compute === Compute.I64) return ["", "i64_add", "i64_mul", "i64_minimum", "i64_maximum"][mode]!;
  const type = compute === Compute.F32 ? "f32" : "i32";
  return w.define(
    "combine",
    `fn combine(a: ${type}, b: ${type}) -> ${type} { return ${narrowed(w, combined(w, compute, mode), dtype)}; }`,
  );
}

function combined(w: Writer, compute: Compute, mode: number): string {
  if (mode === Mode.Add) return "a + b";
  if (mode === Mode.Mul) return "a * b";
  const before = mode === Mode.Min ? "a < b" : "a > b";
  if (compute === Compute.I32) return `select(b, a, ${before})`;
  // NaN wins
  return `select(b, a, f32_isnan(a) || (!f32_isnan(b) && ${before}))`;
}

function narrowed(w: Writer, value: string, dtype: number): string {
  switch (dtype) {
    case DType.UInt8:
      return `(${value}) & 255`;
    case DType.Int8:
      return `((${value}) << 24u) >> 24u`;
    case DType.Int16:
      return `((${value}) << 16u) >> 16u`;
    case DType.Bool:
      return `select(0, 1, (${value}) != 0)`;
    case DType.BFloat16:
      return `f32_bfloat16(${value})`;
    case DType.Float16:
      return `unpack2x16float(${halfBits(w)}(${value})).x`;
    default:
      return value;
  }
}

/** float32 to the bits of the nearest float16, ties to even; pack2x16float may round otherwise. */
function halfBits(w: Writer): string {
  return w.define(
    "halfBits",
    `fn halfBits(x: f32) -> u32 {
  let b = bitcast<u32>(x);
  let sign = (b >> 16u) & 0x8000u;
  let m = b & 0x7fffffffu;
  if (m > 0x7f800000u) { return sign | 0x7e00u; }
  if (m >= 0x47800000u) { return sign | 0x7c00u; }
  if (m >= 0x38800000u) { return sign | ((m - 0x38000000u + 0xfffu + ((m >> 13u) & 1u)) >> 13u); }
  if (m < 0x33000000u) { return sign; }
  let shift = 126u - (m >> 23u);
  let mantissa = (m & 0x7fffffu) | 0x800000u;
  let half = mantissa >> shift;
  let rest = mantissa & ((1u << shift) - 1u);
  let tie = 1u << (shift - 1u);
  return sign | (half + select(0u, 1u, rest > tie || (rest == tie && (half & 1u) == 1u)));
}`,
  );
}

/** One invocation an element of the source. */
function combineAtomically(task: Scatter, stream: Stream): void {
  const { out, source, index, mode, faults, compute, space } = task;
  const { dtype } = out;
  stream.dispatch({
    key: `scatterAtomic${mode}.${space.ndim}.${faults}`,
    operands: [out, source, index],
    outputs: 1,
    faults,
    words: task.words,
    groups: linear(index.numel, GROUP),
    code: (w) => {
      const words = w.atomic(0);
      const at = `let at = to + ${w.offset(0)};`;
      const value = `${w.load(1, compute)}(origin)`;
      let update: string;
      if (dtype === DType.Int64) {
        update = `${at}
let value = ${value};
let before = atomicAdd(&${words}[2u * at], value.x);
let high = value.y + select(0u, 1u, before + value.x < before);
if (high != 0u) { atomicAdd(&${words}[2u * at + 1u], high); }`;
      } else if (dtype === DType.Int32 && mode === Mode.Add) {
        update = `${at}\natomicAdd(&${words}[at], bitcast<u32>(${value}));`;
      } else {
        const half = dtype === DType.Float16;
        const combine = combiner(w, dtype, compute, mode);
        const type = compute === Compute.F32 ? "f32" : "i32";
        // float16 elements stand in pairs
        const next = half
          ? `let shift = (at & 1u) * 16u;
  let after = ${halfBits(w)}(${combine}(unpack2x16float(held >> shift).x, value));
  let next = (held & ~(0xffffu << shift)) | (after << shift);`
          : `let next = bitcast<u32>(${combine}(bitcast<${type}>(held), value));`;
        const word = half ? "at >> 1u" : "at";
        update = `${at}
let value = ${value};
var held = atomicLoad(&${words}[${word}]);
loop {
  ${next}
  if (next == held) { break; }
  let exchange = atomicCompareExchangeWeak(&${words}[${word}], held, next);
  if (exchange.exchanged) { break; }
  held = exchange.old_value;
}`;
      }
      w.main(GROUP, `${locateElement(w, task, 2)}if (ignored) { return; }\n${update}`);
    },
  });
}

/** The destination that stands for none; it sorts last. */
const NOWHERE = "0x7fffffff";

function combineInOrder(task: Scatter, stream: Stream): void {
  const { out, source, index, mode, faults, compute, space } = task;
  const n = index.numel;
  const destinations: Bound = stream.temporary(DType.Int32, n, 4);
  stream.dispatch({
    key: `scatterDestinations${space.ndim}.${faults}`,
    operands: [destinations, index],
    outputs: 1,
    faults,
    words: task.words,
    groups: linear(n, GROUP),
    code: (w) =>
      w.main(GROUP, `${locateElement(w, task, 1)}${w.store(0, Compute.I32)}(i, select(i32(to), ${NOWHERE}, ignored));`),
  });
  const sorted: SortedRows = sortRows(stream, destinations, 1, n, n, false);
  stream.dispatch({
    key: `scatterOrdered${mode}.${space.ndim}`,
    operands: [out, source, ...sorted.buffers],
    outputs: 1,
    words: task.words,
    groups: linear(n, GROUP),
    code: (w) => {
      const { ndim } = space;
      const { key, position } = sortedAccess(w, sorted, 2);
      const sourceAt = w.locate("sourceAt", ndim, WORDS, WORDS + 3 * ndim);
      const value = `${w.load(1, compute)}(${sourceAt}(${position}(j)))`;
      w.main(
        GROUP,
        `let n = ${w.u32(0)};
if (i >= n) { return; }
let to = ${key}(i).x;
if (to == ${NOWHERE}u || (i > 0u && ${key}(i - 1u).x == to)) { return; }
var sum = ${w.load(0, compute)}(to);
for (var j = i; j < n && ${key}(j).x == to; j++) { sum = ${combiner(w, out.dtype, compute, mode)}(sum, ${value}); }
${w.store(0, compute)}(to, sum);`,
      );
    },
  });
}
