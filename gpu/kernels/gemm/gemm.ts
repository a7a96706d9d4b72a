// C[..., m, n] = alpha * A[..., m, k] B[..., k, n] + beta * S[..., m, n] (core-wasm/assembly/kernels/gemm/gemm.ts). Here the
// operands may have any dtype: bfloat16, float16 and float32 are summed up in float32, integers in 32 bits or, for int64, 64.
//
// Large products go by tiles (tile.ts), those with one row or column by vector.ts, tiny ones and int64 by a thread an
// element. Where the result has too few tiles to keep a GPU busy and k is large, k is split: each part writes its sums to
// scratch memory, and a second pass adds them up in a fixed order.

import { type Call, Compute, DType } from "../../call.ts";
import { linear, type Stream } from "../../stream.ts";
import type { Writer } from "../../wgsl/writer.ts";
import { arithmetic, storeFour } from "../arithmetic.ts";
import { matrixSide } from "./matrix.ts";
import { batchCount, batchStart, numberAt, type Problem, problemOf, readings, Words } from "./problem.ts";
import { STEP, type Tile, TILES, writeTiles } from "./tile.ts";
import { vectorProduct } from "./vector.ts";

const GROUP = 256;
/** workgroups that keep a GPU busy, and fewer than which k is worth splitting */
const BUSY = { gpu: 256, software: 16 };
const FEW = { gpu: 96, software: 8 };
/** least k of a part */
const LEAST_PART = 256;
/** up to so many multiplications a matrix, tiles would be mostly empty; in software, not worth compiling */
const TINY = 2048;
const TINY_IN_SOFTWARE = 1 << 16;

export function gemm(call: Call, stream: Stream): void {
  if (call.operand(0).numel === 0) return;
  multiply(problemOf(call), stream);
}

/** Runs a product. */
export function multiply(p: Problem, stream: Stream): void {
  const tiny = stream.software ? TINY_IN_SOFTWARE : TINY;
  if (p.k > 0 && (p.m === 1 || p.n === 1)) vectorProduct(p, stream);
  else if (p.compute === Compute.I64 || p.m * p.n * p.k <= tiny || (p.m <= 8 && p.n <= 8 && p.k < 2 * LEAST_PART))
    direct(p, stream);
  else tiled(p, stream);
}

/** Into how many parts k is cut for a product of so many workgroups. */
export function splitsOf(stream: Stream, groups: number, k: number, least = LEAST_PART): number {
  const kind = stream.software ? "software" : "gpu";
  if (groups >= FEW[kind] || k < 2 * least) return 1;
  return Math.min(Math.ceil(BUSY[kind] / groups), Math.floor(k / least));
}

/** k of each of the parts, in whole steps, and how many parts that makes. */
export function partsOf(k: number, splits: number): { part: number; splits: number } {
  if (splits === 1) return { part: Math.max(k, 1), splits };
  const part = Math.ceil(k / splits / STEP) * STEP;
  return { part, splits: Math.ceil(k / part) };
}

/** The tile for products of this size. */
export function tileFor(m: number, n: number, k: number, batch: number): Tile {
  if (m <= 16) return TILES.wide;
  if (n <= 16) return TILES.tall;
  const count = (tile: Tile): number => Math.ceil(m / tile.m) * Math.ceil(n / tile.n) * batch;
  if (Math.min(m, n) > 64 && count(TILES.large) >= 96) return TILES.large;
  // few tiles are enough where k can be split
  const enough = k >= 4 * LEAST_PART ? 16 : 64;
  return Math.min(m, n) > 32 && count(TILES.medium) >= enough ? TILES.medium : TILES.small;
}

