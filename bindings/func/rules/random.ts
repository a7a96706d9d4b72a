// Rules of ops that draw random numbers, which vmap's `randomness` decides about.

import { again, run, type Call, type Rule } from "../batched.ts";
import { RuntimeError } from "../../error.ts";
import { dtypeOf, Operand, Plain, shapeOf, type Handle } from "../words.ts";
import { eachSample, everySample, operandsOf, same, sampleShape } from "./basic.ts";

const DROPS = "dropout alphaDropout featureAlphaDropout featureDropout rrelu";
const INPLACE = "uniform normal exponential geometric cauchy logNormal random";
const FACTORIES = "rand randn randint";
const OTHERS = "bernoulli bernoulliOf multinomial normalOf randperm gumbelSoftmax";
const ATTENTION = new Set(["scaledDotProductAttention", "_scaledDotProductAttention"]);
const RANDOM = new Set(`${DROPS} ${INPLACE} ${FACTORIES} ${OTHERS}`.split(" "));

/** Whether a call with these words draws numbers. */
export function isRandom(name: string, words: readonly number[]): boolean {
  if (RANDOM.has(name)) {
    if (!DROPS.includes(name)) return true;
    // training is the last word
    return words.at(-1) !== 0 && (name === "rrelu" || words[1] !== 0);
  }
  return ATTENTION.has(name) && words[4]! > 0;
}

const ERROR =
  "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' randomness " +
  "flags on vmap or perform the randomness operation out of vmap";

/** Every sample draws numbers of its own. */
function different(call: Call): Handle | (Handle | null)[] | undefined {
  const { op, name, inplace, args, size } = call;
  const input = args["input"] as Operand | undefined;
  if (inplace && !input!.mapped) {
    throw new RuntimeError(
      "vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will appear like same randomness. If " +
        "this is necessary for your usage, please file an issue with functorch.",
    );
  }
  if (FACTORIES.includes(op.name)) return again(name, { ...args, size: [size, ...(args["size"] as number[])] });
  const elements = INPLACE.includes(op.name) || (DROPS.includes(op.name) && !op.name.startsWith("feature"));
  const plain = elements || (op.name === "bernoulli" && operandsOf(call).length === 1);
  if (plain) return again(name, { ...args, input: everySample(input!, size) });
  return eachSample(call);
}

/** All samples see the same numbers. */
function shared(call: Call): Handle | (Handle | null)[] | undefined {
  const { op, inplace, args } = call;
  const operands = operandsOf(call);
  const input = args["input"] as Operand;
  if (!operands.some(({ mapped }) => mapped)) {
    const result = again(call.name, args);
    if (inplace || result === undefined) return undefined;
    const all = (handle: Handle): Handle => run("expand", handle, [call.size, ...shapeOf(handle)]);
    return Array.isArray(result) ? result.map((handle) => handle && all(handle)) : all(result);
  }
  const like = run("full", sampleShape(input), new Plain(1), 6, 0);
  if (INPLACE.includes(op.name)) {
    again(call.name, { ...args, input: like });
    again("copy_", { input: input.handle, src: like });
    return undefined;
  }
  if (op.name === "dropout" || op.name === "featureDropout") {
    const kept = again(op.name, { ...args, input: like });
    return again(inplace ? "mul_" : "mul", { input: input.handle, other: run("to", kept, dtypeOf(input.handle)) });
  }
  throw new RuntimeError("Vmap does not currently support same randomness with a batched tensor input");
}

const random: Rule = (call) => {
  if (call.randomness === "error") throw new RuntimeError(ERROR);
  return call.randomness === "same" ? shared(call) : different(call);
};

/** Dropout that does not drop. */
const idle =
  (name: string): Rule =>
  (call) => {
    const { p, training } = call.args as { p: number; training: number };
    return training && (name === "rrelu" || p > 0) ? random(call) : same(call);
  };

export const RANDOM_RULES: Record<string, Rule> = Object.fromEntries([
  ...DROPS.split(" ").map((name) => [name, idle(name)] as const),
  [`${INPLACE} ${FACTORIES} ${OTHERS}`, random],
]);
/** Attention with dropout: its rule without, unless the weights are dropped. */
export const withDropout =
  (rule: Rule): Rule =>
  (call) => {
    if (!((call.args["dropoutP"] as number) > 0)) return rule(call);
    if (call.randomness === "error") throw new RuntimeError(ERROR);
    return call.randomness === "different" ? rule(call) : eachSample(call);
  };
