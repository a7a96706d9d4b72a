// Running sums, products, extrema and logsumexps along the last dim. Short lines have an invocation each. For others a
// group goes along the line tile by tile; few long lines are cut into chunks, whose totals are found first, so that each
// chunk starts from the total of those before it. The order of operations depends on the shape alone.
// Cost: a read and a write an element, one read more where lines are cut: memory-bound.

import { type Bound, type Call, Compute, computeOf, DType, type Operand } from "../call.ts";
import { coalesce, type Shaped } from "../geometry.ts";
import { linear, type Stream } from "../stream.ts";
import { computeName, type Writer } from "../wgsl/writer.ts";
import { eachOf, GROUP, opaque, reducer, type RowLayout } from "./rows.ts";

const Scan = { Sum: 0, Prod: 1, Max: 2, Min: 3, LogSumExp: 4 } as const;

/** Lines of so few elements are walked by one invocation. */
const SHORT = 32;
/** So many lines keep the device busy with an invocation each, if neighbouring lines are neighbours in memory. */
const MANY_LINES = 16384;
/** elements an invocation takes of a tile */
const ITEMS = 4;
const ENOUGH_GROUPS = 128;

interface Plan {
  readonly kind: number;
  readonly compute: Compute;
  readonly lines: number;
  readonly n: number;
  /** result, input, and for extrema the indices between them */
  readonly operands: readonly Operand[];
  readonly ndim: number;
  /** lines, n, strides along the line, and the geometry of the lines */
  readonly words: readonly number[];
  readonly reverse: boolean;
  readonly key: string;
}

/** Operand 0 = result, the last = input; indices (int64) at 1 for extrema. int(0) = Scan, int(1) = 1: from the end. */
export function scan(call: Call, stream: Stream): void {
  const plan = planOf(call);
  if (plan.n === 0 || plan.lines === 0) return;
  const across = plan.lines >= MANY_LINES && plan.operands[0]!.stride(plan.operands[0]!.ndim - 1) !== 1;
  if (plan.n <= SHORT || across) scanShort(stream, plan);
  else scanLong(stream, plan);
}

function planOf(call: Call): Plan {
  const count = call.count;
  const operands = Array.from({ length: count }, (_, k) => call.operand(k));
  const [out, input] = [operands[0]!, operands[count - 1]!];
  const last = out.ndim - 1;
  const n = out.shape(last);
  const lines = n === 0 ? 0 : out.numel / n;
  const geometry = coalesce(...operands.map((o) => withoutLast(o, last)));
  const compute = computeFor(out.dtype, input.dtype);
  const reverse = call.int(1) !== 0;
  return {
    kind: call.int(0),
    compute,
    lines,
    n,
    operands,
    ndim: geometry.ndim,
    words: [lines, n, ...operands.map((o) => o.stride(last)), ...geometry.sizes, ...geometry.strides.flat()],
    reverse,
    key: `${call.int(0)}.${compute}.${geometry.ndim}.${reverse}`,
  };
}

function withoutLast(o: Operand, last: number): Shaped {
  return { ndim: last, shape: (d) => o.shape(d), stride: (d) => o.stride(d) };
}

/** Sums of small integers are exact modulo 2³² unless 64 bits, or whether they are zero, matter. */
function computeFor(out: number, input: number): Compute {
  if (computeOf(out) === Compute.F32) return Compute.F32;
  const small = computeOf(out) === Compute.I32 && computeOf(input) === Compute.I32 && out !== DType.Bool;
  return small ? Compute.I32 : Compute.I64;
}

const isExtremum = ({ kind }: Plan): boolean => kind === Scan.Max || kind === Scan.Min;
/** float32 sums carry their rounding error along */
const isFloatSum = ({ kind, compute }: Plan): boolean => kind === Scan.Sum && compute === Compute.F32;

/** How the totals of chunks are stored: an item's value, and its second word as i32 where it has one. */
interface Parts {
  readonly value: string;
  readonly second: string | undefined;
  make(value: string, second: string): string;
}

