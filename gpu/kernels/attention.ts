// Attention by tiles, the scores never stored (FlashAttention: Dao et al.). A workgroup owns some rows (queries; for the
// gradients of keys and values those), whose features lie in registers, `parts` threads a row with up to 32 features each. It
// walks over the other side by tiles of a few rows in workgroup memory: every thread adds up its part of the products, one
// thread a pair adds the parts, scales and masks, and all of the row's threads take the result times the tile's rows to their
// sums. The forward kernel keeps the greatest score so far and scales its sums when that grows.
//
// int(0) … int(4) = batch, queries, keys, features, features of values; int(5): what is hidden; param(0) = scale.
// Cost: compute-bound; a tile's rows are read once by every workgroup of the batch's entry.

import { type Bound, type Call, Compute, floatBits, type Operand } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";

const THREADS = 128;
const PART = 32;
const LOWEST = "-3.4028234e38";
const LANES = "xyzw";

/** What int(5) says of a score: core-wasm/assembly/kernels/attention.ts. */
const Hidden = { None: 0, Later: 1, Mask: 2, Added: 3 } as const;

const Word = { Batch: 0, Queries: 1, Keys: 2, Scale: 3, Tile: 4, MaskQuery: 5, MaskKey: 6, Mask: 7 } as const;

interface Attention {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly features: number;
  readonly valueFeatures: number;
  readonly hidden: number;
  readonly mask: Operand | undefined;
  /** threads of a row */
  readonly parts: number;
  /** rows of a tile: also a word, since loops over a constant are unrolled, which software adapters compile for long */
  readonly tile: number;
  readonly words: number[];
  readonly key: string;
}

