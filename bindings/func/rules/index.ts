// Which rule an op has. What is not named here is elementwise, as its signature says, or runs sample by sample.

import { setRules, type Rule } from "../batched.ts";
import type { Op } from "../words.ts";
import {
  alongDims,
  checkInplace,
  copied,
  eachSample,
  elementwise,
  onlyMapped,
  reduction,
  same,
  totals,
} from "./basic.ts";
import { NN_RULES } from "./nn.ts";
import { PRODUCT_RULES } from "./products.ts";
import { isRandom, RANDOM_RULES, withDropout } from "./random.ts";
import { SHAPE_RULES } from "./shapes.ts";

const FAMILIES: Record<string, Rule> = {
  "clone contiguous to toDevice fullLike emptyLike zero real imag viewAsReal viewAsComplex conj positive nanToNum tril triu bucketize logsigmoid":
    same,
  "sum mean nanmean nansum prod std var stdMean varMean all any amax amin aminmax argmax argmin countNonzero norm vectorNorm quantile nanquantile logsumexp":
    reduction,
  "maxAll minAll medianAll nanmedianAll": totals,
  "maxDim minDim medianDim nanmedianDim mode kthvalue topk sort argsort cumsum cumprod cummax cummin logcumsumexp softmax logSoftmax softmin glu diff flip rot90 gather scatter scatterAdd scatterReduce indexAdd indexCopy indexFill cat stack select narrow narrowCopy slice transpose unfold unbind chunk splitWithSizes unflatten diagonal diagEmbed movedim unsqueeze selectScatter sliceScatter diagonalScatter cumulativeTrapezoid trapezoid normalize cosineSimilarity vecdot linalgCross":
    alongDims,
  split: onlyMapped("tensor", (call) => alongDims({ ...call, args: { ...call.args, input: call.args["tensor"] } })),
  ...SHAPE_RULES,
  ...PRODUCT_RULES,
  ...NN_RULES,
  ...RANDOM_RULES,
};

const rules = new Map<string, Rule>();
for (const [names, rule] of Object.entries(FAMILIES)) for (const name of names.split(" ")) rules.set(name, rule);
for (const name of ["scaledDotProductAttention", "_scaledDotProductAttention"]) {
  rules.set(name, withDropout(rules.get(name)!));
}

/** Rules that make in-place calls as such; the others' results are copied. */
const WRITING = new Set<Rule>([elementwise, eachSample, same, alongDims, ...Object.values(RANDOM_RULES)]);

function ruleOf(op: Op, inplace: boolean): Rule {
  const rule = rules.get(op.name) ?? (op.flags.includes("E") ? elementwise : eachSample);
  if (!inplace) return rule;
  const isIndexPut = op.name === "indexPut";
  const writing = WRITING.has(rule) || isIndexPut ? rule : copied(rule);
  if (Object.values(RANDOM_RULES).includes(rule)) return writing;
  return (call) => {
    checkInplace(call);
    return writing(call);
  };
}

/** Called by whoever makes torch complete. */
export function installRules(): void {
  setRules(ruleOf, (op, words) => isRandom(op.name, words));
}
