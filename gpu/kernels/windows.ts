// Windows that slide over one to three spatial dims, as code. A dim's words: input size, output size, kernel, stride, padding,
// dilation.

import type { Call, Operand } from "../call.ts";
import type { Writer } from "../wgsl/writer.ts";

export const WORDS_PER_DIM = 6;

/** The words of the dims of a pooling (kernels/pool.ts in the core): spatial rank in int 0, settings from int 4 on. */
export function poolWords(call: Call, large: Operand, small: Operand): number[] {
  const rank = call.int(0);
  const words: number[] = [];
  for (let d = 0; d < rank; d++) {
    words.push(large.shape(large.ndim - rank + d), small.shape(small.ndim - rank + d));
    for (let group = 0; group < 4; group++) words.push(call.int(4 + group * rank + d));
  }
  return words;
}

export class Dim {
  readonly d: number;
  readonly #word: (i: number) => string;

  constructor(w: Writer, first: number, d: number) {
    this.d = d;
    this.#word = (i) => w.i32(first + d * WORDS_PER_DIM + i);
  }

  get input(): string {
    return this.#word(0);
  }
  get output(): string {
    return this.#word(1);
  }
  get kernel(): string {
    return this.#word(2);
  }
  get stride(): string {
    return this.#word(3);
  }
  get padding(): string {
    return this.#word(4);
  }
  get dilation(): string {
    return this.#word(5);
  }
}

/** Names of the dims' variables: code that a function of a dim gives, for all of them, one after the other. */
export function eachDim(dims: readonly Dim[], code: (dim: Dim) => string): string {
  return dims.map(code).join("\n");
}

/** Takes `rest`, a linear index, apart: `prefix`0 … for the dims (i32), and what is left stays in `rest`. */
export function takeApart(dims: readonly Dim[], prefix: string, size: (dim: Dim) => string): string {
  return eachDim([...dims].reverse(), (dim) => {
    const extent = `u32(${size(dim)})`;
    return `let ${prefix}${dim.d} = i32(rest % ${extent}); rest /= ${extent};`;
  });
}

/** The linear index of `prefix`0 … in a plane of the dims' sizes, as u32. */
export function linearIndex(dims: readonly Dim[], prefix: string, size: (dim: Dim) => string): string {
  return dims.reduce(
    (text, dim) => (text === "" ? `${prefix}${dim.d}` : `(${text}) * ${size(dim)} + ${prefix}${dim.d}`),
    "",
  );
}

/** Body inside loops over the dims: `prefix`d from begin to end (exclusive) by step. */
export function loops(
  dims: readonly Dim[],
  prefix: string,
  range: (dim: Dim) => { begin: string; end: string; step: string },
  body: string,
): string {
  return dims.reduceRight((inside, dim) => {
    const { begin, end, step } = range(dim);
    const x = `${prefix}${dim.d}`;
    return `for (var ${x} = ${begin}; ${x} < ${end}; ${x} += ${step}) { ${inside} }`;
  }, body);
}

/** Functions for adaptive windows: floor(a * b / c) and ceil(a * b / c) without overflow for sizes up to 2¹⁶ or b % c = 0. */
export function defineScaled(w: Writer): void {
  w.define("scaledDown", "fn scaledDown(a: i32, b: i32, c: i32) -> i32 { return a * (b / c) + a * (b % c) / c; }");
  w.define(
    "scaledUp",
    "fn scaledUp(a: i32, b: i32, c: i32) -> i32 { return a * (b / c) + (a * (b % c) + c - 1) / c; }",
  );
}

/**
 * `first`d, `end`d (clipped to the input, multiples of the dilation apart) and `extent`d (clipped to the padded input) of the
 * window at output position o d.
 */
export function windowOf(w: Writer, dim: Dim, adaptive: boolean): string {
  const { d } = dim;
  if (adaptive) {
    defineScaled(w);
    return `let first${d} = scaledDown(o${d}, ${dim.input}, ${dim.output}); let end${d} = scaledUp(o${d} + 1, ${dim.input}, ${dim.output}); let extent${d} = end${d} - first${d};`;
  }
  return `let corner${d} = o${d} * ${dim.stride} - ${dim.padding};
let reach${d} = corner${d} + ${dim.dilation} * (${dim.kernel} - 1) + 1;
let extent${d} = min(reach${d}, ${dim.input} + ${dim.padding}) - corner${d};
let end${d} = min(reach${d}, ${dim.input});
let first${d} = corner${d} + select(0, (${dim.dilation} - 1 - corner${d}) / ${dim.dilation} * ${dim.dilation}, corner${d} < 0);`;
}
