// Connectionist temporal classification (Graves et al. 2006): a workgroup per sample walks through time, an invocation per
// state (a blank around each label). Every time step is taken relative to the greatest of the step before, and the shares of
// the labels at a step relative to their sum, so that float32 is precise however improbable the targets are.
// int(0) = time, int(1) = batch, int(2) = classes, int(3) = states = 2 * longest target + 1, int(4) = blank, int(5) = elements
// between the targets of two samples, 0 where they follow each other, int(6) = 1: infinite losses have no gradient.
// Cost: three exponentials a state and time step; steps depend on each other: latency-bound.

import { type Call, Compute, DType } from "../call.ts";
import { Fault } from "../faults.ts";
import type { Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import { GROUP, reducer, type RowLayout, summing } from "./rows.ts";

/** Words of both kernels. */
function wordsOf(call: Call): number[] {
  return Array.from({ length: 7 }, (_, k) => call.int(k));
}
const TIME = 0;
const BATCH = 1;
const CLASSES = 2;
const STATES = 3;
const BLANK = 4;
const STEP = 5;
const DROP_INFINITE = 6;

/** Invocations of a sample. */
function sizeFor(states: number): number {
  let size = 32;
  while (size < GROUP && size < states) size *= 2;
  return size;
}

interface Places {
  /** operand numbers */
  readonly logs: number;
  readonly targets: number;
  readonly times: number;
  readonly lengths: number;
}

const LOWEST = "-3.4028234e38";

/** Defines what both kernels read their sample by. */
function defineSample(w: Writer, { logs, targets, times, lengths }: Places, faults: boolean): void {
  const word = (k: number) => w.u32(k);
  const long = (k: number) => `${w.load(k, Compute.I64)}`;
  const fault = faults ? `${w.fault()}(${Fault.CtcTarget}u, label.x, ${word(CLASSES)});` : "";
  w.define(
    "targetsOf",
    `fn targetsOf(n: u32) -> u32 {
  if (${word(STEP)} > 0u) { return n * ${word(STEP)}; }
  var start = 0u;
  for (var k = 0u; k < n; k++) { start += ${long(lengths)}(k).x; }
  return start;
}`,
  );
  w.define(
    "labelAt",
    `fn labelAt(start: u32, s: u32) -> u32 {
  if ((s & 1u) == 0u) { return ${word(BLANK)}; }
  let label = ${long(targets)}(start + (s >> 1u));
  if (label.y != 0u || label.x >= ${word(CLASSES)}) { ${fault} return ${word(BLANK)}; }
  return label.x;
}`,
  );
  w.define(
    "logAt",
    `fn logAt(n: u32, t: u32, c: u32) -> f32 { return ${w.load(logs, Compute.F32)}((t * ${word(BATCH)} + n) * ${word(CLASSES)} + c); }`,
  );
  w.define(
    "logSum",
    `fn logSum(a: f32, b: f32, c: f32) -> f32 {
  let high = max(max(a, b), c);
  if (bitcast<u32>(high) == 0xff800000u) { return high; }
  return high + f32_log(f32_exp(a - high) + f32_exp(b - high) + f32_exp(c - high));
}`,
  );
  w.define("timeOf", `fn timeOf(n: u32) -> u32 { return ${long(times)}(n).x; }`);
  w.define("lastOf", `fn lastOf(n: u32) -> u32 { return 2u * ${long(lengths)}(n).x; }`);
}

/**
 * Operands: 0 negative log likelihood [batch], 1 log alpha [batch, time, states], each step relative to the greatest of the
 * step before, 2 log probabilities [time, batch, classes], 3 targets int64, 4 input lengths int64 [batch], 5 target lengths.
 */
export function ctcLoss(call: Call, stream: Stream): void {
  if (call.int(BATCH) === 0) return;
  const size = sizeFor(call.int(STATES));
  const layout: RowLayout = { lanes: size, columns: false };
  stream.dispatch({
    key: `ctcLoss${size}`,
    operands: [0, 1, 2, 3, 4, 5].map((k) => call.operand(k)),
    outputs: 2,
    words: wordsOf(call),
    groups: [call.int(BATCH)],
    faults: true,
    code: (w) => {
      defineSample(w, { logs: 2, targets: 3, times: 4, lengths: 5 }, true);
      const greatest = reducer(w, "greatest", "f32", layout, (a, b) => `max(${a}, ${b})`, size);
      const alpha = w.load(1, Compute.F32);
      w.main(
        size,
        `let n = group.x;
let start = targetsOf(n);
let time = timeOf(n);
let last = lastOf(n);
let none = -f32_inf();
var offset = 0.0;
var high = 0.0;
for (var t = 0u; t < ${w.u32(TIME)}; t++) {
  var most = ${LOWEST};
  let row = (n * ${w.u32(TIME)} + t) * ${w.u32(STATES)};
  let before = row - ${w.u32(STATES)};
  if (t < time) {
    offset += high;
    for (var s = local; s <= last; s += ${size}u) {
      let label = labelAt(start, s);
      var value = none;
      if (t == 0u) { if (s < 2u) { value = 0.0; } }
      else {
        var one = none;
        var two = none;
        if (s > 0u) { one = ${alpha}(before + s - 1u) - high; }
        if (s > 1u && (s & 1u) == 1u) { if (labelAt(start, s - 2u) != label) { two = ${alpha}(before + s - 2u) - high; } }
        value = logSum(${alpha}(before + s) - high, one, two);
      }
      value += logAt(n, t, label);
      ${w.store(1, Compute.F32)}(row + s, value);
      most = max(most, value);
    }
  }
  storageBarrier();
  let top = ${greatest}(most, local, local);
  high = select(0.0, top, top > ${LOWEST});
}
if (local == 0u) {
  var likelihood = none;
  if (time == 0u) { if (last == 0u) { likelihood = 0.0; } }
  else {
    let end = (n * ${w.u32(TIME)} + time - 1u) * ${w.u32(STATES)} + last;
    var other = none;
    if (last > 0u) { other = ${alpha}(end - 1u); }
    likelihood = offset + logSum(${alpha}(end), other, none);
  }
  ${w.store(0, Compute.F32)}(n, -likelihood);
}`,
      );
    },
  });
}

/**
 * Operands: 0 gradient of the log probabilities, 1 of the result [batch], 2 log probabilities, 3 targets, 4 and 5 lengths,
 * 7 log alpha as `ctcLoss` gives it (6, the negative log likelihood, follows from it).
 */
export function ctcLossBackward(call: Call, stream: Stream): void {
  const batch = call.int(BATCH);
  const states = call.int(STATES);
  if (batch === 0 || call.int(TIME) === 0) return;
  const size = sizeFor(states);
  const layout: RowLayout = { lanes: size, columns: false };
  // of every sample: two time steps of log beta, the shares of the states at one (float32 by its bits), and for every state
  // of a label the next of the same label or 0, and whether there is one before. One buffer, since a shader may have eight
  const memory = stream.temporary(DType.Int32, 4 * batch * states, 4);
  stream.dispatch({
    key: `ctcLossBackward${size}`,
    operands: [call.operand(0), memory, ...[1, 2, 3, 4, 5, 7].map((k) => call.operand(k))],
    outputs: 2,
    words: wordsOf(call),
    groups: [batch],
    code: (w) => {
      defineSample(w, { logs: 3, targets: 4, times: 5, lengths: 6 }, false);
      const greatest = reducer(w, "greatest", "vec2<f32>", layout, (a, b) => `max(${a}, ${b})`, size);
      const total = summing(w, "total", "vec2<f32>", layout, size);
      const load = (k: number, at: string) => `${w.load(k, Compute.F32)}(${at})`;
      const kept = (at: string) => `bitcast<f32>(${w.load(1, Compute.I32)}(${at}))`;
      const keep = (at: string, value: string) => `${w.store(1, Compute.I32)}(${at}, bitcast<i32>(${value}));`;
      const link = w.load(1, Compute.I32);
      const alphaAt = w.load(7, Compute.F32);
      w.main(
        size,
        `let n = group.x;
let start = targetsOf(n);
let time = timeOf(n);
let last = lastOf(n);
let none = -f32_inf();
let grad = ${load(2, "n")};
var impossible = false;
if (time > 0u) {
  let end = (n * ${w.u32(TIME)} + time - 1u) * ${w.u32(STATES)} + last;
  var other = none;
  if (last > 0u) { other = ${alphaAt}(end - 1u); }
  impossible = bitcast<u32>(logSum(${alphaAt}(end), other, none)) == 0xff800000u;
}
let dropped = ${w.u32(DROP_INFINITE)} != 0u && impossible;
let shares = (4u * n + 2u) * ${w.u32(STATES)};
let linked = (4u * n + 3u) * ${w.u32(STATES)};
for (var s = 2u * local + 1u; s < last; s += ${2 * size}u) {
  let label = labelAt(start, s);
  var next = 0u;
  for (var k = s + 2u; k < last && next == 0u; k += 2u) { if (labelAt(start, k) == label) { next = k; } }
  var repeated = label == ${w.u32(BLANK)};
  for (var k = 1u; k < s && !repeated; k += 2u) { repeated = labelAt(start, k) == label; }
  ${w.store(1, Compute.I32)}(linked + s, i32(next | select(0u, 0x40000000u, repeated)));
}
var high = 0.0;
for (var step = 0u; step < ${w.u32(TIME)}; step++) {
  let t = ${w.u32(TIME)} - 1u - step;
  let lives = t < time && !dropped;
  let here = (4u * n + (t & 1u)) * ${w.u32(STATES)};
  let after = (4u * n + (~t & 1u)) * ${w.u32(STATES)};
  let alpha = (n * ${w.u32(TIME)} + t) * ${w.u32(STATES)};
  let row = (t * ${w.u32(BATCH)} + n) * ${w.u32(CLASSES)};
  var most = vec2<f32>(${LOWEST});
  for (var c = local; c < ${w.u32(CLASSES)}; c += ${size}u) {
    var value = 0.0;
    if (lives) {
      let log = logAt(n, t, c);
      value = f32_exp(log) * grad;
      if (impossible || f32_isinf(log)) { value = f32_nan(); }
    }
    ${w.store(0, Compute.F32)}(row + c, value);
  }
  if (lives) {
    for (var s = local; s <= last; s += ${size}u) {
      let label = labelAt(start, s);
      var value = none;
      if (t == time - 1u) { if (s + 1u >= last) { value = 0.0; } }
      else {
        var one = none;
        var two = none;
        if (s < last) { one = ${kept("after + s + 1u")} - high; }
        if (s + 1u < last && (s & 1u) == 1u) { if (labelAt(start, s + 2u) != label) { two = ${kept("after + s + 2u")} - high; } }
        value = logSum(${kept("after + s")} - high, one, two);
      }
      let share = value + ${alphaAt}(alpha + s);
      value += logAt(n, t, label);
      ${keep("here + s", "value")}
      ${keep("shares + s", "share")}
      most = max(most, vec2<f32>(value, share));
    }
  }
  storageBarrier();
  let top = ${greatest}(most, local, local);
  high = select(0.0, top.x, top.x > ${LOWEST});
  // the sum over all states, and over those of the blank
  var sums = vec2<f32>();
  if (lives) {
    for (var s = local; s <= last; s += ${size}u) {
      let share = f32_exp(${kept("shares + s")} - top.y);
      sums += vec2<f32>(share, select(0.0, share, labelAt(start, s) == ${w.u32(BLANK)}));
    }
  }
  let all = ${total}(sums, local, local);
  if (lives && !impossible) {
    for (var s = 2u * local + 1u; s < last; s += ${2 * size}u) {
      var next = u32(${link}(linked + s));
      if (next >= 0x40000000u) { continue; }
      var sum = f32_exp(${kept("shares + s")} - top.y);
      while (next != 0u) {
        sum += f32_exp(${kept("shares + next")} - top.y);
        next = u32(${link}(linked + next)) & 0x3fffffffu;
      }
      let label = labelAt(start, s);
      let log = logAt(n, t, label);
      if (!f32_isinf(log)) { ${w.store(0, Compute.F32)}(row + label, (f32_exp(log) - sum / all.x) * grad); }
    }
    if (local == 0u) {
      let log = logAt(n, t, ${w.u32(BLANK)});
      if (!f32_isinf(log)) { ${w.store(0, Compute.F32)}(row + ${w.u32(BLANK)}, (f32_exp(log) - all.y / all.x) * grad); }
    }
  }
}`,
      );
    },
  });
}
