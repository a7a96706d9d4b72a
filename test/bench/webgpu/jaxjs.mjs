// jax-js on its WebGPU backend: single ops eagerly, chains and the training step compiled by jit, its way of fusing.
import { pkgVersion } from "../lib/harness.mjs";

export async function start({ sizes, elements, data, labels }) {
  const jax = await import("@jax-js/jax");
  const { numpy: np, nn, lax, jit, valueAndGrad } = jax;
  const backends = await jax.init("webgpu");
  if (!backends.includes("webgpu")) throw new Error("jax-js found no WebGPU");
  jax.defaultDevice("webgpu");
  const make = (shape, seed, scale = 1) =>
    np.array(data(shape.reduce((a, b) => a * b, 1), seed, scale)).reshape(shape); // prettier-ignore
  // an array that is disposed before it is asked for is never computed
  let made = [];
  const op = (arrays, f, rest) => ({
    run: () => void made.push(f(...arrays.map((x) => x.ref))),
    power: async () => (await np.mean(np.square(f(...arrays.map((x) => x.ref)).astype(np.float32))).data())[0],
    dispose: () => arrays.forEach((x) => x.dispose()),
    ...rest,
  });
  const sync = async () => {
    for (const array of made) await array.blockUntilReady();
    for (const array of made) array.dispose();
    made = [];
  };
  const cases = {};
  for (const n of sizes)
    for (const dtype of ["float32", "float16"])
      cases[`matmul ${n} ${dtype}`] = () =>
        op(
          [1, 2].map((seed) => make([n, n], seed).astype(np[dtype])),
          (a, b) => np.matmul(a, b),
          {
            // prettier-ignore
            unit: "GFLOP/s",
            work: (2 * n ** 3) / 1e9,
          },
        );
  const same = [[1, 1], [1, 1]]; // prettier-ignore
  cases["conv2d 16×64×56×56, 64×3×3"] = () =>
    op(
      [make([16, 64, 56, 56], 1), make([64, 64, 3, 3], 2)],
      jit((x, w) => lax.convGeneralDilated(x, w, [1, 1], same)),
      {
        // prettier-ignore
        unit: "GFLOP/s",
        work: (2 * 16 * 64 * 64 * 9 * 56 * 56) / 1e9,
      },
    );
  cases["relu(x·y + z)"] = () =>
    op(
      [1, 2, 3].map((seed) => make([elements], seed)),
      jit((x, y, z) => nn.relu(x.mul(y).add(z))),
      {
        // prettier-ignore
        unit: "GB/s",
        work: (16 * elements) / 1e9,
      },
    );
  cases.exp = () => op([make([elements], 1)], (x) => np.exp(x), { unit: "GB/s", work: (8 * elements) / 1e9 });
  cases["softmax rows"] = () =>
    op(
      [make([elements >> 10, 1024], 1)],
      jit((x) => nn.softmax(x, -1)),
      { unit: "GB/s", work: (8 * elements) / 1e9 },
    );
  cases["100 additions of 64"] = () =>
    op([make([64], 1), make([64], 2)], (x, z) => {
      let y = z;
      for (let i = 0; i < 100; i++) y = y.add(x.ref);
      x.dispose();
      return y;
    }, { unit: "ms" }); // prettier-ignore
  cases["MLP training step"] = () => {
    const shapes = [[784, 512], [512], [512, 512], [512], [512, 10], [10]]; // prettier-ignore
    let parameters = shapes.map((shape, i) => make(shape, 100 + i, 0.05));
    const x = make([64, 784], 7);
    const rows = labels(64, 10, 9);
    const hot = new Float32Array(640);
    rows.forEach((label, i) => (hot[10 * i + label] = 1));
    const y = np.array(hot).reshape([64, 10]);
    const loss = ([w1, b1, w2, b2, w3, b3], inputs, targets) => {
      const h1 = nn.relu(np.matmul(inputs, w1).add(b1));
      const h2 = nn.relu(np.matmul(h1, w2).add(b2));
      const logits = np.matmul(h2, w3).add(b3);
      return np.mean(np.sum(nn.logSoftmax(logits, -1).mul(targets), -1)).neg();
    };
    const step = jit((p, inputs, targets) => {
      const [value, grads] = valueAndGrad(loss)(p.map((q) => q.ref), inputs, targets); // prettier-ignore
      return [value, p.map((q, i) => q.sub(grads[i].mul(1e-3)))];
    });
    return {
      unit: "ms",
      run() {
        const [value, next] = step(parameters, x.ref, y.ref);
        made.push(value);
        parameters = next;
      },
    };
  };
  return { version: pkgVersion("@jax-js/jax"), cases, sync };
}
