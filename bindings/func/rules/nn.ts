// Rules of nn.functional: the mapped dim joins the batch, or, where weights are mapped, the channels.

import { again, run, type Call, type Rule } from "../batched.ts";
import { RuntimeError } from "../../error.ts";
import { NONE } from "../../tensor/call.ts";
import { isFloatingCode } from "../../tensor/dtype.ts";
import { dtypeOf, Operand, Plain, shapeOf, type Args, type Handle } from "../words.ts";
import {
  align,
  alignedSamples,
  alongDims,
  eachSample,
  everySample,
  onlyMapped,
  operandsOf,
  product,
  reshaped,
  sampleShape,
  withOperands,
} from "./basic.ts";

type Result = Handle | (Handle | null)[] | undefined;

const each = (result: Result, change: (handle: Handle) => Handle): Result =>
  Array.isArray(result) ? result.map((handle) => handle && change(handle)) : result && change(result);

/** All dims but the last `kept` ones as one. */
function folded(handle: Handle, kept: number): { handle: Handle; lead: number[] } {
  const shape = shapeOf(handle);
  const lead = shape.slice(0, shape.length - kept);
  return { handle: run("reshape", handle, [product(lead), ...shape.slice(lead.length)]), lead };
}

/** Ops that treat every item of a batch alike: of operands with `kept` dims after the batch, which may have any number. */
const batchwise =
  (kept: number | ((call: Call) => number), names = "input"): Rule =>
  (call) => {
    const list = names.split(" ").filter((name) => call.args[name] !== null);
    const own = typeof kept === "number" ? kept : kept(call);
    return onlyMappedOr(names, call, () => {
      const args = { ...call.args };
      let lead: number[] = [];
      for (const name of list) {
        const operand = call.args[name] as Operand;
        const all = folded(everySample(operand, call.size), own);
        args[name] = all.handle;
        lead = all.lead;
      }
      return each(again(call.op.name, args), (handle) =>
        run("reshape", handle, [...lead, ...shapeOf(handle).slice(1)]),
      );
    });
  };

/** The rule where no operand beside those named is mapped, else sample by sample. */
function onlyMappedOr(names: string, call: Call, rule: Rule): Result {
  const allowed = names.split(" ");
  const foreign = call.op.parameters.some(({ name }) => {
    const value = call.args[name] as unknown;
    return !allowed.includes(name) && value instanceof Operand && value.mapped;
  });
  return foreign ? eachSample(call) : rule(call);
}

// ---- convolutions

/** input [N, C, …], weight and bias of every sample: groups of one large convolution. */
function perSample(call: Call, input: Operand, weight: Operand, bias: Operand | null, spatial: number): Handle {
  const { args, size } = call;
  const batched = input.ndim === spatial + 2;
  const whole = everySample(input, size);
  const images = batched ? whole : run("unsqueeze", whole, 1);
  const shape = shapeOf(images);
  const [samples, items, channels, ...rest] = [size, shape[1]!, shape[2]!, ...shape.slice(3)];
  const side = run("reshape", run("transpose", images, 0, 1), [items, samples * channels, ...rest]);
  const filters = everySample(weight, size);
  const filterShape = shapeOf(filters);
  const result = again(call.op.name, {
    ...args,
    input: side,
    weight: run("reshape", filters, [samples * filterShape[1]!, ...filterShape.slice(2)]),
    bias: bias === null ? null : run("reshape", everySample(bias, size), [-1]),
    groups: samples * (args["groups"] as number),
  }) as Handle;
  const [, wide, ...sizes] = shapeOf(result);
  const apart = run("transpose", run("reshape", result, [items, samples, wide! / samples, ...sizes]), 0, 1);
  return batched ? apart : run("squeeze", apart, 1);
}

const convolution: Rule = (call) => {
  const { input, weight, bias } = call.args as { input: Operand; weight: Operand; bias: Operand | null };
  const spatial = weight.ndim - 2;
  if (input.ndim < spatial + 1 || input.ndim > spatial + 2) return eachSample(call);
  if (weight.mapped) return perSample(call, input, weight, bias, spatial);
  if (!bias?.mapped) return batchwise(spatial + 1)(call);
  const args = { ...call.args, bias: null };
  const result = input.mapped ? batchwise(spatial + 1)({ ...call, args }) : again(call.op.name, args);
  const [size, channels] = shapeOf(bias.handle);
  const items = new Array<number>(input.ndim - spatial - 1).fill(1);
  return run(
    "add",
    result,
    run("reshape", bias.handle, [size, ...items, channels, ...new Array<number>(spatial).fill(1)]),
  );
};

// ---- normalization

/** weight and bias over the dims that were normalised, per sample or shared. */
function affine(
  handle: Handle,
  weight: Operand | null,
  bias: Operand | null,
  fit: (operand: Operand) => Handle,
): Handle {
  if (weight !== null) handle = run("mul", handle, fit(weight));
  return bias === null ? handle : run("add", handle, fit(bias));
}

