// What layer, group and batch normalization share: statistics of rows and (x - mean) * rstd * weight + bias. Where rows are
// short or many, one kernel does it all, a row being read again from the cache. Few long rows are cut into chunks: first
// the statistics of each, then those of the rows, then the elements, each a dispatch of its own.
// Cost: the input is read three times, twice from the cache where one kernel does it: memory-bound.

import { type Bound, Compute, DType, floatBits } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import {
  chunksFor,
  eachOf,
  GROUP,
  layoutFor,
  layoutKey,
  type RowLayout,
  rowGroups,
  rowPrelude,
  summing,
  sumOf,
} from "./rows.ts";

/**
 * Rows in a tensor: addresses as WGSL expressions of `row` and `j`, the element's number in its row. `words` become words
 * 0, 1, … of the dispatch: the number of rows, the elements of a row, and what the expressions need.
 */
export interface Rows {
  /** identifies the expressions */
  readonly key: string;
  readonly count: number;
  readonly length: number;
  /** rows that lie side by side in memory; 1: the elements of a row do */
  readonly inner: number;
  readonly words: readonly number[];
  /** the element's address */
  at(w: Writer): string;
  /** where the element's weight and bias are */
  weightAt(w: Writer): string;
  /** of the element at address `at`: its row, and where its weight and bias are */
  rowOf(w: Writer): readonly [row: string, weight: string];
}

/** Where the statistics of rows go. */
export interface Statistics {
  readonly mean: Bound;
  readonly rstd: Bound;
  readonly eps: number;
  /** running mean and variance, which move towards the row's by `momentum` */
  readonly running?: readonly [mean: Bound, variance: Bound] | undefined;
  readonly momentum?: number;
}

/** Statements that define `row`, `lane` and `n`, the row's length or 0 where there is no such row. */
export function beginRow(w: Writer, layout: RowLayout): string {
  return `${rowPrelude(layout)} let n = select(0u, ${w.u32(1)}, row < ${w.u32(0)});`;
}

/**
 * Defines `row`, `lane`, the chunk's elements `begin` to `end`, and `place`, the chunk's number among those of its row;
 * words `word` and the next are the number of chunks and their size. Rows of the same chunk are neighbours.
 */
export function beginChunk(w: Writer, layout: RowLayout, word: number): string {
  const chunks = w.u32(word);
  const size = w.u32(word + 1);
  return `${rowPrelude(layout, "piece")}
let chunk = piece / ${w.u32(0)};
let row = piece - chunk * ${w.u32(0)};
let begin = min(chunk * ${size}, ${w.u32(1)});
let end = select(begin, min(begin + ${size}, ${w.u32(1)}), chunk < ${chunks});
let place = row * ${chunks} + chunk;`;
}

/** The result, and the statistics of every row. */
export function normalizeRows(
  stream: Stream,
  rows: Rows,
  out: Bound,
  x: Bound,
  weight: Bound,
  bias: Bound,
  statistics: Statistics,
): void {
  const layout = layoutFor(rows.length, rows.inner);
  const chunks = chunksFor(rows.count, rows.length, layout);
  if (chunks > 1) {
    chunkStatistics(stream, rows, layout, x, statistics, chunks);
    applyStatistics(stream, rows, out, x, weight, bias, statistics.mean, statistics.rstd);
    return;
  }
  const results = resultsOf(statistics);
  const k = 1 + results.length;
  const word = rows.words.length;
  stream.dispatch({
    key: `normalize.${rows.key}.${layoutKey(layout)}.${k}`,
    operands: [out, ...results, x, weight, bias],
    outputs: k,
    words: [...rows.words, ...settingsOf(statistics)],
    groups: rowGroups(rows.count, layout),
    code: (w) => {
      const value = `${w.load(k, Compute.F32)}(${rows.at(w)})`;
      const sum = summing(w, "sumOver", "f32", layout);
      const pair = summing(w, "sumPair", "vec2<f32>", layout);
      const result = `(${value} - mean) * rstd * ${w.load(k + 1, Compute.F32)}(c) + ${w.load(k + 2, Compute.F32)}(c)`;
      w.main(
        GROUP,
        `${beginRow(w, layout)}
let count = f32(${w.u32(1)});
${sumOf(layout, "f32", "sum", "0u", "n", `part += ${value};`)}
let near = ${sum}(sum, local, lane) / count;
${sumOf(layout, "vec2<f32>", "deviations", "0u", "n", `let d = ${value} - near; part += vec2<f32>(d, d * d);`)}
let moments = ${pair}(deviations, local, lane);
${fromMoments(w, word)}
if (lane == 0u && row < ${w.u32(0)}) { ${storeStatistics(w, 1, word, statistics)} }
${eachOf(layout, "n", `let c = ${rows.weightAt(w)}; ${w.store(0, Compute.F32)}(${rows.at(w)}, ${result});`)}`,
      );
    },
  });
}

function resultsOf({ mean, rstd, running }: Statistics): Bound[] {
  return running === undefined ? [mean, rstd] : [mean, rstd, ...running];
}

function settingsOf({ eps, momentum }: Statistics): number[] {
  return [floatBits(eps), floatBits(momentum ?? 0)];
}