function partsOf(plan: Plan, item: string): Parts {
  if (isExtremum(plan)) {
    return { value: `${item}.value`, second: `i32(${item}.index)`, make: (v, s) => `Item(${v}, u32(${s}))` };
  }
  if (isFloatSum(plan)) {
    return { value: `${item}.x`, second: `bitcast<i32>(${item}.y)`, make: (v, s) => `Item(${v}, bitcast<f32>(${s}))` };
  }
  return { value: item, second: undefined, make: (v) => v };
}

/** Defines the type `Item`, `identity()` and `combine(earlier, later)`. */
function defineItems(w: Writer, plan: Plan): void {
  const { kind, compute } = plan;
  const type = computeName(compute);
  const [zero, one] =
    compute === Compute.F32
      ? ["0.0", "1.0"]
      : compute === Compute.I32
        ? ["0", "1"]
        : ["vec2<u32>()", "vec2<u32>(1u, 0u)"];
  if (isExtremum(plan)) {
    // of equals, and of several NaN, the last one; nothing has this index
    const nan = compute === Compute.F32;
    const beats =
      compute === Compute.I64
        ? kind === Scan.Max
          ? "i64_lt(a.value, b.value)"
          : "i64_lt(b.value, a.value)"
        : `(b.value ${kind === Scan.Max ? ">" : "<"} a.value)`;
    const equal = compute === Compute.I64 ? "all(a.value == b.value)" : "(a.value == b.value)";
    w.define("Item", `struct Item { value: ${type}, index: u32 }`);
    w.define("identity", `fn identity() -> Item { return Item(${zero}, 0xffffffffu); }`);
    w.define(
      "combine",
      `fn combine(a: Item, b: Item) -> Item {
  let later = b.index > a.index;
  ${
    nan
      ? `let first = f32_isnan(a.value);
  let second = f32_isnan(b.value);
  let better = (second & (later | !first)) | (!first & !second & (${beats} | (later & ${equal})));`
      : `let better = ${beats} | (later & ${equal});`
  }
  let takes = (b.index != 0xffffffffu) & ((a.index == 0xffffffffu) | better);
  return Item(select(a.value, b.value, takes), select(a.index, b.index, takes));
}`,
    );
    return;
  }
  if (isFloatSum(plan)) {
    // sum and error (Knuth); an infinite sum has none. Compilers would find the error to be zero, if they were not kept
    // from seeing that the sum is one
    const zero = opaque(w, 0);
    w.define("Item", "alias Item = vec2<f32>;");
    w.define("identity", "fn identity() -> Item { return Item(); }");
    w.define(
      "combine",
      `fn combine(a: Item, b: Item) -> Item {
  let sum = bitcast<f32>(bitcast<u32>(a.x + b.x) ^ ${zero});
  let other = bitcast<f32>(bitcast<u32>(sum - a.x) ^ ${zero});
  let error = (a.x - (sum - other)) + (b.x - other) + (a.y + b.y);
  return Item(sum, select(error, 0.0, (bitcast<u32>(sum) & 0x7f800000u) == 0x7f800000u));
}`,
    );
    return;
  }
  w.define("Item", `alias Item = ${type};`);
  const wide = compute === Compute.I64;
  const [identity, value] =
    kind === Scan.Sum
      ? [zero, wide ? "i64_add(a, b)" : "a + b"]
      : kind === Scan.Prod
        ? [one, wide ? "i64_mul(a, b)" : "a * b"]
        : ["-f32_inf()", "high + f32_log1p(f32_exp(min(a, b) - high))"];
  const before =
    kind === Scan.LogSumExp
      ? `if (f32_isnan(a)) { return a; }
  if (f32_isnan(b)) { return b; }
  let high = max(a, b);
  if (f32_isinf(high)) { return high; }`
      : "";
  w.define("identity", `fn identity() -> Item { return ${identity}; }`);
  w.define("combine", `fn combine(a: Item, b: Item) -> Item { ${before} return ${value}; }`);
}

/**
 * Defines `fetch(line, j)` and `put(line, j, item)` for element j of the line that begins at the offsets `line`, one for each
 * operand; `lineOf(number)` gives those. The operands are the plan's, after `first` others.
 */
