// Sampling of images and volumes at the places of a grid (core-wasm/assembly/kernels/gridSample.ts). Forward and for the grid's
// gradient everything is read; the image's gradient is added up by atomics, since any place may meet any element.

import { type Call, Compute, type Operand } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import { atomicAdd, zero } from "./planes.ts";

const GROUP = 256;
const Mode = { Linear: 0, Nearest: 1, Cubic: 2 } as const;
const Padding = { Zeros: 0, Border: 1, Reflection: 2 } as const;

interface Sampling {
  readonly rank: number;
  readonly mode: number;
  readonly padding: number;
  readonly align: boolean;
  readonly words: number[];
  readonly places: number;
  readonly channels: number;
}

/** Words: 0 jobs, 1 channels, 2 places, 3 width, 4 height, 5 depth. */
function samplingOf(call: Call, image: Operand): Sampling {
  const grid = call.operand(2);
  const rank = grid.shape(grid.ndim - 1);
  let places = 1;
  for (let d = 1; d < grid.ndim - 1; d++) places *= grid.shape(d);
  const channels = image.shape(1);
  const depth = rank === 3 ? image.shape(2) : 1;
  return {
    rank,
    mode: call.int(0),
    padding: call.int(1),
    align: call.int(2) !== 0,
    words: [channels, places, image.shape(image.ndim - 1), image.shape(image.ndim - 2), depth],
    places,
    channels,
  };
}

const keyOf = (s: Sampling): string => `${s.rank}.${s.mode}.${s.padding}.${s.align}`;

/** Operand 0: out, 1: image, 2: grid. A thread an element of the result. */
export function gridSample(call: Call, stream: Stream): void {
  const out = call.operand(0);
  if (out.numel === 0) return;
  const s = samplingOf(call, call.operand(1));
  stream.dispatch({
    key: `gridSample${keyOf(s)}`,
    operands: [out, call.operand(1), call.operand(2)],
    outputs: 1,
    words: [out.numel, ...s.words],
    groups: linear(out.numel, GROUP),
    code: (w) => {
      const load = w.load(1, Compute.F32);
      const body = eachTap(s, (at, weight) => `value += ${weight} * ${load}(plane + ${at});`);
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
${elementAt(w)}
var value = 0.0;
${taps(w, s, false)}
${body}
${w.store(0, Compute.F32)}(i, value);`,
      );
    },
  });
}

/** Operand 0: the image's gradient, 1: the output's gradient, 2: grid. A thread an element of the output's gradient. */
export function gridSampleInput(call: Call, stream: Stream): void {
  const out = call.operand(0);
  if (out.numel === 0) return;
  zero(stream, out, out.numel);
  const gradient = call.operand(1);
  if (gradient.numel === 0) return;
  const s = samplingOf(call, out);
  // where atomics cannot reach the whole buffer, a thread adds up all of a plane
  const atomic = stream.fits(out);
  const jobs = atomic ? gradient.numel : gradient.numel / s.places;
  stream.dispatch({
    key: `gridSampleInput${keyOf(s)}.${atomic}`,
    operands: [out, gradient, call.operand(2)],
    outputs: 1,
    words: [jobs, ...s.words],
    groups: linear(jobs, GROUP),
    code: (w) => {
      const load = w.load(1, Compute.F32);
      const add = (at: string, value: string): string =>
        atomic
          ? `${atomicAdd(w, 0)}(${at}, ${value});`
          : `${w.store(0, Compute.F32)}(${at}, ${w.load(0, Compute.F32)}(${at}) + ${value});`;
      const body = `${taps(w, s, false)}
${eachTap(s, (at, weight) => add(`plane + ${at}`, `${weight} * value`))}`;
      w.main(
        GROUP,
        atomic
          ? `if (i >= ${w.u32(0)}) { return; }
${elementAt(w)}
let value = ${load}(i);
${body}`
          : `if (i >= ${w.u32(0)}) { return; }
for (var place = 0u; place < ${w.u32(2)}; place++) {
  let n = i / ${w.u32(1)};
  let plane = i * ${volume(w)};
  let value = ${load}(i * ${w.u32(2)} + place);
  ${body}
}`,
      );
    },
  });
}

/** Operand 0: the grid's gradient, 1: the output's gradient, 2: grid, 3: image. A thread a place. */
export function gridSampleGrid(call: Call, stream: Stream): void {
  const out = call.operand(0);
  if (out.numel === 0) return;
  const s = samplingOf(call, call.operand(3));
  const jobs = out.numel / s.rank;
  stream.dispatch({
    key: `gridSampleGrid${keyOf(s)}`,
    operands: [out, call.operand(1), call.operand(2), call.operand(3)],
    outputs: 1,
    words: [jobs, ...s.words],
    groups: linear(jobs, GROUP),
    code: (w) => {
      const gradient = w.load(1, Compute.F32);
      const image = w.load(3, Compute.F32);
      const store = w.store(0, Compute.F32);
      const z = s.rank === 3;
      const body = eachTap(
        s,
        (at, _weight, x, y, zt) => `var sum = 0.0;
for (var c = 0u; c < ${w.u32(1)}; c++) {
  let channel = n * ${w.u32(1)} + c;
  sum += ${image}(channel * ${volume(w)} + ${at}) * ${gradient}(channel * ${w.u32(2)} + place);
}
gx += sum * tx_d${x} * ty_w${y}${z ? ` * tz_w${zt}` : ""};
gy += sum * tx_w${x} * ty_d${y}${z ? ` * tz_w${zt}` : ""};
${z ? `gz += sum * tx_w${x} * ty_w${y} * tz_d${zt};` : ""}`,
      );
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
let n = i / ${w.u32(2)};
let place = i % ${w.u32(2)};
var gx = 0.0; var gy = 0.0; var gz = 0.0;
${taps(w, s, true)}
${body}
${store}(i * ${s.rank}u, gx);
${store}(i * ${s.rank}u + 1u, gy);
${z ? `${store}(i * 3u + 2u, gz);` : ""}`,
      );
    },
  });
}

