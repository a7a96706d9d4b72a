// Convolutions as tiled products whose image side is gathered while a tile is loaded (implicit im2col): nothing is unrolled in
// memory. A layer of the product is a group of channels; for the transpose of a strided convolution, a group and a phase: the
// image's elements at one remainder by the stride, which meet only every stride-th tap.
//
//            rows (m)        columns (n)               contracted (k)
//   forward  map channels    batch, map positions      image channels, taps
//   transp.  image channels  batch, image positions    map channels, taps of the phase
//   weight   map channels    image channels, taps      batch, map positions

import { type Bound, Compute, DType } from "../../call.ts";
import { linear, type Stream } from "../../stream.ts";
import type { Writer } from "../../wgsl/writer.ts";
import { loadFour, storeFour } from "../arithmetic.ts";
import { partsOf, splitsOf, tileFor } from "../gemm/gemm.ts";
import { matrixSide } from "../gemm/matrix.ts";
import { type Side, type Tile, writeTiles } from "../gemm/tile.ts";
import { allOf, type Convolution, type DimNames, Kind, Names, product, split, sumOver } from "./geometry.ts";

const GROUP = 256;
const FOUR = [0, 1, 2, 3];

/** Sizes of the product. */
interface Shape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly layers: number;
  /** transposed: image positions of a phase, per dim, at most */
  readonly phase: number[];
}

export function shapeOf(c: Convolution): Shape {
  const taps = product(c.kernel);
  if (c.kind === Kind.Forward) {
    return {
      m: c.mapChannels,
      n: c.batch * product(c.mapSize),
      k: c.imageChannels * taps,
      layers: c.groups,
      phase: [],
    };
  }
  if (c.kind === Kind.Weight) {
    return {
      m: c.mapChannels,
      n: c.imageChannels * taps,
      k: c.batch * product(c.mapSize),
      layers: c.groups,
      phase: [],
    };
  }
  const phase = c.imageSize.map((size, d) => Math.ceil(size / c.stride[d]!));
  const most = c.kernel.map((size, d) => Math.ceil(size / stepOf(c, d)));
  return {
    m: c.imageChannels,
    n: c.batch * product(phase),
    k: c.mapChannels * product(most),
    layers: c.groups * product(c.stride),
    phase,
  };
}

/** Between taps that meet the same phase. */
function stepOf(c: Convolution, d: number): number {
  let [a, b] = [c.stride[d]!, c.dilation[d]!];
  while (b > 0) [a, b] = [b, a % b];
  return c.stride[d]! / a;
}

/** What all of a kernel's code is made from. */
interface Context {
  readonly w: Writer;
  readonly c: Convolution;
  readonly names: Names;
  readonly shape: Shape;
  /** word: the first of m, n, k, jobs, splits, kPart, layers, 4 */
  readonly at: number;
  /** word: steps of the dims, then positions of a phase */
  readonly phase: number;
  readonly strided: boolean;
}

