// jax-js on its WebGPU backend: single ops eagerly, chains and the training step compiled by jit, its way of fusing.
import { pkgVersion } from "../lib/harness.mjs";
import { MLP, MLP_SHAPES } from "./cases.mjs";

export async function start({ filled }) {
  const jax = await import("@jax-js/jax");
  const { numpy: np, nn, lax, jit, valueAndGrad } = jax;
  const backends = await jax.init("webgpu");
  if (!backends.includes("webgpu")) throw new Error("jax-js found no WebGPU");
  jax.defaultDevice("webgpu");

  const make = (shape, seed, dtype, scale) => {
    const array = np.array(filled(shape, seed, scale)).reshape(shape);
    return dtype === "float32" ? array : array.astype(np[dtype]);
  };
  // an array that is disposed before it is asked for is never computed
  let made = [];
  const op = (arrays, f) => ({
    run: () => void made.push(f(...arrays.map((x) => x.ref))),
    power: async () => (await np.mean(np.square(f(...arrays.map((x) => x.ref)).astype(np.float32))).data())[0],
    dispose: () => arrays.forEach((x) => x.dispose()),
  });
  const sync = async () => {
    for (const array of made) await array.blockUntilReady();
    for (const array of made) array.dispose();
    made = [];
  };
  const same = [[1, 1], [1, 1]]; // prettier-ignore
  const functions = {
    matmul: (a, b) => np.matmul(a, b),
    conv2d: jit((x, w) => lax.convGeneralDilated(x, w, [1, 1], same)),
    fused: jit((x, y, z) => nn.relu(x.mul(y).add(z))),
    exp: (x) => np.exp(x),
    softmax: jit((x) => nn.softmax(x, -1)),
    additions(x, z) {
      let y = z;
      for (let i = 0; i < 100; i++) y = y.add(x.ref);
      x.dispose();
      return y;
    },
  };
  const training = ({ x, labels }) => {
    let parameters = MLP_SHAPES.map((shape, i) => make(shape, 100 + i, "float32", 0.05));
    const classes = MLP.widths.at(-1);
    const hot = new Float32Array(labels.length * classes);
    labels.forEach((label, i) => (hot[classes * i + label] = 1));
    const y = np.array(hot).reshape([labels.length, classes]);
    const loss = ([w1, b1, w2, b2, w3, b3], inputs, targets) => {
      const h1 = nn.relu(np.matmul(inputs, w1).add(b1));
      const h2 = nn.relu(np.matmul(h1, w2).add(b2));
      const logits = np.matmul(h2, w3).add(b3);
      return np.mean(np.sum(nn.logSoftmax(logits, -1).mul(targets), -1)).neg();
    };
    const step = jit((p, inputs, targets) => {
      const [value, grads] = valueAndGrad(loss)(p.map((q) => q.ref), inputs, targets); // prettier-ignore
      return [value, p.map((q, i) => q.sub(grads[i].mul(MLP.lr)))];
    });
    return {
      run() {
        const [value, next] = step(parameters, x.ref, y.ref);
        made.push(value);
        parameters = next;
      },
    };
  };
  return { version: pkgVersion("@jax-js/jax"), make, op, functions, training, sync };
}
