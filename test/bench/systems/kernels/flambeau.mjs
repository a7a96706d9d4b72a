// One kernel a row: elementwise functions, reductions, norms, indexing, pooling, convolutions, attention.
import { data, labels } from "../../lib/harness.mjs";
import { copyLoop } from "../../lib/peak.mjs";

export function kernelCases(torch) {
  const F = torch.nn.functional;
  const cases = {};
  const product = (shape) => shape.reduce((a, b) => a * b, 1);
  const t = (seed, shape) => torch.tensor(data(product(shape), seed)).reshape(shape);
  const ids = (seed, shape, k) =>
    torch
      .tensor(labels(product(shape), k, seed))
      .long()
      .reshape(shape);
  const drop = (result) => {
    if (Array.isArray(result) || result instanceof torch.Tensor === false)
      Object.values(result).forEach((x) => x.dispose());
    else result.dispose();
  };
  const row = (id, f, make) => {
    cases[id] = () => {
      const tensors = make();
      return { run: () => drop(f(...tensors)), dispose: () => tensors.forEach((x) => x.dispose()) };
    };
  };
  /** forward and backward, to each of the first `wanted` tensors */
  const both = (id, f, make, wanted = 1) => {
    cases[id] = () => {
      const tensors = make();
      const leaves = tensors.slice(0, wanted).map((x) => x.requiresGrad_());
      const step = () => {
        f(...tensors)
          .sum()
          .backward();
        for (const x of leaves) x.grad = null;
      };
      return { run: () => torch.scope(step), dispose: () => tensors.forEach((x) => x.dispose()) };
    };
  };
  const X = () => [t(1, [1e6])];
  const M = () => [t(1, [1024, 1024])];

  row("ew_gelu", (x) => F.gelu(x), X);
  row("ew_log", (x) => x.log(), X);
  row("ew_sin", (x) => x.sin(), X);
  row("ew_pow", (x) => x.pow(1.7), X);
  cases.copy_peak = () => ({ run: copyLoop(1e6) });

  row("sum_dim0", (x) => x.sum(0), M);
  row("sum_dim1", (x) => x.sum(1), M);
  row(
    "sum_mid",
    (x) => x.sum(1),
    () => [t(1, [64, 256, 64])],
  );
  row("max_dim1", (x) => x.max(1), M);
  row("var_dim1", (x) => x.var(1), M);
  row("cumsum_dim0", (x) => x.cumsum(0), M);
  row("cumsum_dim1", (x) => x.cumsum(1), M);

  row("log_softmax", (x) => F.logSoftmax(x, -1), M);
  both("softmax_fb", (x) => F.softmax(x, -1), M);
  both(
    "cross_entropy_fb",
    (x, y) => F.crossEntropy(x, y),
    () => [...M(), ids(2, [1024], 1024)],
  );
  const affine = (n) => [t(2, [n]), t(3, [n])];
  const layerNorm = (x, w, b) => F.layerNorm(x, [1024], w, b);
  row("layer_norm", layerNorm, () => [...M(), ...affine(1024)]);
  both("layer_norm_fb", layerNorm, () => [...M(), ...affine(1024)], 3);
  const images = () => [t(1, [32, 64, 32, 32]), ...affine(64)];
  const batchNorm = (x, w, b) => F.batchNorm(x, null, null, w, b, true);
  row("batch_norm", batchNorm, images);
  both("batch_norm_fb", batchNorm, images, 3);

  row(
    "index_select",
    (x, i) => x.indexSelect(0, i),
    () => [t(1, [10000, 128]), ids(2, [8192], 10000)],
  );
  const indexed = () => [...M(), ids(2, [1024, 1024], 1024)];
  row("gather", (x, i) => x.gather(1, i), indexed);
  row(
    "scatter_add",
    (x, i, y) => x.scatterAdd(1, i, y),
    () => [...indexed(), t(3, [1024, 1024])],
  );
  row("sort", (x) => x.sort(-1), M);
  row("topk", (x) => x.topk(10, -1), M);
  const planes = () => [t(1, [16, 64, 56, 56])];
  cases.nhwc_copy = () => {
    const [x] = planes();
    return { run: () => torch.scope(() => void x.permute(0, 2, 3, 1).contiguous()), dispose: () => x.dispose() };
  };
  row(
    "cat",
    (a, b) => torch.cat([a, b], 1),
    () => [...M(), t(2, [1024, 1024])],
  );

  row("max_pool", (x) => F.maxPool2d(x, 2), planes);
  row("max_pool3", (x) => F.maxPool2d(x, 3, 2, 1), planes);
  row("avg_pool", (x) => F.avgPool2d(x, 2), planes);
  both("max_pool_fb", (x) => F.maxPool2d(x, 2), planes);
  both("avg_pool_fb", (x) => F.avgPool2d(x, 2), planes);

  const filters = (shape) => () => [...planes(), t(2, shape)];
  const convolution = (id, f, make) => {
    row(id, f, make);
    both(`${id}_fb`, f, make, 2);
  };
  convolution("conv1x1", (x, w) => F.conv2d(x, w), filters([64, 64, 1, 1]));
  convolution("conv_dw", (x, w) => F.conv2d(x, w, { padding: 1, groups: 64 }), filters([64, 1, 3, 3]));
  convolution("conv_s2", (x, w) => F.conv2d(x, w, { stride: 2, padding: 1 }), filters([64, 64, 3, 3]));
  const heads = () => [1, 2, 3].map((seed) => t(seed, [4, 8, 256, 64]));
  row("attention", (q, k, v) => F.scaledDotProductAttention(q, k, v), heads);
  both("attention_fb", (q, k, v) => F.scaledDotProductAttention(q, k, v), heads, 3);
  return cases;
}
