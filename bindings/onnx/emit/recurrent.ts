// Recurrent layers, which are one call of the trace (recorder.ts), as an operator for each layer.

import type { Value } from "../trace.ts";
import type { Emits, Writer } from "../writer.ts";

/** The rows of the gates in ONNX's order: PyTorch has i f g o of LSTM, r z n of GRU. */
const GATES: Record<string, number[]> = { LSTM: [0, 3, 1, 2], GRU: [1, 0, 2], RNN: [0] };

function recurrent(w: Writer): string[] {
  const { kind, nonlinearity } = w.call.args as { kind: string; nonlinearity: string };
  const [layers, directions, hidden] = [w.fixed("layers"), w.fixed("directions"), w.fixed("hidden")];
  const weights = w.call.args["weights"] as (Value | null)[];
  const states = w.call.args["states"] as (Value | null)[];
  const isBatched = w.value().shape.length === 3;
  const batchFirst = w.flag("batchFirst") && isBatched;
  let x = isBatched ? w.transpose(w.input(), batchFirst ? [1, 0, 2] : [0, 1, 2]) : w.unsqueeze(w.input(), 1);
  const initial = states.map((state) => state && (isBatched ? w.name(state) : w.unsqueeze(w.name(state), 1)));
  const last: string[][] = [[], []];
  const rows = GATES[kind]!.flatMap((gate) => Array.from({ length: hidden }, (_, i) => gate * hidden + i));
  // the rows in their order, with a first dim for the direction
  const ordered = (value: Value): string =>
    w.unsqueeze(
      kind === "RNN" ? w.name(value) : w.node("Gather", [w.name(value), w.numbers(rows, "int64")], { axis: 0 }),
      0,
    );
  const join = (parts: string[], axis: number): string =>
    parts.length === 1 ? parts[0]! : w.node("Concat", parts, { axis });
  for (let layer = 0; layer < layers; layer++) {
    const own = Array.from({ length: directions }, (_, d) => weights.slice(4 * (layer * directions + d)));
    const part = (i: number): string =>
      join(
        own.map((list) => ordered(list[i]!)),
        0,
      );
    const bias =
      own[0]![2] == null
        ? ""
        : join(
            own.map((list) => join([ordered(list[2]!), ordered(list[3]!)], 1)),
            0,
          );
    const from = layer * directions;
    const starts = initial.map((state) => (state === null ? "" : w.slice(state, 0, from, from + directions)));
    const outputs = w.many(kind, [x, part(0), part(1), bias, "", ...starts], kind === "LSTM" ? 3 : 2, {
      hidden_size: hidden,
      direction: directions === 2 ? "bidirectional" : "forward",
      linear_before_reset: kind === "GRU" ? 1 : undefined,
    });
    if (kind === "RNN" && nonlinearity === "relu") {
      const relu = Array.from({ length: directions }, () => new TextEncoder().encode("Relu"));
      w.nodes.at(-1)!.attribute!.push({ name: "activations", strings: relu, type: 8 });
    }
    outputs.slice(1).forEach((state, i) => last[i]!.push(state));
    const turned = w.node("Transpose", [outputs[0]!], { perm: [0, 2, 1, 3] });
    x = w.node("Reshape", [turned, w.numbers([0, 0, directions * hidden], "int64")]);
  }
  const finals = last.filter((list) => list.length > 0).map((list) => join(list, 0));
  if (!isBatched) return [w.squeeze(x, 1), ...finals.map((state) => w.squeeze(state, 1))];
  return [batchFirst ? w.transpose(x, [1, 0, 2]) : x, ...finals];
}

export const RECURRENT: Emits = { "@recurrent": recurrent };
