// One kernel a row, as far as jax-js has it. `J` is the identity (eager) or jit.
import { data, labels } from "../../lib/harness.mjs";

export function kernelCases(jax, J) {
  const { numpy: np, nn, lax, grad } = jax;
  const cases = {};
  const product = (shape) => shape.reduce((a, b) => a * b, 1);
  const t = (seed, shape) => np.array(data(product(shape), seed)).reshape(shape);
  const ids = (seed, shape, k) => np.array(labels(product(shape), k, seed)).reshape(shape);
  const wait = async (result) => {
    for (const x of Array.isArray(result) ? result : [result]) {
      await x.blockUntilReady();
      x.dispose();
    }
  };
  const timed = (g, xs) => ({
    run: async () => wait(await g(...xs.map((x) => x.ref))),
    dispose: () => xs.forEach((x) => x.dispose()),
  });
  const row = (id, f, make) => {
    cases[id] = () => timed(J(f), make());
  };
  const both = (id, f, make, wanted = 1) => {
    cases[id] = () => {
      const g = J(grad((leaves, ...rest) => f(...leaves, ...rest).sum()));
      return timed((...xs) => g(xs.slice(0, wanted), ...xs.slice(wanted)), make());
    };
  };
  const X = () => [t(1, [1e6])];
  const M = () => [t(1, [1024, 1024])];

  row("ew_gelu", (x) => nn.gelu(x, { approximate: false }), X);
  row("ew_log", (x) => np.log(x), X);
  row("ew_sin", (x) => np.sin(x), X);
  row("ew_pow", (x) => np.power(x, 1.7), X);

  row("sum_dim0", (x) => np.sum(x, 0), M);
  row("sum_dim1", (x) => np.sum(x, 1), M);
  row(
    "sum_mid",
    (x) => np.sum(x, 1),
    () => [t(1, [64, 256, 64])],
  );
  row("max_dim1", (x) => [np.max(x.ref, 1), np.argmax(x, 1)], M);
  row("var_dim1", (x) => np.var_(x, 1), M);
  for (const dim of [0, 1]) cases[`cumsum_dim${dim}`] = "seconds a call: quadratic";

  row("log_softmax", (x) => nn.logSoftmax(x, -1), M);
  both("softmax_fb", (x) => nn.softmax(x, -1), M);
  both(
    "cross_entropy_fb",
    (x, y) =>
      nn
        .logSoftmax(x, -1)
        .mul(y)
        .sum()
        .mul(-1 / 1024),
    () => [...M(), nn.oneHot(ids(2, [1024], 1024), 1024)],
  );
  const affine = (n) => [t(2, [n]), t(3, [n])];
  const layerNorm = (x, w, b) => nn.standardize(x, -1).mul(w).add(b);
  row("layer_norm", layerNorm, () => [...M(), ...affine(1024)]);
  both("layer_norm_fb", layerNorm, () => [...M(), ...affine(1024)], 3);
  const images = () => [t(1, [32, 64, 32, 32]), ...affine(64)];
  const batchNorm = (x, w, b) =>
    nn
      .standardize(x, [0, 2, 3])
      .mul(w.reshape([1, 64, 1, 1]))
      .add(b.reshape([1, 64, 1, 1]));
  row("batch_norm", batchNorm, images);
  both("batch_norm_fb", batchNorm, images, 3);

  row(
    "index_select",
    (x, i) => np.take(x, i, 0),
    () => [t(1, [10000, 128]), ids(2, [8192], 10000)],
  );
  row(
    "gather",
    (x, i) => np.takeAlongAxis(x, i, 1),
    () => [...M(), ids(2, [1024, 1024], 1024)],
  );
  row("sort", (x) => np.sort(x, -1), M);
  row("topk", (x) => lax.topK(x, 10), M);
  const planes = () => [t(1, [16, 64, 56, 56])];
  row("nhwc_copy", (x) => np.transpose(x, [0, 2, 3, 1]).add(0), planes);
  row(
    "cat",
    (a, b) => np.concatenate([a, b], 1),
    () => [...M(), t(2, [1024, 1024])],
  );

  const pool = (f) => (x) => f(x.reshape([16, 64, 28, 2, 28, 2]), [3, 5]);
  row("max_pool", pool(np.max), planes);
  row("avg_pool", pool(np.mean), planes);
  both("max_pool_fb", pool(np.max), planes);
  both("avg_pool_fb", pool(np.mean), planes);

  for (const id of ["conv1x1", "conv_dw", "conv_s2"])
    for (const suffix of ["", "_fb"]) cases[id + suffix] = "seconds to minutes a call";
  const heads = () => [1, 2, 3].map((seed) => t(seed, [32, 256, 64]));
  const attention = (q, k, v) => np.matmul(nn.softmax(np.matmul(q, np.matrixTranspose(k)).mul(0.125), -1), v);
  row("attention", attention, heads);
  both("attention_fb", attention, heads, 3);
  return cases;
}
