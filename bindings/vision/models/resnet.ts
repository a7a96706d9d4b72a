// Residual networks (He, Zhang, Ren, Sun 2016) in torchvision's layout: its names, its initialisation, its printed form.

import { flatten } from "../../gen/functions.ts";
import { NotImplementedError, ValueError } from "../../error.ts";
import { constant_, kaimingNormal_ } from "../../nn/init.ts";
import { type AnyModule, Module } from "../../nn/module.ts";
import { Conv2d } from "../../nn/modules/conv.ts";
import { ReLU } from "../../nn/modules/activation.ts";
import { Sequential } from "../../nn/modules/containers.ts";
import { Linear } from "../../nn/modules/linear.ts";
import { BatchNorm2d, GroupNorm } from "../../nn/modules/normalization.ts";
import { AdaptiveAvgPool2d, MaxPool2d } from "../../nn/modules/pooling.ts";
import { checkOptions, isOptions } from "../../tensor/call.ts";
import type { Tensor } from "../../tensor/tensor.ts";

type Layer = Module<[input: Tensor], Tensor>;
/** Makes the normalisation of that many channels. */
export type NormLayer = (channels: number) => Layer;

export interface ResNetOptions {
  /** outputs of the last layer (default 1000) */
  numClasses?: number;
  /** begins with every residual branch at zero, so that each block is the identity (default false) */
  zeroInitResidual?: boolean;
  groups?: number;
  widthPerGroup?: number;
  /** whether the second, third and fourth layer widen their kernels instead of stepping by 2 */
  replaceStrideWithDilation?: readonly [boolean, boolean, boolean];
  /** default BatchNorm2d */
  normLayer?: NormLayer;
}

interface BlockOptions {
  stride: number;
  downsample: Layer | null;
  groups: number;
  baseWidth: number;
  dilation: number;
  normLayer: NormLayer;
}

const conv3x3 = (from: number, to: number, stride = 1, groups = 1, dilation = 1): Conv2d =>
  new Conv2d(from, to, 3, { stride, padding: dilation, groups, dilation, bias: false });
const conv1x1 = (from: number, to: number, stride = 1): Conv2d => new Conv2d(from, to, 1, { stride, bias: false });

/**
 * Two 3 × 3 convolutions and what they are added to.
 * Follows torchvision.models.resnet.BasicBlock.
 * @example
 * const model = new torch.vision.models.ResNet(torch.vision.models.BasicBlock, [1, 1, 1, 1], { numClasses: 10 });
 * model.fc.outFeatures; // 10
 */
export class BasicBlock extends Module {
  static readonly expansion: number = 1;
  readonly conv1: Layer;
  readonly bn1: Layer;
  readonly relu = new ReLU({ inplace: true });
  readonly conv2: Layer;
  readonly bn2: Layer;
  readonly downsample: Layer | null;

  constructor(inplanes: number, planes: number, options: BlockOptions) {
    super();
    const { stride, downsample, normLayer } = options;
    if (options.groups !== 1 || options.baseWidth !== 64)
      throw new ValueError("BasicBlock only supports groups=1 and base_width=64");
    if (options.dilation > 1) throw new NotImplementedError("Dilation > 1 not supported in BasicBlock");
    this.conv1 = conv3x3(inplanes, planes, stride);
    this.bn1 = normLayer(planes);
    this.conv2 = conv3x3(planes, planes);
    this.bn2 = normLayer(planes);
    this.downsample = downsample;
  }

  forward(x: Tensor): Tensor {
    const out = this.bn2(this.conv2(this.relu(this.bn1(this.conv1(x)))));
    return this.relu(out.add(this.downsample === null ? x : this.downsample(x)));
  }
}

/**
 * 1 × 1, 3 × 3 and 1 × 1 convolutions and what they are added to.
 * Follows torchvision.models.resnet.Bottleneck.
 * @example
 * torch.vision.models.Bottleneck.expansion; // 4
 */
export class Bottleneck extends Module {
  static readonly expansion: number = 4;
  readonly conv1: Layer;
  readonly bn1: Layer;
  readonly conv2: Layer;
  readonly bn2: Layer;
  readonly conv3: Layer;
  readonly bn3: Layer;
  readonly relu = new ReLU({ inplace: true });
  readonly downsample: Layer | null;

