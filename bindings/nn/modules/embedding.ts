// Tables of vectors, looked up by index.

import { RuntimeError } from "../../error.ts";
import { noGrad } from "../../autograd/mode.ts";
import type { FloatScalar } from "../../tensor/scalar.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { defaultFactory, required, take, type Factory, type Rest } from "../arguments.ts";
import { empty } from "../factory.ts";
import * as F from "../functional.ts";
import * as init from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { py } from "../python.ts";

export interface EmbeddingOptions extends Factory {
  /** The row that stays zero and gets no gradient. */
  paddingIdx?: number | null;
  /** Rows longer than this are shortened to it when they are looked up. */
  maxNorm?: number | FloatScalar | null;
  /** The p of that norm (default 2). */
  normType?: number | FloatScalar;
  /** Divides gradients by how often the row is in the batch (default false). */
  scaleGradByFreq?: boolean;
  /** Accepted as in PyTorch; gradients are dense. */
  sparse?: boolean;
}

/** Index of the padding row from the start, null for none. */
function paddingRow(paddingIdx: number | null, numEmbeddings: number): number | null {
  if (paddingIdx === null) return null;
  if (paddingIdx >= numEmbeddings || paddingIdx < -numEmbeddings) {
    throw new RuntimeError("Padding_idx must be within num_embeddings");
  }
  return paddingIdx < 0 ? numEmbeddings + paddingIdx : paddingIdx;
}

const zeroRow = (weight: Parameter, row: number | null): void => {
  if (row !== null) noGrad(() => void weight.select(0, row).fill_(0));
};

/**
 * Rows of a learned table; follows torch.nn.Embedding. Shapes: any, int64 → [*, embeddingDim].
 * @example
 * const embedding = nn.Embedding.fromPretrained(torch.tensor([[1, 2], [3, 4], [5, 6]]));
 * embedding(torch.tensor([2n, 0n])); // tensor([[5., 6.], [1., 2.]])
 */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly sparse: boolean;
  weight: Parameter;

  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    ...rest: Rest<
      [
        paddingIdx: number | null,
        maxNorm: number | FloatScalar | null,
        normType: number | FloatScalar,
        scaleGradByFreq: boolean,
        sparse: boolean,
      ],
      EmbeddingOptions
    >
  );
  constructor(options: { numEmbeddings: number; embeddingDim: number } & EmbeddingOptions);
  constructor(...args: unknown[]) {
    super();
    const { numEmbeddings, embeddingDim, ...options } = take("Embedding", args, {
      numEmbeddings: required<number>(),
      embeddingDim: required<number>(),
      paddingIdx: null as number | null,
      maxNorm: null as number | null,
      normType: 2,
      scaleGradByFreq: false,
      sparse: false,
      ...defaultFactory,
    });
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingRow(options.paddingIdx, numEmbeddings);
    this.maxNorm = options.maxNorm;
    this.normType = options.normType;
    this.scaleGradByFreq = options.scaleGradByFreq;
    this.sparse = options.sparse;
    const factory = { device: options.device, dtype: options.dtype };
    this.weight = new Parameter(empty([numEmbeddings, embeddingDim], factory));
    this.resetParameters();
  }

  /** An embedding of given rows; `freeze` keeps them as they are. */
  static fromPretrained(
    rows: Tensor,
    { freeze = true, ...options }: EmbeddingOptions & { freeze?: boolean } = {},
  ): Embedding {
    const [numEmbeddings, embeddingDim] = rows.shape as [number, number];
    const embedding = new Embedding(numEmbeddings, embeddingDim, options);
    embedding.weight = new Parameter(rows, !freeze);
    return embedding;
  }

  /**
   * Gives the parameters new initial values.
   * Follows torch.nn.Embedding.reset_parameters.
   * @example
   * new nn.Embedding(2, 2).resetParameters();
   */
  resetParameters(): void {
    init.normal_(this.weight);
    zeroRow(this.weight, this.paddingIdx);
  }
  forward(input: Tensor): Tensor {
    const { weight, paddingIdx, maxNorm, normType, scaleGradByFreq, sparse } = this;
    return F.embedding(input, weight, paddingIdx, maxNorm, normType, scaleGradByFreq, sparse);
  }
  override extraRepr(): string {
    const parts = [`${this.numEmbeddings}, ${this.embeddingDim}`];
    if (this.paddingIdx !== null) parts.push(`padding_idx=${this.paddingIdx}`);
    if (this.maxNorm !== null) parts.push(`max_norm=${py(this.maxNorm)}`);
    if (this.normType !== 2) parts.push(`norm_type=${py(this.normType)}`);
    if (this.scaleGradByFreq) parts.push(`scale_grad_by_freq=${py(this.scaleGradByFreq)}`);
    if (this.sparse) parts.push("sparse=True");
    return parts.join(", ");
  }
}