/** A vector over the channels of [samples, N, C, …]. */
const overChannels =
  (rank: number) =>
  (operand: Operand): Handle => {
    const [size, channels] = operand.mapped ? shapeOf(operand.handle) : [1, shapeOf(operand.handle)[0]];
    return run("reshape", operand.handle, [size, 1, channels, ...new Array<number>(rank - 2).fill(1)]);
  };

/** Normalizations of trailing dims. */
const overLast: Rule = (call) => {
  const { input, weight, bias } = call.args as { input: Operand; weight: Operand | null; bias?: Operand | null };
  if (!weight?.mapped && !bias?.mapped) return again(call.name, call.args);
  const plain = again(call.op.name, { ...call.args, input: everySample(input, call.size), weight: null, bias: null });
  return affine(plain as Handle, weight, bias ?? null, (operand) => align(operand, input.ndim));
};

/** Normalizations of each item of the batch. */
const overItems: Rule = (call) => {
  const { input, weight, bias } = call.args as { input: Operand; weight: Operand | null; bias: Operand | null };
  if ((call.args["runningMean"] ?? call.args["runningVar"]) != null || input.ndim < 2) return eachSample(call);
  const whole = new Operand(everySample(input, call.size), true);
  const plain = batchwise(input.ndim - 1)({ ...call, args: { ...call.args, input: whole, weight: null, bias: null } });
  return affine(plain as Handle, weight, bias, overChannels(input.ndim));
};

const batchNorm: Rule = (call) => {
  const { args, size } = call;
  const { input, runningMean, runningVar, weight, bias } = args as Record<string, Operand | null>;
  const stats = [runningMean, runningVar];
  if (args["training"] && input!.mapped && stats.some((stat) => stat !== null && !stat!.mapped)) {
    throw new RuntimeError(
      "Batch norm got a batched tensor as input while the running_mean or running_var, which will be updated in place, " +
        "were not batched.\nIf you are using a module and do not need eval mode, please set `track_running_stats` to be " +
        "False.If you are using a prebuilt module and do not need eval mode, please see the functorch website for resources " +
        "on how to patch your module to work with vmap",
    );
  }
  if (input!.ndim < 2) return eachSample(call);
  const shape = shapeOf(everySample(input!, size));
  const [, items, channels, ...rest] = shape as [number, number, number, ...number[]];
  const side = run("reshape", run("transpose", everySample(input!, size), 0, 1), [items, size * channels, ...rest]);
  const [mean, variance] = stats.map((stat) => stat! && run("reshape", everySample(stat!, size), [-1]));
  const plain = again("batchNorm", {
    ...args,
    input: side,
    runningMean: mean,
    runningVar: variance,
    weight: null,
    bias: null,
  });
  const result = run("transpose", run("reshape", plain, [items, size, channels, ...rest]), 0, 1);
  return affine(result, weight!, bias!, overChannels(input!.ndim));
};

const prelu: Rule = (call) => {
  const { input, weight } = call.args as Record<string, Operand>;
  const slopes =
    weight!.mapped || input!.ndim < 2
      ? weight!.mapped && product(sampleShape(weight!)) > 1
        ? input!.ndim < 2
          ? reshaped(weight!.handle, product(sampleShape(weight!)))
          : overChannels(input!.ndim)(weight!)
        : weight!.mapped
          ? reshaped(weight!.handle, ...new Array<number>(input!.ndim).fill(1))
          : weight!.handle
      : undefined;
  if (slopes === undefined) return batchwise(input!.ndim - 1)(call);
  const handle = everySample(input!, call.size);
  return run("where", run("ge", handle, new Plain(0)), handle, run("mul", handle, slopes));
};

const embedding: Rule = (call) => {
  const { args, size } = call;
  const { input, weight } = args as Record<string, Operand>;
  if (args["scaleGradByFreq"]) return eachSample(call);
  if (!weight!.mapped) return again("embedding", args);
  if (args["maxNorm"] !== null || args["paddingIdx"] !== NONE) return eachSample(call);
  // one table with the tables of all samples below each other
  const [, rows, width] = shapeOf(weight!.handle) as [number, number, number];
  const table = run("reshape", weight!.handle, [size * rows, width]);
  const at = everySample(input!, size);
  const ones = run("fullLike", run("select", reshaped(at, product(sampleShape(input!))), 1, 0), new Plain(rows));
  const starts = run("sub", run("cumsum", ones, 0), ones);
  return run("embedding", run("add", at, reshaped(starts, ...new Array<number>(input!.ndim).fill(1))), table);
};

// ---- losses

const MEAN = 1;
const SUM = 2;
const BATCH_MEAN = 3;

/** What `reduction` makes of each sample's losses. */
function reduced(losses: Handle, reduction: number, items: number): Handle {
  if (reduction === 0) return losses;
  const dims = shapeOf(losses)
    .slice(1)
    .map((_, i) => i + 1);
  if (dims.length === 0) return losses;
  const result = run(reduction === MEAN ? "mean" : "sum", losses, dims);
  return reduction === BATCH_MEAN ? run("div", result, new Plain(items)) : result;
}

