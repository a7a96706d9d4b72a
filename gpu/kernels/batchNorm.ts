// Batch normalization of a contiguous [batch, channels, size], statistics per channel over batch and size.
// int(0) = batch, int(1) = channels, int(2) = size.

import type { Call } from "../call.ts";
import type { Stream } from "../stream.ts";
import { gradientsOfRows } from "./normGradients.ts";
import { applyStatistics, normalizeRows, type Rows } from "./normRows.ts";

/** A row is a channel. */
function rowsOf(call: Call): Rows {
  const channels = call.int(1);
  const size = call.int(2);
  const length = call.int(0) * size;
  const flat = size === 1;
  return {
    key: flat ? "batchColumns" : "batch",
    count: channels,
    length,
    inner: flat ? channels : 1,
    words: [channels, length, size],
    at: (w) =>
      flat ? `j * ${w.u32(0)} + row` : `((j / ${w.u32(2)}) * ${w.u32(0)} + row) * ${w.u32(2)} + j % ${w.u32(2)}`,
    weightAt: () => "row",
    rowOf: (w) => [`(at / ${w.u32(2)}) % ${w.u32(0)}`, "row"],
  };
}

/**
 * Operands: 0 result, 1 mean [channels], 2 inverse deviation, 3 input, 4 weight, 5 bias. int(3) = 1: mean and inverse
 * deviation are computed (param(0) = eps), and where int(4) = 1 the running mean (operand 6) and variance (7) move towards
 * them by param(1); int(3) = 0: they are given.
 */
export function batchNorm(call: Call, stream: Stream): void {
  const rows = rowsOf(call);
  if (rows.count * rows.length === 0) return;
  const [out, mean, rstd, x, weight, bias] = [0, 1, 2, 3, 4, 5].map((k) => call.operand(k));
  if (call.int(3) === 0) {
    applyStatistics(stream, rows, out!, x!, weight!, bias!, mean!, rstd!);
    return;
  }
  normalizeRows(stream, rows, out!, x!, weight!, bias!, {
    mean: mean!,
    rstd: rstd!,
    eps: call.param(0),
    running: call.int(4) === 1 ? [call.operand(6), call.operand(7)] : undefined,
    momentum: call.param(1),
  });
}

/**
 * Operands: 0 gradient of the input, 1 weight, 2 bias, 3 of the result, 4 input, 5 mean, 6 inverse deviation, 7 weight;
 * int(3) = 1 where the statistics depended on the input.
 */
export function batchNormBackward(call: Call, stream: Stream): void {
  const rows = rowsOf(call);
  if (rows.count === 0) return;
  const inputs = {
    grad: call.operand(3),
    x: call.operand(4),
    mean: call.operand(5),
    rstd: call.operand(6),
    weight: call.operand(7),
  };
  const [out, gradWeight, gradBias] = [0, 1, 2].map((k) => call.operand(k));
  gradientsOfRows(stream, rows, out!, gradWeight!, gradBias!, inputs, call.int(3) !== 0);
}
