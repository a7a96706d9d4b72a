// torch.vision.models beside networks of the same layout in PyTorch, which the numbers are from.
import { expect, test } from "vitest";
import * as torch from "flambeau";

const { models } = torch.vision;
const count = (model: torch.nn.Module) => [...model.parameters()].reduce((sum, p) => sum + p.numel(), 0);

test("ResNets have torchvision's names, sizes and initialisation", () => {
  const outputs = {
    resnet18: [11_181_642, 122, [-0.2247405, 0.09174796, -0.3879123, 0.02899211, -0.8435095]],
    resnet50: [23_528_522, 320, [-1.6733274, -5.6169834, 5.3887134, -2.1932049, -0.621759]],
  } as const;
  for (const [name, [parameters, entries, values]] of Object.entries(outputs)) {
    torch.manualSeed(0);
    const model = models[name as keyof typeof outputs]({ numClasses: 10 });
    const x = torch.randn(2, 3, 32, 32);
    model.eval();
    const got = torch
      .noGrad(() => model(x))
      .at(0, ":5")
      .tolist() as number[];
    expect(count(model)).toBe(parameters);
    const names = Object.keys(model.stateDict());
    expect(names.length).toBe(entries);
    expect(names).toContain("layer2.0.downsample.1.running_var");
    values.forEach((want, i) => expect(got[i]).toBeCloseTo(want, 4));
  }
});

test("options of a ResNet: zero branches, wide groups, dilation", () => {
  const zero = models.resnet18({ zeroInitResidual: true, numClasses: 2 });
  expect((zero.getParameter("layer3.1.bn2.weight").sum().item() as number) === 0).toBe(true);
  const { ResNet, Bottleneck, BasicBlock } = models;
  const wide = new ResNet(Bottleneck, [1, 1, 1, 1], { groups: 32, widthPerGroup: 4, numClasses: 2 });
  expect(wide.getParameter("layer1.0.conv2.weight").shape).toEqual([128, 4, 3, 3]);
  const dilated = new ResNet(Bottleneck, [1, 1, 1, 1], {
    replaceStrideWithDilation: [false, true, true],
    numClasses: 2,
  });
  const features = dilated.getSubmodule("layer4");
  expect(String(features)).toContain("padding=(2, 2), dilation=(2, 2)");
  expect(() => new ResNet(BasicBlock, [1, 1, 1, 1], { groups: 2 })).toThrow("BasicBlock only supports groups=1");
});