  constructor(inplanes: number, planes: number, options: BlockOptions) {
    super();
    const { stride, downsample, groups, dilation, normLayer } = options;
    const width = Math.trunc(planes * (options.baseWidth / 64)) * groups;
    this.conv1 = conv1x1(inplanes, width);
    this.bn1 = normLayer(width);
    this.conv2 = conv3x3(width, width, stride, groups, dilation);
    this.bn2 = normLayer(width);
    this.conv3 = conv1x1(width, planes * Bottleneck.expansion);
    this.bn3 = normLayer(planes * Bottleneck.expansion);
    this.downsample = downsample;
  }

  forward(x: Tensor): Tensor {
    const { relu } = this;
    const out = this.bn3(this.conv3(relu(this.bn2(this.conv2(relu(this.bn1(this.conv1(x))))))));
    return relu(out.add(this.downsample === null ? x : this.downsample(x)));
  }
}

const NAMES = ["numClasses", "zeroInitResidual", "groups", "widthPerGroup", "replaceStrideWithDilation", "normLayer"];

type Block = typeof BasicBlock | typeof Bottleneck;

/**
 * A residual network for [N, 3, H, W] images; follows torchvision.models.ResNet.
 * @example
 * const { BasicBlock, ResNet } = torch.vision.models;
 * new ResNet(BasicBlock, [1, 1, 1, 1], { numClasses: 10 }).fc.outFeatures; // 10
 */
export class ResNet extends Module {
  readonly conv1: Layer;
  readonly bn1: Layer;
  readonly relu: Layer;
  readonly maxpool: MaxPool2d;
  readonly layer1: Layer;
  readonly layer2: Layer;
  readonly layer3: Layer;
  readonly layer4: Layer;
  readonly avgpool: Layer;
  /** the classifier; assign another Linear to train for other classes */
  fc: AnyModule;

  /** @param layers blocks of each of the four layers */
  constructor(block: Block, layers: readonly number[], options: ResNetOptions = {}) {
    checkOptions(options, NAMES, "ResNet");
    super();
    const { numClasses = 1000, zeroInitResidual = false, groups = 1, widthPerGroup = 64 } = options;
    const { replaceStrideWithDilation = [false, false, false], normLayer = (channels) => new BatchNorm2d(channels) } =
      options;
    if (replaceStrideWithDilation.length !== 3)
      throw new ValueError(
        `replace_stride_with_dilation should be None or a 3-element tuple, got (${replaceStrideWithDilation.join(", ")})`,
      );
    let inplanes = 64;
    let dilation = 1;
    const makeLayer = (planes: number, blocks: number, step: number, dilate: boolean): Layer => {
      const before = dilation;
      if (dilate) dilation *= step;
      const stride = dilate ? 1 : step;
      const outplanes = planes * block.expansion;
      const downsample =
        stride !== 1 || inplanes !== outplanes
          ? new Sequential(conv1x1(inplanes, outplanes, stride), normLayer(outplanes))
          : null;
      const common = { groups, baseWidth: widthPerGroup, normLayer };
      const list = Array.from({ length: blocks }, (_, i) => {
        const own = i === 0 ? { stride, downsample, dilation: before } : { stride: 1, downsample: null, dilation };
        return new block(i === 0 ? inplanes : outplanes, planes, { ...common, ...own });
      });
      inplanes = outplanes;
      return new Sequential(...list);
    };
    this.conv1 = new Conv2d(3, inplanes, 7, { stride: 2, padding: 3, bias: false });
    this.bn1 = normLayer(inplanes);
    this.relu = new ReLU({ inplace: true });
    this.maxpool = new MaxPool2d(3, { stride: 2, padding: 1 });
    this.layer1 = makeLayer(64, layers[0]!, 1, false);
    this.layer2 = makeLayer(128, layers[1]!, 2, replaceStrideWithDilation[0]);
    this.layer3 = makeLayer(256, layers[2]!, 2, replaceStrideWithDilation[1]);
    this.layer4 = makeLayer(512, layers[3]!, 2, replaceStrideWithDilation[2]);
    this.avgpool = new AdaptiveAvgPool2d([1, 1]);
    this.fc = new Linear(512 * block.expansion, numClasses);
    for (const module of this.modules()) {
      if (module instanceof Conv2d) kaimingNormal_(module.weight, 0, "fan_out", "relu");
      else if (module instanceof BatchNorm2d || module instanceof GroupNorm) {
        if (module.weight) constant_(module.weight, 1);
        if (module.bias) constant_(module.bias, 0);
      }
    }
    for (const module of zeroInitResidual ? this.modules() : []) {
      const last = module instanceof Bottleneck ? module.bn3 : module instanceof BasicBlock ? module.bn2 : undefined;
      if (last instanceof BatchNorm2d && last.weight) constant_(last.weight, 0);
    }
  }

