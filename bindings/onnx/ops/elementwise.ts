// Operators that work element by element, with ONNX's broadcasting, which is PyTorch's.

import * as F from "../../gen/nn-functional.ts";
import * as torch from "../../gen/functions.ts";
import { ones } from "../../factories.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Node, Operators } from "../node.ts";
import { dtypeOf } from "../types.ts";

/** Operators that are a method of ours without any attribute. */
const UNARY =
  "Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Erf Exp Floor Log Neg Reciprocal Relu Round Sigmoid Sign Sin Sinh Sqrt " +
  "Tan Tanh IsNaN=isnan Not=logicalNot BitwiseNot";
const BINARY =
  "Add Sub Mul And=logicalAnd Or=logicalOr Xor=logicalXor Equal=eq Greater=gt GreaterOrEqual=ge Less=lt LessOrEqual=le " +
  "BitwiseAnd BitwiseOr BitwiseXor";

type Methods = Record<string, (...args: Tensor[]) => Tensor>;

function methods(list: string, count: number): Operators {
  return Object.fromEntries(
    list.split(" ").map((item) => {
      const [type, method = type![0]!.toLowerCase() + type!.slice(1)] = item.split("=") as [string, string?];
      const call = (node: Node): Tensor => {
        const x = node.input(0) as unknown as Methods;
        return count === 1 ? x[method]!() : x[method]!(node.input(1));
      };
      return [type, call];
    }),
  );
}

/** Joins any number of inputs two by two. */
const folded =
  (join: (a: Tensor, b: Tensor) => Tensor) =>
  (node: Node): Tensor =>
    node.tensors().reduce((a, b) => join(a, b));

const isInteger = (x: Tensor): boolean => !x.isFloatingPoint() && !x.isComplex();

/** A limit of Clip: as a number where it is one, since that costs nothing. */
function limits(node: Node): [Tensor | number | null, Tensor | number | null] {
  if (node.opset < 11) return [node.float("min", -Infinity), node.float("max", Infinity)];
  return [node.optional(1) ?? null, node.optional(2) ?? null];
}

export const ELEMENTWISE: Operators = {
  ...methods(UNARY, 1),
  ...methods(BINARY, 2),
  Div: (node) => {
    const [x, y] = [node.input(0), node.input(1)];
    return isInteger(x) ? x.div(y, "trunc") : x.div(y);
  },
  Mod: (node) => {
    const [x, y] = [node.input(0), node.input(1)];
    return node.int("fmod", 0) === 1 ? x.fmod(y) : x.remainder(y);
  },
  Pow: (node) => {
    const [x, y] = [node.input(0), node.input(1)];
    const power = x.pow(y);
    return power.dtype === x.dtype ? power : power.to(x.dtype);
  },
  BitShift: (node) => {
    const [x, y] = [node.input(0), node.input(1)];
    return node.text("direction", "") === "LEFT" ? x.bitwiseLeftShift(y) : x.bitwiseRightShift(y);
  },
  Max: folded((a, b) => a.maximum(b)),
  Min: folded((a, b) => a.minimum(b)),
  Sum: folded((a, b) => a.add(b)),
  Mean: (node) =>
    node
      .tensors()
      .reduce((a, b) => a.add(b))
      .div(node.inputs.length),
  Where: (node) => torch.where(node.input(0), node.input(1), node.input(2)),
  Clip: (node) => {
    const [low, high] = limits(node);
    return low === null && high === null ? node.input(0) : node.input(0).clamp(low, high);
  },
  Cast: (node) => node.input(0).to(dtypeOf(node.int("to", 0))),
  CastLike: (node) => node.input(0).to(node.input(1).dtype),
  Identity: (node) => [node.inputs[0]],
  Dropout: (node) => {
    const x = node.input(0);
    const ratio = node.opset < 12 ? node.float("ratio", 0.5) : (node.value(1) ?? 0.5);
    const trains = node.opset >= 12 && node.value(2) === 1;
    const mask = node.outputCount > 1 ? ones(x.shape, { dtype: "bool" }) : undefined;
    if (mask !== undefined && trains) node.lacks("the mask while training");
    return [trains ? F.dropout(x, ratio, true) : x, mask];
  },
  IsInf: (node) => {
    const x = node.input(0);
    if (node.int("detect_positive", 1) === 0) return x.eq(-Infinity);
    return node.int("detect_negative", 1) === 0 ? x.eq(Infinity) : x.isinf();
  },

  // ---- activations
  Elu: (node) => F.elu(node.input(0), node.float("alpha", 1)),
  Celu: (node) => F.celu(node.input(0), node.float("alpha", 1)),
  Selu: (node) => {
    const [x, alpha, gamma] = [
      node.input(0),
      node.float("alpha", 1.6732632423543772),
      node.float("gamma", 1.0507009873554805),
    ];
    return F.elu(x, alpha).mul(gamma);
  },
  Gelu: (node) => F.gelu(node.input(0), node.text("approximate", "none") as "none" | "tanh"),
  HardSigmoid: (node) => node.input(0).mul(node.float("alpha", 0.2)).add(node.float("beta", 0.5)).clamp(0, 1),
  HardSwish: (node) => F.hardswish(node.input(0)),
  LeakyRelu: (node) => F.leakyRelu(node.input(0), node.float("alpha", 0.01)),
  Mish: (node) => F.mish(node.input(0)),
  PRelu: (node) => {
    const x = node.input(0);
    return torch.where(x.lt(0), x.mul(node.input(1)), x);
  },
  Shrink: (node) => {
    const x = node.input(0);
    const [bias, lambd] = [node.float("bias", 0), node.float("lambd", 0.5)];
    return torch.where(x.lt(-lambd), x.add(bias), torch.where(x.gt(lambd), x.sub(bias), x.mul(0)));
  },
  Softplus: (node) => F.softplus(node.input(0)),
  Softsign: (node) => F.softsign(node.input(0)),
  ThresholdedRelu: (node) => F.threshold(node.input(0), node.float("alpha", 1), 0),
  Softmax: (node) => normalized(node, (x, dim) => x.softmax(dim)),
  LogSoftmax: (node) => normalized(node, (x, dim) => x.logSoftmax(dim)),
  Hardmax: (node) =>
    normalized(node, (x, dim) => {
      const zeros = x.mul(0);
      return zeros.scatter(dim, x.argmax(dim, true), 1);
    }),
};

/** Before operator set 13 all dims from the axis on are one. */
function normalized(node: Node, over: (x: Tensor, dim: number) => Tensor): Tensor {
  const x = node.input(0);
  if (node.opset >= 13) return over(x, node.axis(node.int("axis", -1), x.ndim));
  const axis = node.int("axis", 1);
  const first = axis === x.ndim ? axis : node.axis(axis, x.ndim);
  if (first === x.ndim - 1) return over(x, first);
  return over(x.flatten(first), first).reshape(x.shape);
}