function defineAccess(w: Writer, plan: Plan, first: number, writes: boolean): void {
  const { operands, ndim, compute, reverse } = plan;
  const count = operands.length;
  const sizes = 2 + count;
  const starts = operands.map((_, k) => `${w.locate(`start${k}`, ndim, sizes, sizes + (k + 1) * ndim)}(line)`);
  w.define("Line", `struct Line { ${operands.map((_, k) => `at${k}: u32`).join(", ")} }`);
  w.define("lineOf", `fn lineOf(line: u32) -> Line { return Line(${starts.join(", ")}); }`);
  const place = reverse ? `(${w.u32(1)} - 1u - j)` : "j";
  const at = (k: number) => `line.at${k} + ${place} * ${w.u32(2 + k)}`;
  const value = `${w.load(first + count - 1, compute)}(${at(count - 1)})`;
  const extremum = isExtremum(plan);
  const fetched = extremum ? `Item(${value}, j)` : isFloatSum(plan) ? `Item(${value}, 0.0)` : value;
  w.define("fetch", `fn fetch(line: Line, j: u32) -> Item { return ${fetched}; }`);
  if (!writes) return;
  const stores = extremum
    ? `${w.store(first, compute)}(${at(0)}, item.value); ${w.store(first + 1, Compute.I32)}(${at(1)}, i32(item.index));`
    : `${w.store(first, compute)}(${at(0)}, ${isFloatSum(plan) ? "item.x + item.y" : "item"});`;
  w.define("put", `fn put(line: Line, j: u32, item: Item) { ${stores} }`);
}

function scanShort(stream: Stream, plan: Plan): void {
  stream.dispatch({
    key: `scanShort${plan.key}`,
    operands: plan.operands,
    outputs: plan.operands.length - 1,
    words: plan.words,
    groups: linear(plan.lines, GROUP),
    code: (w) => {
      defineItems(w, plan);
      defineAccess(w, plan, 0, true);
      w.main(
        GROUP,
        `if (i < ${w.u32(0)}) {
  let line = lineOf(i);
  var item = identity();
  for (var j = 0u; j < ${w.u32(1)}; j++) { item = combine(item, fetch(line, j)); put(line, j, item); }
}`,
      );
    },
  });
}

function scanLong(stream: Stream, plan: Plan): void {
  const { lines, n } = plan;
  let size = 32;
  while (size < GROUP && size * ITEMS < n) size *= 2;
  const tile = size * ITEMS;
  const most = lines >= ENOUGH_GROUPS ? 1 : Math.ceil((4 * ENOUGH_GROUPS) / lines);
  const chunk = Math.ceil(Math.max(n / most, 4 * tile) / tile) * tile;
  const chunks = Math.ceil(n / chunk);
  const totals = chunks > 1 ? chunkTotals(stream, plan, chunk, chunks) : [];
  const word = plan.words.length;
  const outputs = plan.operands.length - 1;
  stream.dispatch({
    key: `scan${plan.key}.${size}.${totals.length}`,
    operands: [...plan.operands, ...totals],
    outputs,
    words: [...plan.words, chunk, chunks],
    groups: linear(lines * chunks, 1),
    code: (w) => {
      defineItems(w, plan);
      defineAccess(w, plan, 0, true);
      defineLaneScan(w, size);
      const items = Array.from({ length: ITEMS }, (_, k) => k);
      const before = totals.length > 0 ? carriedIn(w, plan, outputs + 1, size, word) : "var carry = identity();";
      w.main(
        size,
        `${beginChunk(w, word)}
${before}
for (var start = begin; start < end; start += ${tile}u) {
  let j = start + local * ${ITEMS}u;
${items
  .map((k) => {
    const item = `item${k} = ${k === 0 ? "" : `combine(item${k - 1}, `}fetch(line, j + ${k}u)${k === 0 ? "" : ")"};`;
    return `  var item${k} = ${k === 0 ? "identity()" : `item${k - 1}`}; if (j + ${k}u < end) { ${item} }`;
  })
  .join("\n")}
  let prefix = combine(carry, laneScan(item${ITEMS - 1}, local));
${items.map((k) => `  if (j + ${k}u < end) { put(line, j + ${k}u, combine(prefix, item${k})); }`).join("\n")}
  carry = combine(carry, lanes[${size - 1}]);
}`,
      );
    },
  });
}