  forward(x: Tensor): Tensor {
    const stem = this.maxpool(this.relu(this.bn1(this.conv1(x)))) as Tensor;
    const features = this.layer4(this.layer3(this.layer2(this.layer1(stem))));
    return this.fc(flatten(this.avgpool(features), 1)) as Tensor;
  }
}

/** The network of that name, unless pretrained weights are asked for: by name, or first as PyTorch has them. */
function build(
  name: string,
  file: string,
  block: Block,
  layers: readonly number[],
  options: ResNetOptions & { weights?: unknown; pretrained?: unknown } = {},
): ResNet {
  const { weights, pretrained, ...rest } = isOptions(options) ? options : { weights: options };
  if (weights || pretrained)
    throw new NotImplementedError(
      `${name}(): no weights come with the package. Make the model without, and load a file of torchvision's: ` +
        `model.loadStateDict(await torch.load("${file}"))`,
    );
  checkOptions(rest, NAMES, name);
  return new ResNet(block, layers, rest);
}

/**
 * ResNet-18 with random weights; follows torchvision.models.resnet18, whose state dicts it loads.
 * @throws NotImplementedError for `weights` or `pretrained`, TypeError for another unknown option
 * @example
 * const model = torch.vision.models.resnet18();
 * model.loadStateDict(await torch.load("resnet18-f37072fd.pth"));
 */
export const resnet18 = (options?: ResNetOptions): ResNet =>
  build("resnet18", "resnet18-f37072fd.pth", BasicBlock, [2, 2, 2, 2], options);
/**
 * ResNet-34; see `resnet18`.
 * Follows torchvision.models.resnet34.
 * @example
 * const model = torch.vision.models.resnet34();
 * model.loadStateDict(await torch.load("resnet34.pth"));
 */
export const resnet34 = (options?: ResNetOptions): ResNet =>
  build("resnet34", "resnet34-b627a593.pth", BasicBlock, [3, 4, 6, 3], options);
/**
 * ResNet-50; see `resnet18`.
 * Follows torchvision.models.resnet50.
 * @example
 * const model = torch.vision.models.resnet50();
 * model.loadStateDict(await torch.load("resnet50.pth"));
 */
export const resnet50 = (options?: ResNetOptions): ResNet =>
  build("resnet50", "resnet50-0676ba61.pth", Bottleneck, [3, 4, 6, 3], options);
/**
 * ResNet-101; see `resnet18`.
 * Follows torchvision.models.resnet101.
 * @example
 * const model = torch.vision.models.resnet101();
 * model.loadStateDict(await torch.load("resnet101.pth"));
 */
export const resnet101 = (options?: ResNetOptions): ResNet =>
  build("resnet101", "resnet101-63fe2227.pth", Bottleneck, [3, 4, 23, 3], options);
/**
 * ResNet-152; see `resnet18`.
 * Follows torchvision.models.resnet152.
 * @example
 * const model = torch.vision.models.resnet152();
 * model.loadStateDict(await torch.load("resnet152.pth"));
 */
export const resnet152 = (options?: ResNetOptions): ResNet =>
  build("resnet152", "resnet152-394f9c45.pth", Bottleneck, [3, 8, 36, 3], options);