export function tiledConvolution(c: Convolution, stream: Stream): void {
  const shape = shapeOf(c);
  const tile: Tile = tileFor(shape.m, shape.n, shape.k, shape.layers);
  const tiles = Math.ceil(shape.m / tile.m) * Math.ceil(shape.n / tile.n) * shape.layers;
  const strided = c.kind === Kind.Transpose && product(c.stride) > 1;
  const { part, splits } = partsOf(shape.k, strided ? 1 : splitsOf(stream, tiles, shape.k));
  const partial = splits > 1;
  const words = [...c.words];
  const at = words.push(shape.m, shape.n, shape.k, tiles * splits, splits, part, shape.layers, 4) - 8;
  const phase = words.length;
  if (strided) words.push(...c.stride.map((_, d) => stepOf(c, d)), ...shape.phase);

  const out: Bound = partial ? stream.temporary(DType.Float32, splits * shape.layers * shape.m * shape.n, 4) : c.out;
  const bias = partial ? undefined : c.bias;
  const operandA = c.kind === Kind.Weight ? c.map : c.weight;
  const operandB = c.kind === Kind.Transpose ? c.map : c.image;
  const aligned =
    operandA.offset % 4 === 0 && operandA.id !== operandB.id && operandA.id !== bias?.id && stream.fits(operandA);
  // what the rows' elements lie in runs of
  const run = c.kind === Kind.Weight ? product(c.mapSize) : shape.k;
  const wideA = aligned && c.kind !== Kind.Transpose && run % 4 === 0;
  const line = c.kind === Kind.Forward ? product(c.mapSize) : c.kind === Kind.Weight ? shape.n : product(c.imageSize);
  const wideOut = (partial ? shape.n : line) % 4 === 0 && out.offset % 4 === 0 && stream.fits(out) && !strided;
  stream.dispatch({
    key: `conv.tiled${c.kind}.${tile.m}x${tile.n}.${c.kernel}.${strided}.${wideA}.${wideOut}.${partial}.${bias !== undefined}`,
    operands: bias === undefined ? [out, operandA, operandB] : [out, operandA, operandB, bias],
    outputs: 1,
    words,
    groups: linear(tiles * splits, 1),
    code: (w) => {
      const context: Context = { w, c, names: new Names(w, c, true), shape, at, phase, strided };
      const word = (i: number): string => w.u32(at + i);
      const sides =
        c.kind === Kind.Forward
          ? forwardSides(context, wideA)
          : c.kind === Kind.Transpose
            ? transposeSides(context)
            : weightSides(context, wideA);
      writeTiles(w, {
        tile,
        compute: Compute.F32,
        m: word(0),
        n: word(1),
        jobs: word(3),
        splits: word(4),
        kPart: word(5),
        quads: stream.software ? word(7) : "4u",
        ...sides,
        put: partial
          ? stored(w, DType.Float32, wideOut, {
              start: `((part * ${word(6)} + batch) * ${word(0)} + row) * ${word(1)} + column`,
              n: word(1),
            })
          : put(context, wideOut, bias !== undefined),
      });
    },
  });
  if (partial) addParts(c, shape, stream, out, splits);
}

type Sides = { begin: string; a: Side; b: Side };

function forwardSides({ w, c, names, at }: Context, wideA: boolean): Sides {
  const { dims } = names;
  const k = w.u32(at + 2);
  return {
    begin: `let kDepth = ${k};`,
    a: matrixSide(w, Compute.F32, {
      operand: 1,
      dtype: c.weight.dtype,
      reading: wideA ? "alongK" : "single",
      closerAlongK: true,
      panelStride: k,
      kStride: "1u",
      start: `batch * ${names.mapChannels} * ${k}`,
    }),
    b: gathered(w, {
      setup: (p, j) => `${positionOf(names, p, `c${j}`, "map")}
let base${j} = (c${j}_rest * ${names.groups} + batch) * ${names.imageChannels} * ${names.imagePlane};
${dims.map(({ d, stride, padding }) => `let corner${j}${d} = c${j}${d} * ${stride} - ${padding};`).join(" ")}`,
      step: (kk) =>
        split(
          "tap",
          kk,
          dims.map(({ kernel }) => kernel),
        ) + dims.map(({ d, dilation }) => `let go${d} = tap${d} * ${dilation};`).join(" "),
      inside: (j) => allOf(dims, ({ d, image }) => `corner${j}${d} + go${d} < ${image}`),
      element: (j) =>
        `base${j} + tap_rest * ${names.imagePlane} + ${sumOver(dims, ({ d, imageStep }) => `(corner${j}${d} + go${d}) * ${imageStep}`)}`,
    }),
  };
}

/** Batch entry (`name`_rest) and position of a column in bounds. */
function positionOf(names: Names, column: string, name: string, of: "map" | "image"): string {
  return split(
    name,
    column,
    names.dims.map((dim) => dim[of]),
  );
}

