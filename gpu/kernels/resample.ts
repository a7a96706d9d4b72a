// Interpolation along one dim (core-wasm/assembly/kernels/resample.ts). Forward, an element is the weighted sum of up to four;
// the transpose is written as a sum over the outputs whose taps may meet an element, so that no atomics are needed.

import { type Call, Compute, computeOf, floatBits } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";

const GROUP = 256;
const Mode = { Nearest: 0, NearestExact: 1, Linear: 2, Cubic: 3 } as const;

/** The step between source positions, in float32 as PyTorch computes it. */
function stepOf(input: number, output: number, align: boolean, scale: number): number {
  if (align) return output > 1 ? Math.fround(Math.fround(input - 1) / (output - 1)) : 0;
  return Math.fround(scale > 0 ? scale : input / output);
}

/**
 * Words 0 … 5: elements of operand 0, inner size, size of the small side, size of the large one, step. Defines a function of an
 * output position (f32) that gives its source position.
 */
function definePlace(w: Writer, mode: number, align: boolean): void {
  const step = w.f32(4);
  let place = `max(${step} * (o + 0.5) - 0.5, ${mode === Mode.Linear ? "0.0" : "-4.0"})`;
  if (mode === Mode.Nearest) place = `floor(o * ${step})`;
  else if (mode === Mode.NearestExact) place = `floor((o + 0.5) * ${step})`;
  else if (align) place = `${step} * o`;
  w.define("place", `fn place(o: f32) -> f32 { return ${place}; }`);
  if (mode !== Mode.Cubic) return;
  // Keys' kernel with a = -0.75
  w.define(
    "cubic",
    `fn cubic(t: f32) -> f32 {
  if (t <= 1.0) { return (1.25 * t - 2.25) * t * t + 1.0; }
  return ((-0.75 * t + 3.75) * t - 6.0) * t + 3.0;
}`,
  );
}

/** Statements that run `tap(index, weight)` for each element that output position o takes its value from. */
function eachTap(w: Writer, mode: number, tap: (index: string, weight: string) => string): string {
  const last = `(${w.i32(2)} - 1)`;
  const start = "let at = place(f32(o));";
  if (mode <= Mode.NearestExact) return `${start} ${tap(`min(i32(at), ${last})`, "1.0")}`;
  if (mode === Mode.Linear) {
    return `${start} let low = min(i32(at), ${last}); let part = clamp(at - f32(low), 0.0, 1.0);
${tap("low", "(1.0 - part)")} ${tap(`min(low + 1, ${last})`, "part")}`;
  }
  const taps = [0, 1, 2, 3].map((t) =>
    tap(`clamp(low + ${t - 1}, 0, ${last})`, `cubic(abs(part + ${(1 - t).toFixed(1)}))`),
  );
  return `${start} let low = i32(floor(at)); let part = at - floor(at);\n${taps.join("\n")}`;
}

export function resample(call: Call, stream: Stream): void {
  const out = call.operand(0);
  if (out.numel === 0) return;
  const transposed = call.int(3) !== 0;
  const [large, small] = transposed ? [call.operand(1), out] : [out, call.operand(1)];
  const dim = call.int(0);
  const mode = call.int(1);
  const align = call.int(2) !== 0;
  const [input, output] = [small.shape(dim), large.shape(dim)];
  let inner = 1;
  for (let d = dim + 1; d < out.ndim; d++) inner *= out.shape(d);
  const compute = computeOf(out.dtype);
  stream.dispatch({
    key: `resample${mode}.${align}.${transposed}.${compute}`,
    operands: [out, call.operand(1)],
    outputs: 1,
    words: [out.numel, inner, input, output, floatBits(stepOf(input, output, align, call.param(0)))],
    groups: linear(out.numel, GROUP),
    code: (w) => {
      definePlace(w, mode, align);
      if (transposed) writeTranspose(w, mode, align);
      else writeForward(w, mode, compute);
    },
  });
}

function writeForward(w: Writer, mode: number, compute: Compute): void {
  const load = w.load(1, compute);
  const tap = (index: string, weight: string): string => {
    const value = `${load}((outer * ${w.u32(2)} + u32(${index})) * ${w.u32(1)} + inner)`;
    return mode <= Mode.NearestExact ? `value = ${value};` : `value += ${weight} * ${value};`;
  };
  w.main(
    GROUP,
    `if (i >= ${w.u32(0)}) { return; }
let inner = i % ${w.u32(1)};
let o = i / ${w.u32(1)} % ${w.u32(3)};
let outer = i / ${w.u32(1)} / ${w.u32(3)};
var value = ${compute === Compute.F32 ? "0.0" : "0"};
${eachTap(w, mode, tap)}
${w.store(0, compute)}(i, value);`,
  );
}

function writeTranspose(w: Writer, mode: number, align: boolean): void {
  const load = w.load(1, Compute.F32);
  const shift = align || mode === Mode.Nearest ? "0.0" : "0.5";
  // outputs whose taps lie at most two elements away, and at the borders, where taps are clamped, all beyond
  w.main(
    GROUP,
    `if (i >= ${w.u32(0)}) { return; }
let inner = i % ${w.u32(1)};
let x = i32(i / ${w.u32(1)} % ${w.u32(2)});
let outer = i / ${w.u32(1)} / ${w.u32(2)};
let step = ${w.f32(4)};
let last = ${w.i32(3)} - 1;
var begin = 0;
var end = last;
if (step > 0.0) {
  if (x > 0) { begin = i32(clamp((f32(x) - 2.5 + ${shift}) / step - ${shift} - 1.0, 0.0, f32(last))); }
  if (x < ${w.i32(2)} - 1) { end = i32(clamp(ceil((f32(x) + 2.5 + ${shift}) / step - ${shift} + 1.0), 0.0, f32(last))); }
}
var sum = 0.0;
for (var o = begin; o <= end; o++) {
  ${eachTap(
    w,
    mode,
    (index, weight) =>
      `if (${index} == x) { sum += ${weight} * ${load}((outer * ${w.u32(3)} + u32(o)) * ${w.u32(1)} + inner); }`,
  )}
}
${w.store(0, Compute.F32)}(i, sum);`,
  );
}