function tiled(p: Problem, stream: Stream): void {
  const batch = batchCount(p);
  const tile = tileFor(p.m, p.n, p.k, batch);
  const tiles = Math.ceil(p.m / tile.m) * Math.ceil(p.n / tile.n) * batch;
  const { part, splits } = partsOf(p.k, splitsOf(stream, tiles, p.k));
  const [readingA, readingB] = readings(stream, p);
  const words = new Words();
  const nb = p.batch.length;
  const sizes = words.add(p.m, p.n, p.k, tiles * splits, splits, part, batch, 4);
  const a = words.add(p.a.rows, p.a.columns);
  const b = words.add(p.b.rows, p.b.columns);
  const batchSizes = words.add(...p.batch);
  const batchA = words.add(...p.a.batch);
  const batchB = words.add(...p.b.batch);
  const partial = splits > 1;
  const s = partial ? undefined : p.s;
  const alpha = words.number(p.alpha, p.compute);
  const beta = words.number(p.beta, p.compute);
  const strideS = words.add(s?.rows ?? 0, s?.columns ?? 0);
  const batchS = words.add(...(s?.batch ?? []));
  const out = partial ? scratch(p, stream, splits * batch) : p.out;
  const wide = p.n % 4 === 0 && out.offset % 4 === 0 && stream.fits(out);
  const closer: [boolean, boolean] = [p.a.columns < p.a.rows, p.b.rows < p.b.columns];
  stream.dispatch({
    key: `gemm.${tile.m}x${tile.n}.${readingA}.${readingB}.${closer}.${nb}.${wide}.${partial ? "part" : s !== undefined}`,
    operands: s === undefined ? [out, p.a.operand, p.b.operand] : [out, p.a.operand, p.b.operand, s.operand],
    outputs: 1,
    words: words.values,
    groups: linear(tiles * splits, 1),
    code: (w) => {
      const word = (i: number): string => w.u32(sizes + i);
      const { compute } = p;
      const start = `(${partial ? `part * ${word(6)} + ` : ""}batch) * ${word(0)} * ${word(1)} + row * ${word(1)} + column`;
      writeTiles(w, {
        tile,
        compute,
        m: word(0),
        n: word(1),
        jobs: word(3),
        splits: word(4),
        kPart: word(5),
        quads: stream.software ? word(7) : "4u",
        begin: `let kDepth = ${word(2)};`,
        a: matrixSide(w, compute, {
          operand: 1,
          dtype: p.a.operand.dtype,
          reading: readingA,
          closerAlongK: closer[0],
          panelStride: w.u32(a),
          kStride: w.u32(a + 1),
          start: batchStart(w, "A", nb, batchSizes, batchA),
        }),
        b: matrixSide(w, compute, {
          operand: 2,
          dtype: p.b.operand.dtype,
          reading: readingB,
          closerAlongK: closer[1],
          panelStride: w.u32(b + 1),
          kStride: w.u32(b),
          start: batchStart(w, "B", nb, batchSizes, batchB),
        }),
        put: writeResult(w, p, out.dtype, {
          wide,
          start,
          n: word(1),
          alpha: partial ? undefined : alpha,
          beta,
          addend:
            s === undefined ? undefined : `${batchStart(w, "S", nb, batchSizes, batchS)} + row * ${w.u32(strideS)}`,
          addendColumn: w.u32(strideS + 1),
        }),
      });
    },
  });
  if (partial) addParts(p, stream, out, splits);
}

interface Result {
  /** whether four elements can be written at once */
  readonly wide: boolean;
  /** elements before the first of the four */
  readonly start: string;
  readonly n: string;
  /** words; without alpha the sums are written as they are */
  readonly alpha: number | undefined;
  readonly beta: number;
  /** elements before column 0 of what is added */
  readonly addend: string | undefined;
  readonly addendColumn: string;
}

/** Statements that write `value`. */
function writeResult(w: Writer, p: Problem, dtype: number, r: Result): string {
  const { compute } = p;
  const lanes = [0, 1, 2, 3];
  const type = compute === Compute.F32 ? "f32" : "i32";
  let text = "var result = value;";
  if (r.alpha !== undefined) text += ` result *= ${numberAt(w, r.alpha, compute)};`;
  if (r.addend !== undefined) {
    const load = w.load(3, compute);
    const terms = lanes.map((i) => `${load}(base + (column + ${i}u) * ${r.addendColumn})`).join(", ");
    text += ` let base = ${r.addend}; result += ${numberAt(w, r.beta, compute)} * vec4<${type}>(${terms});`;
  }
  if (r.wide) return `${text} ${storeFour(w, 0, dtype)}((${w.offset(0)} + ${r.start}) / 4u, result);`;
  const store = w.store(0, compute);
  const stores = lanes.map((i) => `if (column + ${i}u < ${r.n}) { ${store}(at + ${i}u, result.${"xyzw"[i]}); }`);
  return `${text} let at = ${r.start}; ${stores.join(" ")}`;
}