function transposeSides(context: Context): Sides {
  const { w, names, at, strided, phase } = context;
  const { dims } = names;
  const rank = dims.length;
  const count = (d: DimNames): string => (strided ? `count${d.d}` : d.kernel);
  const taps = (kk: string): string => split("tap", kk, dims.map(count));
  const kernelTap = ({ d }: DimNames): string => (strided ? `(first${d} + tap${d} * ${w.u32(phase + d)})` : `tap${d}`);
  const begin = strided
    ? `
let group_ = batch % ${names.groups};
${split(
  "phase",
  `(batch / ${names.groups})`,
  dims.map(({ stride }) => stride),
)}
${dims
  .map(
    ({ d, stride, padding, dilation, kernel }) => `
// the first tap that meets the phase, taps and how far they lie apart in the map
var first${d} = 0u;
while (first${d} < min(${stride}, ${kernel}) && (phase${d} + ${padding} + ${stride} * ${kernel} * ${dilation} - first${d} * ${dilation}) % ${stride} != 0u) { first${d}++; }
let count${d} = select((${kernel} - first${d} + ${w.u32(phase + d)} - 1u) / ${w.u32(phase + d)}, 0u, first${d} >= min(${stride}, ${kernel}));
let apart${d} = ${w.u32(phase + d)} * ${dilation} / ${stride};
let origin${d} = u32((i32(phase${d} + ${padding}) - i32(first${d} * ${dilation})) / i32(${stride}));`,
  )
  .join("\n")}
let kDepth = ${names.mapChannels} * ${dims.map(count).join(" * ")};`
    : `let group_ = batch;
${dims.map(({ d, padding, dilation }) => `let apart${d} = ${dilation}; let origin${d} = ${padding};`).join("\n")}
let kDepth = ${w.u32(at + 2)};`;
  const load = w.load(1, Compute.F32);
  const channelStep = `${names.imageChannels} * ${names.kernelPlane}`;
  return {
    begin,
    a: {
      alongK: false,
      neighboursAlongK: true,
      setup: (s) => `let start${s} = group_ * ${names.mapChannels} * ${channelStep} + p${s} * ${names.kernelPlane};`,
      load: (s, v) =>
        v
          .map(
            (name, j) => `{ ${name} = vec4<f32>(); let kk = k${s} + ${j}u; if (kk < kTo) { ${taps("kk")}
let at = start${s} + tap_rest * ${channelStep} + ${sumOver(dims, (dim) => `${kernelTap(dim)} * ${dim.kernelStep}`)};
${name} = vec4<f32>(${FOUR.map((i) => `${load}(at + ${i}u * ${names.kernelPlane})`).join(", ")}); } }`,
          )
          .join("\n"),
    },
    b: gathered(w, {
      setup: (p, j) => `${split(
        `c${j}`,
        p,
        dims.map((dim) => (strided ? w.u32(phase + rank + dim.d) : dim.image)),
      )}
let base${j} = (c${j}_rest * ${names.groups} + group_) * ${names.mapChannels} * ${names.mapPlane};
${dims.map(({ d }) => `let corner${j}${d} = c${j}${d} + origin${d};`).join(" ")}`,
      step: (kk) => `${taps(kk)}${dims.map(({ d }) => `let go${d} = tap${d} * apart${d};`).join(" ")}`,
      inside: (j) => allOf(dims, ({ d, map }) => `corner${j}${d} - go${d} < ${map}`),
      element: (j) =>
        `base${j} + tap_rest * ${names.mapPlane} + ${sumOver(dims, ({ d, mapStep }) => `(corner${j}${d} - go${d}) * ${mapStep}`)}`,
    }),
  };
}

