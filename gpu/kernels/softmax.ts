// softmax and logSoftmax over the middle dim of [outer, n, inner], forward and backward, a row in one kernel: the greatest,
// the sum of the exponentials, the result. int(0) = outer, int(1) = n, int(2) = inner, int(3) = 1 for logSoftmax.
// Cost: a row is read from memory once and twice more from the cache: memory-bound.

import { type Call, Compute } from "../call.ts";
import type { Stream } from "../stream.ts";
import { eachOf, GROUP, layoutFor, layoutKey, reducer, rowGroups, rowPrelude, summing, sumOf } from "./rows.ts";
import type { Writer } from "../wgsl/writer.ts";

/** Below every float32 that is not infinite: starts a maximum. */
const LOWEST = "-3.4028234e38";

/** Operand 0: the result, 1: the input. */
export function softmax(call: Call, stream: Stream): void {
  const log = call.int(3) !== 0;
  const { layout, rows, words } = space(call);
  if (rows === 0 || call.int(1) === 0) return;
  stream.dispatch({
    key: `softmax${layoutKey(layout)}${log}`,
    operands: [call.operand(0), call.operand(1)],
    outputs: 1,
    words,
    groups: rowGroups(rows, layout),
    code: (w) => {
      const x = `${w.load(1, Compute.F32)}(base + j * inner)`;
      const store = w.store(0, Compute.F32);
      const exp = "f32_exp";
      const greatest = reducer(w, "greatest", "f32", layout, (a, b) => `max(${a}, ${b})`);
      const total = summing(w, "total", "f32", layout);
      w.main(
        GROUP,
        `${begin(w, rowPrelude(layout))}
var most = ${LOWEST};
${eachOf(layout, "n", `most = max(most, ${x});`)}
let high = ${greatest}(most, local, lane);
${sumOf(layout, "f32", "sum", "0u", "n", `part += ${exp}(${x} - high);`)}
let all = ${total}(sum, local, lane);
${
  log
    ? // two subtractions: high + log(all) in one would lose the small part of it
      `let shift = f32_log(all); ${eachOf(layout, "n", `${store}(base + j * inner, (${x} - high) - shift);`)}`
    : `let scale = 1.0 / all; ${eachOf(layout, "n", `${store}(base + j * inner, ${exp}(${x} - high) * scale);`)}`
}`,
      );
    },
  });
}

/** Operand 0: the gradient of the input, 1: of the result, 2: the result. */
export function softmaxBackward(call: Call, stream: Stream): void {
  const log = call.int(3) !== 0;
  const { layout, rows, words } = space(call);
  if (rows === 0 || call.int(1) === 0) return;
  stream.dispatch({
    key: `softmaxBackward${layoutKey(layout)}${log}`,
    operands: [call.operand(0), call.operand(1), call.operand(2)],
    outputs: 1,
    words,
    groups: rowGroups(rows, layout),
    code: (w) => {
      const g = `${w.load(1, Compute.F32)}(at)`;
      const y = `${w.load(2, Compute.F32)}(at)`;
      const value = log ? `${g} - f32_exp(${y}) * all` : `${y} * (${g} - all)`;
      const total = summing(w, "total", "f32", layout);
      w.main(
        GROUP,
        `${begin(w, rowPrelude(layout))}
${sumOf(layout, "f32", "sum", "0u", "n", `let at = base + j * inner; part += ${log ? g : `${g} * ${y}`};`)}
let all = ${total}(sum, local, lane);
${eachOf(layout, "n", `let at = base + j * inner; ${w.store(0, Compute.F32)}(at, ${value});`)}`,
      );
    },
  });
}

function space(call: Call) {
  const n = call.int(1);
  const inner = call.int(2);
  const rows = call.int(0) * inner;
  return { rows, words: [rows, n, inner], layout: layoutFor(n, inner) };
}

/** Defines `n` (0 where there is no such row), `inner`, and `base`, where the row begins. */
function begin(w: Writer, prelude: string): string {
  return `${prelude}
let n = select(0u, ${w.u32(1)}, row < ${w.u32(0)});
let inner = ${w.u32(2)};
let base = (row / inner) * ${w.u32(1)} * inner + row % inner;`;
}
