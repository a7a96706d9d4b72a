// Elements of planes by their positions: what max pooling's gradients and unpooling are made of.

import { type Bound, type Call, Compute, computeOf, type Operand } from "../call.ts";
import { Fault } from "../faults.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import { arithmetic } from "./arithmetic.ts";

const GROUP = 256;

/** Sets a contiguous tensor to 0. */
export function zero(stream: Stream, out: Bound, numel: number): void {
  const compute = computeOf(out.dtype);
  stream.dispatch({
    key: `zero${compute}`,
    operands: [out],
    outputs: 1,
    words: [numel],
    groups: linear(numel, GROUP),
    code: (w) => {
      const value = compute === Compute.F32 ? "0.0" : compute === Compute.I32 ? "0" : "vec2<u32>(0u)";
      w.main(GROUP, `if (i < ${w.u32(0)}) { ${w.store(0, compute)}(i, ${value}); }`);
    },
  });
}

/** The name of a function (u32, f32) that adds to an element of operand k, which is float32 and bound as atomics. */
export function atomicAdd(w: Writer, k: number): string {
  const array = w.atomic(k);
  return w.define(
    `addTo${k}`,
    `fn addTo${k}(i: u32, value: f32) {
  let at = i + ${w.offset(k)};
  var old = atomicLoad(&${array}[at]);
  loop {
    let swap = atomicCompareExchangeWeak(&${array}[at], old, bitcast<u32>(bitcast<f32>(old) + value));
    if (swap.exchanged) { break; }
    old = swap.old_value;
  }
}`,
  );
}

/**
 * Operand 0 [planes, size] = 0, then elements of operand 1 [planes, count] go where operand 2 (int64) says.
 * ints: 0 count, 1 size, 2 whether to add.
 */
export function planeScatter(call: Call, stream: Stream): void {
  const out = call.operand(0);
  if (out.numel === 0) return;
  zero(stream, out, out.numel);
  const input = call.operand(1);
  if (input.numel === 0) return;
  const [count, size] = [call.int(0), call.int(1)];
  const compute = computeOf(out.dtype);
  const add = call.int(2) !== 0;
  const atomic = add && compute === Compute.F32 && stream.fits(out);
  // sums that atomics cannot make: a thread a plane
  const perPlane = add && !atomic;
  const jobs = perPlane ? input.numel / count : input.numel;
  stream.dispatch({
    key: `planeScatter.${compute}.${atomic ? "add" : perPlane ? "planes" : "put"}`,
    operands: [out, input, call.operand(2)],
    outputs: 1,
    words: [jobs, count, size],
    groups: linear(jobs, GROUP),
    faults: true,
    code: (w) => {
      const value = `${w.load(1, compute)}(origin)`;
      const move = atomic
        ? `${atomicAdd(w, 0)}(at, ${value});`
        : perPlane
          ? `${w.store(0, compute)}(at, ${arithmetic(compute).add(`${w.load(0, compute)}(at)`, value)});`
          : `${w.store(0, compute)}(at, ${value});`;
      const place = `let index = ${w.load(2, Compute.I64)}(origin);
if (index.y != 0u || index.x >= ${w.u32(2)}) { ${w.fault()}(${Fault.PositionOutOfPlane}u, index.x, ${w.u32(2)}); }
else { let at = plane * ${w.u32(2)} + index.x; ${move} }`;
      w.main(
        GROUP,
        perPlane
          ? `if (i >= ${w.u32(0)}) { return; }
let plane = i;
for (var origin = i * ${w.u32(1)}; origin < (i + 1u) * ${w.u32(1)}; origin++) { ${place} }`
          : `if (i >= ${w.u32(0)}) { return; }
let origin = i;
let plane = i / ${w.u32(1)};
${place}`,
      );
    },
  });
}

/** Operand 0 [planes, count] = elements of operand 1 [planes, size] at operand 2. ints: 0 count, 1 size. */
export function planeGather(call: Call, stream: Stream): void {
  const out = call.operand(0);
  if (out.numel === 0) return;
  const input: Operand = call.operand(1);
  const compute = computeOf(out.dtype);
  stream.dispatch({
    key: `planeGather.${compute}`,
    operands: [out, input, call.operand(2)],
    outputs: 1,
    words: [out.numel, call.int(0), call.int(1)],
    groups: linear(out.numel, GROUP),
    code: (w) => {
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
let index = min(${w.load(2, Compute.I64)}(i).x, ${w.u32(2)} - 1u);
${w.store(0, compute)}(i, ${w.load(1, compute)}(i / ${w.u32(1)} * ${w.u32(2)} + index));`,
      );
    },
  });
}