const volume = (w: Writer): string => `(${w.u32(3)} * ${w.u32(4)} * ${w.u32(5)})`;

/** Place, batch entry and the image's plane of element i of [N, C, places]. */
function elementAt(w: Writer): string {
  return `let place = i % ${w.u32(2)};
let n = i / ${w.u32(2)} / ${w.u32(1)};
let plane = i / ${w.u32(2)} * ${volume(w)};`;
}

/** Declares the taps along x, y and z: `tx_i0` (index, -1 outside), `tx_w0` (weight), `tx_d0` (its derivative) … */
function taps(w: Writer, s: Sampling, derivatives: boolean): string {
  const grid = w.load(2, Compute.F32);
  defineCoordinates(w, s);
  const names = ["x", "y", "z"].slice(0, s.rank);
  return names
    .map((name, d) => {
      const size = w.i32(3 + d);
      const t = `t${name}`;
      const start = `let ${t} = ${grid}((n * ${w.u32(2)} + place) * ${s.rank}u + ${d}u);`;
      const scale = s.align ? `(f32(${size} - 1) / 2.0)` : `(f32(${size}) / 2.0)`;
      if (s.mode === Mode.Cubic) {
        const each = [0, 1, 2, 3].map((k) => {
          const distance = `(${t}_p + ${(1 - k).toFixed(1)})`;
          return `let ${t}_i${k} = insideOf(floor(paddedAt(${t}_l + ${(k - 1).toFixed(1)}, ${size})), ${size}); let ${t}_w${k} = cubic(${distance});${derivatives ? ` let ${t}_d${k} = cubicSlope(${distance}) * ${scale};` : ""}`;
        });
        return `${start}
let ${t}_u = unnormalized(${t}, ${size});
let ${t}_ok = ${t}_u > -2147483000.0 && ${t}_u < 2147483000.0;
let ${t}_l = select(-100.0, floor(${t}_u), ${t}_ok);
let ${t}_p = select(0.0, ${t}_u - floor(${t}_u), ${t}_ok);
${each.join("\n")}`;
      }
      const at = `let ${t}_x = paddedAt(unnormalized(${t}, ${size}), ${size});`;
      if (s.mode === Mode.Nearest) {
        return `${start} ${at} let ${t}_i0 = insideOf(round(${t}_x), ${size}); let ${t}_w0 = 1.0;${derivatives ? ` let ${t}_d0 = 0.0;` : ""}`;
      }
      const slopes = derivatives ? `let ${t}_d1 = slopeAt(${t}, ${size}); let ${t}_d0 = -${t}_d1;` : "";
      return `${start} ${at} let ${t}_l = floor(${t}_x);
let ${t}_i0 = insideOf(${t}_l, ${size}); let ${t}_w0 = ${t}_l + 1.0 - ${t}_x;
let ${t}_i1 = insideOf(${t}_l + 1.0, ${size}); let ${t}_w1 = ${t}_x - ${t}_l;
${slopes}`;
    })
    .join("\n");
}

