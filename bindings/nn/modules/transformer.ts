// Transformer layers, stacks of them, and the whole.

import { RuntimeError } from "../../error.ts";
import * as torch from "../../gen/functions.ts";
import type { FloatScalar } from "../../tensor/scalar.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { defaultFactory, required, take, type Factory, type Rest } from "../arguments.ts";
import { full } from "../factory.ts";
import * as F from "../functional.ts";
import * as init from "../init.ts";
import { Module, type AnyModule } from "../module.ts";
import { definite, MultiheadAttention } from "./attention.ts";
import { ModuleList } from "./containers.ts";
import { Dropout } from "./dropout.ts";
import { Linear } from "./linear.ts";
import { LayerNorm } from "./normalization.ts";

/** A function or a module between the two linear layers, or its name. */
export type Activation = "relu" | "gelu" | ((input: Tensor) => Tensor);

export interface TransformerLayerOptions extends Factory {
  /** Features between the two linear layers (default 2048). */
  dimFeedforward?: number;
  dropout?: number | FloatScalar;
  activation?: Activation;
  layerNormEps?: number | FloatScalar;
  batchFirst?: boolean;
  /** Normalises before attention and feed-forward instead of after (default false). */
  normFirst?: boolean;
}
type LayerRest = Rest<
  [
    dimFeedforward: number,
    dropout: number | FloatScalar,
    activation: Activation,
    layerNormEps: number | FloatScalar,
    batchFirst: boolean,
    normFirst: boolean,
  ],
  TransformerLayerOptions
>;

/** What a layer needs to be told. */
interface LayerSizes {
  dModel: number;
  nhead: number;
}

const layerDefaults = {
  dModel: required<number>(),
  nhead: required<number>(),
  dimFeedforward: 2048,
  dropout: 0.1,
  activation: "relu" as Activation,
  layerNormEps: 1e-5,
  batchFirst: false,
  normFirst: false,
  ...defaultFactory,
};

function activationOf(activation: Activation): (input: Tensor) => Tensor {
  if (activation === "relu") return (x) => F.relu(x);
  if (activation === "gelu") return (x) => F.gelu(x);
  if (typeof activation === "function") return activation;
  throw new RuntimeError(`activation should be relu/gelu, not ${String(activation)}`);
}

export interface EncoderMasks {
  srcMask?: Tensor | null;
  srcKeyPaddingMask?: Tensor | null;
}
type EncoderLayerRest = Rest<[srcMask: Tensor | null, srcKeyPaddingMask: Tensor | null], EncoderMasks>;

/**
 * Self-attention and a feed-forward network; follows torch.nn.TransformerEncoderLayer.
 * @example
 * new nn.TransformerEncoderLayer(4, 2, 8)(torch.zeros(3, 1, 4)).shape; // [3, 1, 4]
 */
export class TransformerEncoderLayer extends Module<[src: Tensor, ...rest: EncoderLayerRest]> {
  selfAttn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  readonly normFirst: boolean;
  norm1: LayerNorm;
  norm2: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  activation: (input: Tensor) => Tensor;

  constructor(dModel: number, nhead: number, ...rest: LayerRest);
  constructor(options: LayerSizes & TransformerLayerOptions);
  constructor(...args: unknown[]) {
    super();
    const { dModel, nhead, ...o } = take("TransformerEncoderLayer", args, layerDefaults);
    const factory = definite({ device: o.device, dtype: o.dtype });
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout: o.dropout, batchFirst: o.batchFirst, ...factory });
    this.linear1 = new Linear(dModel, o.dimFeedforward, factory);
    this.dropout = new Dropout(o.dropout);
    this.linear2 = new Linear(o.dimFeedforward, dModel, factory);
    this.normFirst = o.normFirst;
    this.norm1 = new LayerNorm(dModel, { eps: o.layerNormEps, ...factory });
    this.norm2 = new LayerNorm(dModel, { eps: o.layerNormEps, ...factory });
    this.dropout1 = new Dropout(o.dropout);
    this.dropout2 = new Dropout(o.dropout);
    this.activation = activationOf(o.activation);
  }

  forward(src: Tensor, ...rest: EncoderLayerRest): Tensor {
    const masks = take("TransformerEncoderLayer", rest, {
      srcMask: null,
      srcKeyPaddingMask: null,
    } as Required<EncoderMasks>);
    if (this.normFirst) {
      const attended = src.add(this.attend(this.norm1(src), masks));
      return attended.add(this.feedForward(this.norm2(attended)));
    }
    const attended = this.norm1(src.add(this.attend(src, masks)));
    return this.norm2(attended.add(this.feedForward(attended)));
  }

  private attend(x: Tensor, { srcMask, srcKeyPaddingMask }: Required<EncoderMasks>): Tensor {
    const masks = { attnMask: srcMask, keyPaddingMask: srcKeyPaddingMask, needWeights: false };
    return this.dropout1(this.selfAttn(x, x, x, masks)[0]);
  }
  private feedForward(x: Tensor): Tensor {
    return this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))));
  }
}