/** Stores the statistics of `row`: operands from `first` on are `resultsOf`, words from `word` on `settingsOf`. */
function storeStatistics(w: Writer, first: number, word: number, { running }: Statistics): string {
  const store = (k: number, value: string) => `${w.store(first + k, Compute.F32)}(row, ${value});`;
  const move = (k: number, value: string) =>
    store(k, `${w.load(first + k, Compute.F32)}(row) * (1.0 - momentum) + ${value} * momentum`);
  const own = `${store(0, "mean")} ${store(1, "rstd")}`;
  if (running === undefined) return own;
  return `${own} let momentum = ${w.f32(word + 1)}; ${move(2, "mean")} ${move(3, "squares / (count - 1.0)")}`;
}

/**
 * Defines `mean`, `squares` and `rstd` from `moments`, the sums of the deviations from `near` and of their squares: `near`
 * is the mean but for rounding, of which this frees both.
 */
function fromMoments(w: Writer, word: number): string {
  return `let mean = near + moments.x / count;
let squares = max(moments.y - moments.x * (moments.x / count), 0.0);
let rstd = 1.0 / sqrt(squares / count + ${w.f32(word)});`;
}

/** Statistics of rows cut into chunks: mean and squared deviations of each chunk, then of the row (Chan et al. 1979). */
function chunkStatistics(
  stream: Stream,
  rows: Rows,
  layout: RowLayout,
  x: Bound,
  statistics: Statistics,
  chunks: number,
): void {
  const size = Math.ceil(rows.length / chunks);
  const partial = stream.temporary(DType.Float32, rows.count * chunks * 2, 4);
  const word = rows.words.length;
  stream.dispatch({
    key: `chunkStatistics.${rows.key}.${layoutKey(layout)}`,
    operands: [partial, x],
    outputs: 1,
    words: [...rows.words, chunks, size],
    groups: rowGroups(rows.count * chunks, layout),
    code: (w) => {
      const value = `${w.load(1, Compute.F32)}(${rows.at(w)})`;
      const sum = summing(w, "sumOver", "f32", layout);
      const pair = summing(w, "sumPair", "vec2<f32>", layout);
      const store = w.store(0, Compute.F32);
      w.main(
        GROUP,
        `${beginChunk(w, layout, word)}
let count = max(f32(end - begin), 1.0);
${sumOf(layout, "f32", "sum", "begin", "end", `part += ${value};`)}
let near = ${sum}(sum, local, lane) / count;
${sumOf(layout, "vec2<f32>", "deviations", "begin", "end", `let d = ${value} - near; part += vec2<f32>(d, d * d);`)}
let moments = ${pair}(deviations, local, lane);
if (lane == 0u && chunk < ${w.u32(word)}) {
  ${store}(place * 2u, near + moments.x / count);
  ${store}(place * 2u + 1u, max(moments.y - moments.x * (moments.x / count), 0.0));
}`,
      );
    },
  });
  const results = resultsOf(statistics);
  const k = results.length;
  const join = layoutFor(chunks);
  stream.dispatch({
    key: `joinStatistics.${layoutKey(join)}.${k}`,
    operands: [...results, partial],
    outputs: k,
    words: [rows.count, chunks, size, rows.length, ...settingsOf(statistics)],
    groups: rowGroups(rows.count, join),
    code: (w) => {
      const load = w.load(k, Compute.F32);
      const sum = summing(w, "sumOver", "f32", join);
      const pair = summing(w, "sumPair", "vec2<f32>", join);
      // the last chunks may be short or empty
      const share = `let from_ = min(j * ${w.u32(2)}, ${w.u32(3)}); let share = f32(min(${w.u32(2)}, ${w.u32(3)} - from_));`;
      const difference = (from: string) => `${load}((base + j) * 2u) - ${from}`;
      const both = `vec2<f32>(d * share, d * d * share + ${load}((base + j) * 2u + 1u))`;
      w.main(
        GROUP,
        `${beginRow(w, join)}
let count = f32(${w.u32(3)});
let base = row * n;
// relative to the first chunk's mean, so that a common part costs no precision
let origin = ${load}(base * 2u);
${sumOf(join, "f32", "sum", "0u", "n", `${share} part += (${difference("origin")}) * share;`)}
let near = origin + ${sum}(sum, local, lane) / count;
${sumOf(join, "vec2<f32>", "deviations", "0u", "n", `${share} let d = ${difference("near")}; part += ${both};`)}
let moments = ${pair}(deviations, local, lane);
${fromMoments(w, 4)}
if (lane == 0u && row < ${w.u32(0)}) { ${storeStatistics(w, 0, 4, statistics)} }`,
      );
    },
  });
}

/** The result from statistics that are there. */
export function applyStatistics(
  stream: Stream,
  rows: Rows,
  out: Bound,
  x: Bound,
  weight: Bound,
  bias: Bound,
  mean: Bound,
  rstd: Bound,
): void {
  stream.dispatch({
    key: `applyStatistics.${rows.key}`,
    operands: [out, x, weight, bias, mean, rstd],
    outputs: 1,
    words: rows.words,
    groups: linear(rows.count * rows.length, GROUP),
    code: (w) => {
      const load = (k: number, at: string) => `${w.load(k, Compute.F32)}(${at})`;
      const [row, weightAt] = rows.rowOf(w);
      const normal = `(${load(1, "at")} - ${load(4, "row")}) * ${load(5, "row")}`;
      w.main(
        GROUP,
        `let at = i;
if (at < ${w.u32(0)} * ${w.u32(1)}) {
  let row = ${row}; let c = ${weightAt};
  ${w.store(0, Compute.F32)}(at, ${normal} * ${load(2, "c")} + ${load(3, "c")});
}`,
      );
    },
  });
}
