// Single operators with attributes that PyTorch's exporter seldom writes, compared with ONNX Runtime.
import { expect, it } from "vitest";
import * as torch from "flambeau";
import { writeModel } from "../../bindings/onnx/schema.ts";
import { elementType } from "../../bindings/onnx/types.ts";
import { distance } from "../onnx/cases.ts";
import { runIn, runtime } from "../onnx/runtime.ts";

type Tensor = torch.Tensor;
type Attributes = Record<string, number | number[] | string | string[] | Tensor>;
type Case = [type: string, opset: number, attributes: Attributes, inputs: (Tensor | null)[], outputs?: number];

const bytesOf = (x: Tensor): Uint8Array => new Uint8Array(x.data().buffer as ArrayBuffer);
const protoOf = (name: string, x: Tensor) => ({
  name,
  dims: x.shape,
  dataType: elementType(x.dtype),
  rawData: bytesOf(x),
});

const text = new TextEncoder();

function attributeOf(name: string, value: Attributes[string]): object {
  if (value instanceof torch.Tensor) return { name, t: protoOf("", value), type: 4 };
  if (typeof value === "string") return { name, s: text.encode(value), type: 3 };
  const isFloat = /alpha|beta|gamma|lambd|bias|epsilon|coeff|value|clip|scales|^min$|^max$/.test(name);
  if (typeof value === "number") return isFloat ? { name, f: value, type: 1 } : { name, i: value, type: 2 };
  if (typeof value[0] === "string") return { name, strings: (value as string[]).map((s) => text.encode(s)), type: 8 };
  return isFloat ? { name, floats: value, type: 6 } : { name, ints: value, type: 7 };
}

/** A model of one node, whose first input is given and whose others are constants. */
function modelOf([type, opset, attributes, inputs, outputs = 1]: Case): Uint8Array {
  const names = inputs.map((x, i) => (x === null ? "" : `x${i}`));
  const output = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const [first] = inputs;
  return writeModel({
    irVersion: 8,
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      name: "one",
      node: [
        {
          opType: type,
          input: names,
          output,
          attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
        },
      ],
      initializer: inputs.flatMap((x, i) => (i === 0 || x === null ? [] : [protoOf(`x${i}`, x)])),
      input: [
        {
          name: "x0",
          type: {
            tensorType: {
              elemType: elementType(first!.dtype),
              shape: { dim: first!.shape.map((dimValue) => ({ dimValue })) },
            },
          },
        },
      ],
      output: output.map((name) => ({ name, type: {} })),
    },
  });
}

torch.manualSeed(0);
const { randn } = torch;
const long = (...values: number[]): Tensor => torch.tensor(values.map(BigInt));
const float = (...values: number[]): Tensor => torch.tensor(values);
const image = randn(1, 2, 6, 7);
const grid = randn(4, 5, 3);
const steps = randn(4, 2, 3);
const lengths = torch.tensor([4, 2], { dtype: "int32" });
/** Weights of a recurrent layer: input, recurrence, bias, none, states, peepholes. */
const weights = (gates: number, directions = 1, states = 1, peepholes = false): (Tensor | null)[] => [
  steps,
  randn(directions, gates * 4, 3),
  randn(directions, gates * 4, 4),
  randn(directions, gates * 8),
  lengths,
  randn(directions, 2, 4),
  ...(states === 2 ? [randn(directions, 2, 4)] : []),
  ...(peepholes ? [randn(directions, 12)] : []),
];
const resize = (attributes: Attributes, ...rest: (Tensor | null)[]): Case => [
  "Resize",
  13,
  attributes,
  [image, null, ...rest],
];
const scales = float(1, 1, 1.5, 0.6);
const sizes = long(1, 2, 9, 4);