function weightSides({ w, c, names, at }: Context, wideA: boolean): Sides {
  const { dims } = names;
  const load = w.load.bind(w);
  const row = `p${"A"}`;
  const entry = `${names.groups} * ${names.mapChannels} * ${names.mapPlane}`;
  const element = (kk: string): string =>
    `startA + (${kk}) / ${names.mapPlane} * (${entry}) + (${kk}) % ${names.mapPlane}`;
  const a: Side = wideA
    ? {
        alongK: true,
        setup: () => `let startA = ${w.offset(1)} + (batch * ${names.mapChannels} + ${row}) * ${names.mapPlane};`,
        load: (_s, v) =>
          `let atA = (${element("kA")}) / 4u; ${v
            .map(
              (name, j) =>
                `${name} = select(vec4<f32>(), ${loadFour(w, 1, c.map.dtype, `atA + ${j}u * ${names.mapPlane} / 4u`)}, kA < kTo);`,
            )
            .join(" ")}`,
      }
    : {
        alongK: false,
        neighboursAlongK: true,
        setup: () => `let startA = (batch * ${names.mapChannels} + ${row}) * ${names.mapPlane};`,
        load: (_s, v) =>
          v
            .map(
              (name, j) => `{ let kk = kA + ${j}u; ${name} = vec4<f32>(); if (kk < kTo) { let at = ${element("kk")};
${name} = vec4<f32>(${FOUR.map((i) => `${load(1, Compute.F32)}(at + ${i}u * ${names.mapPlane})`).join(", ")}); } }`,
            )
            .join("\n"),
      };
  return {
    begin: `let kDepth = ${w.u32(at + 2)};`,
    a,
    b: {
      ...gathered(w, {
        setup: (p, j) => `${split(
          `c${j}`,
          p,
          dims.map(({ kernel }) => kernel),
        )}
let base${j} = (batch * ${names.imageChannels} + c${j}_rest) * ${names.imagePlane};
${dims.map(({ d, dilation, padding }) => `let corner${j}${d} = c${j}${d} * ${dilation} - ${padding};`).join(" ")}`,
        step: (kk) =>
          `${positionOf(names, kk, "tap", "map")}${dims.map(({ d, stride }) => `let go${d} = tap${d} * ${stride};`).join(" ")}`,
        inside: (j) => allOf(dims, ({ d, image }) => `corner${j}${d} + go${d} < ${image}`),
        element: (j) =>
          `base${j} + tap_rest * ${names.groups} * ${names.imageChannels} * ${names.imagePlane} + ${sumOver(dims, ({ d, imageStep }) => `(corner${j}${d} + go${d}) * ${imageStep}`)}`,
      }),
      neighboursAlongK: true,
    },
  };
}

interface Gather {
  /** declares what panel position `p` is about, with names that contain j */
  setup(p: string, j: number): string;
  /** declares what step `kk` is about */
  step(kk: string): string;
  /** whether position j meets an element in this step; differences wrap around, so that < also tells what lies before 0 */
  inside(j: number): string;
  /** that element */
  element(j: number): string;
}

/** Operand 2, element by element. */
function gathered(w: Writer, g: Gather): Side {
  const load = w.load(2, Compute.F32);
  w.define(
    "pixel",
    `fn pixel(at: u32, inside: bool) -> f32 { return select(0.0, ${load}(select(0u, at, inside)), inside); }`,
  );
  return {
    alongK: false,
    setup: (s) => FOUR.map((j) => g.setup(`(p${s} + ${j}u)`, j)).join("\n"),
    load: (s, v) =>
      v
        .map(
          (name, i) => `{ let kk = k${s} + ${i}u; let on = kk < kTo; ${g.step("kk")}
${name} = vec4<f32>(${FOUR.map((j) => `pixel(${g.element(j)}, on && ${g.inside(j)})`).join(", ")}); }`,
        )
        .join("\n"),
  };
}

/** Statements that write four values from `start` on, those of columns up to n. */
function stored(w: Writer, dtype: number, wide: boolean, { start, n }: { start: string; n: string }): string {
  if (wide) return `${storeFour(w, 0, dtype)}((${w.offset(0)} + ${start}) / 4u, value);`;
  const store = w.store(0, Compute.F32);
  return `let at = ${start}; ${FOUR.map((i) => `if (column + ${i}u < ${n}) { ${store}(at + ${i}u, value.${"xyzw"[i]}); }`).join(" ")}`;
}

