// Norms, as nodes.

import { float, type Emits, type Writer } from "../writer.ts";
import { Formula } from "./elementwise.ts";

function batchNorm(w: Writer): string {
  if (w.flag("training") || w.optional("runningMean") === undefined)
    w.refuse("of the batch's own statistics: export the model in eval mode");
  const x = w.value();
  const features = x.shape[1]!;
  const given = (name: string, absent: number): string =>
    w.input(name) ||
    w.numbers(
      Array.from({ length: features }, () => absent),
      x.dtype,
    );
  return w.node(
    "BatchNormalization",
    [w.name(x), given("weight", 1), given("bias", 0), w.input("runningMean"), w.input("runningVar")],
    { epsilon: float(w.real("eps")) },
  );
}

/** Weight and bias of the channels, on tensors of any rank. */
function affine(w: Writer, x: string, rank: number): string {
  const f = new Formula(w, w.result);
  const spread = (name: string): string =>
    w.node("Reshape", [w.input(name), w.numbers([-1, ...Array.from({ length: rank - 2 }, () => 1)], "int64")]);
  let result = x;
  if (w.input("weight") !== "") result = f.mul(result, spread("weight"));
  return w.input("bias") === "" ? result : f.add(result, spread("bias"));
}

/** (x - mean) / √(variance + eps) over dims. */
function standardized(w: Writer, x: string, axes: readonly number[]): string {
  const f = new Formula(w, w.result);
  const centred = f.sub(x, w.node("ReduceMean", [x], { axes, keepdims: 1 }));
  const variance = w.node("ReduceMean", [f.mul(centred, centred)], { axes, keepdims: 1 });
  return f.div(centred, f.call("Sqrt", f.add(variance, w.real("eps"))));
}

function layerNorm(w: Writer): string {
  const x = w.value();
  const shape = w.fixedList("normalizedShape")!;
  const [weight, bias] = [w.input("weight"), w.input("bias")];
  if (w.opset >= 17) {
    const scale = weight || w.constantOf(shape, 1, x.dtype);
    return w.node("LayerNormalization", [w.name(x), scale, ...(bias === "" ? [] : [bias])], {
      axis: -shape.length,
      epsilon: float(w.real("eps")),
    });
  }
  const f = new Formula(w, w.result);
  let result = standardized(
    w,
    w.name(x),
    shape.map((_, i) => x.shape.length - shape.length + i),
  );
  if (weight !== "") result = f.mul(result, weight);
  return bias === "" ? result : f.add(result, bias);
}

function groupNorm(w: Writer): string {
  const x = w.value();
  const [groups, rank] = [w.fixed("numGroups"), x.shape.length];
  const grouped = w.node("Reshape", [w.name(x), w.numbers([0, groups, -1], "int64")]);
  const normed = standardized(w, grouped, [2]);
  return affine(w, w.reshape(normed, w.shape(x)), rank);
}

function instanceNorm(w: Writer): string {
  const x = w.value();
  if (!w.flag("useInputStats")) {
    const f = new Formula(w, w.result);
    const spread = (name: string): string =>
      w.node("Reshape", [w.input(name), w.numbers([-1, ...x.shape.slice(2).map(() => 1)], "int64")]);
    const deviation = f.call("Sqrt", f.add(spread("runningVar"), w.real("eps")));
    return affine(w, f.div(f.sub(w.name(x), spread("runningMean")), deviation), x.shape.length);
  }
  return affine(
    w,
    standardized(
      w,
      w.name(x),
      x.shape.slice(2).map((_, i) => i + 2),
    ),
    x.shape.length,
  );
}

function rmsNorm(w: Writer): string {
  const x = w.value();
  const f = new Formula(w, w.result);
  const shape = w.fixedList("normalizedShape")!;
  const axes = shape.map((_, i) => x.shape.length - shape.length + i);
  const squares = w.node("ReduceMean", [f.mul(w.name(x), w.name(x))], { axes, keepdims: 1 });
  const eps = w.call.args["eps"] === null ? 2 ** -23 : w.real("eps");
  const normed = f.div(w.name(x), f.call("Sqrt", f.add(squares, eps)));
  return w.input("weight") === "" ? normed : f.mul(normed, w.input("weight"));
}

export const NORMS: Emits = {
  batchNorm,
  layerNorm,
  groupNorm,
  instanceNorm,
  rmsNorm,
  localResponseNorm: (w) =>
    w.node("LRN", [w.input()], {
      size: w.fixed("size"),
      alpha: float(w.real("alpha")),
      beta: float(w.real("beta")),
      bias: float(w.real("k")),
    }),
};