const CASES: Case[] = [
  ["Softmax", 11, { axis: 1 }, [grid]],
  ["LogSoftmax", 9, {}, [grid]],
  ["Softmax", 13, { axis: 0 }, [grid]],
  ["Hardmax", 13, { axis: 1 }, [grid]],
  ["Shrink", 9, { lambd: 0.3, bias: 0.1 }, [grid]],
  ["HardSigmoid", 9, {}, [grid]],
  ["Selu", 9, { alpha: 1.5, gamma: 2 }, [grid]],
  ["Celu", 12, { alpha: 0.5 }, [grid]],
  ["ThresholdedRelu", 10, { alpha: 0.3 }, [grid]],
  ["Mod", 13, {}, [long(5, -5, 7, -7), long(3, 3, -3, -3)]],
  ["Mod", 13, { fmod: 1 }, [float(5.5, -5.5), float(3, 3)]],
  ["Div", 14, {}, [long(7, -7, 8), long(2, 2, -3)]],
  ["Pow", 13, {}, [long(2, 3), float(3, 2)]],
  [
    "BitShift",
    11,
    { direction: "LEFT" },
    [torch.tensor(new Uint8Array([1, 2, 3])), torch.tensor(new Uint8Array([1, 2, 3]))],
  ],
  ["IsInf", 10, { detect_negative: 0 }, [float(1, Infinity, -Infinity)]],
  ["Clip", 7, { min: -0.5, max: 0.5 }, [grid]],
  ["Clip", 13, {}, [grid, null, torch.tensor(0.25)]],
  ["Max", 13, {}, [grid, randn(5, 3), randn(3)]],
  ["Mean", 13, {}, [grid, randn(5, 3), randn(3)]],
  ["Sum", 13, {}, [grid, randn(1, 3)]],
  ["PRelu", 9, {}, [grid, randn(5, 1)]],

  ["ReduceSum", 13, { keepdims: 0 }, [grid, long(-1, 0)]],
  ["ReduceSum", 13, { noop_with_empty_axes: 1 }, [grid]],
  ["ReduceSum", 11, { axes: [1] }, [grid]],
  ["ReduceProd", 13, { axes: [0, 2] }, [grid]],
  ["ReduceMean", 18, {}, [grid, long(1)]],
  ["ReduceL1", 13, { axes: [1], keepdims: 0 }, [grid]],
  ["ReduceSumSquare", 13, { axes: [2] }, [grid]],
  ["ReduceLogSum", 13, { axes: [2] }, [grid.abs()]],
  ["ArgMax", 13, { axis: 1, select_last_index: 1 }, [torch.tensor([[1, 3, 3, 2]])]],
  ["ArgMin", 13, { axis: -1, keepdims: 0 }, [grid]],
  ["TopK", 11, { axis: 1, largest: 0 }, [grid, long(2)], 2],
  ["CumSum", 14, { exclusive: 1, reverse: 1 }, [grid, torch.tensor(1, { dtype: "int64" })]],
  ["CumSum", 14, { exclusive: 1 }, [grid, torch.tensor(-1, { dtype: "int64" })]],
  ["Unique", 11, {}, [float(3, 1, 3, 2, 1)], 4],
  [
    "Unique",
    11,
    { axis: 0 },
    [
      torch.tensor([
        [1, 2],
        [0, 5],
        [1, 2],
      ]),
    ],
    4,
  ],
  ["SoftmaxCrossEntropyLoss", 13, {}, [randn(3, 4), long(1, 3, 0)], 2],
  [
    "NegativeLogLikelihoodLoss",
    13,
    { reduction: "sum", ignore_index: 3 },
    [randn(3, 4), long(1, 3, 0), randn(4).abs()],
  ],
  ["NonZero", 13, {}, [grid.gt(0).float()]],
  ["LpNormalization", 13, { axis: 1, p: 1 }, [grid]],
  ["MeanVarianceNormalization", 13, {}, [image]],

  ["Slice", 13, {}, [grid, long(-1, 3), long(-100, 0), long(0, 1), long(-2, -1)]],
  ["Slice", 9, { starts: [1], ends: [1000], axes: [1] }, [grid]],
  ["Split", 11, { axis: 1, split: [2, 3] }, [grid], 2],
  ["Split", 13, { axis: 1 }, [grid, long(1, 4)], 2],
  ["Squeeze", 11, { axes: [0] }, [randn(1, 3, 1)]],
  ["Unsqueeze", 13, {}, [grid, long(-1, 0)]],
  ["Flatten", 13, { axis: -1 }, [grid]],
  ["Reshape", 14, { allowzero: 1 }, [randn(0, 3), long(3, 0)]],
  ["Reshape", 13, {}, [grid, long(0, -1)]],
  ["Expand", 13, {}, [randn(3, 1), long(2, 1, 6)]],
  ["Tile", 13, {}, [randn(2, 3), long(2, 1)]],
  ["Shape", 15, { start: 1, end: -1 }, [randn(2, 3, 4, 5)]],
  ["Trilu", 14, { upper: 0 }, [randn(3, 4), torch.tensor(1, { dtype: "int64" })]],
  ["EyeLike", 9, { k: 1 }, [randn(3, 4)]],
  ["EyeLike", 9, { k: -1 }, [randn(4, 3)]],
  ["DepthToSpace", 13, { blocksize: 2 }, [randn(1, 8, 2, 3)]],
  ["DepthToSpace", 13, { blocksize: 2, mode: "CRD" }, [randn(1, 8, 2, 3)]],
  ["SpaceToDepth", 13, { blocksize: 2 }, [randn(1, 2, 4, 6)]],
  ["Pad", 13, {}, [grid, long(1, -1, 0, 0, 2, 1), torch.tensor(0.5)]],
  ["Pad", 13, { mode: "reflect" }, [grid, long(1, 2, 0, 3, 0, 2)]],
  ["Pad", 13, { mode: "edge" }, [grid, long(1, 2, 0, 3, 0, 2)]],
  ["Pad", 10, { pads: [0, 1, 0, 0, 0, 2], mode: "constant" }, [grid]],

  [
    "Gather",
    13,
    { axis: 1 },
    [
      grid,
      torch.tensor([
        [0n, -1n],
        [2n, -5n],
      ]),
    ],
  ],
  ["Gather", 13, { axis: 2 }, [grid, torch.tensor(-1, { dtype: "int64" })]],
  ["GatherElements", 13, { axis: 1 }, [grid, torch.tensor([[[0n, -1n, 2n]]])]],
  [
    "GatherND",
    13,
    {},
    [
      grid,
      torch.tensor([
        [0n, 1n],
        [-1n, -2n],
      ]),
    ],
  ],
  [
    "GatherND",
    13,
    { batch_dims: 1 },
    [
      randn(2, 3, 4),
      torch.tensor([
        [[1n], [0n]],
        [[2n], [-1n]],
      ]),
    ],
  ],
  [
    "ScatterND",
    16,
    {},
    [
      grid,
      torch.tensor([
        [0n, 1n],
        [-1n, -2n],
      ]),
      randn(2, 3),
    ],
  ],
  ["ScatterND", 16, { reduction: "add" }, [grid, torch.tensor([[1n], [1n]]), randn(2, 5, 3)]],
  ["ScatterND", 16, { reduction: "mul" }, [grid, torch.tensor([[1n], [1n]]), randn(2, 5, 3)]],
  ["ScatterElements", 16, { axis: 1 }, [grid, torch.tensor([[[0n, -1n, 2n]]]), randn(1, 1, 3)]],
  [
    "ScatterElements",
    16,
    { axis: 1, reduction: "add" },
    [
      grid,
      torch.tensor([
        [
          [0n, 0n, 2n],
          [0n, 1n, 2n],
        ],
      ]),
      randn(1, 2, 3),
    ],
  ],
  ["ScatterElements", 18, { axis: 1, reduction: "max" }, [grid, torch.tensor([[[0n, 0n, 2n]]]), randn(1, 1, 3)]],
  [
    "OneHot",
    11,
    { axis: 1 },
    [
      torch.tensor([
        [0n, -1n],
        [2n, 1n],
      ]),
      torch.tensor(3, { dtype: "int64" }),
      float(-1, 2),
    ],
  ],
  ["ReverseSequence", 10, { time_axis: 0, batch_axis: 1 }, [randn(4, 3), long(1, 4, 2)]],
  ["Compress", 11, { axis: 1 }, [grid, torch.tensor([false, true, true])]],
  ["Compress", 11, {}, [grid, torch.tensor([false, true, true])]],

  ["Gemm", 13, { alpha: 0.5, beta: 2, transA: 1 }, [randn(3, 2), randn(3, 4), randn(2, 1)]],
  ["Gemm", 13, {}, [randn(2, 3), randn(3, 4)]],
  ["Einsum", 12, { equation: "...ij->...ji" }, [grid]],
  ["Conv", 11, { auto_pad: "SAME_UPPER", strides: [2, 3] }, [image, randn(3, 2, 4, 3)]],
  ["Conv", 11, { auto_pad: "SAME_LOWER", strides: [2, 1] }, [image, randn(3, 2, 4, 2), randn(3)]],
  ["Conv", 11, { pads: [1, 0, 2, 3], dilations: [2, 1] }, [image, randn(3, 2, 2, 2)]],
  ["Conv", 11, {}, [randn(2, 3, 8), randn(4, 3, 3)]],
  ["ConvTranspose", 11, { strides: [2, 2], pads: [1, 0, 0, 1], output_padding: [1, 0] }, [image, randn(2, 3, 3, 3)]],
  ["ConvTranspose", 11, { strides: [2, 3], output_shape: [13, 20] }, [image, randn(2, 3, 3, 3), randn(3)]],
  ["ConvTranspose", 11, { strides: [2, 2], auto_pad: "SAME_UPPER" }, [image, randn(2, 3, 3, 3)]],
  ["MaxPool", 12, { kernel_shape: [3, 2], auto_pad: "SAME_UPPER", strides: [2, 2] }, [image]],
  ["MaxPool", 12, { kernel_shape: [2, 3], pads: [1, 0, 0, 2], ceil_mode: 1, strides: [2, 2] }, [image]],
  ["MaxPool", 12, { kernel_shape: [2, 2], strides: [2, 2] }, [randn(2, 3, 4, 4)], 2],
  ["AveragePool", 11, { kernel_shape: [3, 3], pads: [1, 0, 2, 1] }, [image]],
  ["AveragePool", 11, { kernel_shape: [3, 3], pads: [1, 0, 2, 1], count_include_pad: 1 }, [image]],
  ["AveragePool", 11, { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }, [image]],
  ["LpPool", 11, { kernel_shape: [2, 2], p: 3, strides: [2, 2] }, [image]],
  ["GlobalLpPool", 13, { p: 2 }, [image]],
  ["GlobalMaxPool", 13, {}, [image]],
  ["LRN", 13, { size: 3, alpha: 0.1, beta: 0.5, bias: 2 }, [randn(1, 5, 3, 3)]],
  ["InstanceNormalization", 13, { epsilon: 0.01 }, [image, randn(2), randn(2)]],
  ["LayerNormalization", 17, { axis: 1, epsilon: 0.01 }, [grid, randn(5, 3), randn(5, 3)]],
  ["LayerNormalization", 17, { axis: -1 }, [grid, randn(3)], 3],
  ["GroupNormalization", 21, { num_groups: 2 }, [randn(2, 4, 5), randn(4), randn(4)]],
  ["BatchNormalization", 15, { epsilon: 0.01 }, [image, randn(2), randn(2), randn(2), randn(2).abs()]],
  ["GridSample", 16, { align_corners: 1, padding_mode: "border" }, [image, randn(1, 3, 3, 2).tanh()]],

  resize({}, scales),
  resize({ mode: "linear" }, scales),
  resize({ mode: "cubic" }, scales),
  resize({ mode: "linear", coordinate_transformation_mode: "align_corners" }, null, sizes),
  resize({ mode: "linear", coordinate_transformation_mode: "asymmetric" }, scales),
  resize({ mode: "linear", coordinate_transformation_mode: "pytorch_half_pixel" }, null, long(1, 2, 1, 9)),
  resize({ mode: "cubic", cubic_coeff_a: -0.5, exclude_outside: 1 }, scales),
  resize({ mode: "nearest", nearest_mode: "ceil", coordinate_transformation_mode: "asymmetric" }, null, sizes),
  resize({ mode: "nearest", nearest_mode: "round_prefer_ceil" }, null, sizes),
  resize({ mode: "nearest", nearest_mode: "floor" }, null, sizes),
  ["Resize", 10, { mode: "nearest" }, [image, float(1, 1, 1.5, 2)]],
  ["Upsample", 9, { mode: "linear" }, [image, float(1, 1, 2, 3)]],

  ["RNN", 14, { hidden_size: 4 }, weights(1), 2],
  ["RNN", 14, { hidden_size: 4, direction: "reverse", activations: ["Relu"] }, weights(1), 2],
  ["GRU", 14, { hidden_size: 4 }, weights(3), 2],
  ["GRU", 14, { hidden_size: 4, linear_before_reset: 1, direction: "bidirectional" }, weights(3, 2), 2],
  ["LSTM", 14, { hidden_size: 4 }, weights(4, 1, 2), 3],
  ["LSTM", 14, { hidden_size: 4, direction: "bidirectional" }, weights(4, 2, 2, true), 3],
  ["LSTM", 14, { hidden_size: 4, activations: ["HardSigmoid", "Softsign", "Relu"] }, weights(4, 1, 2), 3],
];

const ort = runtime();
it
  .skipIf(ort === undefined)
  .each(CASES.map((one, i) => [`${i}: ${one[0]}-${one[1]} ${Object.keys(one[2]).join(" ")}`, one] as const))(
  "%s",
  async (_name, one) => {
    const bytes = modelOf(one);
    const [, , , inputs, outputs = 1] = one;
    const model = await torch.onnx.load<Tensor[]>(bytes);
    const result = model(inputs[0]!) as Tensor | Tensor[];
    const got = Array.isArray(result) ? result : [result];
    const run = await runIn(ort!, bytes);
    const want = await run({ x0: inputs[0]! });
    expect(got.length).toBe(outputs);
    want.forEach((tensor, i) => expect(distance(got[i]!, tensor), `output ${i}`).toBeLessThan(1e-5));
  },
);