/** Defines `line` and the elements `begin` to `end` of the chunk that the group is about; none beyond the last line. */
function beginChunk(w: Writer, word: number): string {
  return `let piece = group.y * groups.x + group.x;
let number = piece / ${w.u32(word + 1)};
let chunk = piece - number * ${w.u32(word + 1)};
let exists = number < ${w.u32(0)};
let line = lineOf(select(0u, number, exists));
let begin = min(chunk * ${w.u32(word)}, ${w.u32(1)});
let end = select(begin, min(begin + ${w.u32(word)}, ${w.u32(1)}), exists);`;
}

/** Defines `laneScan(item, local)`: all items of earlier lanes combined; afterwards `lanes` ends with those of all. */
function defineLaneScan(w: Writer, size: number): void {
  w.declare(`var<workgroup> lanes: array<Item, ${size}>;`);
  w.define(
    "laneScan",
    `fn laneScan(item: Item, local: u32) -> Item {
  workgroupBarrier();
  lanes[local] = item;
  workgroupBarrier();
  for (var d = 1u; d < ${opaque(w, size)}; d <<= 1u) {
    var x = lanes[local];
    if (local >= d) { x = combine(lanes[local - d], x); }
    workgroupBarrier();
    lanes[local] = x;
    workgroupBarrier();
  }
  if (local == 0u) { return identity(); }
  return lanes[local - 1u];
}`,
  );
}

/** The total of every chunk of every line, in the parts that `partsOf` tells. */
function chunkTotals(stream: Stream, plan: Plan, chunk: number, chunks: number): Bound[] {
  const { compute, lines } = plan;
  const { value, second } = partsOf(plan, "all");
  const dtype = compute === Compute.F32 ? DType.Float32 : compute === Compute.I32 ? DType.Int32 : DType.Int64;
  const totals: Bound[] = [stream.temporary(dtype, lines * chunks, compute === Compute.I64 ? 8 : 4)];
  if (second !== undefined) totals.push(stream.temporary(DType.Int32, lines * chunks, 4));
  const first = totals.length;
  const word = plan.words.length;
  const layout: RowLayout = { lanes: GROUP, columns: false };
  stream.dispatch({
    key: `scanTotals${plan.key}`,
    operands: [...totals, ...plan.operands],
    outputs: first,
    words: [...plan.words, chunk, chunks],
    groups: linear(lines * chunks, 1),
    code: (w) => {
      defineItems(w, plan);
      defineAccess(w, plan, first, false);
      const joined = reducer(w, "joined", "Item", layout, (a, b) => `combine(${a}, ${b})`);
      let store = `${w.store(0, compute)}(piece, ${value});`;
      if (second !== undefined) store += ` ${w.store(1, Compute.I32)}(piece, ${second});`;
      w.main(
        GROUP,
        `${beginChunk(w, word)}
let lane = local;
var item = identity();
${eachOf(layout, "end - begin", "item = combine(item, fetch(line, begin + j));")}
let all = ${joined}(item, local, lane);
if (lane == 0u && exists) { ${store} }`,
      );
    },
  });
  return totals;
}

/** Defines `carry`, the total of the chunks before this one; operands from `first` on are the totals. */
function carriedIn(w: Writer, plan: Plan, first: number, size: number, word: number): string {
  const layout: RowLayout = { lanes: size, columns: false };
  const joined = reducer(w, "joined", "Item", layout, (a, b) => `combine(${a}, ${b})`, size);
  const { second, make } = partsOf(plan, "");
  const place = "(base + j)";
  const extra = second === undefined ? "" : `${w.load(first + 1, Compute.I32)}${place}`;
  const item = make(`${w.load(first, plan.compute)}${place}`, extra);
  return `let lane = local;
let base = number * ${w.u32(word + 1)};
let earlier = select(0u, chunk, exists);
var total = identity();
${eachOf(layout, "earlier", `total = combine(total, ${item});`)}
var carry = ${joined}(total, local, lane);`;
}
