// ResNet-18 with torchvision's names.
import * as torch from "flambeau";

const { nn } = torch;
const F = nn.functional;

const conv3x3 = (from: number, to: number, stride = 1) =>
  new nn.Conv2d(from, to, 3, { stride, padding: 1, bias: false });

class BasicBlock extends nn.Module {
  conv1: torch.nn.Conv2d;
  bn1: torch.nn.BatchNorm2d;
  conv2: torch.nn.Conv2d;
  bn2: torch.nn.BatchNorm2d;
  downsample: torch.nn.Sequential | null;

  constructor(from: number, to: number, stride: number, downsample: torch.nn.Sequential | null) {
    super();
    this.conv1 = conv3x3(from, to, stride);
    this.bn1 = new nn.BatchNorm2d(to);
    this.conv2 = conv3x3(to, to);
    this.bn2 = new nn.BatchNorm2d(to);
    this.downsample = downsample;
  }
  forward(x: torch.Tensor): torch.Tensor {
    const inner = this.bn2(this.conv2(F.relu(this.bn1(this.conv1(x)))));
    return F.relu(inner.add(this.downsample ? this.downsample(x) : x));
  }
}

function stage(from: number, to: number, stride: number): torch.nn.Sequential {
  const downsample =
    stride === 1
      ? null
      : new nn.Sequential(new nn.Conv2d(from, to, 1, { stride, bias: false }), new nn.BatchNorm2d(to));
  return new nn.Sequential(new BasicBlock(from, to, stride, downsample), new BasicBlock(to, to, 1, null));
}

/** Images [N, 3, H, W] to logits [N, classes]. */
export class ResNet18 extends nn.Module {
  conv1: torch.nn.Conv2d;
  bn1: torch.nn.BatchNorm2d;
  layer1: torch.nn.Sequential;
  layer2: torch.nn.Sequential;
  layer3: torch.nn.Sequential;
  layer4: torch.nn.Sequential;
  fc: torch.nn.Linear;

  constructor(classes = 1000) {
    super();
    this.conv1 = new nn.Conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false });
    this.bn1 = new nn.BatchNorm2d(64);
    this.layer1 = stage(64, 64, 1);
    this.layer2 = stage(64, 128, 2);
    this.layer3 = stage(128, 256, 2);
    this.layer4 = stage(256, 512, 2);
    this.fc = new nn.Linear(512, classes);
    for (const module of this.modules())
      if (module instanceof nn.Conv2d) nn.init.kaimingNormal_(module.weight, { mode: "fan_out", nonlinearity: "relu" });
  }
  forward(x: torch.Tensor): torch.Tensor {
    x = F.maxPool2d(F.relu(this.bn1(this.conv1(x))), 3, { stride: 2, padding: 1 });
    x = this.layer4(this.layer3(this.layer2(this.layer1(x))));
    return this.fc(F.adaptiveAvgPool2d(x, [1, 1]).flatten(1));
  }
}
