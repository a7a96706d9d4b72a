// Pooling over one to three spatial dims (core-wasm/assembly/kernels/pool.ts), a thread an element of the result. What spreads
// gradients over windows is written as a sum over the windows that an element lies in.

import { type Call, Compute, computeOf, floatBits } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import { arithmetic } from "./arithmetic.ts";
import { defineScaled, Dim, eachDim, linearIndex, loops, poolWords, takeApart, windowOf } from "./windows.ts";

const GROUP = 256;

const dimsOf = (w: Writer, rank: number, first: number): Dim[] =>
  Array.from({ length: rank }, (_, d) => new Dim(w, first, d));

/** Operand 0: values, 1: indices within the plane (int64), 2: input. */
export function maxPool(call: Call, stream: Stream): void {
  const values = call.operand(0);
  if (values.numel === 0) return;
  const indices = call.operand(1);
  const input = call.operand(2);
  const rank = call.int(0);
  const adaptive = call.int(1) !== 0;
  stream.dispatch({
    key: `maxPool${rank}.${adaptive}`,
    operands: [values, indices, input],
    outputs: 2,
    words: [values.numel, floatBits(-Infinity), ...poolWords(call, input, values)],
    groups: linear(values.numel, GROUP),
    code: (w) => {
      const dims = dimsOf(w, rank, 2);
      const load = w.load(2, Compute.F32);
      const at = linearIndex(dims, "x", (dim) => dim.input);
      const first = linearIndex(dims, "first", (dim) => dim.input);
      const plane = dims.map((dim) => `u32(${dim.input})`).join(" * ");
      const range = (dim: Dim) => ({
        begin: `first${dim.d}`,
        end: `end${dim.d}`,
        step: adaptive ? "1" : dim.dilation,
      });
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
var rest = i;
${takeApart(dims, "o", (dim) => dim.output)}
${eachDim(dims, (dim) => windowOf(w, dim, adaptive))}
let plane = rest * ${plane};
var best = ${w.f32(1)};
var place = u32(${first});
${loops(
  dims,
  "x",
  range,
  `let at = u32(${at});
let v = ${load}(plane + at);
// a NaN replaces everything, and stays: comparisons with it are false
if (v > best || (bitcast<u32>(v) & 0x7fffffffu) > 0x7f800000u) { best = v; place = at; }`,
)}
${w.store(0, Compute.F32)}(i, best);
${w.store(1, Compute.I64)}(i, vec2<u32>(place, 0u));`,
      );
    },
  });
}

/** Operand 0: averages of the windows over operand 1. */
export function averagePool(call: Call, stream: Stream): void {
  const out = call.operand(0);
  if (out.numel === 0) return;
  const input = call.operand(1);
  const rank = call.int(0);
  const adaptive = call.int(1) !== 0;
  const compute = computeOf(out.dtype);
  const counting = countingOf(call);
  stream.dispatch({
    key: `averagePool${rank}.${adaptive}.${counting}.${compute}`,
    operands: [out, input],
    outputs: 1,
    words: [out.numel, call.int(3), ...poolWords(call, input, out)],
    groups: linear(out.numel, GROUP),
    code: (w) => {
      const dims = dimsOf(w, rank, 2);
      const { type, add } = arithmetic(compute);
      const load = `${w.load(1, compute)}(plane + u32(${linearIndex(dims, "x", (dim) => dim.input)}))`;
      const plane = dims.map((dim) => `u32(${dim.input})`).join(" * ");
      const wide = compute === Compute.I64;
      const quotient = wide
        ? `i64_divTrunc(sum, i64_from_i32(count))`
        : compute === Compute.I32
          ? "sum / count"
          : "sum / f32(count)";
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
var rest = i;
${takeApart(dims, "o", (dim) => dim.output)}
${eachDim(dims, (dim) => windowOf(w, dim, adaptive))}
let plane = rest * ${plane};
var sum = ${type}();
${loops(dims, "x", (dim) => ({ begin: `first${dim.d}`, end: `end${dim.d}`, step: "1" }), `sum = ${add("sum", load)};`)}
let count = ${countOf(w, dims, counting)};
// a window may lie in the padding alone
if (${dims.map(({ d }) => `first${d} >= end${d}`).join(" || ")}) { ${w.store(0, compute)}(i, ${type}()); }
else { ${w.store(0, compute)}(i, ${quotient}); }`,
      );
    },
  });
}

/** Operand 0: the input's gradient; operand 1: the gradient of the averages. */
export function averageSpread(call: Call, stream: Stream): void {
  const out = call.operand(0);
  if (out.numel === 0) return;
  const gradient = call.operand(1);
  const rank = call.int(0);
  const adaptive = call.int(1) !== 0;
  const counting = countingOf(call);
  stream.dispatch({
    key: `averageSpread${rank}.${adaptive}.${counting}`,
    operands: [out, gradient],
    outputs: 1,
    words: [out.numel, call.int(3), ...poolWords(call, out, gradient)],
    groups: linear(out.numel, GROUP),
    code: (w) => {
      const dims = dimsOf(w, rank, 2);
      const load = `${w.load(1, Compute.F32)}(plane + u32(${linearIndex(dims, "o", (dim) => dim.output)}))`;
      const plane = dims.map((dim) => `u32(${dim.output})`).join(" * ");
      if (adaptive) defineScaled(w);
      // the windows that element x lies in
      const range = (dim: Dim): { begin: string; end: string; step: string } => {
        const x = `x${dim.d}`;
        if (adaptive) {
          return {
            begin: `scaledDown(${x}, ${dim.output}, ${dim.input})`,
            end: `scaledUp(${x} + 1, ${dim.output}, ${dim.input})`,
            step: "1",
          };
        }
        const past = `${x} + ${dim.padding}`;
        return {
          begin: `max(${past} - ${dim.kernel} + ${dim.stride}, 0) / ${dim.stride}`,
          end: `min((${past}) / ${dim.stride} + 1, ${dim.output})`,
          step: "1",
        };
      };
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
var rest = i;
${takeApart(dims, "x", (dim) => dim.input)}
let plane = rest * ${plane};
var sum = 0.0;
${loops(
  dims,
  "o",
  range,
  `${eachDim(dims, (dim) => windowOf(w, dim, adaptive))}
sum += ${load} / f32(${countOf(w, dims, counting)});`,
)}
${w.store(0, Compute.F32)}(i, sum);`,
      );
    },
  });
}

type Counting = "divisor" | "padded" | "inside";

function countingOf(call: Call): Counting {
  if (call.int(3) !== 0) return "divisor";
  return call.int(2) !== 0 && call.int(1) === 0 ? "padded" : "inside";
}

/** What a window's sum is divided by. */
function countOf(w: Writer, dims: readonly Dim[], counting: Counting): string {
  if (counting === "divisor") return w.i32(1);
  return dims.map(({ d }) => (counting === "padded" ? `extent${d}` : `(end${d} - first${d})`)).join(" * ");
}
