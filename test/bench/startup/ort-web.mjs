import * as ort from "onnxruntime-web";
if (ort.env.wasm) ort.env.wasm.numThreads = 1;
// MatMul [2,2]x[2,2], opset 13
const m = Uint8Array.from(
  atob(
    "CAg6VQoRCgFhCgFiEgF5IgZNYXRNdWwSAW1aEwoBYRIOCgwIARIICgIIAgoCCAJaEwoBYhIOCgwIARIICgIIAgoCCAJiEwoBeRIOCgwIARIICgIIAgoCCAJCBAoAEA0=",
  ),
  (c) => c.charCodeAt(0),
);
const s = await ort.InferenceSession.create(m);
const a = new ort.Tensor("float32", Float32Array.of(1, 2, 3, 4), [2, 2]);
console.log(String((await s.run({ a, b: a })).y.data));
process.exit(0);
