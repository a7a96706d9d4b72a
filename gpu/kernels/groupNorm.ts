// Group normalization of a contiguous [batch, groups * channels, size]: each group of channels of each sample is one row;
// weight and bias are per channel. int(0) = batch, int(1) = groups, int(2) = channels per group, int(3) = size.

import type { Call } from "../call.ts";
import type { Stream } from "../stream.ts";
import type { Writer } from "../wgsl/writer.ts";
import { gradientOfRows, sumRows } from "./normGradients.ts";
import { normalizeRows, type Rows } from "./normRows.ts";

function rowsOf(call: Call): Rows {
  const groups = call.int(1);
  const channels = call.int(2);
  const size = call.int(3);
  const count = call.int(0) * groups;
  const length = channels * size;
  return {
    key: "group",
    count,
    length,
    inner: 1,
    words: [count, length, groups, channels, size],
    at: (w) => `row * ${w.u32(1)} + j`,
    weightAt: (w) => `(row % ${w.u32(2)}) * ${w.u32(3)} + j / ${w.u32(4)}`,
    rowOf: (w) => [`at / ${w.u32(1)}`, `(at / ${w.u32(4)}) % (${w.u32(2)} * ${w.u32(3)})`],
  };
}

/** Operands: 0 result, 1 mean [batch, groups], 2 rstd, 3 input, 4 weight, 5 bias. param(0) = eps. */
export function groupNorm(call: Call, stream: Stream): void {
  const rows = rowsOf(call);
  if (rows.count === 0) return;
  const [out, mean, rstd, x, weight, bias] = [0, 1, 2, 3, 4, 5].map((k) => call.operand(k));
  normalizeRows(stream, rows, out!, x!, weight!, bias!, { mean: mean!, rstd: rstd!, eps: call.param(0) });
}

/** Operands: 0 gradient of the input, 1 weight, 2 bias, 3 of the result, 4 input, 5 mean, 6 rstd, 7 weight. */
export function groupNormBackward(call: Call, stream: Stream): void {
  const rows = rowsOf(call);
  const [batch, groups, channels, size] = [call.int(0), call.int(1), call.int(2), call.int(3)];
  const all = groups * channels;
  if (all === 0) return;
  const inputs = {
    grad: call.operand(3),
    x: call.operand(4),
    mean: call.operand(5),
    rstd: call.operand(6),
    weight: call.operand(7),
  };
  if (rows.count * rows.length > 0) gradientOfRows(stream, rows, call.operand(0), inputs);
  // a row for every channel: its elements of every sample
  const perChannel = {
    key: "groupChannels",
    count: all,
    length: batch * size,
    inner: size === 1 ? all : 1,
    words: [all, batch * size, size, groups, channels],
    at: (w: Writer) => `((j / ${w.u32(2)}) * ${w.u32(0)} + row) * ${w.u32(2)} + j % ${w.u32(2)}`,
    statisticAt: (w: Writer) => `(j / ${w.u32(2)}) * ${w.u32(3)} + row / ${w.u32(4)}`,
  };
  sumRows(stream, perChannel, { dot: call.operand(1), sum: call.operand(2) }, inputs);
}