export interface DecoderMasks {
  tgtMask?: Tensor | null;
  memoryMask?: Tensor | null;
  tgtKeyPaddingMask?: Tensor | null;
  memoryKeyPaddingMask?: Tensor | null;
}
type DecoderRest = Rest<
  [
    tgtMask: Tensor | null,
    memoryMask: Tensor | null,
    tgtKeyPaddingMask: Tensor | null,
    memoryKeyPaddingMask: Tensor | null,
  ],
  DecoderMasks
>;
const noDecoderMasks: Required<DecoderMasks> = {
  tgtMask: null,
  memoryMask: null,
  tgtKeyPaddingMask: null,
  memoryKeyPaddingMask: null,
};

/**
 * Self-attention, attention to the encoder's output, a feed-forward network; follows torch.nn.TransformerDecoderLayer.
 * @example
 * new nn.TransformerDecoderLayer(4, 2, 8)(torch.zeros(3, 1, 4), torch.zeros(5, 1, 4)).shape; // [3, 1, 4]
 */
export class TransformerDecoderLayer extends Module<[tgt: Tensor, memory: Tensor, ...rest: DecoderRest]> {
  selfAttn: MultiheadAttention;
  multiheadAttn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  readonly normFirst: boolean;
  norm1: LayerNorm;
  norm2: LayerNorm;
  norm3: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  dropout3: Dropout;
  activation: (input: Tensor) => Tensor;

  constructor(dModel: number, nhead: number, ...rest: LayerRest);
  constructor(options: LayerSizes & TransformerLayerOptions);
  constructor(...args: unknown[]) {
    super();
    const { dModel, nhead, ...o } = take("TransformerDecoderLayer", args, layerDefaults);
    const factory = definite({ device: o.device, dtype: o.dtype });
    const attention = { dropout: o.dropout, batchFirst: o.batchFirst, ...factory };
    this.selfAttn = new MultiheadAttention(dModel, nhead, attention);
    this.multiheadAttn = new MultiheadAttention(dModel, nhead, attention);
    this.linear1 = new Linear(dModel, o.dimFeedforward, factory);
    this.dropout = new Dropout(o.dropout);
    this.linear2 = new Linear(o.dimFeedforward, dModel, factory);
    this.normFirst = o.normFirst;
    this.norm1 = new LayerNorm(dModel, { eps: o.layerNormEps, ...factory });
    this.norm2 = new LayerNorm(dModel, { eps: o.layerNormEps, ...factory });
    this.norm3 = new LayerNorm(dModel, { eps: o.layerNormEps, ...factory });
    this.dropout1 = new Dropout(o.dropout);
    this.dropout2 = new Dropout(o.dropout);
    this.dropout3 = new Dropout(o.dropout);
    this.activation = activationOf(o.activation);
  }

  forward(tgt: Tensor, memory: Tensor, ...rest: DecoderRest): Tensor {
    const masks = take("TransformerDecoderLayer", rest, noDecoderMasks);
    if (this.normFirst) {
      let x = tgt.add(this.attendSelf(this.norm1(tgt), masks));
      x = x.add(this.attendMemory(this.norm2(x), memory, masks));
      return x.add(this.feedForward(this.norm3(x)));
    }
    let x = this.norm1(tgt.add(this.attendSelf(tgt, masks)));
    x = this.norm2(x.add(this.attendMemory(x, memory, masks)));
    return this.norm3(x.add(this.feedForward(x)));
  }