function describe(call: Call, maskAt: number, tileOf: (parts: number) => number): Attention {
  const [batch, queries, keys, features, valueFeatures, hidden] = [0, 1, 2, 3, 4, 5].map((i) => call.int(i)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const mask = hidden >= Hidden.Mask ? call.operand(maskAt) : undefined;
  const dims = mask === undefined ? 0 : mask.ndim - 2;
  const range = Array.from({ length: dims }, (_, d) => d);
  const widest = Math.max(features, valueFeatures);
  const parts = widest <= PART ? 1 : widest <= 2 * PART ? 2 : 4;
  const tile = tileOf(parts);
  const words = [batch, queries, keys, floatBits(call.param(0)), tile];
  if (mask !== undefined) {
    words.push(mask.stride(dims), mask.stride(dims + 1));
    words.push(...range.map((d) => mask.shape(d)), ...range.map((d) => mask.stride(d)));
  }
  const key = `${features}_${valueFeatures}_${hidden}_${dims}`;
  return { batch, queries, keys, features, valueFeatures, hidden, mask, parts, tile, words, key };
}

/** Whether matrices may be bound as vectors of four. */
function inVectors(stream: Stream, at: Attention, matrices: readonly Bound[], others: readonly Bound[]): boolean {
  return (
    at.features % 4 === 0 &&
    at.valueFeatures % 4 === 0 &&
    matrices.every((m) => m.offset % 4 === 0 && stream.fits(m) && !others.some((o) => o.id === m.id))
  );
}

/** A matrix of rows of `length` as vectors of four features. */
class Matrix {
  readonly w: Writer;
  readonly k: number;
  readonly length: number;
  /** vectors of a thread */
  readonly own: number;
  /** vectors of a row in workgroup memory */
  readonly wide: number;
  readonly vectors: boolean;

  constructor(w: Writer, k: number, length: number, parts: number, vectors: boolean) {
    this.w = w;
    this.k = k;
    this.length = length;
    this.own = Math.ceil(length / (4 * parts));
    this.wide = this.own * parts;
    this.vectors = vectors;
  }

  /** Vector c of a row; 0 behind the last feature. */
  read(row: string, c: string): string {
    const { w, k, length } = this;
    const name = `read${k}_four`;
    const half = w.dtypes[k] === 5;
    if (this.vectors) {
      const value = `${w.vec4(k)}[row * ${length / 4}u + c + (${w.offset(k)} >> 2u)]`;
      w.define(
        name,
        `fn ${name}(row: u32, c: u32) -> vec4<f32> { if (c >= ${length / 4}u) { return vec4<f32>(); } return ${half ? `vec4<f32>(${value})` : value}; }`,
      );
    } else {
      const load = w.load(k, Compute.F32);
      const lanes = [0, 1, 2, 3].map(
        (t) => `if (4u * c + ${t}u < ${length}u) { v.${LANES[t]} = ${load}(row * ${length}u + 4u * c + ${t}u); }`,
      );
      w.define(name, `fn ${name}(row: u32, c: u32) -> vec4<f32> { var v = vec4<f32>(); ${lanes.join(" ")} return v; }`);
    }
    return `${name}(${row}, ${c})`;
  }

  write(row: string, c: string, value: string): string {
    const { w, k, length } = this;
    if (this.vectors) {
      const put = w.dtypes[k] === 5 ? `vec4<f16>(${value})` : value;
      return `if (${c} < ${length / 4}u) { ${w.vec4(k)}[(${row}) * ${length / 4}u + ${c} + (${w.offset(k)} >> 2u)] = ${put}; }`;
    }
    const store = w.store(k, Compute.F32);
    return [0, 1, 2, 3]
      .map(
        (t) =>
          `if (4u * (${c}) + ${t}u < ${length}u) { ${store}((${row}) * ${length}u + 4u * (${c}) + ${t}u, (${value}).${LANES[t]}); }`,
      )
      .join("\n");
  }

  /** Statements for each vector of a thread: its number, and its place in the row. */
  each(statement: (v: number, c: string) => string): string {
    return Array.from({ length: this.own }, (_, v) => statement(v, `(part * ${this.own}u + ${v}u)`)).join("\n");
  }

  /** Brings a tile's rows from `first` on into workgroup memory. */
  fill(tile: string, count: string): string {
    return `for (var t = local; t < ${this.w.u32(Word.Tile)} * ${this.wide}u; t += ${THREADS}u) {
  let other = min(first + t / ${this.wide}u, ${count} - 1u);
  ${tile}[t] = ${this.read(`entry * ${count} + other`, `t % ${this.wide}u`)};
}`;
  }
}

/** The score of query `l` and key `s`, from the sum of products `total`; declares `hidden` and `score`. */
function scoreOf(w: Writer, at: Attention, maskAt: number): string {
  const conditions = [`l < ${w.u32(Word.Queries)}`, `s < ${w.u32(Word.Keys)}`];
  if (at.hidden === Hidden.Later) conditions.push("s <= l");
  const dims = at.mask === undefined ? 0 : at.mask.ndim - 2;
  let place = "";
  if (at.mask !== undefined) {
    place = `l * ${w.u32(Word.MaskQuery)} + s * ${w.u32(Word.MaskKey)}`;
    if (dims > 0) place += ` + ${w.locate("maskEntry", dims, Word.Mask, Word.Mask + dims)}(entry)`;
  }
  if (at.hidden === Hidden.Mask) conditions.push(`${w.load(maskAt, Compute.I32)}(${place}) != 0`);
  const added = at.hidden === Hidden.Added ? ` + ${w.load(maskAt, Compute.F32)}(${place})` : "";
  return `let hidden = !(${conditions.join(" && ")});
var score = -f32_inf();
if (!hidden) { score = total * ${w.f32(Word.Scale)}${added}; }`;
}

/** The sum of a pair's parts in `array`. */
const sumOfParts = (array: string, parts: number, rows: number): string =>
  Array.from({ length: parts }, (_, p) => `${array}[j * ${THREADS}u + ${p * rows}u + place]`).join(" + ");

/** The first statements: `job`, `entry` of the batch, `row` of `count`, the thread's `part` and `place`. */
function begin(w: Writer, rows: number, count: string): string {
  return `let tiles = (${count} + ${rows - 1}u) / ${rows}u;
let job = group.y * groups.x + group.x;
if (job >= tiles * ${w.u32(Word.Batch)}) { return; }
let entry = job / tiles;
let start = (job % tiles) * ${rows}u;
let part = local / ${rows}u;
let place = local % ${rows}u;
let row = start + place;
let mine = entry * ${count} + min(row, ${count} - 1u);`;
}

function groupsFor(at: Attention, count: number): readonly number[] {
  return linear(at.batch * Math.ceil(count / (THREADS / at.parts)), 1);
}

/** Operands: 0 result, 1 statistics [rows, 2], 2 query, 3 key, 4 value, 5 mask. */
export function attention(call: Call, stream: Stream): void {
  // keys, values and scores take at most 16 KiB
  const at = describe(call, 5, (parts) => (parts === 4 ? 8 : 16));
  const [out, statistics, query, key, value] = [0, 1, 2, 3, 4].map((k) => call.operand(k)) as [
    Operand,
    Operand,
    Operand,
    Operand,
    Operand,
  ];
  const others = at.mask === undefined ? [statistics] : [statistics, at.mask];
  const vectors = inVectors(stream, at, [out, query, key, value], others);
  const rows = THREADS / at.parts;
  const { tile } = at;
  const operands = [out, statistics, query, key, value];
  if (at.mask !== undefined) operands.push(at.mask);
  stream.dispatch({
    key: `attention${at.key}${vectors}`,
    operands,
    outputs: 2,
    words: at.words,
    groups: groupsFor(at, at.queries),
    code: (w) => {
      const matrix = (k: number, length: number): Matrix => new Matrix(w, k, length, at.parts, vectors);
      const o = matrix(0, at.valueFeatures);
      const q = matrix(2, at.features);
      const k = matrix(3, at.features);
      const v = matrix(4, at.valueFeatures);
      const [queries, keys] = [w.u32(Word.Queries), w.u32(Word.Keys)];
      const end = at.hidden === Hidden.Later ? `min(${keys}, start + ${rows}u)` : keys;
      const put = w.store(1, Compute.F32);
      w.declare(`var<workgroup> tileA: array<vec4<f32>, ${tile * k.wide}>;`);
      w.declare(`var<workgroup> tileB: array<vec4<f32>, ${tile * v.wide}>;`);
      w.declare(`var<workgroup> scores: array<f32, ${tile * THREADS}>;`);
      w.main(
        THREADS,
        `${begin(w, rows, queries)}
let l = row;
${q.each((i, c) => `let q${i} = ${q.read("mine", c)};`)}
${o.each((i) => `var o${i} = vec4<f32>();`)}
var most = ${LOWEST};
var sum = 0.0;
let end = ${end};
for (var first = 0u; first < end; first += ${tile}u) {
  workgroupBarrier();
  ${k.fill("tileA", keys)}
  ${v.fill("tileB", keys)}
  workgroupBarrier();
  for (var j = 0u; j < ${w.u32(Word.Tile)}; j++) {
    let base = j * ${k.wide}u + part * ${k.own}u;
    var total = 0.0;
    ${q.each((i) => `total += dot(q${i}, tileA[base + ${i}u]);`)}
    scores[j * ${THREADS}u + local] = total;
  }
  workgroupBarrier();
  for (var j = part; j < ${w.u32(Word.Tile)}; j += ${at.parts}u) {
    let total = ${sumOfParts("scores", at.parts, rows)};
    let s = first + j;
    ${scoreOf(w, at, 5)}
    scores[j * ${THREADS}u + place] = score;
  }
  workgroupBarrier();
  var high = most;
  for (var j = 0u; j < ${w.u32(Word.Tile)}; j++) { high = max(high, scores[j * ${THREADS}u + place]); }
  let shrink = f32_exp(most - high);
  most = high;
  sum *= shrink;
  ${o.each((i) => `o${i} *= shrink;`)}
  for (var j = 0u; j < ${w.u32(Word.Tile)}; j++) {
    let p = f32_exp(scores[j * ${THREADS}u + place] - high);
    let base = j * ${v.wide}u + part * ${v.own}u;
    sum += p;
    ${o.each((i) => `o${i} = fma(vec4<f32>(p), tileB[base + ${i}u], o${i});`)}
  }
}
if (row < ${queries}) {
  var scale = f32_nan();
  if (sum != 0.0) { scale = 1.0 / sum; }
  ${o.each((i, c) => o.write("mine", c, `o${i} * scale`))}
  if (part == 0u) { ${put}(2u * mine, most); ${put}(2u * mine + 1u, sum); }
}`,
      );
    },
  });
}

/**
 * Operands: 0, 1, 2 gradients of query, key, value, 3 gradient of the result, 4 query, 5 key, 6 value, 7 statistics [rows, 3]:
 * greatest score, sum, and the result times its gradient; 8 mask.
 */
export function attentionBackward(call: Call, stream: Stream): void {
  gradients(call, stream, true);
  gradients(call, stream, false);
}

/** Of the queries, by tiles of keys and values; or of keys and values, by tiles of queries and the result's gradients. */
function gradients(call: Call, stream: Stream, ofQueries: boolean): void {
  const at = describe(call, 8, () => 8);
  const outputs = (ofQueries ? [0] : [1, 2]).map((k) => call.operand(k));
  const [grad, query, key, value, statistics] = [3, 4, 5, 6, 7].map((k) => call.operand(k)) as [
    Operand,
    Operand,
    Operand,
    Operand,
    Operand,
  ];
  // what the rows and what the tiles hold: one with the features of queries and keys, one with those of values
  const matrices = ofQueries ? [query, grad, key, value] : [key, value, query, grad];
  const others = at.mask === undefined ? [statistics] : [statistics, at.mask];
  const vectors = inVectors(stream, at, [...outputs, ...matrices], others);
  const rows = THREADS / at.parts;
  const { tile } = at;
  const n = outputs.length;
  stream.dispatch({
    key: `attentionBackward${at.key}${vectors}${ofQueries}`,
    operands: [...outputs, ...matrices, ...others],
    outputs: n,
    words: at.words,
    groups: groupsFor(at, ofQueries ? at.queries : at.keys),
    code: (w) => {
      const matrix = (k: number, length: number): Matrix => new Matrix(w, k, length, at.parts, vectors);
      const a = matrix(n, at.features);
      const b = matrix(n + 1, at.valueFeatures);
      const tileA = matrix(n + 2, at.features);
      const tileB = matrix(n + 3, at.valueFeatures);
      const outA = matrix(0, at.features);
      const outB = ofQueries ? undefined : matrix(1, at.valueFeatures);
      const [queries, keys] = [w.u32(Word.Queries), w.u32(Word.Keys)];
      const [own, other] = ofQueries ? [queries, keys] : [keys, queries];
      const later = at.hidden === Hidden.Later;
      const from = later && !ofQueries ? `start / ${tile}u * ${tile}u` : "0u";
      const end = later && ofQueries ? `min(${keys}, start + ${rows}u)` : other;
      const statistic = w.load(n + 4, Compute.F32);
      w.declare(`var<workgroup> tileA: array<vec4<f32>, ${tile * a.wide}>;`);
      w.declare(`var<workgroup> tileB: array<vec4<f32>, ${tile * b.wide}>;`);
      w.declare(`var<workgroup> scores: array<f32, ${tile * THREADS}>;`);
      w.declare(`var<workgroup> products: array<f32, ${tile * THREADS}>;`);
      w.main(
        THREADS,
        `${begin(w, rows, own)}
${a.each((i, c) => `let a${i} = ${a.read("mine", c)};`)}
${b.each((i, c) => `let b${i} = ${b.read("mine", c)};`)}
${outA.each((i) => `var sumA${i} = vec4<f32>();`)}
${outB?.each((i) => `var sumB${i} = vec4<f32>();`) ?? ""}
let end = ${end};
for (var first = ${from}; first < end; first += ${tile}u) {
  workgroupBarrier();
  ${tileA.fill("tileA", other)}
  ${tileB.fill("tileB", other)}
  workgroupBarrier();
  for (var j = 0u; j < ${w.u32(Word.Tile)}; j++) {
    let baseA = j * ${a.wide}u + part * ${a.own}u;
    let baseB = j * ${b.wide}u + part * ${b.own}u;
    var total = 0.0;
    var product = 0.0;
    ${a.each((i) => `total += dot(a${i}, tileA[baseA + ${i}u]);`)}
    ${b.each((i) => `product += dot(b${i}, tileB[baseB + ${i}u]);`)}
    scores[j * ${THREADS}u + local] = total;
    products[j * ${THREADS}u + local] = product;
  }
  workgroupBarrier();
  for (var j = part; j < ${w.u32(Word.Tile)}; j += ${at.parts}u) {
    let total = ${sumOfParts("scores", at.parts, rows)};
    let product = ${sumOfParts("products", at.parts, rows)};
    let ${ofQueries ? "l" : "s"} = row;
    let ${ofQueries ? "s" : "l"} = first + j;
    ${scoreOf(w, at, n + 5)}
    var p = 0.0;
    var slope = 0.0;
    if (l < ${queries} && s < ${keys}) {
      let known = 3u * (entry * ${queries} + l);
      let sum = ${statistic}(known + 1u);
      p = f32_nan();
      if (sum != 0.0) { p = f32_exp(score - ${statistic}(known)) / sum; }
      if (!hidden) { slope = p * (product - ${statistic}(known + 2u)); }
    }
    products[j * ${THREADS}u + place] = p;
    scores[j * ${THREADS}u + place] = slope;
  }
  workgroupBarrier();
  for (var j = 0u; j < ${w.u32(Word.Tile)}; j++) {
    let slope = vec4<f32>(scores[j * ${THREADS}u + place]);
    let baseA = j * ${a.wide}u + part * ${a.own}u;
    ${outA.each((i) => `sumA${i} = fma(slope, tileA[baseA + ${i}u], sumA${i});`)}
    ${
      outB === undefined
        ? ""
        : `let p = vec4<f32>(products[j * ${THREADS}u + place]);
    let baseB = j * ${b.wide}u + part * ${b.own}u;
    ${outB.each((i) => `sumB${i} = fma(p, tileB[baseB + ${i}u], sumB${i});`)}`
    }
  }
}
if (row < ${own}) {
  ${outA.each((i, c) => outA.write("mine", c, `sumA${i} * ${w.f32(Word.Scale)}`))}
  ${outB?.each((i, c) => outB.write("mine", c, `sumB${i}`)) ?? ""}
}`,
      );
    },
  });
}
