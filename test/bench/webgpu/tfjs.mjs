// TensorFlow.js on its WebGPU backend.
import { pkgVersion } from "../lib/harness.mjs";

export async function start({ sizes, elements, data, labels }) {
  const tf = await import("@tensorflow/tfjs");
  await import("@tensorflow/tfjs-backend-webgpu");
  if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js found no WebGPU");
  await tf.ready();
  const backend = tf.backend();
  const make = (shape, seed, scale = 1) =>
    tf.tensor(data(shape.reduce((a, b) => a * b, 1), seed, scale), shape); // prettier-ignore
  const op = (tensors, f, rest) => ({
    run: () => tf.tidy(() => void f(...tensors)),
    power: async () =>
      (
        await tf
          .tidy(() =>
            f(...tensors)
              .square()
              .mean(),
          )
          .data()
      )[0],
    dispose: () => tensors.forEach((x) => x.dispose()),
    ...rest,
  });
  const cases = {};
  for (const n of sizes) {
    cases[`matmul ${n} float32`] = () =>
      op([make([n, n], 1), make([n, n], 2)], (a, b) => tf.matMul(a, b), { unit: "GFLOP/s", work: (2 * n ** 3) / 1e9 });
  }
  cases["conv2d 16×64×56×56, 64×3×3"] = () =>
    op([make([16, 56, 56, 64], 1), make([3, 3, 64, 64], 2)], (x, w) => tf.conv2d(x, w, 1, "same"), {
      unit: "GFLOP/s",
      work: (2 * 16 * 64 * 64 * 9 * 56 * 56) / 1e9,
    });
  cases["relu(x·y + z)"] = () =>
    op(
      [1, 2, 3].map((seed) => make([elements], seed)),
      (x, y, z) => x.mul(y).add(z).relu(),
      {
        // prettier-ignore
        unit: "GB/s",
        work: (16 * elements) / 1e9,
      },
    );
  cases.exp = () => op([make([elements], 1)], (x) => x.exp(), { unit: "GB/s", work: (8 * elements) / 1e9 });
  cases["softmax rows"] = () =>
    op([make([elements >> 10, 1024], 1)], (x) => tf.softmax(x, -1), { unit: "GB/s", work: (8 * elements) / 1e9 });
  cases["100 additions of 64"] = () =>
    op([make([64], 1), make([64], 2)], (x, z) => {
      let y = z;
      for (let i = 0; i < 100; i++) y = y.add(x);
      return y;
    }, { unit: "ms" }); // prettier-ignore
  cases["MLP training step"] = () => {
    const shapes = [[784, 512], [512], [512, 512], [512], [512, 10], [10]]; // prettier-ignore
    const p = shapes.map((shape, i) => tf.variable(make(shape, 100 + i, 0.05)));
    const optimizer = tf.train.sgd(1e-3);
    const x = make([64, 784], 7);
    const y = tf.oneHot(tf.tensor1d(labels(64, 10, 9), "int32"), 10).toFloat();
    const model = () => {
      const h1 = tf.relu(tf.add(tf.matMul(x, p[0]), p[1]));
      const h2 = tf.relu(tf.add(tf.matMul(h1, p[2]), p[3]));
      return tf.add(tf.matMul(h2, p[4]), p[5]);
    };
    return {
      unit: "ms",
      run: () => void optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, model()), false, p),
      dispose: () => [...p, x, y].forEach((t) => t.dispose()),
    };
  };
  const sync = async () => {
    backend.endComputePassEncoder();
    if (backend.commandEncoder) backend.submitQueue();
    await backend.queue.onSubmittedWorkDone();
  };
  return { version: pkgVersion("@tensorflow/tfjs-core"), cases, sync };
}
