// Multi-head attention.

import { RuntimeError } from "../../error.ts";
import { multiHeadAttentionForward, type Attended } from "../../functional/attention.ts";
import type { FloatScalar } from "../../tensor/scalar.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { defaultFactory, required, take, type Factory, type Rest } from "../arguments.ts";
import { empty } from "../factory.ts";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { Linear } from "./linear.ts";

/** The linear layer behind the heads, under PyTorch's name for it. */
class NonDynamicallyQuantizableLinear extends Linear {}

export interface MultiheadAttentionOptions extends Factory {
  dropout?: number | FloatScalar;
  bias?: boolean;
  /** Adds a learned key and value (default false). */
  addBiasKv?: boolean;
  /** Adds a key and a value of zeros (default false). */
  addZeroAttn?: boolean;
  /** Features of the keys (default: embedDim). */
  kdim?: number | null;
  /** Features of the values (default: embedDim). */
  vdim?: number | null;
  /** The batch comes before the sequence (default false). */
  batchFirst?: boolean;
}

export interface AttentionMasks {
  keyPaddingMask?: Tensor | null;
  needWeights?: boolean;
  attnMask?: Tensor | null;
  averageAttnWeights?: boolean;
}
type AttentionRest = Rest<
  [keyPaddingMask: Tensor | null, needWeights: boolean, attnMask: Tensor | null, averageAttnWeights: boolean],
  AttentionMasks
>;

/**
 * Attention of several heads; follows torch.nn.MultiheadAttention. Called with query [L, N, E], key and value [S, N, …] (N may be
 * absent; with `batchFirst` it comes first) it gives the output and the weights.
 * @example
 * const attention = new nn.MultiheadAttention(4, 2);
 * const x = torch.zeros(3, 1, 4); // [sequence, batch, features]
 * const [output, weights] = attention(x, x, x);
 * weights; // tensor([[[0.3333, 0.3333, 0.3333], [0.3333, 0.3333, 0.3333], [0.3333, 0.3333, 0.3333]]], grad_fn=<DivBackward0>)
 */
export class MultiheadAttention extends Module<
  [query: Tensor, key: Tensor, value: Tensor, ...rest: AttentionRest],
  Attended
> {
  readonly embedDim: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly numHeads: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  readonly addZeroAttn: boolean;
  qProjWeight: Parameter | null = null;
  kProjWeight: Parameter | null = null;
  vProjWeight: Parameter | null = null;
  inProjWeight: Parameter | null = null;
  inProjBias: Parameter | null = null;
  biasK: Parameter | null = null;
  biasV: Parameter | null = null;
  outProj: Linear;

  constructor(
    embedDim: number,
    numHeads: number,
    ...rest: Rest<
      [
        dropout: number | FloatScalar,
        bias: boolean,
        addBiasKv: boolean,
        addZeroAttn: boolean,
        kdim: number | null,
        vdim: number | null,
        batchFirst: boolean,
      ],
      MultiheadAttentionOptions
    >
  );
  constructor(options: { embedDim: number; numHeads: number } & MultiheadAttentionOptions);
  constructor(...args: unknown[]) {
    super();
    const { embedDim, numHeads, ...options } = take("MultiheadAttention", args, {
      embedDim: required<number>(),
      numHeads: required<number>(),
      dropout: 0,
      bias: true,
      addBiasKv: false,
      addZeroAttn: false,
      kdim: null as number | null,
      vdim: null as number | null,
      batchFirst: false,
      ...defaultFactory,
    });
    const factory = { device: options.device, dtype: options.dtype };
    const make = (...shape: number[]): Parameter => new Parameter(empty(shape, factory));
    this.embedDim = embedDim;
    this.kdim = options.kdim ?? embedDim;
    this.vdim = options.vdim ?? embedDim;
    this.numHeads = numHeads;
    this.dropout = options.dropout;
    this.batchFirst = options.batchFirst;
    this.addZeroAttn = options.addZeroAttn;
    if (embedDim % numHeads !== 0) throw new RuntimeError("embed_dim must be divisible by num_heads");
    if (this.kdim === embedDim && this.vdim === embedDim) this.inProjWeight = make(3 * embedDim, embedDim);
    else {
      this.qProjWeight = make(embedDim, embedDim);
      this.kProjWeight = make(embedDim, this.kdim);
      this.vProjWeight = make(embedDim, this.vdim);
    }
    if (options.bias) this.inProjBias = make(3 * embedDim);
    this.outProj = new NonDynamicallyQuantizableLinear(embedDim, embedDim, {
      bias: options.bias,
      ...definite(factory),
    });
    if (options.addBiasKv) {
      this.biasK = make(1, 1, embedDim);
      this.biasV = make(1, 1, embedDim);
    }
    this.resetParameters();
  }

  /**
   * Gives the parameters new initial values.
   * Follows torch.nn.MultiheadAttention.reset_parameters.
   * @example
   * new nn.MultiheadAttention(4, 2).resetParameters();
   */
  resetParameters(): void {
    for (const weight of [this.inProjWeight, this.qProjWeight, this.kProjWeight, this.vProjWeight]) {
      if (weight) init.xavierUniform_(weight);
    }
    if (this.inProjBias) {
      init.zeros_(this.inProjBias);
      init.zeros_(this.outProj.bias!);
    }
    if (this.biasK) init.xavierNormal_(this.biasK);
    if (this.biasV) init.xavierNormal_(this.biasV);
  }

  forward(query: Tensor, key: Tensor, value: Tensor, ...rest: AttentionRest): Attended {
    const masks = take("MultiheadAttention", rest, {
      keyPaddingMask: null as Tensor | null,
      needWeights: true,
      attnMask: null as Tensor | null,
      averageAttnWeights: true,
    });
    const turn = this.batchFirst && query.ndim === 3;
    // One transposed tensor where query, key and value are one, so that they are projected together.
    const turned = new Map<Tensor, Tensor>();
    const sequenceFirst = (x: Tensor): Tensor => {
      if (!turn) return x;
      if (!turned.has(x)) turned.set(x, x.transpose(0, 1));
      return turned.get(x)!;
    };
    const [output, weights] = multiHeadAttentionForward(
      sequenceFirst(query),
      sequenceFirst(key),
      sequenceFirst(value),
      this.embedDim,
      this.numHeads,
      this.inProjWeight,
      this.inProjBias,
      this.biasK,
      this.biasV,
      this.addZeroAttn,
      this.dropout,
      this.outProj.weight,
      this.outProj.bias,
      {
        training: this.training,
        useSeparateProjWeight: this.inProjWeight === null,
        qProjWeight: this.qProjWeight,
        kProjWeight: this.kProjWeight,
        vProjWeight: this.vProjWeight,
        ...masks,
      },
    );
    return [turn ? output.transpose(0, 1) : output, weights];
  }
}

/** Factory settings without those that were not given. */
export const definite = (factory: { [Name in keyof Factory]: Factory[Name] | undefined }): Factory =>
  Object.fromEntries(Object.entries(factory).filter(([, value]) => value !== undefined)) as Factory;