  private attendSelf(x: Tensor, { tgtMask, tgtKeyPaddingMask }: Required<DecoderMasks>): Tensor {
    const masks = { attnMask: tgtMask, keyPaddingMask: tgtKeyPaddingMask, needWeights: false };
    return this.dropout1(this.selfAttn(x, x, x, masks)[0]);
  }
  private attendMemory(
    x: Tensor,
    memory: Tensor,
    { memoryMask, memoryKeyPaddingMask }: Required<DecoderMasks>,
  ): Tensor {
    const masks = { attnMask: memoryMask, keyPaddingMask: memoryKeyPaddingMask, needWeights: false };
    return this.dropout2(this.multiheadAttn(x, memory, memory, masks)[0]);
  }
  private feedForward(x: Tensor): Tensor {
    return this.dropout3(this.linear2(this.dropout(this.activation(this.linear1(x)))));
  }
}

/** Copies of one layer, each with parameters of its own. */
const copies = <Layer extends AnyModule>(layer: Layer, count: number): ModuleList<Layer> =>
  new ModuleList<Layer>(Array.from({ length: count }, () => layer.deepCopy()));

export interface EncoderStackMasks {
  mask?: Tensor | null;
  srcKeyPaddingMask?: Tensor | null;
}
type EncoderRest = Rest<[mask: Tensor | null, srcKeyPaddingMask: Tensor | null], EncoderStackMasks>;

/**
 * A stack of encoder layers, copies of the one given; follows torch.nn.TransformerEncoder.
 * @example
 * const layer = new nn.TransformerEncoderLayer(4, 2, 8);
 * new nn.TransformerEncoder(layer, 2)(torch.zeros(3, 1, 4)).shape; // [3, 1, 4]
 */
export class TransformerEncoder extends Module<[src: Tensor, ...rest: EncoderRest]> {
  layers: ModuleList<TransformerEncoderLayer>;
  readonly numLayers: number;
  norm: LayerNorm | null;

  constructor(
    encoderLayer: TransformerEncoderLayer,
    numLayers: number,
    ...rest: Rest<
      [norm: LayerNorm | null, enableNestedTensor: boolean, maskCheck: boolean],
      { norm?: LayerNorm | null; enableNestedTensor?: boolean; maskCheck?: boolean }
    >
  ) {
    super();
    this.layers = copies(encoderLayer, numLayers);
    this.numLayers = numLayers;
    this.norm = take("TransformerEncoder", rest, {
      norm: null as LayerNorm | null,
      enableNestedTensor: true,
      maskCheck: true,
    }).norm;
  }
  forward(src: Tensor, ...rest: EncoderRest): Tensor {
    const { mask, srcKeyPaddingMask } = take("TransformerEncoder", rest, {
      mask: null,
      srcKeyPaddingMask: null,
    } as Required<EncoderStackMasks>);
    let output = src;
    for (const layer of this.layers) output = layer(output, { srcMask: mask, srcKeyPaddingMask });
    return this.norm ? this.norm(output) : output;
  }
}

/**
 * A stack of decoder layers, copies of the one given; follows torch.nn.TransformerDecoder.
 * @example
 * const layer = new nn.TransformerDecoderLayer(4, 2, 8);
 * new nn.TransformerDecoder(layer, 2)(torch.zeros(3, 1, 4), torch.zeros(5, 1, 4)).shape; // [3, 1, 4]
 */
export class TransformerDecoder extends Module<[tgt: Tensor, memory: Tensor, ...rest: DecoderRest]> {
  layers: ModuleList<TransformerDecoderLayer>;
  readonly numLayers: number;
  norm: LayerNorm | null;

  constructor(
    decoderLayer: TransformerDecoderLayer,
    numLayers: number,
    ...rest: Rest<[norm: LayerNorm | null], { norm?: LayerNorm | null }>
  ) {
    super();
    this.layers = copies(decoderLayer, numLayers);
    this.numLayers = numLayers;
    this.norm = take("TransformerDecoder", rest, { norm: null as LayerNorm | null }).norm;
  }
  forward(tgt: Tensor, memory: Tensor, ...rest: DecoderRest): Tensor {
    const masks = take("TransformerDecoder", rest, noDecoderMasks);
    let output = tgt;
    for (const layer of this.layers) output = layer(output, memory, masks);
    return this.norm ? this.norm(output) : output;
  }
}

export interface TransformerMasks extends DecoderMasks {
  srcMask?: Tensor | null;
  srcKeyPaddingMask?: Tensor | null;
}
type TransformerRest = Rest<
  [
    srcMask: Tensor | null,
    tgtMask: Tensor | null,
    memoryMask: Tensor | null,
    srcKeyPaddingMask: Tensor | null,
    tgtKeyPaddingMask: Tensor | null,
    memoryKeyPaddingMask: Tensor | null,
  ],
  TransformerMasks
