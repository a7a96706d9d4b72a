import * as tf from "@tensorflow/tfjs-core";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
setThreadsCount(1);
await tf.setBackend("wasm");
await tf.ready();
const a = tf.tensor2d([
  [1, 2],
  [3, 4],
]);
console.log(String(tf.matMul(a, a).dataSync()));