/** Code for each combination of taps that lies inside: element in the plane, weight, numbers of the taps. */
function eachTap(s: Sampling, code: (at: string, weight: string, x: number, y: number, z: number) => string): string {
  const count = s.mode === Mode.Cubic ? 4 : s.mode === Mode.Linear ? 2 : 1;
  const text: string[] = [];
  for (let z = 0; z < (s.rank === 3 ? count : 1); z++) {
    for (let y = 0; y < count; y++) {
      for (let x = 0; x < count; x++) {
        const inside = [`tx_i${x} >= 0`, `ty_i${y} >= 0`, ...(s.rank === 3 ? [`tz_i${z} >= 0`] : [])].join(" && ");
        const row = s.rank === 3 ? `(tz_i${z} * height + ty_i${y})` : `ty_i${y}`;
        const weight = `${s.rank === 3 ? `tz_w${z} * ` : ""}ty_w${y} * tx_w${x}`;
        text.push(`if (${inside}) { ${code(`u32(${row} * width + tx_i${x})`, weight, x, y, z)} }`);
      }
    }
  }
  return `let width = bitcast<i32>(sizes().x); let height = bitcast<i32>(sizes().y);\n${text.join("\n")}`;
}

/** Functions of one coordinate, as in the core's kernel. */
function defineCoordinates(w: Writer, s: Sampling): void {
  const { align, padding } = s;
  w.define("sizes", `fn sizes() -> vec2<u32> { return vec2<u32>(${w.u32(3)}, ${w.u32(4)}); }`);
  w.define(
    "unnormalized",
    `fn unnormalized(x: f32, size: i32) -> f32 { return ${align ? "(x + 1.0) / 2.0 * f32(size - 1)" : "((x + 1.0) * f32(size) - 1.0) / 2.0"}; }`,
  );
  w.define(
    "insideOf",
    "fn insideOf(x: f32, size: i32) -> i32 { return select(-1, i32(x), x >= 0.0 && x < f32(size)); }",
  );
  const low = align ? "0.0" : "-0.5";
  const span = align ? "f32(size - 1)" : "f32(size)";
  if (padding === Padding.Reflection) {
    w.define(
      "reflected",
      `fn reflected(x: f32, size: i32) -> f32 {
  let span = ${span};
  if (span == 0.0) { return 0.0; }
  let distance = abs(x - ${low});
  let flips = floor(distance / span);
  let rest = distance - flips * span;
  return select(rest, span - rest, flips - 2.0 * floor(flips / 2.0) == 1.0) + ${low};
}`,
    );
  }
  const steps = padding === Padding.Reflection ? "x = reflected(x, size);" : "";
  const clamped = padding === Padding.Zeros ? "" : "x = min(max(x, 0.0), f32(size - 1));";
  w.define(
    "paddedAt",
    `fn paddedAt(place: f32, size: i32) -> f32 {
  var x = place; ${steps} ${clamped}
  // a place that no image can have (NaN, infinite) lies outside
  return select(-100.0, x, x > -2147483000.0 && x < 2147483000.0);
}`,
  );
  const scale = align ? "f32(size - 1) / 2.0" : "f32(size) / 2.0";
  const reflecting = `let distance = abs(x - ${low});
  let flips = floor(distance / max(${span}, 1e-30));
  sign = select(1.0, -1.0, (x < ${low}) != (flips - 2.0 * floor(flips / 2.0) == 1.0));
  x = reflected(x, size);`;
  w.define(
    "slopeAt",
    padding === Padding.Zeros
      ? `fn slopeAt(grid: f32, size: i32) -> f32 { return ${scale}; }`
      : `fn slopeAt(grid: f32, size: i32) -> f32 {
  var x = unnormalized(grid, size);
  var sign = 1.0;
  ${padding === Padding.Reflection ? reflecting : ""}
  return select(0.0, ${scale} * sign, x > 0.0 && x < f32(size - 1));
}`,
  );
  if (s.mode !== Mode.Cubic) return;
  // Keys' kernel with a = -0.75
  w.define(
    "cubic",
    `fn cubic(t: f32) -> f32 {
  let x = abs(t);
  if (x <= 1.0) { return (1.25 * x - 2.25) * x * x + 1.0; }
  return ((-0.75 * x + 3.75) * x - 6.0) * x + 3.0;
}`,
  );
  w.define(
    "cubicSlope",
    `fn cubicSlope(t: f32) -> f32 {
  let x = abs(t);
  let d = select((-2.25 * x + 7.5) * x - 6.0, (3.75 * x - 4.5) * x, x <= 1.0);
  return select(d, -d, t < 0.0);
}`,
  );
}
