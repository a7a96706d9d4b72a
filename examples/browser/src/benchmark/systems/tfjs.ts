// TensorFlow.js, whose images are N × H × W × C.
import * as tf from "@tensorflow/tfjs-core";
// bundlers leave it out, since nothing of it is named
import "@tensorflow/tfjs-core/dist/register_all_gradients";
import {
  LEARNING_RATE,
  type Opening,
  type System,
  filled,
  firstParameters,
  labelsOf,
  parameterShapes,
} from "../workloads.ts";

async function wasm(threads: number): Promise<string> {
  const [backend, plain, simd, threaded] = await Promise.all([
    import("@tensorflow/tfjs-backend-wasm"),
    import("@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url"),
    import("@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url"),
    import("@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url"),
  ]);
  // absolute, since its threads have no address to start from
  const absolute = (url: string): string => new URL(url, import.meta.url).href;
  backend.setWasmPaths({
    "tfjs-backend-wasm.wasm": absolute(plain.default),
    "tfjs-backend-wasm-simd.wasm": absolute(simd.default),
    "tfjs-backend-wasm-threaded-simd.wasm": absolute(threaded.default),
  });
  // it takes half the cores at most, whatever it is told
  if (threads > 1) backend.setThreadsCount(threads);
  else tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  if (!(await tf.setBackend("wasm"))) throw new Error("its wasm backend does not start");
  await tf.ready();
  const started = threads === 1 ? 1 : backend.getThreadsCount();
  return `wasm, ${started === 1 ? "1 thread" : `${started} threads`}`;
}

async function webgpu(): Promise<string> {
  await import("@tensorflow/tfjs-backend-webgpu");
  if (!(await tf.setBackend("webgpu"))) throw new Error("its WebGPU backend does not start");
  await tf.ready();
  return "eager";
}

export async function open({ device, threads }: Opening): Promise<System> {
  const note = device === "cpu" ? await wasm(threads) : await webgpu();
  const op = (f: () => tf.Tensor) => ({
    run: () => tf.tidy(() => void f()),
    check: async () => (await tf.tidy(() => tf.mean(tf.square(f()))).data())[0]!,
  });
  return {
    note,
    async sync() {
      if (device === "cpu") return;
      const backend = tf.backend() as any;
      backend.endComputePassEncoder();
      if (backend.commandEncoder) backend.submitQueue();
      await backend.queue.onSubmittedWorkDone();
    },
    cases: {
      matmul({ matmul: n }) {
        const [a, b] = [1, 2].map((seed) => tf.tensor2d(filled([n, n], seed), [n, n])) as [tf.Tensor2D, tf.Tensor2D];
        return op(() => tf.matMul(a, b));
      },
      conv2d({ images, channels, side }) {
        const x = tf.tensor4d(filled([images, channels, side, side], 1), [images, channels, side, side]);
        const w = tf.tensor4d(filled([channels, channels, 3, 3], 2), [channels, channels, 3, 3]);
        const [last, kernel] = [tf.transpose(x, [0, 2, 3, 1]), tf.transpose(w, [2, 3, 1, 0])];
        return op(() => tf.conv2d(last as tf.Tensor4D, kernel as tf.Tensor4D, 1, "same"));
      },
      step(sizes) {
        const { batch, widths } = sizes;
        const values = firstParameters(sizes);
        const p = parameterShapes(sizes).map((shape, i) => tf.variable(tf.tensor(values[i]!, shape)));
        const optimizer = tf.train.sgd(LEARNING_RATE);
        const x = tf.tensor2d(filled([batch, widths[0]!], 7), [batch, widths[0]!]);
        const y = tf.cast(tf.oneHot(tf.tensor1d(labelsOf(sizes), "int32"), 10), "float32");
        const dense = (h: tf.Tensor, i: number): tf.Tensor => tf.add(tf.matMul(h, p[i]!), p[i + 1]!);
        const loss = (): tf.Scalar =>
          tf.losses.softmaxCrossEntropy(y, dense(tf.relu(dense(tf.relu(dense(x, 0)), 2)), 4)) as tf.Scalar;
        return {
          run: () => void optimizer.minimize(loss, false, p),
          check: async () => (await tf.tidy(loss).data())[0]!,
        };
      },
    },
  };
}
