// Convolutions by plain loops: a thread an element of the result, but 16 or all of a workgroup's where a weight's gradient sums
// over many positions. For few channels a group, such as depthwise ones, for int64, and for small problems.

import type { Stream } from "../../stream.ts";
import { linear } from "../../stream.ts";
import { arithmetic } from "../arithmetic.ts";
import { tree } from "../gemm/vector.ts";
import { allOf, type Convolution, type DimNames, Kind, Names, product, split, sumOver } from "./geometry.ts";

const GROUP = 256;
/** from so many terms of a sum on, threads share it, which rounds less, too */
const SHARED = 32;
const SHARED_BY_ALL = 96;

export function directConvolution(c: Convolution, stream: Stream): void {
  if (c.kind === Kind.Weight) return directWeight(c, stream);
  const n = c.out.numel;
  const first = c.words.length;
  const { compute } = c;
  stream.dispatch({
    key: `conv.direct${c.kind}.${c.rank}.${compute}.${c.bias !== undefined}`,
    operands: [c.out, c.kind === Kind.Forward ? c.image : c.map, c.weight, ...(c.bias === undefined ? [] : [c.bias])],
    outputs: 1,
    words: [...c.words, n],
    groups: linear(n, GROUP),
    code: (w) => {
      const names = new Names(w, c);
      const { dims } = names;
      const { type, add, madd } = arithmetic(compute);
      const forward = c.kind === Kind.Forward;
      const [own, other] = forward
        ? [names.mapChannels, names.imageChannels]
        : [names.imageChannels, names.mapChannels];
      const loop = (dim: DimNames, inside: string): string => {
        const { d } = dim;
        const place = forward
          ? `let x${d} = p${d} * ${dim.stride} + k${d} * ${dim.dilation} - ${dim.padding};
if (x${d} >= ${dim.image}) { continue; }`
          : `let t${d} = p${d} + ${dim.padding} - k${d} * ${dim.dilation};
let x${d} = t${d} / ${dim.stride};
if (x${d} >= ${dim.map} || x${d} * ${dim.stride} != t${d}) { continue; }`;
        return `for (var k${d} = 0u; k${d} < ${dim.kernel}; k${d}++) { ${place}\n${inside} }`;
      };
      const element = sumOver(dims, ({ d, imageStep, mapStep }) => `x${d} * ${forward ? imageStep : mapStep}`);
      const tap = sumOver(dims, ({ d, kernelStep }) => `k${d} * ${kernelStep}`);
      const plane = forward ? names.imagePlane : names.mapPlane;
      const line = forward
        ? `channel * ${other} + c`
        : `(group_ * ${other} + c) * ${own} + (channel - group_ * ${own})`;
      const value = `${w.load(1, compute)}((first + c) * ${plane} + ${element})`;
      const weight = `${w.load(2, compute)}((${line}) * ${names.kernelPlane} + ${tap})`;
      w.main(
        GROUP,
        `if (i >= ${w.u32(first)}) { return; }
${split(
  "p",
  "i",
  dims.map((dim) => (forward ? dim.map : dim.image)),
)}
let channel = p_rest % (${names.groups} * ${own});
let entry = p_rest / (${names.groups} * ${own});
let group_ = channel / ${own};
let first = (entry * ${names.groups} + group_) * ${other};
var sum = ${c.bias === undefined ? `${type}()` : `${w.load(3, compute)}(channel)`};
for (var c = 0u; c < ${other}; c++) {
  // a sum of its own for each channel rounds less than one long one
  var part = ${type}();
  ${dims.reduceRight((inside, dim) => loop(dim, inside), `part = ${madd(value, weight, "part")};`)}
  sum = ${add("sum", "part")};
}
${w.store(0, compute)}(i, sum);`,
      );
    },
  });
}

function directWeight(c: Convolution, stream: Stream): void {
  const n = c.out.numel;
  const first = c.words.length;
  const { compute } = c;
  const terms = c.batch * product(c.mapSize);
  const sharers = terms >= SHARED_BY_ALL ? GROUP : terms >= SHARED ? 16 : 1;
  stream.dispatch({
    key: `conv.directWeight.${c.rank}.${compute}.${sharers}`,
    operands: [c.out, c.image, c.map],
    outputs: 1,
    words: [...c.words, n, terms],
    groups: linear(n, GROUP / sharers),
    code: (w) => {
      const names = new Names(w, c);
      const { dims } = names;
      const { type, add, madd } = arithmetic(compute);
      const image = `${w.load(1, compute)}(((o_rest * ${names.groups} + group_) * ${names.imageChannels} + c) * ${names.imagePlane} + ${sumOver(dims, ({ d, imageStep }) => `x${d} * ${imageStep}`)})`;
      const map = `${w.load(2, compute)}((o_rest * ${names.groups} * ${names.mapChannels} + channel) * ${names.mapPlane} + position)`;
      const own = `
${split(
  "k",
  "item",
  dims.map((dim) => dim.kernel),
)}
let c = k_rest % ${names.imageChannels};
let channel = k_rest / ${names.imageChannels};
let group_ = channel / ${names.mapChannels};
var sum = ${type}();
for (var term = local % ${sharers}u; term < ${w.u32(first + 1)}; term += ${sharers}u) {
  ${split(
    "o",
    "term",
    dims.map((dim) => dim.map),
  )}
  let position = term - o_rest * ${names.mapPlane};
  ${dims.map(({ d, stride, dilation, padding }) => `let x${d} = o${d} * ${stride} + k${d} * ${dilation} - ${padding};`).join(" ")}
  if (${allOf(dims, ({ d, image: size }) => `x${d} < ${size}`)}) { sum = ${madd(image, map, "sum")}; }
}`;
      const store = w.store(0, compute);
      if (sharers === 1) {
        w.main(GROUP, `if (i >= ${w.u32(first)}) { return; }\nlet item = i;\n${own}\n${store}(i, sum);`);
        return;
      }
      // threads beyond the last element sum up the last one once more, since all have to meet
      w.main(
        GROUP,
        `let index = (group.y * groups.x + group.x) * ${GROUP / sharers}u + local / ${sharers}u;
let item = min(index, ${w.u32(first)} - 1u);
${own}
let own = sum;
${tree(w, type, sharers, 1, add)}
if (rank == 0u && index < ${w.u32(first)}) { ${store}(index, sums[local]); }`,
      );
    },
  });
}
