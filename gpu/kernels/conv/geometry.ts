// The sizes of a convolution as words, and what the code of all its kernels is made of. `image` is what the window slides over,
// `map` what its positions form: input and output of a convolution, output and input of a transposed one.

import { type Call, Compute, computeOf, type Operand } from "../../call.ts";
import type { Writer } from "../../wgsl/writer.ts";

export const Kind = { Forward: 0, Transpose: 1, Weight: 2 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export interface Convolution {
  readonly kind: Kind;
  readonly rank: number;
  readonly compute: Compute;
  readonly out: Operand;
  readonly image: Operand;
  readonly map: Operand;
  readonly weight: Operand;
  readonly bias: Operand | undefined;
  readonly batch: number;
  readonly groups: number;
  /** per group */
  readonly imageChannels: number;
  readonly mapChannels: number;
  /** per spatial dim */
  readonly imageSize: number[];
  readonly mapSize: number[];
  readonly kernel: number[];
  readonly stride: number[];
  readonly padding: number[];
  readonly dilation: number[];
  /** the first words of every dispatch: batch, groups, channels of image and map, then per dim all of the above */
  readonly words: number[];
}

export const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

export function convolutionOf(call: Call, kind: Kind): Convolution {
  const [x, y, z] = [call.operand(0), call.operand(1), call.operand(2)];
  const [image, map, weight] = kind === Kind.Forward ? [y, x, z] : kind === Kind.Transpose ? [x, y, z] : [y, z, x];
  const rank = weight.ndim - 2;
  const groups = call.int(0);
  const spatial = (o: Operand): number[] => Array.from({ length: rank }, (_, d) => o.shape(d + 2));
  const setting = (group: number): number[] => Array.from({ length: rank }, (_, d) => call.int(1 + group * rank + d));
  const c = {
    kind,
    rank,
    compute: computeOf(x.dtype),
    out: x,
    image,
    map,
    weight,
    bias: kind !== Kind.Weight && call.count > 3 ? call.operand(3) : undefined,
    batch: image.shape(0),
    groups,
    imageChannels: image.shape(1) / groups,
    mapChannels: map.shape(1) / groups,
    imageSize: spatial(image),
    mapSize: spatial(map),
    kernel: spatial(weight),
    stride: setting(0),
    padding: setting(1),
    dilation: setting(2),
    words: [] as number[],
  };
  c.words.push(c.batch, groups, c.imageChannels, c.mapChannels);
  for (let d = 0; d < rank; d++) {
    c.words.push(c.imageSize[d]!, c.mapSize[d]!, c.kernel[d]!, c.stride[d]!, c.padding[d]!, c.dilation[d]!);
  }
  return c;
}

export interface DimNames {
  readonly d: number;
  readonly image: string;
  readonly map: string;
  readonly kernel: string;
  readonly stride: string;
  readonly padding: string;
  readonly dilation: string;
  /** elements between neighbours along this dim */
  readonly imageStep: string;
  readonly mapStep: string;
  readonly kernelStep: string;
}

/** The words as expressions of type u32. */
export class Names {
  readonly batch: string;
  readonly groups: string;
  readonly imageChannels: string;
  readonly mapChannels: string;
  readonly dims: DimNames[] = [];
  /** elements of a plane */
  readonly imagePlane: string;
  readonly mapPlane: string;
  readonly kernelPlane: string;

  /** @param kernel the kernel's sizes, where they are part of the pipeline's key: division by constants is cheap */
  constructor(w: Writer, c: Convolution, kernel = false) {
    this.batch = w.u32(0);
    this.groups = w.u32(1);
    this.imageChannels = w.u32(2);
    this.mapChannels = w.u32(3);
    let [imageStep, mapStep, kernelStep] = ["1u", "1u", "1u"];
    for (let d = c.rank - 1; d >= 0; d--) {
      const word = (i: number): string => w.u32(4 + 6 * d + i);
      const size = kernel ? `${c.kernel[d]}u` : word(2);
      this.dims.unshift({
        d,
        image: word(0),
        map: word(1),
        kernel: size,
        stride: word(3),
        padding: word(4),
        dilation: word(5),
        imageStep,
        mapStep,
        kernelStep,
      });
      const times = (step: string, by: string): string => (step === "1u" ? by : `${step} * ${by}`);
      imageStep = times(imageStep, word(0));
      mapStep = times(mapStep, word(1));
      kernelStep = times(kernelStep, size);
    }
    this.imagePlane = `(${imageStep})`;
    this.mapPlane = `(${mapStep})`;
    this.kernelPlane = kernel ? `${product(c.kernel)}u` : `(${kernelStep})`;
  }
}

/** Takes a linear index apart: `name`0 … (u32) for the sizes, and `name`_rest, what is left. */
export function split(name: string, index: string, sizes: readonly string[]): string {
  let text = "";
  let rest = index;
  for (let d = sizes.length - 1; d >= 0; d--) {
    const next = d === 0 ? `${name}_rest` : `${name}_${d}`;
    text += `let ${name}_of${d} = ${rest}; let ${next} = ${name}_of${d} / ${sizes[d]}; let ${name}${d} = ${name}_of${d} - ${next} * ${sizes[d]}; `;
    rest = next;
  }
  return text;
}

/** The sum of a term for each dim. */
export const sumOver = (dims: readonly DimNames[], term: (dim: DimNames) => string): string =>
  dims.map(term).join(" + ");

export const allOf = (dims: readonly DimNames[], condition: (dim: DimNames) => string): string =>
  dims.map(condition).join(" && ");
