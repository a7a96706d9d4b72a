// Multi-head attention, in terms of other functions.

import { RuntimeError } from "../error.ts";
import * as torch from "../gen/functions.ts";
import * as F from "../gen/nn-functional.ts";
import type { Scalar } from "../tensor/scalar.ts";
import { tensorArg } from "../tensor/call.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { positional } from "./arguments.ts";

export interface AttentionOptions {
  training?: boolean;
  /** Keys to leave out: [S] or [N, S]; true where they are left out, or numbers that are added to the scores. */
  keyPaddingMask?: Tensor | null;
  needWeights?: boolean;
  /** Pairs to leave out: [L, S] or [N·heads, L, S]; true where they are left out, or numbers that are added. */
  attnMask?: Tensor | null;
  useSeparateProjWeight?: boolean;
  qProjWeight?: Tensor | null;
  kProjWeight?: Tensor | null;
  vProjWeight?: Tensor | null;
  staticK?: Tensor | null;
  staticV?: Tensor | null;
  averageAttnWeights?: boolean;
}

/** The result, and the weights unless they are not needed. */
export type Attended = [output: Tensor, weights: Tensor | null];

const NAMES = [
  "query",
  "key",
  "value",
  "embedDimToCheck",
  "numHeads",
  "inProjWeight",
  "inProjBias",
  "biasK",
  "biasV",
  "addZeroAttn",
  "dropoutP",
  "outProjWeight",
  "outProjBias",
  "training",
  "keyPaddingMask",
  "needWeights",
  "attnMask",
  "useSeparateProjWeight",
  "qProjWeight",
  "kProjWeight",
  "vProjWeight",
  "staticK",
  "staticV",
  "averageAttnWeights",
] as const;

type Given = Required<AttentionOptions> & {
  query: Tensor;
  key: Tensor;
  value: Tensor;
  embedDimToCheck: number;
  numHeads: number;
  inProjWeight: Tensor | null;
  inProjBias: Tensor | null;
  biasK: Tensor | null;
  biasV: Tensor | null;
  addZeroAttn: boolean;
  dropoutP: Scalar;
  outProjWeight: Tensor;
  outProjBias: Tensor | null;
};

const size = (shape: readonly number[]): string => `torch.Size([${shape.join(", ")}])`;

/**
 * Attention of several heads, with its projections. Shapes: query [L, N, E], key and value [S, N, E] (N may be absent) →
 * [L, N, E] and weights [N, L, S]. Follows torch.nn.functional.multi_head_attention_forward.
 * @example
 * const attention = new nn.MultiheadAttention(4, 2); // calls it with its weights
 * attention(torch.zeros(3, 1, 4), torch.zeros(5, 1, 4), torch.zeros(5, 1, 4))[0].shape; // [3, 1, 4]
 */
export function multiHeadAttentionForward(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  embedDimToCheck: number,
  numHeads: number,
  inProjWeight: Tensor | null,
  inProjBias: Tensor | null,
  biasK: Tensor | null,
  biasV: Tensor | null,
  addZeroAttn: boolean,
  dropoutP: Scalar,
  outProjWeight: Tensor,
  outProjBias: Tensor | null,
  options?: AttentionOptions,
): Attended;
export function multiHeadAttentionForward(...args: unknown[]): Attended {
  const values = positional(args, NAMES, "multiHeadAttentionForward");
  for (let i = 0; i < 3; i++) tensorArg(values[i], "multi_head_attention_forward", NAMES[i]!, i + 1);
  const named = NAMES.map((name, i) => [name, values[i]] as const).filter(([, value]) => value !== undefined);
  const defaults = { training: true, needWeights: true, averageAttnWeights: true, useSeparateProjWeight: false };
  return attend({ ...defaults, ...Object.fromEntries(named) } as unknown as Given);
}

