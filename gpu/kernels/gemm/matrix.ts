// A strided matrix as one side of a tiled product.

import { Compute } from "../../call.ts";
import type { Writer } from "../../wgsl/writer.ts";
import { loadFour } from "../arithmetic.ts";
import type { Side } from "./tile.ts";

/** How elements are read: one by one, or in vectors of four along k or along the panel. */
export type Reading = "single" | "alongK" | "alongPanel";

export interface Matrix {
  readonly operand: number;
  readonly dtype: number;
  readonly reading: Reading;
  /** of single elements: whether neighbours along k lie closer than neighbours along the panel */
  readonly closerAlongK: boolean;
  /** expressions: strides of the panel and of k, and the elements before the matrix of `batch` */
  readonly panelStride: string;
  readonly kStride: string;
  readonly start: string;
}

export function matrixSide(w: Writer, compute: Compute, matrix: Matrix): Side {
  const { operand, dtype, reading, panelStride, kStride, start } = matrix;
  const type = compute === Compute.F32 ? "f32" : "i32";
  if (reading === "single") {
    const load = w.load(operand, compute);
    const zero = compute === Compute.F32 ? "0.0" : "0";
    // where the panel ends inside the block, what comes behind it is read and not used
    w.define(
      `column${operand}`,
      `fn column${operand}(at: u32, inside: bool) -> vec4<${type}> {
  if (!inside) { return vec4<${type}>(${zero}); }
  return vec4<${type}>(${[0, 1, 2, 3].map((i) => `${load}(at + ${i}u * ${panelStride})`).join(", ")});
}`,
    );
    return {
      alongK: false,
      neighboursAlongK: matrix.closerAlongK,
      setup: (s) => `let start${s} = ${start} + p${s} * ${panelStride};`,
      load: (s, v) =>
        v
          .map(
            (name, j) => `${name} = column${operand}(start${s} + (k${s} + ${j}u) * ${kStride}, k${s} + ${j}u < kTo);`,
          )
          .join(" "),
    };
  }
  const alongK = reading === "alongK";
  const at = `(${w.offset(operand)} + ${start}) / 4u`;
  const zero = `vec4<${type}>()`;
  const read = (index: string): string => loadFour(w, operand, dtype, index);
  if (alongK) {
    return {
      alongK,
      setup: (s) => `let step${s} = ${panelStride} / 4u; let start${s} = ${at} + p${s} * step${s};`,
      load: (s, v) =>
        `let at${s} = start${s} + k${s} / 4u; let in${s} = k${s} < kTo; ${v
          .map((name, j) => `${name} = select(${zero}, ${read(`at${s} + ${j}u * step${s}`)}, in${s});`)
          .join(" ")}`,
    };
  }
  return {
    alongK,
    setup: (s) => `let step${s} = ${kStride} / 4u; let start${s} = ${at} + p${s} / 4u;`,
    load: (s, v) =>
      `let at${s} = start${s} + k${s} * step${s}; ${v
        .map((name, j) => `${name} = select(${zero}, ${read(`at${s} + ${j}u * step${s}`)}, k${s} + ${j}u < kTo);`)
        .join(" ")}`,
  };
}
