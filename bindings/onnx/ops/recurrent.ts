// RNN, GRU and LSTM: the projections of all inputs at once, then a loop over time.

import { full } from "../../factories.ts";
import * as F from "../../gen/nn-functional.ts";
import * as torch from "../../gen/functions.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Node, Operators } from "../node.ts";

type Activation = (x: Tensor) => Tensor;

function activation(node: Node, name: string, alpha: number | undefined, beta: number | undefined): Activation {
  switch (name.toLowerCase()) {
    case "sigmoid":
      return (x) => x.sigmoid();
    case "tanh":
      return (x) => x.tanh();
    case "relu":
      return (x) => x.relu();
    case "affine":
      return (x) => x.mul(alpha ?? 1).add(beta ?? 0);
    case "leakyrelu":
      return (x) => F.leakyRelu(x, alpha ?? 0.01);
    case "thresholdedrelu":
      return (x) => F.threshold(x, alpha ?? 1, 0);
    case "scaledtanh":
      return (x) =>
        x
          .mul(beta ?? 1)
          .tanh()
          .mul(alpha ?? 1);
    case "hardsigmoid":
      return (x) =>
        x
          .mul(alpha ?? 0.2)
          .add(beta ?? 0.5)
          .clamp(0, 1);
    case "elu":
      return (x) => F.elu(x, alpha ?? 1);
    case "softsign":
      return (x) => F.softsign(x);
    case "softplus":
      return (x) => F.softplus(x);
    default:
      return node.lacks(`activation ${name}`);
  }
}

/** One direction of a layer. */
interface Direction {
  /** [time, batch, gates · hidden] */
  projected: Tensor;
  recurrence: Tensor;
  bias: Tensor | null;
  peephole: Tensor[];
  activations: Activation[];
  /** GRU: the bias of the recurrence is inside of the reset gate's product */
  linearBeforeReset: boolean;
}

type Step = (x: Tensor, state: Tensor[], direction: Direction) => Tensor[];

const STEPS: Record<string, { gates: number; states: number; usual: string[]; step: Step }> = {
  RNN: {
    gates: 1,
    states: 1,
    usual: ["Tanh"],
    step: (x, [h], { recurrence, bias, activations: [f] }) => [f!(x.add(F.linear(h!, recurrence, bias)))],
  },
  GRU: {
    gates: 3,
    states: 1,
    usual: ["Sigmoid", "Tanh"],
    step: (x, [h], { recurrence, bias, activations: [f, g], linearBeforeReset }) => {
      const [xz, xr, xh] = x.chunk(3, -1) as [Tensor, Tensor, Tensor];
      let update: Tensor;
      let candidate: Tensor;
      if (linearBeforeReset) {
        const [hz, hr, hh] = F.linear(h!, recurrence, bias).chunk(3, -1) as [Tensor, Tensor, Tensor];
        update = f!(xz.add(hz));
        candidate = g!(xh.add(f!(xr.add(hr)).mul(hh)));
      } else {
        const size = h!.shape.at(-1)!;
        const cut = (from: number, count: number): Tensor =>
          F.linear(
            from === 0 ? h! : reset.mul(h!),
            recurrence.narrow(0, from * size, count * size),
            bias && bias.narrow(0, from * size, count * size),
          );
        let reset: Tensor = h!;
        const [hz, hr] = cut(0, 2).chunk(2, -1) as [Tensor, Tensor];
        update = f!(xz.add(hz));
        reset = f!(xr.add(hr));
        candidate = g!(xh.add(cut(2, 1)));
      }
      return [candidate.add(update.mul(h!.sub(candidate)))];
    },
  },
  LSTM: {
    gates: 4,
    states: 2,
    usual: ["Sigmoid", "Tanh", "Tanh"],
    step: (x, [h, c], { recurrence, bias, peephole: [pi, po, pf], activations: [f, g, k] }) => {
      const gates = x.add(F.linear(h!, recurrence, bias)).chunk(4, -1) as Tensor[];
      const peep = (gate: Tensor, weight: Tensor | undefined, cell: Tensor): Tensor =>
        weight === undefined ? gate : gate.add(weight.mul(cell));
      const input = f!(peep(gates[0]!, pi, c!));
      const forget = f!(peep(gates[2]!, pf, c!));
      const next = forget.mul(c!).add(input.mul(g!(gates[3]!)));
      return [f!(peep(gates[1]!, po, next)).mul(k!(next)), next];
    },
  },
};

