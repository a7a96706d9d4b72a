/** Convolutions and transposed convolutions. */
import { composite, contraction } from "./record.ts";

const settings = "stride: int[], padding: int[], dilation: int[], transposed: bool, outputPadding: int[], groups: int";
const passed = "stride, padding, dilation, transposed, outputPadding, groups";

export const convolution = contraction({
  signature: `convolution(input: Tensor, weight: Tensor, bias: Tensor?, ${settings})`,
  follows: "torch.convolution",
  doc: "A convolution, or a transposed one, over one to three spatial dims.",
  shapes: "(N, Cin, ...), (Cout, Cin / groups, ...) (transposed: (Cin, Cout / groups, ...)), (Cout) → (N, Cout, ...)",
  example:
    "torch.convolution(torch.tensor([[[1, 2, 3]]]), torch.tensor([[[1, -1]]]), null, [1], [0], [1], false, [0], 1) // tensor([[[-1., -1.]]])",
  implementation: "convolution.convolution",
  derivative: {
    input: `convolutionInput(grad, weight, inputShape, ${passed})`,
    weight: `convolutionWeight(grad, input, weightShape, ${passed})`,
    bias: "channelSums(grad)",
  },
  variants: ["function"],
});

export const convolutionInput = contraction({
  signature: `convolutionInput(gradOutput: Tensor, weight: Tensor, size: int[], ${settings})`,
  follows: "torch.nn.grad.conv2d_input",
  doc: "The gradient of a convolution's input.",
  implementation: "convolution.convolutionInput",
  derivative: {
    gradOutput: `convolution(grad, weight, null, ${passed})`,
    weight: `convolutionWeight(gradOutput, grad, weightShape, ${passed})`,
  },
  internal: true,
});

export const convolutionWeight = contraction({
  signature: `convolutionWeight(gradOutput: Tensor, input: Tensor, size: int[], ${settings})`,
  follows: "torch.nn.grad.conv2d_weight",
  doc: "The gradient of a convolution's weight.",
  implementation: "convolution.convolutionWeight",
  derivative: {
    gradOutput: `convolution(input, grad, null, ${passed})`,
    input: `convolutionInput(gradOutput, grad, inputShape, ${passed})`,
  },
  internal: true,
});

const sizes = ["length", "height, width", "depth, height, width"];

const forward = (rank: number) =>
  composite({
    signature:
      `conv${rank}d(input: Tensor, weight: Tensor, bias: Tensor? = null, stride: int[] = 1, padding: int[] = 0, ` +
      "dilation: int[] = 1, groups: int = 1)",
    follows: `torch.nn.functional.conv${rank}d`,
    doc: `A convolution over ${rank} spatial dim${rank > 1 ? "s" : ""}.`,
    shapes: `(N, Cin, ${sizes[rank - 1]}), (Cout, Cin / groups, ...) → (N, Cout, ...); N may be absent`,
    implementation: `convolution.conv${rank}d`,
    namespace: "nn.functional",
  });

const transpose = (rank: number) =>
  composite({
    signature:
      `convTranspose${rank}d(input: Tensor, weight: Tensor, bias: Tensor? = null, stride: int[] = 1, ` +
      "padding: int[] = 0, outputPadding: int[] = 0, groups: int = 1, dilation: int[] = 1)",
    follows: `torch.nn.functional.conv_transpose${rank}d`,
    doc: `The transpose of a convolution over ${rank} spatial dim${rank > 1 ? "s" : ""}: the gradient of its input.`,
    shapes: `(N, Cin, ${sizes[rank - 1]}), (Cin, Cout / groups, ...) → (N, Cout, ...); N may be absent`,
    implementation: `convolution.convTranspose${rank}d`,
    namespace: "nn.functional",
  });

export const conv1d = forward(1);
export const conv2d = forward(2);
export const conv3d = forward(3);
export const convTranspose1d = transpose(1);
export const convTranspose2d = transpose(2);
export const convTranspose3d = transpose(3);
