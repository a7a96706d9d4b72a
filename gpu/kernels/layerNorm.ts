// Layer normalization of the rows of a contiguous [rows, n]; int(0) = rows, int(1) = n.

import type { Call } from "../call.ts";
import type { Stream } from "../stream.ts";
import { gradientOfRows, sumRows } from "./normGradients.ts";
import { normalizeRows, type Rows } from "./normRows.ts";

function rowsOf(call: Call): Rows {
  const count = call.int(0);
  const length = call.int(1);
  return {
    key: "layer",
    count,
    length,
    inner: 1,
    words: [count, length],
    at: (w) => `row * ${w.u32(1)} + j`,
    weightAt: () => "j",
    rowOf: (w) => [`at / ${w.u32(1)}`, `at % ${w.u32(1)}`],
  };
}

/** Operands: 0 result, 1 mean [rows], 2 rstd [rows], 3 input, 4 weight [n], 5 bias [n]. param(0) = eps. */
export function layerNorm(call: Call, stream: Stream): void {
  const rows = rowsOf(call);
  if (rows.count === 0) return;
  const [out, mean, rstd, x, weight, bias] = [0, 1, 2, 3, 4, 5].map((k) => call.operand(k));
  normalizeRows(stream, rows, out!, x!, weight!, bias!, { mean: mean!, rstd: rstd!, eps: call.param(0) });
}

/** Operands: 0 gradient of the input, 1 weight, 2 bias, 3 of the result, 4 input, 5 mean, 6 rstd, 7 weight. */
export function layerNormBackward(call: Call, stream: Stream): void {
  const rows = rowsOf(call);
  if (rows.length === 0) return;
  const inputs = {
    grad: call.operand(3),
    x: call.operand(4),
    mean: call.operand(5),
    rstd: call.operand(6),
    weight: call.operand(7),
  };
  if (rows.count > 0) gradientOfRows(stream, rows, call.operand(0), inputs);
  const columns = {
    key: "layerColumns",
    count: rows.length,
    length: rows.count,
    inner: rows.length,
    words: [rows.length, rows.count],
    at: (w: Parameters<Rows["at"]>[0]) => `j * ${w.u32(0)} + row`,
    statisticAt: () => "j",
  };
  sumRows(stream, columns, { dot: call.operand(1), sum: call.operand(2) }, inputs);
}
