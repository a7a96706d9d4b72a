// Gradients of layer, group and batch normalization. With y = (x - mean) * rstd, the gradient of a row is
// rstd * (w g - mean(w g) - y mean(w g y)); those of a weight and a bias are sums of g y and of g.
// Cost: the gradient and the input are read twice, once from the cache where one kernel does it: memory-bound.

import { type Bound, Compute, DType } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import { beginChunk, beginRow, type Rows } from "./normRows.ts";
import { chunksFor, eachOf, GROUP, layoutFor, layoutKey, rowGroups, type RowLayout, summing, sumOf } from "./rows.ts";

/** Rows with the statistics of each element's. */
export interface SummedRows extends Pick<Rows, "key" | "count" | "length" | "inner" | "words" | "at"> {
  /** where the element's mean and inverse deviation are */
  statisticAt(w: Writer): string;
  /** where the element's weight is, if the sums are weighted */
  weightAt?(w: Writer): string;
}

/** Sums of w g y, and of w g, of every row. */
interface Sums {
  readonly dot: Bound;
  readonly sum: Bound;
}

/** The operands of a gradient. */
export interface Inputs {
  readonly grad: Bound;
  readonly x: Bound;
  readonly mean: Bound;
  readonly rstd: Bound;
  readonly weight: Bound;
}

/** The sums of every row: in one dispatch, or of chunks and then of rows where rows are few and long. */
export function sumRows(stream: Stream, rows: SummedRows, { dot, sum }: Sums, inputs: Inputs): void {
  const layout = layoutFor(rows.length, rows.inner);
  const chunks = chunksFor(rows.count, rows.length, layout);
  const { grad, x, mean, rstd, weight } = inputs;
  const weighted = rows.weightAt !== undefined;
  const operands = weighted ? [grad, x, mean, rstd, weight] : [grad, x, mean, rstd];
  const word = rows.words.length;
  const cut = chunks > 1;
  const partial = cut ? stream.temporary(DType.Float32, rows.count * chunks * 2, 4) : undefined;
  const outputs = partial === undefined ? [dot, sum] : [partial];
  stream.dispatch({
    key: `sumRows.${rows.key}.${layoutKey(layout)}.${cut}.${weighted}`,
    operands: [...outputs, ...operands],
    outputs: outputs.length,
    words: cut ? [...rows.words, chunks, Math.ceil(rows.length / chunks)] : rows.words,
    groups: rowGroups(rows.count * chunks, layout),
    code: (w) => {
      const k = outputs.length;
      const pair = summing(w, "sumPair", "vec2<f32>", layout);
      const term = termOf(w, k, rows.at(w), rows.statisticAt(w), rows.weightAt?.(w));
      const results = cut
        ? `if (lane == 0u && chunk < ${w.u32(word)}) { ${storePair(w, "place")} }`
        : `if (lane == 0u && row < ${w.u32(0)}) { ${storeSums(w, "row")} }`;
      w.main(
        GROUP,
        `${cut ? beginChunk(w, layout, word) : beginRow(w, layout)}
${sumOf(layout, "vec2<f32>", "sums", cut ? "begin" : "0u", cut ? "end" : "n", term)}
let both = ${pair}(sums, local, lane);
${results}`,
      );
    },
  });
  if (partial !== undefined) joinSums(stream, rows.count, chunks, partial, dot, sum);
}

function storePair(w: Writer, place: string): string {
  const store = w.store(0, Compute.F32);
  return `${store}(${place} * 2u, both.x); ${store}(${place} * 2u + 1u, both.y);`;
}

function storeSums(w: Writer, at: string): string {
  return `${w.store(0, Compute.F32)}(${at}, both.y); ${w.store(1, Compute.F32)}(${at}, both.x);`;
}

/** Adds (w g, w g y) of an element to `part`; operands from `k` on are gradient, input, mean, rstd, weight. */
function termOf(w: Writer, k: number, at: string, statistic: string, weight: string | undefined): string {
  const load = (which: number, where: string) => `${w.load(k + which, Compute.F32)}(${where})`;
  const g = weight === undefined ? load(0, "at") : `${load(0, "at")} * ${load(4, weight)}`;
  return `let at = ${at}; let s = ${statistic}; let g = ${g};
part += vec2<f32>(g, g * ((${load(1, "at")} - ${load(2, "s")}) * ${load(3, "s")}));`;
}

function joinSums(stream: Stream, count: number, chunks: number, partial: Bound, dot: Bound, sum: Bound): void {
  const layout = layoutFor(chunks);
  stream.dispatch({
    key: `joinSums.${layoutKey(layout)}`,
    operands: [dot, sum, partial],
    outputs: 2,
    words: [count, chunks],
    groups: rowGroups(count, layout),
    code: (w) => {
      const load = w.load(2, Compute.F32);
      const pair = summing(w, "sumPair", "vec2<f32>", layout);
      const term = `let at = (row * n + j) * 2u; part += vec2<f32>(${load}(at), ${load}(at + 1u));`;
      w.main(
        GROUP,
        `${beginRow(w, layout)}
${sumOf(layout, "vec2<f32>", "sums", "0u", "n", term)}
let both = ${pair}(sums, local, lane);
if (lane == 0u && row < ${w.u32(0)}) { ${storeSums(w, "row")} }`,
      );
    },
  });
}

/**
 * The gradient of the input of rows whose elements each have a weight.
 */
