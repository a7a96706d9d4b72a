// TensorFlow.js on its WebGPU backend.
import { pkgVersion } from "../lib/harness.mjs";
import { MLP, MLP_SHAPES } from "./cases.mjs";

export async function start({ filled }) {
  const tf = await import("@tensorflow/tfjs");
  await import("@tensorflow/tfjs-backend-webgpu");
  if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js found no WebGPU");
  await tf.ready();
  const backend = tf.backend();

  const make = (shape, seed, _dtype, scale) => tf.tensor(filled(shape, seed, scale), shape);
  const op = (tensors, f) => ({
    run: () => tf.tidy(() => void f(...tensors)),
    power: async () => (await tf.tidy(() => f(...tensors).square().mean()).data())[0], // prettier-ignore
    dispose: () => tensors.forEach((x) => x.dispose()),
  });
  const functions = {
    matmul: (a, b) => tf.matMul(a, b),
    conv2d: (x, w) => tf.conv2d(x, w, 1, "same"),
    fused: (x, y, z) => x.mul(y).add(z).relu(),
    exp: (x) => x.exp(),
    softmax: (x) => tf.softmax(x, -1),
    additions(x, z) {
      let y = z;
      for (let i = 0; i < 100; i++) y = y.add(x);
      return y;
    },
  };
  const training = ({ x, labels }) => {
    const p = MLP_SHAPES.map((shape, i) => tf.variable(make(shape, 100 + i, "float32", 0.05)));
    const optimizer = tf.train.sgd(MLP.lr);
    const y = tf.oneHot(tf.tensor1d(labels, "int32"), MLP.widths.at(-1)).toFloat();
    const model = () => {
      const h1 = tf.relu(tf.add(tf.matMul(x, p[0]), p[1]));
      const h2 = tf.relu(tf.add(tf.matMul(h1, p[2]), p[3]));
      return tf.add(tf.matMul(h2, p[4]), p[5]);
    };
    return {
      run: () => void optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, model()), false, p),
      dispose: () => [...p, x, y].forEach((t) => t.dispose()),
    };
  };
  const sync = async () => {
    backend.endComputePassEncoder();
    if (backend.commandEncoder) backend.submitQueue();
    await backend.queue.onSubmittedWorkDone();
  };
  const convolution = [
    [16, 56, 56, 64],
    [3, 3, 64, 64],
  ];
  const version = pkgVersion("@tensorflow/tfjs-core");
  return { version, make, op, functions, training, sync, convolution, dtypes: ["float32"] };
}