/** Room for sums of parts, in the compute type. */
export function scratch(p: Problem, stream: Stream, layers: number): ReturnType<Stream["temporary"]> {
  const dtype = p.compute === Compute.F32 ? DType.Float32 : p.compute === Compute.I32 ? DType.Int32 : DType.Int64;
  return stream.temporary(dtype, layers * p.m * p.n, p.compute === Compute.I64 ? 8 : 4);
}

/** The result from the sums of `splits` parts, one after the other in memory. */
export function addParts(p: Problem, stream: Stream, parts: ReturnType<Stream["temporary"]>, splits: number): void {
  const { compute, out, s } = p;
  const words = new Words();
  const size = words.add(out.numel, splits);
  const alpha = words.number(p.alpha, compute);
  const beta = words.number(p.beta, compute);
  const ndim = p.batch.length + 2;
  const sizes = words.add(...p.batch, p.m, p.n);
  const strides = words.add(...(s === undefined ? [] : [...s.batch, s.rows, s.columns]));
  stream.dispatch({
    key: `gemm.parts.${compute}.${s === undefined ? "" : ndim}`,
    operands: s === undefined ? [out, parts] : [out, parts, s.operand],
    outputs: 1,
    words: words.values,
    groups: linear(out.numel, GROUP),
    code: (w) => {
      const { add, mul, madd } = arithmetic(compute);
      const load = w.load(1, compute);
      let value = mul("sum", numberAt(w, alpha, compute));
      if (s !== undefined) {
        const place = w.locate("addend", ndim, sizes, strides);
        value = madd(`${w.load(2, compute)}(${place}(i))`, numberAt(w, beta, compute), value);
      }
      w.main(
        GROUP,
        `if (i < ${w.u32(size)}) {
  var sum = ${load}(i);
  for (var part = 1u; part < ${w.u32(size + 1)}; part++) { sum = ${add("sum", `${load}(part * ${w.u32(size)} + i)`)}; }
  ${w.store(0, compute)}(i, ${value});
}`,
      );
    },
  });
}

/** A thread an element. */
function direct(p: Problem, stream: Stream): void {
  const { compute, out, s } = p;
  const nb = p.batch.length;
  const words = new Words();
  const size = words.add(out.numel, p.m, p.n, p.k);
  const strides = words.add(p.a.rows, p.a.columns, p.b.rows, p.b.columns, s?.rows ?? 0, s?.columns ?? 0);
  const batchSizes = words.add(...p.batch);
  const batchA = words.add(...p.a.batch);
  const batchB = words.add(...p.b.batch);
  const batchS = words.add(...(s?.batch ?? []));
  const alpha = words.number(p.alpha, compute);
  const beta = words.number(p.beta, compute);
  stream.dispatch({
    key: `gemm.direct.${compute}.${nb}.${s !== undefined}`,
    operands: s === undefined ? [out, p.a.operand, p.b.operand] : [out, p.a.operand, p.b.operand, s.operand],
    outputs: 1,
    words: words.values,
    groups: linear(out.numel, GROUP),
    code: (w) => {
      const { zero, mul, madd } = arithmetic(compute);
      const word = (i: number): string => w.u32(size + i);
      const stride = (i: number): string => w.u32(strides + i);
      let value = mul("sum", numberAt(w, alpha, compute));
      if (s !== undefined) {
        const at = `${batchStart(w, "S", nb, batchSizes, batchS)} + row * ${stride(4)} + column * ${stride(5)}`;
        value = madd(`${w.load(3, compute)}(${at})`, numberAt(w, beta, compute), value);
      }
      w.main(
        GROUP,
        `if (i >= ${word(0)}) { return; }
let line = i / ${word(2)};
let column = i - line * ${word(2)};
let batch = line / ${word(1)};
let row = line - batch * ${word(1)};
var atA = ${batchStart(w, "A", nb, batchSizes, batchA)} + row * ${stride(0)};
var atB = ${batchStart(w, "B", nb, batchSizes, batchB)} + column * ${stride(3)};
var sum = ${zero};
for (var k = 0u; k < ${word(3)}; k++) {
  sum = ${madd(`${w.load(1, compute)}(atA)`, `${w.load(2, compute)}(atB)`, "sum")};
  atA += ${stride(1)};
  atB += ${stride(2)};
}
${w.store(0, compute)}(i, ${value});`,
      );
    },
  });
}
