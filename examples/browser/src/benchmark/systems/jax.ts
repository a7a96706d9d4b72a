// jax-js: single ops eagerly, the training step, and convolutions on WebGPU, compiled by jit, its way of fusing.
import * as jax from "@jax-js/jax";
import {
  LEARNING_RATE,
  type Opening,
  type System,
  filled,
  firstParameters,
  meanSquare,
  oneHot,
  parameterShapes,
} from "../workloads.ts";

const { numpy: np, nn, lax, jit, valueAndGrad } = jax;

export async function open({ device }: Opening): Promise<System> {
  // its own choice
  const threads = crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  const backend = device === "cpu" ? "wasm" : "webgpu";
  const there = await jax.init(backend);
  if (!there.includes(backend)) throw new Error(`it finds no ${backend} here`);
  jax.defaultDevice(backend);
  const make = (shape: readonly number[], values: Float32Array<ArrayBuffer>): jax.Array =>
    np.array(values).reshape([...shape]);
  // arrays that are disposed before they are asked for are never computed
  let made: jax.Array[] = [];
  const op = (arrays: jax.Array[], f: (...arrays: jax.Array[]) => jax.Array) => ({
    run: () => void made.push(f(...arrays.map((x) => x.ref))),
    check: async () => meanSquare((await f(...arrays.map((x) => x.ref)).data()) as Float32Array),
  });
  return {
    note: device === "webgpu" ? "jit" : threads === 1 ? "wasm, 1 thread" : `wasm, ${threads} threads`,
    async sync() {
      for (const array of made) await array.blockUntilReady();
      for (const array of made) array.dispose();
      made = [];
    },
    cases: {
      matmul({ matmul: n }) {
        const arrays = [1, 2].map((seed) => make([n, n], filled([n, n], seed)));
        return op(arrays, (a, b) => np.matmul(a!, b!));
      },
      conv2d({ images, channels, side }) {
        const shapes = [[images, channels, side, side], [channels, channels, 3, 3]]; // prettier-ignore
        const arrays = shapes.map((shape, i) => make(shape, filled(shape, i + 1)));
        const same: [number, number][] = [[1, 1], [1, 1]]; // prettier-ignore
        const conv = (x: jax.Array, w: jax.Array): jax.Array => lax.convGeneralDilated(x, w, [1, 1], same);
        // the faster of its two ways: compiled for wasm it takes three to four times as long
        return op(arrays, (device === "cpu" ? conv : jit(conv)) as never);
      },
      step(sizes) {
        const { batch, widths } = sizes;
        const values = firstParameters(sizes);
        let parameters = parameterShapes(sizes).map((shape, i) => make(shape, values[i]!));
        const x = make([batch, widths[0]!], filled([batch, widths[0]!], 7));
        const y = make([batch, 10], oneHot(sizes));
        const loss = (p: jax.Array[], inputs: jax.Array, targets: jax.Array): jax.Array => {
          const [w1, b1, w2, b2, w3, b3] = p as [jax.Array, jax.Array, jax.Array, jax.Array, jax.Array, jax.Array];
          const h1 = nn.relu(np.matmul(inputs, w1).add(b1));
          const h2 = nn.relu(np.matmul(h1, w2).add(b2));
          const logits = np.matmul(h2, w3).add(b3);
          return np.mean(np.sum(nn.logSoftmax(logits, -1).mul(targets), -1)).neg();
        };
        const step = jit((p: jax.Array[], inputs: jax.Array, targets: jax.Array) => {
          const [value, grads] = (valueAndGrad(loss as never) as any)(p.map((q) => q.ref), inputs, targets); // prettier-ignore
          return [value, p.map((q, i) => q.sub(grads[i].mul(LEARNING_RATE)))];
        }) as unknown as (p: jax.Array[], inputs: jax.Array, targets: jax.Array) => [jax.Array, jax.Array[]];
        const run = (): jax.Array => {
          const [value, next] = step(parameters, x.ref, y.ref);
          parameters = next;
          return value;
        };
        return { run: () => void made.push(run()), check: async () => (await run().data())[0] as number };
      },
    },
  };
}