function attend(given: Given): Attended {
  const { numHeads, embedDimToCheck } = given;
  const batched = given.query.ndim === 3;
  if (!batched && given.query.ndim !== 2) {
    throw new RuntimeError(
      `query should be unbatched 2D or batched 3D tensor but received ${given.query.ndim}-D query tensor`,
    );
  }
  const withBatch = (x: Tensor): Tensor => (batched ? x : x.unsqueeze(1));
  const [query, key, value] = [given.query, given.key, given.value].map(withBatch) as [Tensor, Tensor, Tensor];
  const [length, batch, dim] = query.shape as [number, number, number];
  if (dim !== embedDimToCheck) {
    throw new RuntimeError(`was expecting embedding dimension of ${embedDimToCheck}, but got ${dim}`);
  }
  if (dim % numHeads !== 0) throw new RuntimeError(`embed_dim ${dim} not divisible by num_heads ${numHeads}`);
  const headDim = dim / numHeads;
  const heads = batch * numHeads;

  let [q, k, v] = project(given, query, key, value);
  let mask = attentionMask(given.attnMask, [length, key.shape[0]!], heads);
  let padding = given.keyPaddingMask && !batched ? given.keyPaddingMask.unsqueeze(0) : (given.keyPaddingMask ?? null);
  const widen = (): void => {
    mask &&= F.pad(mask, [0, 1]);
    padding &&= F.pad(padding, [0, 1]);
  };
  if (given.biasK && given.biasV) {
    k = torch.cat([k, given.biasK.repeat([1, batch, 1])]);
    v = torch.cat([v, given.biasV.repeat([1, batch, 1])]);
    widen();
  }
  const perHead = (x: Tensor): Tensor => x.contiguous().view([x.shape[0]!, heads, headDim]).transpose(0, 1);
  q = perHead(q);
  k = given.staticK ?? perHead(k);
  v = given.staticV ?? perHead(v);
  if (given.addZeroAttn) {
    k = F.pad(k, [0, 0, 0, 1]);
    v = F.pad(v, [0, 0, 0, 1]);
    widen();
  }
  const sources = k.shape[1]!;
  mask = mergedMask(mask, padding, batch, numHeads, sources);

  const scores = torch.bmm(q.div(Math.sqrt(headDim)), k.transpose(-2, -1));
  let weights = F.softmax(mask ? scores.add(asNumbers(mask, q)) : scores, -1);
  if (given.training && Number(given.dropoutP) > 0) weights = F.dropout(weights, Number(given.dropoutP));
  const joined = torch
    .bmm(weights, v)
    .transpose(0, 1)
    .contiguous()
    .view([length * batch, dim]);
  const projected = F.linear(joined, given.outProjWeight, given.outProjBias);
  const output = projected.view([length, batch, projected.shape[1]!]);
  const result = batched ? output : output.squeeze(1);
  if (!given.needWeights) return [result, null];
  weights = weights.view([batch, numHeads, length, sources]);
  if (given.averageAttnWeights) weights = weights.sum(1).div(numHeads);
  return [result, batched ? weights : weights.squeeze(0)];
}

/** Query, key and value through their projections. */
function project(given: Given, query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor, Tensor] {
  const biases = given.inProjBias ? given.inProjBias.chunk(3) : [null, null, null];
  let weights: (Tensor | null)[];
  if (given.useSeparateProjWeight) {
    if (String(key.shape.slice(0, 2)) !== String(value.shape.slice(0, 2))) {
      throw new RuntimeError(
        `key's sequence and batch dims ${size(key.shape.slice(0, 2))} do not match value's ${size(value.shape.slice(0, 2))}`,
      );
    }
    weights = [given.qProjWeight, given.kProjWeight, given.vProjWeight];
  } else {
    if (String(key.shape) !== String(value.shape)) {
      throw new RuntimeError(`key shape ${size(key.shape)} does not match value shape ${size(value.shape)}`);
    }
    if (query === key && key === value) {
      return F.linear(query, given.inProjWeight!, given.inProjBias).chunk(3, -1) as unknown as [Tensor, Tensor, Tensor];
    }
    weights = given.inProjWeight!.chunk(3);
  }
  return [query, key, value].map((x, i) => F.linear(x, weights[i]!, biases[i]!)) as [Tensor, Tensor, Tensor];
}

/** The mask of pairs with three dims. @throws RuntimeError when its shape is not right */
function attentionMask(mask: Tensor | null | undefined, pairs: [number, number], heads: number): Tensor | null {
  if (!mask) return null;
  if (mask.dtype === "uint8") mask = mask.to("bool");
  if (mask.dtype !== "bool" && !mask.isFloatingPoint()) {
    throw new RuntimeError(`Only float, byte, and bool types are supported for attn_mask, not torch.${mask.dtype}`);
  }
  const expected = mask.ndim === 2 ? pairs : [heads, ...pairs];
  if (mask.ndim !== 2 && mask.ndim !== 3) throw new RuntimeError(`attn_mask's dimension ${mask.ndim} is not supported`);
  if (String(mask.shape) !== String(expected)) {
    throw new RuntimeError(
      `The shape of the ${mask.ndim}D attn_mask is ${size(mask.shape)}, but should be (${expected.join(", ")}).`,
    );
  }
  return mask.ndim === 2 ? mask.unsqueeze(0) : mask;
}

/** Both masks in one. */
function mergedMask(
  mask: Tensor | null,
  padding: Tensor | null,
  batch: number,
  numHeads: number,
  sources: number,
): Tensor | null {
  if (!padding) return mask;
  if (String(padding.shape) !== String([batch, sources])) {
    throw new RuntimeError(
      `expecting key_padding_mask shape of (${batch}, ${sources}), but got ${size(padding.shape)}`,
    );
  }
  const spread = padding
    .view([batch, 1, 1, sources])
    .expand([-1, numHeads, -1, -1])
    .reshape([batch * numHeads, 1, sources]);
  if (!mask) return spread;
  if (mask.dtype === "bool" && spread.dtype === "bool") return mask.logicalOr(spread);
  if (spread.dtype === "bool") return mask.maskedFill(spread, -Infinity);
  return asNumbers(mask, spread).add(spread);
}

/** -∞ where a mask of truth values is true. */
function asNumbers(mask: Tensor, like: Tensor): Tensor {
  if (mask.dtype !== "bool") return mask;
  return mask.to(like.dtype).zero_().maskedFill_(mask, -Infinity);
}
