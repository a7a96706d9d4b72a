// One kernel a row, as far as TensorFlow.js has it. Convolutions and pooling are channels-last, its only layout.
import { data, labels } from "../../lib/harness.mjs";

export function kernelCases(tf) {
  const cases = {};
  const product = (shape) => shape.reduce((a, b) => a * b, 1);
  const t = (seed, shape) => tf.tensor(data(product(shape), seed), shape);
  const ids = (seed, shape, k) => tf.tensor(labels(product(shape), k, seed), shape, "int32");
  const drop = (result) => tf.dispose(result);
  const row = (id, f, make) => {
    cases[id] = () => {
      const tensors = make();
      return { run: () => drop(tf.tidy(() => f(...tensors))), dispose: () => drop(tensors) };
    };
  };
  const both = (id, f, make, wanted = 1) => {
    cases[id] = () => {
      const tensors = make();
      const rest = tensors.slice(wanted);
      const g = tf.grads((...xs) => f(...xs, ...rest).sum());
      return { run: () => drop(g(tensors.slice(0, wanted))), dispose: () => drop(tensors) };
    };
  };
  const X = () => [t(1, [1e6])];
  const M = () => [t(1, [1024, 1024])];

  row("ew_gelu", (x) => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1)), X);
  row("ew_log", (x) => x.log(), X);
  row("ew_sin", (x) => x.sin(), X);
  row("ew_pow", (x) => x.pow(1.7), X);

  row("sum_dim0", (x) => x.sum(0), M);
  row("sum_dim1", (x) => x.sum(1), M);
  row(
    "sum_mid",
    (x) => x.sum(1),
    () => [t(1, [64, 256, 64])],
  );
  row("max_dim1", (x) => [x.max(1), x.argMax(1)], M);
  row("var_dim1", (x) => tf.moments(x, 1).variance, M);
  row("cumsum_dim0", (x) => x.cumsum(0), M);
  row("cumsum_dim1", (x) => x.cumsum(1), M);

  row("log_softmax", (x) => tf.logSoftmax(x, -1), M);
  both("softmax_fb", (x) => tf.softmax(x, -1), M);
  both(
    "cross_entropy_fb",
    (x, y) => tf.losses.softmaxCrossEntropy(y, x),
    () => [...M(), ids(2, [1024], 1024).oneHot(1024)],
  );
  const affine = (n) => [t(2, [n]), t(3, [n])];
  const layerNorm = (x, w, b) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return x.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(w).add(b);
  };
  row("layer_norm", layerNorm, () => [...M(), ...affine(1024)]);
  both("layer_norm_fb", layerNorm, () => [...M(), ...affine(1024)], 3);
  const images = () => [t(1, [32, 32, 32, 64]), ...affine(64)];
  const batchNorm = (x, w, b) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    return tf.batchNorm(x, mean, variance, b, w, 1e-5);
  };
  row("batch_norm", batchNorm, images);
  both("batch_norm_fb", batchNorm, images, 3);

  row(
    "index_select",
    (x, i) => tf.gather(x, i),
    () => [t(1, [10000, 128]), ids(2, [8192], 10000)],
  );
  row("sort", (x) => tf.topk(x, 1024), M);
  row("topk", (x) => tf.topk(x, 10), M);
  const planes = () => [t(1, [16, 56, 56, 64])];
  row(
    "nhwc_copy",
    (x) => tf.transpose(x, [0, 2, 3, 1]),
    () => [t(1, [16, 64, 56, 56])],
  );
  row(
    "cat",
    (a, b) => tf.concat([a, b], 1),
    () => [...M(), t(2, [1024, 1024])],
  );

  row("max_pool", (x) => tf.maxPool(x, 2, 2, "valid"), planes);
  row("max_pool3", (x) => tf.maxPool(x, 3, 2, 1, "floor"), planes);
  row("avg_pool", (x) => tf.avgPool(x, 2, 2, "valid"), planes);
  both("max_pool_fb", (x) => tf.maxPool(x, 2, 2, "valid"), planes);
  both("avg_pool_fb", (x) => tf.avgPool(x, 2, 2, "valid"), planes);

  const convolution = (id, f, shape) => {
    const make = () => [...planes(), t(2, shape)];
    row(id, f, make);
    both(`${id}_fb`, f, make, 2);
  };
  convolution("conv1x1", (x, w) => tf.conv2d(x, w, 1, "same"), [1, 1, 64, 64]);
  convolution("conv_dw", (x, w) => tf.depthwiseConv2d(x, w, 1, "same"), [3, 3, 64, 1]);
  convolution("conv_s2", (x, w) => tf.conv2d(x, w, 2, 1, "NHWC", 1, "floor"), [3, 3, 64, 64]);
  const heads = () => [1, 2, 3].map((seed) => t(seed, [32, 256, 64]));
  const attention = (q, k, v) => tf.matMul(tf.softmax(tf.matMul(q, k, false, true).mul(0.125)), v);
  row("attention", attention, heads);
  both("attention_fb", attention, heads, 3);
  return cases;
}