/** Losses that are elementwise before they are reduced. */
const elementLoss: Rule = (call) => {
  const { reduction } = call.args as { reduction: number };
  const first = call.args[call.op.parameters[0]!.name] as Operand;
  const rank = Math.max(...operandsOf(call).map(({ ndim }) => ndim));
  // weights broadcast; others have to have one shape
  const args = withOperands(call.args, (operand) =>
    operand.ndim === rank ? alignedSamples(operand, rank, call.size) : align(operand, rank),
  );
  const losses = again(call.op.name, { ...args, reduction: 0 }) as Handle;
  return reduced(losses, reduction, sampleShape(first)[0] ?? 1);
};

/** The negative log likelihood of scores [N, C, …] or [C]. */
function likelihood(call: Call, scores: Operand): Result {
  const { args, size } = call;
  const target = args["target"] as Operand;
  const reduction = args["reduction"] as number;
  const batched = scores.ndim > 1;
  const kept = batched ? scores.ndim - 1 : 1;
  const targets = everySample(target, size);
  const shape = shapeOf(targets);
  const flatTargets = run("reshape", targets, [-1, ...shape.slice(batched ? 2 : 1)]);
  const losses = (input: Handle): Handle =>
    again("nllLoss", {
      input,
      target: flatTargets,
      weight: args["weight"],
      ignoreIndex: args["ignoreIndex"],
      reduction: 0,
    }) as Handle;
  const flat = folded(everySample(scores, size), kept).handle;
  const each = run("reshape", losses(flat), shape);
  if (reduction !== MEAN) return reduced(each, reduction, 1);
  // divided by the weights of the classes that count
  const weights = run("reshape", losses(run("fullLike", flat, new Plain(-1))), shape);
  return run("div", reduced(each, SUM, 1), reduced(weights, SUM, 1));
}

const nllLoss: Rule = (call) => {
  const { weight, input } = call.args as { weight: Operand | null; input: Operand };
  return weight?.mapped || input.ndim === 0 ? eachSample(call) : likelihood(call, input);
};

const crossEntropy: Rule = (call) => {
  const { input, target, weight } = call.args as { input: Operand; target: Operand; weight: Operand | null };
  const smoothed = (call.args["labelSmoothing"] as number) !== 0;
  const byClass = !isFloatingCode(dtypeOf(target.handle)) && target.ndim === input.ndim - 1;
  if (smoothed || !byClass || weight?.mapped) return eachSample(call);
  const logs = run("logSoftmax", input.handle, input.ndim === 1 ? -1 : input.mapped ? 2 : 1);
  return likelihood(call, new Operand(logs, input.mapped));
};

// ---- padding, resampling, attention

const pad: Rule = (call) => {
  const pairs = (call.args["pad"] as number[]).length / 2;
  const isConstant = call.op.name === "constantPadNd" || call.args["mode"] === 0;
  if (isConstant) return onlyMapped("input", ({ args }) => again(call.op.name, args))(call);
  return batchwise(pairs + 1)(call);
};

const attention: Rule = (call) => {
  const names = ["query", "key", "value", "attnMask"];
  const operands = names.map((name) => call.args[name] as Operand | null);
  const rank = Math.max(...operands.map((operand) => operand?.ndim ?? 0));
  if (call.op.gives === "many" && operands.some((operand) => operand && operand.ndim < rank)) return eachSample(call);
  return again(call.op.name, withOperands(call.args, (operand) => align(operand, rank)) as Args);
};

const spatial = (n: number): Rule => batchwise(n + 1);
const pools: Record<string, Rule> = {};
for (const n of [1, 2, 3]) {
  const names = ["avgPool", "maxPool", "adaptiveAvgPool", "lpPool"].map((name) => `${name}${n}d`);
  pools[`${names.join(" ")} maxPool${n}dWithIndices adaptiveMaxPool${n}dWithIndices`] = spatial(n);
  pools[`conv${n}d convTranspose${n}d`] = convolution;
}

export const NN_RULES: Record<string, Rule> = {
  ...pools,
  "layerNorm rmsNorm": overLast,
  "groupNorm instanceNorm": overItems,
  batchNorm,
  prelu,
  embedding,
  "mseLoss l1Loss smoothL1Loss huberLoss binaryCrossEntropy binaryCrossEntropyWithLogits klDiv poissonNllLoss softMarginLoss hingeEmbeddingLoss marginRankingLoss":
    elementLoss,
  nllLoss,
  crossEntropy,
  "pad constantPadNd": pad,
  resample: alongDims,
  "scaledDotProductAttention _scaledDotProductAttention": attention,
  "pixelShuffle pixelUnshuffle": batchwise(3),
  im2col: batchwise(3),
  col2im: batchwise(2),
  gridSample: batchwise((call) => (call.args["input"] as Operand).ndim - 1, "input grid"),
  "localResponseNorm channelShuffle": batchwise((call) => (call.args["input"] as Operand).ndim - 1),
};
