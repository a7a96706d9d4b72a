/**
 * Steps of optimizers: elementwise programs with several results, which overwrite the first of their inputs. One run changes a
 * parameter and all its state, in place of a chain of in-place ops; the operations and their order are those of the chain.
 */
import { type Value, input, m, param } from "./expression.ts";

export interface Update {
  /** tensors that are read; the first of them are written */
  readonly inputs: number;
  readonly params: number;
  /** what is written to input 0, 1, … */
  readonly results: readonly Value[];
}

/** sign · grad + weightDecay · weight */
const decayed = (weight: Value, gradient: Value, sign: Value, decay: Value): Value =>
  m.add(m.mul(sign, gradient), m.mul(decay, weight));

/** params: rate (-lr), and with decay sign and weight decay */
function sgd(decay: boolean): Update {
  const [weight, gradient, rate, sign, weightDecay] = [input(0), input(1), param(0), param(1), param(2)];
  const direction = decay ? decayed(weight, gradient, sign, weightDecay) : gradient;
  return { inputs: 2, params: decay ? 3 : 1, results: [m.add(weight, m.mul(rate, direction))] };
}

/** params: rate (-lr), momentum, share of the gradient, sign, and with decay weight decay */
function momentum(decay: boolean, nesterov: boolean): Update {
  const [weight, buffer, gradient] = [input(0), input(1), input(2)];
  const [rate, keep, share, sign, weightDecay] = [param(0), param(1), param(2), param(3), param(4)];
  const direction = decay ? decayed(weight, gradient, sign, weightDecay) : m.mul(sign, gradient);
  const velocity = m.add(m.mul(buffer, keep), m.mul(share, direction));
  const step = nesterov ? m.add(direction, m.mul(keep, velocity)) : velocity;
  return { inputs: 3, params: decay ? 5 : 4, results: [m.add(weight, m.mul(rate, step)), velocity] };
}

/**
 * params: beta1, 1 - beta1, beta2, 1 - beta2, eps, step size (negative), root of the second bias correction, sign, and as
 * `decay` says the L2 penalty or the factor of the decoupled decay
 */
function adam(decay: "none" | "penalty" | "decoupled", amsgrad: boolean): Update {
  const [weight, mean, square, largest] = [input(0), input(1), input(2), input(3)];
  const gradient = input(amsgrad ? 4 : 3);
  const [beta1, rest1, beta2, rest2] = [param(0), param(1), param(2), param(3)];
  const [eps, step, root, sign, weightDecay] = [param(4), param(5), param(6), param(7), param(8)];
  const start = decay === "decoupled" ? m.mul(weight, weightDecay) : weight;
  const direction = decay === "penalty" ? decayed(weight, gradient, sign, weightDecay) : m.mul(sign, gradient);
  const newMean = m.add(m.mul(mean, beta1), m.mul(rest1, direction));
  const newSquare = m.add(m.mul(square, beta2), m.mul(m.mul(rest2, direction), direction));
  const bound = amsgrad ? m.maximum(largest, newSquare) : newSquare;
  const denominator = m.add(m.div(m.sqrt(bound), root), eps);
  return {
    inputs: amsgrad ? 5 : 4,
    params: decay === "none" ? 8 : 9,
    results: [m.add(start, m.div(m.mul(step, newMean), denominator)), newMean, newSquare, ...(amsgrad ? [bound] : [])],
  };
}

/** By name; the names are the optimizers' (bindings/optim). */
export const updates = {
  sgd: sgd(false),
  sgdDecay: sgd(true),
  momentum: momentum(false, false),
  momentumDecay: momentum(true, false),
  nesterov: momentum(false, true),
  nesterovDecay: momentum(true, true),
  adam: adam("none", false),
  adamPenalty: adam("penalty", false),
  adamDecoupled: adam("decoupled", false),
  amsgrad: adam("none", true),
  amsgradPenalty: adam("penalty", true),
  amsgradDecoupled: adam("decoupled", true),
} satisfies Record<string, Update>;
