// Packing by values: nonzero, maskedSelect, maskedScatter. The op function has counted the set elements where the size of
// the result depends on it.

import { type Call, Compute, computeOf, DType, type Operand } from "../call.ts";
import { Fault } from "../faults.ts";
import { coalesce } from "../geometry.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import { CHUNK, chunkStarts, forEachSet, GROUP } from "./prefix.ts";

/** An expression: whether element `at` of operand k is set. NaN is. */
function isNonzero(w: Writer, k: number, mask: Operand, at: string): string {
  if (mask.dtype === DType.Int64) return `any(${w.load(k, Compute.I64)}(${at}) != vec2<u32>(0u))`;
  if (computeOf(mask.dtype) === Compute.I32) return `${w.load(k, Compute.I32)}(${at}) != 0`;
  return `(bitcast<u32>(${w.load(k, Compute.F32)}(${at})) << 1u) != 0u`;
}

/** Operands: 0 out int64 [count, ndim] contiguous, 1 input. Rows are the indices of nonzero elements in row-major order. */
export function nonzero(call: Call, stream: Stream): void {
  const out = call.operand(0);
  const input = call.operand(1);
  if (out.numel === 0) return;
  const n = input.numel;
  const { ndim, sizes, strides } = coalesce(input);
  const words = [n, ...sizes, ...strides[0]!];
  const isSet = (w: Writer, k: number, e: string) =>
    isNonzero(w, k, input, `${w.locate("inputAt", ndim, 1, 1 + ndim)}(${e})`);
  const starts = chunkStarts(stream, `nonzero${ndim}`, [input], words, n, isSet);
  const rank = input.ndim;
  stream.dispatch({
    key: `nonzero${ndim}.${rank}`,
    operands: [out, input, starts],
    outputs: 1,
    words: [...words, ...Array.from({ length: rank }, (_, d) => input.shape(d))],
    groups: linear(n, CHUNK),
    code: (w) => {
      const store = w.store(0, Compute.I32);
      let each = "var rest = e; var q = 0u;\n";
      for (let d = rank - 1; d > 0; d--) {
        const size = w.u32(1 + 2 * ndim + d);
        each += `q = rest / ${size}; ${store}(rank * ${rank}u + ${d}u, i32(rest - q * ${size})); rest = q;\n`;
      }
      each += `${store}(rank * ${rank}u, i32(rest));`;
      w.main(GROUP, forEachSet(w, 2, isSet(w, 1, "e"), each));
    },
  });
}

/** Operands: 0 out [count] contiguous, 1 input, 2 mask (bool or uint8), both over the mask's shape. */
export function maskedSelect(call: Call, stream: Stream): void {
  const out = call.operand(0);
  const input = call.operand(1);
  const mask = call.operand(2);
  if (out.numel === 0) return;
  const n = mask.numel;
  const compute = computeOf(out.dtype);
  const { ndim, sizes, strides } = coalesce(mask, input);
  const words = [n, ...sizes, ...strides[0]!, ...strides[1]!];
  const isSet = (w: Writer, k: number, e: string) =>
    isNonzero(w, k, mask, `${w.locate("maskAt", ndim, 1, 1 + ndim)}(${e})`);
  const starts = chunkStarts(stream, `mask${ndim}`, [mask], words, n, isSet);
  stream.dispatch({
    key: `maskedSelect${ndim}`,
    operands: [out, mask, starts, input],
    outputs: 1,
    words,
    groups: linear(n, CHUNK),
    code: (w) => {
      const inputAt = w.locate("inputAt", ndim, 1, 1 + 2 * ndim);
      const each = `${w.store(0, compute)}(rank, ${w.load(3, compute)}(${inputAt}(e)));`;
      w.main(GROUP, forEachSet(w, 2, isSet(w, 1, "e"), each));
    },
  });
}

/** Operands: 0 out (read and written), 1 mask over out's shape, 2 source, contiguous; its elements are used in order. */
export function maskedScatter(call: Call, stream: Stream): void {
  const out = call.operand(0);
  const mask = call.operand(1);
  const source = call.operand(2);
  const n = mask.numel;
  if (n === 0) return;
  const compute = computeOf(out.dtype);
  const { ndim, sizes, strides } = coalesce(mask, out);
  const words = [n, ...sizes, ...strides[0]!, ...strides[1]!];
  const isSet = (w: Writer, k: number, e: string) =>
    isNonzero(w, k, mask, `${w.locate("maskAt", ndim, 1, 1 + ndim)}(${e})`);
  const starts = chunkStarts(stream, `mask${ndim}`, [mask], words, n, isSet);
  stream.dispatch({
    key: `maskedScatter${ndim}`,
    operands: [out, mask, starts, source],
    outputs: 1,
    faults: true,
    words: [...words, source.numel],
    groups: linear(n, CHUNK),
    code: (w) => {
      const outAt = w.locate("outAt", ndim, 1, 1 + 2 * ndim);
      const available = w.u32(1 + 3 * ndim);
      const each = `if (rank < ${available}) { ${w.store(0, compute)}(${outAt}(e), ${w.load(3, compute)}(rank)); }
else { ${w.fault()}(${Fault.SourceTooShort}u, rank, ${available}); }`;
      w.main(GROUP, forEachSet(w, 2, isSet(w, 1, "e"), each));
    },
  });
}
