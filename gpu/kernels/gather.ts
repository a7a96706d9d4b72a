// Reads by index. Indices are clamped to their dim by leaving out what is not in it; the fault tells the program.

import { type Bound, type Call, Compute, computeOf, DType, type Operand } from "../call.ts";
import { coalesce } from "../geometry.ts";
import { linear, type Stream } from "../stream.ts";
import { computeName } from "../wgsl/writer.ts";
import { faultWords, placeOf, raiseFault } from "./places.ts";

const GROUP = 256;

/**
 * Operands: 0 out, 1 input, 2 index (int64), all over the index's shape. ints: 0 elements of the input per index step,
 * 1 size of the indexed dim, 2 fault code (0: indices are known to be good), 3 dim.
 */
export function gather(call: Call, stream: Stream): void {
  const out = call.operand(0);
  const input = call.operand(1);
  const index = call.operand(2);
  const n = index.numel;
  if (n === 0) return;
  const code = call.int(2);
  const faults = code !== 0;
  const compute = computeOf(out.dtype);
  const { ndim, sizes, strides } = coalesce(index, out, input);
  const step = call.int(0);
  const four = takesFour(stream, out, input, step, sizes, strides);
  if (four) {
    // in units of four elements
    const last = ndim - 1;
    sizes[last]! /= 4;
    for (const k of [1, 2]) strides[k] = strides[k]!.map((stride, d) => (d === last ? 1 : stride / 4));
  }
  const count = four ? n / 4 : n;
  stream.dispatch({
    key: `gather${ndim}.${faults}.${four}`,
    operands: [out, input, index],
    outputs: 1,
    faults,
    words: [
      count,
      four ? step / 4 : step,
      call.int(1),
      ...faultWords(code, call.int(3)),
      ...sizes,
      ...strides[0]!,
      ...strides[1]!,
      ...strides[2]!,
    ],
    groups: linear(count, GROUP),
    code: (w) => {
      const indexAt = w.locate("indexAt", ndim, 5, 5 + ndim);
      const outAt = `${w.locate("outAt", ndim, 5, 5 + 2 * ndim)}(i)`;
      const inputAt = `${w.locate("inputAt", ndim, 5, 5 + 3 * ndim)}(i) + u32(place) * ${w.u32(1)}`;
      const type = four ? "vec4<f32>" : computeName(compute);
      const value = four ? `${w.vec4(1)}[(${w.offset(1)} >> 2u) + ${inputAt}]` : `${w.load(1, compute)}(${inputAt})`;
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
let index = ${w.load(2, Compute.I64)}(${indexAt}(i));
let place = ${placeOf(w)}(index, ${w.u32(2)});
${raiseFault(w, faults, "index", "place", w.u32(2), 3)}
var value = ${type}();
if (place >= 0) { value = ${value}; }
${four ? `${w.vec4(0)}[(${w.offset(0)} >> 2u) + ${outAt}] = value;` : `${w.store(0, compute)}(${outAt}, value);`}`,
      );
    },
  });
}

/** Whether rows of float32 share an index each and lie at multiples of 16 bytes, as those of an embedding do. */
function takesFour(
  stream: Stream,
  out: Operand,
  input: Operand,
  step: number,
  sizes: readonly number[],
  [index, to, source]: readonly (readonly number[])[],
): boolean {
  const last = sizes.length - 1;
  if (last < 0 || out.dtype !== DType.Float32 || index![last] !== 0 || to![last] !== 1 || source![last] !== 1) {
    return false;
  }
  const odd = (stride: number, d: number): boolean => d !== last && stride % 4 !== 0;
  if ((sizes[last]! | step | out.offset | input.offset) & 3 || to!.some(odd) || source!.some(odd)) return false;
  return out.id !== input.id && stream.fits(out) && stream.fits(input);
}

/** index tensors that one dispatch adds up; each may be a buffer of its own */
const INDICES_AT_ONCE = 4;

/**
 * Operand 0: int64 contiguous; 1…: int64 indices over its shape. ints: 0 their count, for each 1 + 2k the elements per index
 * step, 2 + 2k the size of its dim, and 64 + k the fault code with the dim above bit 8.
 */
export function indexOffsets(call: Call, stream: Stream): void {
  const out = call.operand(0);
  const n = out.numel;
  if (n === 0) return;
  const count = call.int(0);
  for (let from = 0; from < count; from += INDICES_AT_ONCE) {
    const used = Math.min(INDICES_AT_ONCE, count - from);
    const indices = Array.from({ length: used }, (_, k) => call.operand(1 + from + k));
    const { ndim, sizes, strides } = coalesce(out, ...indices);
    const details = indices.flatMap((_, k) => {
      const code = call.int(64 + from + k);
      return [call.int(1 + 2 * (from + k)), call.int(2 + 2 * (from + k)), ...faultWords(code & 255, code >> 8)];
    });
    const operands: Bound[] = [out, ...indices];
    const adds = from > 0;
    stream.dispatch({
      key: `indexOffsets${ndim}.${adds}`,
      operands,
      outputs: 1,
      faults: true,
      words: [n, ...sizes, ...indices.flatMap((_, k) => strides[1 + k]!), ...details],
      groups: linear(n, GROUP),
      code: (w) => {
        const place = placeOf(w);
        let body = `if (i >= ${w.u32(0)}) { return; }\nvar sum = ${adds ? `${w.load(0, Compute.I32)}(i)` : "0"};\n`;
        for (let k = 0; k < used; k++) {
          const at = w.locate(`indexAt${k}`, ndim, 1, 1 + ndim * (1 + k));
          const step = 1 + ndim * (1 + used) + 4 * k;
          body += `let index${k} = ${w.load(1 + k, Compute.I64)}(${at}(i));
let place${k} = ${place}(index${k}, ${w.u32(step + 1)});
${raiseFault(w, true, `index${k}`, `place${k}`, w.u32(step + 1), step + 2)}
sum += max(place${k}, 0) * ${w.i32(step)};
`;
        }
        w.main(GROUP, `${body}${w.store(0, Compute.I32)}(i, sum);`);
      },
    });
  }
}