function recurrent(node: Node): (Tensor | undefined)[] {
  const { gates, states, usual, step } = STEPS[node.type]!;
  const batchFirst = node.int("layout", 0) === 1;
  if (node.attribute("clip") !== undefined) node.lacks("clip");
  if (node.int("input_forget", 0) === 1) node.lacks("input_forget");
  const x = batchFirst ? node.input(0).transpose(0, 1) : node.input(0);
  const [weights, recurrences, biases] = [node.input(1), node.input(2), node.optional(3)];
  if (x.ndim !== 3 || weights.ndim !== 3 || recurrences.ndim !== 3) node.fail("inputs and weights need 3 dims");
  const [time, batch] = x.shape as [number, number];
  const hidden = recurrences.shape[2]!;
  const directions = weights.shape[0]!;
  const names = node.texts("activations") ?? [];
  const [alphas, betas] = [node.floats("activation_alpha"), node.floats("activation_beta")];
  const lengths = node.values(4)?.some((length) => length !== time) === true ? node.needed(4) : undefined;
  const mask = lengths && maskOf(lengths, time, x);
  const peepholes = node.optional(7);
  const reversed = node.text("direction", "forward") === "reverse";

  const outputs: Tensor[] = [];
  const last: Tensor[][] = [];
  for (let d = 0; d < directions; d++) {
    const bias = biases?.select(0, d);
    const own: Direction = {
      projected: F.linear(x, weights.select(0, d), bias ? bias.narrow(0, 0, gates * hidden) : null),
      recurrence: recurrences.select(0, d),
      bias: bias ? bias.narrow(0, gates * hidden, gates * hidden) : null,
      peephole: peepholes === undefined ? [] : (peepholes.select(0, d).chunk(3) as Tensor[]),
      activations: usual.map((name, i) => {
        const at = d * usual.length + i;
        return activation(node, names[at] ?? name, alphas?.[at], betas?.[at]);
      }),
      linearBeforeReset: node.int("linear_before_reset", 0) === 1,
    };
    let state = Array.from({ length: states }, (_, s) => {
      const given = node.optional(5 + s);
      if (given === undefined) return full([batch, hidden], 0, { dtype: x.dtype, device: x.device });
      return given.select(batchFirst ? 1 : 0, d);
    });
    const results: Tensor[] = Array.from({ length: time });
    const backwards = d === 1 || reversed;
    const inputs = own.projected.unbind(0) as Tensor[];
    for (let i = 0; i < time; i++) {
      const t = backwards ? time - 1 - i : i;
      const next = step(inputs[t]!, state, own);
      const present = mask?.[t];
      results[t] = present ? torch.where(present, next[0]!, 0) : next[0]!;
      state = present ? next.map((value, s) => torch.where(present, value, state[s]!)) : next;
    }
    outputs.push(time === 0 ? own.projected.narrow(2, 0, hidden) : torch.stack(results));
    last.push(state);
  }
  const y = torch.stack(outputs, 1);
  const finals = Array.from({ length: states }, (_, s) => torch.stack(last.map((state) => state[s]!)));
  if (!batchFirst) return [y, ...finals];
  return [y.permute([2, 0, 1, 3]), ...finals.map((state) => state.transpose(0, 1))];
}

/** Which sequences of the batch have a step, for each step: [batch, 1]. */
function maskOf(lengths: readonly number[], time: number, x: Tensor): Tensor[] {
  return Array.from({ length: time }, (_, t) =>
    tensor(
      lengths.map((length) => [t < length]),
      { dtype: "bool", device: x.device },
    ),
  );
}

export const RECURRENT: Operators = { "RNN:4": recurrent, "GRU:4": recurrent, "LSTM:4": recurrent };
