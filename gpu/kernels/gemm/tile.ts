// The product of two operands by tiles in workgroup memory. Both operands are seen as panels: A as positions along m, B as
// positions along n, each with the contracted dim k. A step brings 16 k of both panels into workgroup memory as vectors of
// four panel positions, [k / 4][k % 4][position / 4]; the next step's elements wait in registers meanwhile, so that one
// buffer of at most 16 KiB serves. A thread owns 4 or 8 rows and columns of the result, in halves that lie apart: the eight
// neighbours that read at the same time then read eight vectors side by side, without bank conflicts.

import { Compute } from "../../call.ts";
import type { Writer } from "../../wgsl/writer.ts";

/** k of one step */
export const STEP = 16;

export interface Tile {
  /** of a workgroup */
  readonly m: number;
  readonly n: number;
  /** of a thread: 4 or 8 */
  readonly rows: number;
  readonly columns: number;
}

/** The tiles there are. Threads of a group: m * n / (rows * columns). */
export const TILES = {
  large: { m: 128, n: 128, rows: 8, columns: 8 },
  medium: { m: 64, n: 64, rows: 8, columns: 4 },
  small: { m: 32, n: 32, rows: 4, columns: 4 },
  wide: { m: 16, n: 64, rows: 4, columns: 4 },
  tall: { m: 64, n: 16, rows: 4, columns: 4 },
} as const satisfies Record<string, Tile>;

/** How a panel comes in. */
export interface Side {
  /** whether `load` gives vectors along k, which then are transposed */
  readonly alongK: boolean;
  /** whether threads that are neighbours take blocks along k first; follows from `alongK` unless given */
  readonly neighboursAlongK?: boolean;
  /** code run once by a thread that loads; sees p, the first of its four panel positions, and `batch`; names end in `suffix` */
  setup(suffix: string): string;
  /**
   * Code that sets the four registers to the vectors for k … k + 3 (of positions p … p + 3) or, along k, for positions
   * p … p + 3 (of k … k + 3). Elements from kTo on are 0. Sees k and kTo.
   */
  load(suffix: string, registers: readonly string[]): string;
}

export interface TileKernel {
  readonly tile: Tile;
  readonly compute: Compute;
  readonly a: Side;
  readonly b: Side;
  /** words as expressions; m, n and k are those of the product, jobs is tiles * batch * splits */
  readonly m: string;
  readonly n: string;
  readonly jobs: string;
  readonly splits: string;
  /** k of a split, a multiple of the step where there are several */
  readonly kPart: string;
  /** expression of 4, the fours of k in a step: a constant is unrolled, which software adapters compile for long */
  readonly quads: string;
  /** first statements: they may declare what the rest reads, and define k */
  readonly begin: string;
  /** statements that write row `row` from column `column` on, both in bounds (the columns perhaps in part): `value`, a vector of four */
  readonly put: string;
}

const threadsOf = (tile: Tile): number => (tile.m * tile.n) / (tile.rows * tile.columns);

const LANES = "xyzw";
const four = (f: (j: number) => string): string => [0, 1, 2, 3].map(f).join(" ");

interface Panel {
  readonly blocks: number;
  readonly swizzled: boolean;
  readonly registers: readonly string[];
  readonly prepare: string;
  readonly load: string;
  readonly keep: string;
}

function panel(side: Side, name: string, size: number, registers: readonly string[]): Panel {
  const blocks = size / 4;
  const alongK = side.neighboursAlongK ?? side.alongK;
  const swizzled = alongK && blocks >= 8;
  const place = swizzled ? `(block${name} ^ (2u * quad${name}))` : `block${name}`;
  const store = (j: number): string => {
    const value = side.alongK ? `vec4(${registers.map((v) => `${v}.${LANES[j]}`).join(", ")})` : registers[j]!;
    return `tile${name}[quad${name}][${j}][place${name}] = ${value};`;
  };
  return {
    blocks,
    swizzled,
    registers,
    prepare: `
let quad${name} = ${alongK ? `index${name} & 3u` : `index${name} / ${blocks}u`};
let block${name} = ${alongK ? `index${name} >> 2u` : `index${name} % ${blocks}u`};
let place${name} = ${place};
let p${name} = first${name} + 4u * block${name};`,
    load: side.load(name, registers),
    keep: four(store),
  };
}