export interface EmbeddingBagOptions extends Omit<EmbeddingOptions, "paddingIdx"> {
  mode?: "sum" | "mean" | "max";
  includeLastOffset?: boolean;
  paddingIdx?: number | null;
}

/**
 * Sums, means or maxima of bags of rows; follows torch.nn.EmbeddingBag.
 * @example
 * new nn.EmbeddingBag(3, 2)(torch.tensor([[0n, 2n], [1n, 1n]])).shape; // [2, 2]
 */
export class EmbeddingBag extends Module<[input: Tensor, offsets?: Tensor | null, perSampleWeights?: Tensor | null]> {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  readonly mode: "sum" | "mean" | "max";
  readonly sparse: boolean;
  readonly includeLastOffset: boolean;
  readonly paddingIdx: number | null;
  weight: Parameter;

  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    ...rest: Rest<
      [
        maxNorm: number | FloatScalar | null,
        normType: number | FloatScalar,
        scaleGradByFreq: boolean,
        mode: "sum" | "mean" | "max",
        sparse: boolean,
      ],
      EmbeddingBagOptions
    >
  ) {
    super();
    const options = take("EmbeddingBag", rest, {
      maxNorm: null as number | null,
      normType: 2,
      scaleGradByFreq: false,
      mode: "mean" as "sum" | "mean" | "max",
      sparse: false,
      includeLastOffset: false,
      paddingIdx: null as number | null,
      ...defaultFactory,
    });
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.maxNorm = options.maxNorm;
    this.normType = options.normType;
    this.scaleGradByFreq = options.scaleGradByFreq;
    this.mode = options.mode;
    this.sparse = options.sparse;
    this.includeLastOffset = options.includeLastOffset;
    this.paddingIdx = paddingRow(options.paddingIdx, numEmbeddings);
    const factory = { device: options.device, dtype: options.dtype };
    this.weight = new Parameter(empty([numEmbeddings, embeddingDim], factory));
    this.resetParameters();
  }
  /**
   * Gives the parameters new initial values.
   * Follows torch.nn.EmbeddingBag.reset_parameters.
   * @example
   * new nn.EmbeddingBag(2, 2).resetParameters();
   */
  resetParameters(): void {
    init.normal_(this.weight);
    zeroRow(this.weight, this.paddingIdx);
  }
  forward(input: Tensor, offsets: Tensor | null = null, perSampleWeights: Tensor | null = null): Tensor {
    const { weight, maxNorm, normType, scaleGradByFreq, mode, sparse, includeLastOffset, paddingIdx } = this;
    return F.embeddingBag(
      input,
      weight,
      offsets,
      maxNorm,
      normType,
      scaleGradByFreq,
      mode,
      sparse,
      perSampleWeights,
      includeLastOffset,
      paddingIdx,
    );
  }
  override extraRepr(): string {
    const parts = [`${this.numEmbeddings}, ${this.embeddingDim}`];
    if (this.maxNorm !== null) parts.push(`max_norm=${py(this.maxNorm)}`);
    if (this.normType !== 2) parts.push(`norm_type=${py(this.normType)}`);
    if (this.scaleGradByFreq) parts.push(`scale_grad_by_freq=${py(this.scaleGradByFreq)}`);
    parts.push(`mode=${this.mode}`);
    if (this.paddingIdx !== null) parts.push(`padding_idx=${this.paddingIdx}`);
    return parts.join(", ");
  }
}
