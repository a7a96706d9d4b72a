// What a product is about: sizes, strides and batch dims, read from the argument block.

import { type Bound, type Call, Compute, computeOf, floatBits, type Operand } from "../../call.ts";
import type { Stream } from "../../stream.ts";
import type { Writer } from "../../wgsl/writer.ts";
import type { Reading } from "./matrix.ts";

/** A matrix operand of a product: element (row, column) of batch entry 0 lies at row * rows + column * columns. */
export interface Factor {
  readonly operand: Operand;
  rows: number;
  columns: number;
  /** per batch dim */
  batch: number[];
}

export interface Problem {
  readonly compute: Compute;
  readonly out: Operand;
  m: number;
  readonly n: number;
  readonly k: number;
  /** sizes of the batch dims, as few as possible; batch[0] of a factor takes size batch[0], and so on */
  batch: number[];
  readonly a: Factor;
  readonly b: Factor;
  /** what is added, times beta */
  readonly s: Factor | undefined;
  readonly alpha: number;
  readonly beta: number;
}

function factor(operand: Operand): Factor {
  const rank = operand.ndim;
  return {
    operand,
    rows: operand.shape(rank - 2) === 1 ? 0 : operand.stride(rank - 2),
    columns: operand.shape(rank - 1) === 1 ? 0 : operand.stride(rank - 1),
    batch: [],
  };
}

export function problemOf(call: Call): Problem {
  const out = call.operand(0);
  const rank = out.ndim;
  const a = factor(call.operand(1));
  const b = factor(call.operand(2));
  const beta = call.param(1);
  const s = call.count > 3 && beta !== 0 ? factor(call.operand(3)) : undefined;
  const factors = s === undefined ? [a, b] : [a, b, s];
  const batch: number[] = [];
  for (let d = 0; d < rank - 2; d++) {
    const size = out.shape(d);
    if (size === 1) continue;
    const last = batch.length - 1;
    if (last >= 0 && factors.every((f) => f.batch[last] === size * f.operand.stride(d))) {
      batch[last]! *= size;
      for (const f of factors) f.batch[last] = f.operand.stride(d);
    } else {
      batch.push(size);
      for (const f of factors) f.batch.push(f.operand.stride(d));
    }
  }
  const problem: Problem = {
    compute: computeOf(out.dtype),
    out,
    m: out.shape(rank - 2),
    n: out.shape(rank - 1),
    k: a.operand.shape(rank - 1),
    batch,
    a,
    b,
    s,
    alpha: call.param(0),
    beta,
  };
  foldBatch(problem);
  return problem;
}

/** One matrix on the right for all of the batch: its entries are more rows. */
function foldBatch(p: Problem): void {
  const [size] = p.batch;
  if (p.batch.length !== 1 || p.b.batch[0] !== 0 || p.m === 1) return;
  const folds = (f: Factor): boolean => f.batch[0] === p.m * f.rows;
  if (!folds(p.a) || (p.s !== undefined && !folds(p.s))) return;
  p.m *= size!;
  p.batch = [];
  for (const f of [p.a, p.b, p.s]) if (f !== undefined) f.batch = [];
}

export const batchCount = (p: Problem): number => p.batch.reduce((product, size) => product * size, 1);

/** Parameters in the making: `words` for the dispatch, indices for the code. */
export class Words {
  readonly values: number[] = [];

  add(...values: readonly number[]): number {
    this.values.push(...values);
    return this.values.length - values.length;
  }

  /** A number in the compute type. */
  number(value: number, compute: Compute): number {
    if (compute === Compute.F32) return this.add(floatBits(value));
    const whole = BigInt.asIntN(64, BigInt(Math.trunc(value)));
    return this.add(Number(BigInt.asIntN(32, whole)), Number(BigInt.asIntN(32, whole >> 32n)));
  }
}

/** The expression of a number that `Words.number` laid down. */
export function numberAt(w: Writer, at: number, compute: Compute): string {
  if (compute === Compute.F32) return w.f32(at);
  return compute === Compute.I32 ? w.i32(at) : `vec2<u32>(${w.u32(at)}, ${w.u32(at + 1)})`;
}

/** Expression: elements before the matrix of batch entry `batch`. `sizes` and `strides` are words. */
export function batchStart(w: Writer, name: string, ndim: number, sizes: number, strides: number): string {
  if (ndim === 0) return "0u";
  if (ndim === 1) return `batch * ${w.u32(strides)}`;
  return `${w.locate(`batch${name}`, ndim, sizes, strides)}(batch)`;
}

/** How the elements of a matrix can be read; `panel` and `k` are strides, `depth` the size along k. */
export function readingOf(stream: Stream, f: Factor, panel: number, k: number, depth: number): Reading {
  const aligned = f.operand.offset % 4 === 0 && f.batch.every((stride) => stride % 4 === 0) && stream.fits(f.operand);
  if (!aligned) return "single";
  if (k === 1 && depth % 4 === 0 && panel % 4 === 0) return "alongK";
  return panel === 1 && k % 4 === 0 ? "alongPanel" : "single";
}

/** Readings of both matrices: buffers that are bound once are read in one way. */
export function readings(stream: Stream, p: Problem): [Reading, Reading] {
  let a = readingOf(stream, p.a, p.a.rows, p.a.columns, p.k);
  let b = readingOf(stream, p.b, p.b.columns, p.b.rows, p.k);
  const same = (x: Bound, y: Bound | undefined): boolean => y !== undefined && x.id === y.id;
  const shared = same(p.a.operand, p.b.operand) && (a === "single" || b === "single");
  if (shared || same(p.a.operand, p.s?.operand)) a = "single";
  if (shared || same(p.b.operand, p.s?.operand)) b = "single";
  // all three may be one buffer
  if (same(p.a.operand, p.b.operand) && (a === "single" || b === "single")) a = b = "single";
  return [a, b];
}