/** Writes the kernel's module. */
export function writeTiles(w: Writer, kernel: TileKernel): void {
  const { tile, compute } = kernel;
  const type = compute === Compute.F32 ? "f32" : "i32";
  const v4 = `vec4<${type}>`;
  const threads = threadsOf(tile);
  const blocksA = tile.m / 4;
  const blocksB = tile.n / 4;
  // enough threads for both panels: each loads for one of them
  const exclusive = threads >= 4 * (blocksA + blocksB);
  w.declare(`var<workgroup> tileA: array<array<array<${v4}, ${blocksA}>, 4>, 4>;`);
  w.declare(`var<workgroup> tileB: array<array<array<${v4}, ${blocksB}>, 4>, 4>;`);
  const names = (suffix: string): string[] => [0, 1, 2, 3].map((j) => `v${j}${suffix}`);
  const a = panel(kernel.a, "A", tile.m, names(exclusive ? "" : "A"));
  const b = panel(kernel.b, "B", tile.n, names(exclusive ? "" : "B"));

  // threads in patches of up to 4 x 8, so that a patch reads few different vectors
  const across = tile.n / tile.columns;
  const patchN = Math.min(8, across);
  const patchM = Math.min(32 / patchN, tile.m / tile.rows);
  const patch = patchM * patchN;
  const halvesA = tile.rows / 4;
  const halvesB = tile.columns / 4;

  const multiply: string[] = [];
  const places = (side: Panel, name: string, own: string, halves: number): void => {
    for (let h = 0; h < halves; h++) {
      const block = h > 0 ? `(${own} + ${side.blocks / 2}u)` : own;
      multiply.push(`let at${name}${h} = ${block}${side.swizzled ? " ^ (2u * q)" : ""};`);
    }
  };
  places(a, "A", "ty", halvesA);
  places(b, "B", "tx", halvesB);
  for (let j = 0; j < 4; j++) {
    multiply.push("{");
    for (let h = 0; h < halvesA; h++) multiply.push(`let a${h} = tileA[q][${j}][atA${h}];`);
    for (let h = 0; h < halvesB; h++) multiply.push(`let b${h} = tileB[q][${j}][atB${h}];`);
    for (let r = 0; r < tile.rows; r++) {
      for (let h = 0; h < halvesB; h++) {
        const c = `c${r}_${h}`;
        const factor = `${v4}(a${r >> 2}.${LANES[r & 3]})`;
        multiply.push(type === "f32" ? `${c} = fma(${factor}, b${h}, ${c});` : `${c} += ${factor} * b${h};`);
      }
    }
    multiply.push("}");
  }

  const accumulators: string[] = [];
  const puts: string[] = [];
  for (let r = 0; r < tile.rows; r++) {
    for (let h = 0; h < halvesB; h++) {
      accumulators.push(`var c${r}_${h} = ${v4}();`);
      const row = `top + ${(r & 3) + (r >> 2) * (tile.m / 2)}u`;
      puts.push(`put(${row}, left + ${h * (tile.n / 2)}u, c${r}_${h}, batch, part);`);
    }
  }
  w.define(
    "put",
    `fn put(row: u32, column: u32, value: ${v4}, batch: u32, part: u32) { if (row < ${kernel.m} && column < ${kernel.n}) { ${kernel.put} } }`,
  );

  const registers = (exclusive ? a.registers : [...a.registers, ...b.registers]).map((v) => `var ${v} = ${v4}();`);
  const both = (ofA: string, ofB: string): string =>
    `if (indexA < ${4 * blocksA}u) { ${ofA} }${exclusive ? " else " : " "}if (indexB < ${4 * blocksB}u) { ${ofB} }`;
  const keeps = both(a.keep, b.keep);
  const loads = both(`let kA = k0 + 4u * quadA; ${a.load}`, `let kB = k0 + 4u * quadB; ${b.load}`);

  w.main(
    threads,
    `
let job = group.y * groups.x + group.x;
if (job >= ${kernel.jobs}) { return; }
let tilesM = (${kernel.m} + ${tile.m - 1}u) / ${tile.m}u;
let tilesN = (${kernel.n} + ${tile.n - 1}u) / ${tile.n}u;
let layer = job / (tilesM * tilesN);
let inLayer = job % (tilesM * tilesN);
// tiles in bands of eight rows, so that groups at work together share panels in the cache
let band = inLayer / (8u * tilesN);
let bandRows = min(tilesM - band * 8u, 8u);
let inBand = inLayer - band * 8u * tilesN;
let firstA = (band * 8u + inBand % bandRows) * ${tile.m}u;
let firstB = (inBand / bandRows) * ${tile.n}u;
let part = layer % ${kernel.splits};
let batch = layer / ${kernel.splits};
${kernel.begin}
let kFrom = part * ${kernel.kPart};
let kTo = min(kDepth, kFrom + ${kernel.kPart});
let indexA = local;
let indexB = local${exclusive ? ` - ${4 * blocksA}u` : ""};
${a.prepare}
${b.prepare}
${kernel.a.setup("A")}
${kernel.b.setup("B")}
let ty = (local / ${patch}u / ${across / patchN}u) * ${patchM}u + (local % ${patch}u) / ${patchN}u;
let tx = (local / ${patch}u % ${across / patchN}u) * ${patchN}u + local % ${patchN}u;
${accumulators.join("\n")}
${registers.join(" ")}
for (var k0 = kFrom; ; k0 += ${STEP}u) {
  // the step's elements are on their way while the step before is multiplied
  ${loads}
  if (k0 > kFrom) {
    for (var q = 0u; q < ${kernel.quads}; q++) {
      ${multiply.join("\n      ")}
    }
  }
  if (k0 >= kTo) { break; }
  workgroupBarrier();
  ${keeps}
  workgroupBarrier();
}
let top = firstA + 4u * ty;
let left = firstB + 4u * tx;
${puts.join("\n")}`,
  );
}