function put({ w, c, names, at, strided, phase }: Context, wide: boolean, bias: boolean): string {
  const n = w.u32(at + 1);
  if (c.kind === Kind.Weight) {
    return stored(w, c.out.dtype, wide, { start: `(batch * ${names.mapChannels} + row) * ${n} + column`, n });
  }
  const forward = c.kind === Kind.Forward;
  const channels = forward ? names.mapChannels : names.imageChannels;
  const plane = forward ? names.mapPlane : names.imagePlane;
  const group = strided ? `batch % ${names.groups}` : "batch";
  const channel = `let channel = (${group}) * ${channels} + row;${bias ? ` let result = value + vec4<f32>(${w.load(3, Compute.F32)}(channel));` : " let result = value;"}`;
  const line = (entry: string): string => `(${entry} * ${names.groups} * ${channels} + channel) * ${plane}`;
  if (wide) {
    return `${channel} let entry = column / ${plane};
${storeFour(w, 0, c.out.dtype)}((${w.offset(0)} + ${line("entry")} + column - entry * ${plane}) / 4u, result);`;
  }
  const store = w.store(0, Compute.F32);
  const each = (i: number): string => {
    const own = `let at = column + ${i}u;`;
    const value = `result.${"xyzw"[i]}`;
    if (!strided) {
      return `{ ${own} if (at < ${n}) { let entry = at / ${plane}; ${store}(${line("entry")} + at - entry * ${plane}, ${value}); } }`;
    }
    const { dims } = names;
    const places = dims.map(({ d, stride }) => `let x${d} = q${d} * ${stride} + phase${d};`).join(" ");
    return `{ ${own} if (at < ${n}) { ${split(
      "q",
      "at",
      dims.map(({ d }) => w.u32(phase + dims.length + d)),
    )} ${places}
if (${allOf(dims, ({ d, image }) => `x${d} < ${image}`)}) { ${store}(${line("q_rest")} + ${sumOver(dims, ({ d, imageStep }) => `x${d} * ${imageStep}`)}, ${value}); } } }`;
  };
  const phases = strided
    ? split(
        "phase",
        `(batch / ${names.groups})`,
        names.dims.map(({ stride }) => stride),
      )
    : "";
  return `${channel} ${phases} ${FOUR.map(each).join("\n")}`;
}

/** The result from sums of parts [part][layer][row][column]. */
function addParts(c: Convolution, shape: Shape, stream: Stream, parts: Bound, splits: number): void {
  const n = c.out.numel;
  const at = c.words.length;
  const { bias } = c;
  stream.dispatch({
    key: `conv.parts${c.kind}.${c.rank}.${bias !== undefined}`,
    operands: bias === undefined ? [c.out, parts] : [c.out, parts, bias],
    outputs: 1,
    words: [...c.words, n, shape.m, shape.n, splits],
    groups: linear(n, GROUP),
    code: (w) => {
      const names = new Names(w, c);
      const load = w.load(1, Compute.F32);
      const [rows, columns] = [w.u32(at + 1), w.u32(at + 2)];
      const plane = c.kind === Kind.Forward ? names.mapPlane : names.imagePlane;
      // element i: batch entry, channel of all groups, position; parts have the batch among the columns
      const place =
        c.kind === Kind.Weight
          ? "let place = i;"
          : `let line = i / ${plane};
let channel = line % (${names.groups} * ${rows});
let place = channel * ${columns} + line / (${names.groups} * ${rows}) * ${plane} + i % ${plane};`;
      w.main(
        GROUP,
        `if (i >= ${w.u32(at)}) { return; }
${place}
var sum = ${bias === undefined ? "0.0" : `${w.load(2, Compute.F32)}(channel)`};
for (var part = 0u; part < ${w.u32(at + 3)}; part++) { sum += ${load}(part * ${w.u32(at)} + place); }
${w.store(0, Compute.F32)}(i, sum);`,
      );
    },
  });
}