export function gradientOfRows(stream: Stream, rows: Rows, out: Bound, inputs: Inputs): void {
  const layout = layoutFor(rows.length, rows.inner);
  if (chunksFor(rows.count, rows.length, layout) > 1) {
    const dot = stream.temporary(DType.Float32, rows.count, 4);
    const sum = stream.temporary(DType.Float32, rows.count, 4);
    sumRows(stream, { ...weightedRows(rows), statisticAt: () => "row" }, { dot, sum }, inputs);
    applySums(stream, rows, out, { dot, sum }, inputs, "each");
    return;
  }
  oneKernel(stream, rows, layout, [out], inputs, "each");
}

/**
 * The gradients of input, weights and biases of rows that have one weight each. `through`: the statistics came from the
 * input, so that gradients flow through them.
 */
export function gradientsOfRows(
  stream: Stream,
  rows: Rows,
  out: Bound,
  gradWeight: Bound,
  gradBias: Bound,
  inputs: Inputs,
  through: boolean,
): void {
  const layout = layoutFor(rows.length, rows.inner);
  const mode = through ? "one" : "fixed";
  if (chunksFor(rows.count, rows.length, layout) > 1) {
    const sums = { dot: gradWeight, sum: gradBias };
    sumRows(stream, { ...unweightedRows(rows), statisticAt: () => "row" }, sums, inputs);
    applySums(stream, rows, out, sums, inputs, mode);
    return;
  }
  oneKernel(stream, rows, layout, [out, gradWeight, gradBias], inputs, mode);
}

/** each: a weight per element, one: per row, fixed: per row, with statistics that do not depend on the input */
type Mode = "each" | "one" | "fixed";

function unweightedRows({ key, count, length, inner, words, at }: Rows): Omit<SummedRows, "statisticAt"> {
  return { key, count, length, inner, words, at };
}

function weightedRows(rows: Rows): Omit<SummedRows, "statisticAt"> {
  return { ...unweightedRows(rows), weightAt: rows.weightAt };
}

/** The gradient of the element at `at`: of its weight `weight`, with the row's `mean`, `rstd`, and means `m` of both sums. */
function gradientAt(load: (which: number, where: string) => string, mode: Mode, weight: string): string {
  const g = load(0, "at");
  const w = load(4, weight);
  if (mode === "fixed") return `${g} * ${w} * rstd`;
  const y = `(${load(1, "at")} - mean) * rstd`;
  return mode === "one" ? `(${g} - m.x - ${y} * m.y) * (${w} * rstd)` : `(${g} * ${w} - m.x - ${y} * m.y) * rstd`;
}

function oneKernel(
  stream: Stream,
  rows: Rows,
  layout: RowLayout,
  outputs: readonly Bound[],
  { grad, x, mean, rstd, weight }: Inputs,
  mode: Mode,
): void {
  const k = outputs.length;
  stream.dispatch({
    key: `normGradient.${rows.key}.${layoutKey(layout)}.${mode}`,
    operands: [...outputs, grad, x, mean, rstd, weight],
    outputs: k,
    words: rows.words,
    groups: rowGroups(rows.count, layout),
    code: (w) => {
      const load = (which: number, where: string) => `${w.load(k + which, Compute.F32)}(${where})`;
      const pair = summing(w, "sumPair", "vec2<f32>", layout);
      const term = termOf(w, k, rows.at(w), "row", mode === "each" ? rows.weightAt(w) : undefined);
      const result = gradientAt(load, mode, rows.weightAt(w));
      const store = (which: number, value: string) => `${w.store(which, Compute.F32)}(row, ${value});`;
      w.main(
        GROUP,
        `${beginRow(w, layout)}
${sumOf(layout, "vec2<f32>", "sums", "0u", "n", term)}
let both = ${pair}(sums, local, lane);
${mode === "each" ? "" : `if (lane == 0u && row < ${w.u32(0)}) { ${store(1, "both.y")} ${store(2, "both.x")} }`}
if (n > 0u) {
let m = both / f32(n);
let mean = ${load(2, "row")}; let rstd = ${load(3, "row")};
${eachOf(layout, "n", `let at = ${rows.at(w)}; ${w.store(0, Compute.F32)}(at, ${result});`)}
}`,
      );
    },
  });
}

/** The gradient of the input from the sums of the rows. */
function applySums(
  stream: Stream,
  rows: Rows,
  out: Bound,
  { dot, sum }: Sums,
  { grad, x, mean, rstd, weight }: Inputs,
  mode: Mode,
): void {
  stream.dispatch({
    key: `applySums.${rows.key}.${mode}`,
    operands: [out, grad, x, mean, rstd, weight, dot, sum],
    outputs: 1,
    words: rows.words,
    groups: linear(rows.count * rows.length, GROUP),
    code: (w) => {
      const load = (which: number, where: string) => `${w.load(1 + which, Compute.F32)}(${where})`;
      const [row, weightAt] = rows.rowOf(w);
      w.main(
        GROUP,
        `let at = i;
if (at < ${w.u32(0)} * ${w.u32(1)}) {
  let row = ${row}; let c = ${weightAt};
  let m = vec2<f32>(${load(6, "row")}, ${load(5, "row")}) / f32(${w.u32(1)});
  let mean = ${load(2, "row")}; let rstd = ${load(3, "row")};
  ${w.store(0, Compute.F32)}(at, ${gradientAt(load, mode, "c")});
}`,
      );
    },
  });
}