>;

export interface TransformerOptions extends TransformerLayerOptions {
  dModel?: number;
  nhead?: number;
  numEncoderLayers?: number;
  numDecoderLayers?: number;
  customEncoder?: TransformerEncoder | null;
  customDecoder?: TransformerDecoder | null;
}

/**
 * Encoder and decoder; follows torch.nn.Transformer.
 * @example
 * const model = new nn.Transformer(4, 2, 1, 1, 8);
 * model(torch.zeros(5, 1, 4), torch.zeros(3, 1, 4)).shape; // [3, 1, 4]
 */
export class Transformer extends Module<[src: Tensor, tgt: Tensor, ...rest: TransformerRest]> {
  encoder: TransformerEncoder;
  decoder: TransformerDecoder;
  readonly dModel: number;
  readonly nhead: number;
  readonly batchFirst: boolean;

  constructor(
    ...rest: Rest<
      [
        dModel: number,
        nhead: number,
        numEncoderLayers: number,
        numDecoderLayers: number,
        dimFeedforward: number,
        dropout: number | FloatScalar,
      ],
      TransformerOptions
    >
  ) {
    super();
    const o = take("Transformer", rest, {
      dModel: 512,
      nhead: 8,
      numEncoderLayers: 6,
      numDecoderLayers: 6,
      dimFeedforward: 2048,
      dropout: 0.1,
      activation: "relu" as Activation,
      customEncoder: null as TransformerEncoder | null,
      customDecoder: null as TransformerDecoder | null,
      layerNormEps: 1e-5,
      batchFirst: false,
      normFirst: false,
      ...defaultFactory,
    });
    const { dModel, nhead, dimFeedforward, dropout, activation, layerNormEps, batchFirst, normFirst } = o;
    const factory = definite({ device: o.device, dtype: o.dtype });
    const layer = { dimFeedforward, dropout, activation, layerNormEps, batchFirst, normFirst, ...factory };
    const norm = { eps: layerNormEps, ...factory };
    this.encoder =
      o.customEncoder ??
      new TransformerEncoder(
        new TransformerEncoderLayer(dModel, nhead, layer),
        o.numEncoderLayers,
        new LayerNorm(dModel, norm),
      );
    this.decoder =
      o.customDecoder ??
      new TransformerDecoder(
        new TransformerDecoderLayer(dModel, nhead, layer),
        o.numDecoderLayers,
        new LayerNorm(dModel, norm),
      );
    this.dModel = dModel;
    this.nhead = nhead;
    this.batchFirst = batchFirst;
    this.resetParameters();
  }

  /**
   * Gives the parameters new initial values.
   * Follows torch.nn.Transformer.reset_parameters.
   * @example
   * new nn.Transformer(4, 2, 1, 1, 8).resetParameters();
   */
  resetParameters(): void {
    for (const parameter of this.parameters()) if (parameter.ndim > 1) init.xavierUniform_(parameter);
  }

  /** The mask with which no position sees those after it: -∞ above the diagonal. */
  static generateSquareSubsequentMask(size: number): Tensor {
    return torch.triu(full([size, size], -Infinity), 1);
  }

  forward(src: Tensor, tgt: Tensor, ...rest: TransformerRest): Tensor {
    const masks = take("Transformer", rest, {
      srcMask: null,
      tgtMask: null,
      memoryMask: null,
      srcKeyPaddingMask: null,
      tgtKeyPaddingMask: null,
      memoryKeyPaddingMask: null,
    } as Required<TransformerMasks>);
    const batchDim = this.batchFirst ? 0 : 1;
    if (src.ndim === 3 && src.size(batchDim) !== tgt.size(batchDim)) {
      throw new RuntimeError("the batch number of src and tgt must be equal");
    }
    if (src.size(-1) !== this.dModel || tgt.size(-1) !== this.dModel) {
      throw new RuntimeError("the feature number of src and tgt must be equal to d_model");
    }
    const { srcMask, srcKeyPaddingMask, ...decoderMasks } = masks;
    const memory = this.encoder(src, { mask: srcMask, srcKeyPaddingMask });
    return this.decoder(tgt, memory, decoderMasks);
  }
}
