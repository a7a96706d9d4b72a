// Rows brought down to a greatest norm, in place: embedding's maxNorm. The rows that occur are marked first, since a row
// that is looked up twice must be scaled once.
// Cost: a pass over the index, and two over every row that occurs.

import { type Call, Compute, DType, floatBits } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import { eachOf, GROUP, layoutFor, layoutKey, reducer, rowGroups, rowPrelude, summing, sumOf } from "./rows.ts";

/** Operands: 0 weight [rows, columns], 1 index int64, contiguous. params: 0 greatest norm, 1 order. */
export function renormRows(call: Call, stream: Stream): void {
  const [weight, index] = [call.operand(0), call.operand(1)];
  const [rows, columns] = [weight.shape(0), weight.shape(1)];
  if (rows === 0 || columns === 0 || index.numel === 0) return;
  const marks = stream.temporary(DType.Int32, rows, 4);
  stream.dispatch({
    key: "renormClear",
    operands: [marks],
    outputs: 1,
    words: [rows],
    groups: linear(rows, GROUP),
    code: (w) => w.main(GROUP, `if (i < ${w.u32(0)}) { ${w.store(0, Compute.I32)}(i, 0); }`),
  });
  stream.dispatch({
    key: "renormMark",
    operands: [marks, index],
    outputs: 1,
    words: [index.numel, rows],
    groups: linear(index.numel, GROUP),
    code: (w) =>
      w.main(
        GROUP,
        `if (i < ${w.u32(0)}) {
  let row = ${w.load(1, Compute.I64)}(i);
  if (row.y == 0u && row.x < ${w.u32(1)}) { atomicStore(&${w.atomic(0)}[row.x + ${w.offset(0)}], 1u); }
}`,
      ),
  });
  const p = call.param(1);
  const layout = layoutFor(columns);
  stream.dispatch({
    key: `renorm${layoutKey(layout)}${p === 1 || p === 2 || p === Infinity ? p : "p"}`,
    operands: [weight, marks],
    outputs: 1,
    words: [rows, columns, weight.stride(0), weight.stride(1), floatBits(call.param(0)), floatBits(p)],
    groups: rowGroups(rows, layout),
    code: (w) => {
      const at = `base + j * ${w.u32(3)}`;
      const x = `${w.load(0, Compute.F32)}(${at})`;
      const order = w.f32(5);
      const power = p === 1 ? "x" : p === 2 ? "x * x" : `f32_pow(x, ${order})`;
      const root = p === 1 ? "all" : p === 2 ? "sqrt(all)" : `f32_pow(all, 1.0 / ${order})`;
      const largest = p === Infinity;
      const join = largest
        ? reducer(w, "joined", "f32", layout, (a, b) => `max(${a}, ${b})`)
        : summing(w, "joined", "f32", layout);
      const own = largest
        ? `var sum = 0.0; ${eachOf(layout, "n", `sum = max(sum, abs(${x}));`)}`
        : sumOf(layout, "f32", "sum", "0u", "n", `let x = abs(${x}); part += ${power};`);
      w.main(
        GROUP,
        `${rowPrelude(layout)}
var n = 0u;
if (row < ${w.u32(0)}) { n = select(0u, ${w.u32(1)}, ${w.load(1, Compute.I32)}(row) == 1); }
let base = row * ${w.u32(2)};
${own}
let all = ${join}(sum, local, lane);
let norm = ${largest ? "all" : root};
if (n > 0u && norm > ${w.f32(4)}) {
  let scale = ${w.f32(4)} / (norm + 1e-7);
  ${eachOf(layout, "n", `${w.store(0, Compute.F32)}(${at}, ${x} * scale);`)}
}`,
      );
    },
  });
}
