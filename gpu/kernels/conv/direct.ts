// Convolutions by plain loops: a thread an element of the result (a workgroup an element of a weight's gradient over many
// positions). For few channels a group, such as depthwise ones, for int64, and for small problems.

import type { Stream } from "../../stream.ts";
import { linear } from "../../stream.ts";
import { arithmetic } from "../arithmetic.ts";
import { allOf, type Convolution, type DimNames, Kind, Names, product, split, sumOver } from "./geometry.ts";

const GROUP = 256;
/** from so many terms of a sum on, a workgroup shares it */
const SHARED = 512;

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
      const { type, madd } = arithmetic(compute);
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
${dims.reduceRight((inside, dim) => loop(dim, inside), `sum = ${madd(value, weight, "sum")};`)}
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
  const shared = terms >= SHARED;
  stream.dispatch({
    key: `conv.directWeight.${c.rank}.${compute}.${shared}`,
    operands: [c.out, c.image, c.map],
    outputs: 1,
    words: [...c.words, n, terms],
    groups: linear(n, shared ? 1 : GROUP),
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
for (var term = ${shared ? "local" : "0u"}; term < ${w.u32(first + 1)}; term += ${shared ? GROUP : 1}u) {
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
      if (!shared) {
        w.main(GROUP, `if (i >= ${w.u32(first)}) { return; }\nlet item = i;\n${own}\n${store}(i, sum);`);
        return;
      }
      w.declare(`var<workgroup> sums: array<${type}, ${GROUP}>;`);
      w.main(
        GROUP,
        `let item = group.y * groups.x + group.x;
if (item >= ${w.u32(first)}) { return; }
${own}
sums[local] = sum;
for (var width = ${GROUP / 2}u; width > 0u; width /= 2u) {
  workgroupBarrier();
  if (local < width) { sums[local] = ${add("sums[local]", "sums[local + width]")}; }
}
if (local == 0u) { ${store}(item, sums[0]); }`,
      );
    },
  });
}
