/** torch.vision.models: networks in torchvision's layout, which load its state dicts. */
export {
  BasicBlock,
  Bottleneck,
  ResNet,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  type NormLayer,
  type ResNetOptions,
} from "./resnet.ts";
