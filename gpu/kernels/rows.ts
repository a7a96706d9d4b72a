// Rows shared out among the invocations of a workgroup: short rows have few invocations each and many rows a group, long
// ones a whole group. Sums run as a tree over the invocations of a row, in a fixed order.

import { linear } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";

export const GROUP = 256;
/** Elements that an invocation adds up before their sum joins that of earlier ones, which keeps long sums exact. */
const BLOCK = 32;

export interface RowLayout {
  /** invocations per row: a power of two up to 256 */
  readonly lanes: number;
  /** whether neighbouring rows, rather than elements of a row, are neighbours in memory */
  readonly columns: boolean;
}

/** Neighbouring rows that one workgroup takes where rows are columns in memory, which makes its accesses contiguous. */
const COLUMNS = 16;

/**
 * The layout for rows of `n` elements, `inner` of which lie side by side in memory where that is more than one: four
 * elements or more for each invocation, as far as a group goes.
 */
export function layoutFor(n: number, inner = 1): RowLayout {
  let most = GROUP;
  for (let columns = 1; columns < Math.min(inner, COLUMNS); columns *= 2) most /= 2;
  let lanes = 1;
  while (lanes < most && lanes * 8 < n) lanes *= 2;
  return { lanes, columns: inner > 1 };
}

/** Groups that keep a device busy. */
const ENOUGH_GROUPS = 128;

/** Chunks to cut each of `count` rows of `n` elements into, so that long rows do not keep a few groups busy alone. */
export function chunksFor(count: number, n: number, { lanes }: RowLayout): number {
  const groups = Math.ceil((count * lanes) / GROUP);
  if (groups >= ENOUGH_GROUPS || n <= lanes * 2 * BLOCK) return 1;
  return Math.min(Math.ceil(n / (lanes * BLOCK)), Math.ceil((4 * ENOUGH_GROUPS) / groups));
}

/** Workgroups for so many rows. */
export function rowGroups(rows: number, { lanes }: RowLayout): readonly number[] {
  return linear(rows * lanes, GROUP);
}

export function layoutKey({ lanes, columns }: RowLayout): string {
  return `${lanes}${columns ? "c" : "r"}`;
}

/** Statements that define `row`, or the name given, and `lane`: which of the row's invocations this one is. */
export function rowPrelude({ lanes, columns }: RowLayout, row = "row"): string {
  const perGroup = GROUP / lanes;
  return columns
    ? `let lane = local / ${perGroup}u; let ${row} = (i / ${GROUP}u) * ${perGroup}u + local % ${perGroup}u;`
    : `let lane = local % ${lanes}u; let ${row} = i / ${lanes}u;`;
}

/** A loop over this lane's elements `j` < `n`, which must be 0 for rows that do not exist. */
export function eachOf({ lanes }: RowLayout, n: string, body: string): string {
  return `for (var j = lane; j < ${n}; j += ${lanes}u) { ${body} }`;
}

/**
 * A loop over this lane's share of `begin` ≤ `j` < `end`, for a body that adds to `part`, an accumulator of the given type.
 * The sum of the parts goes to `sum`, which this declares.
 */
export function sumOf(
  { lanes }: RowLayout,
  type: string,
  sum: string,
  begin: string,
  end: string,
  body: string,
): string {
  return `var ${sum} = ${type}();
for (var block = ${begin}; block < ${end}; block += ${lanes * BLOCK}u) {
let until = min(${end}, block + ${lanes * BLOCK}u);
var part = ${type}();
for (var j = block + lane; j < until; j += ${lanes}u) { ${body} }
${sum} += part;
}`;
}

/**
 * A number that compilers cannot tell: offsets are below 2³¹. Loops with barriers that they unroll take them four times
 * longer, seconds with software adapters.
 */
export function opaque(w: Writer, value: number): string {
  return `(${value}u | (${w.offset(0)} >> 31u))`;
}

/**
 * Defines `name(value, local, lane)`, which combines the values of a row's lanes and gives the result to each of them.
 * All invocations of the group, `size` of them, must call it, outside of any condition.
 */
export function reducer(
  w: Writer,
  name: string,
  type: string,
  { lanes, columns }: RowLayout,
  combine: (a: string, b: string) => string,
  size = GROUP,
): string {
  if (lanes === 1) {
    return w.define(name, `fn ${name}(value: ${type}, local: u32, lane: u32) -> ${type} { return value; }`);
  }
  const cells = `${name}_cells`;
  const step = columns ? size / lanes : 1;
  w.declare(`var<workgroup> ${cells}: array<${type}, ${size}>;`);
  return w.define(
    name,
    `fn ${name}(value: ${type}, local: u32, lane: u32) -> ${type} {
  workgroupBarrier();
  ${cells}[local] = value;
  for (var half = ${opaque(w, lanes / 2)}; half > 0u; half >>= 1u) {
    workgroupBarrier();
    if (lane < half) { ${cells}[local] = ${combine(`${cells}[local]`, `${cells}[local + half * ${step}u]`)}; }
  }
  workgroupBarrier();
  return ${cells}[local - lane * ${step}u];
}`,
  );
}

/** `reducer` for sums. */
export function summing(w: Writer, name: string, type: string, layout: RowLayout, size = GROUP): string {
  return reducer(w, name, type, layout, (a, b) => `${a} + ${b}`, size);
}
