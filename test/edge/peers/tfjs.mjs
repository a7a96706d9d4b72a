// The classifier in TensorFlow.js on its JavaScript backend; the one in WebAssembly compiles bytes, which workerd refuses.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import weights from "./mnist.safetensors";
import { readPicture } from "../../../examples/edge/request.ts";
import { answer } from "./answer.mjs";

/** The tensors of a safetensors file of float32. */
function read(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const tensors = {};
  for (const [name, { shape, data_offsets: offsets }] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [begin, end] = offsets.map((at) => 8 + length + at);
    tensors[name] = tf.tensor(new Float32Array(buffer.slice(begin, end)), shape);
  }
  return tensors;
}

let model;
async function load() {
  await tf.setBackend("cpu");
  const state = read(weights);
  const filters = ["0.weight", "3.weight"].map((name) => tf.transpose(state[name], [2, 3, 1, 0]));
  const layer = (x, filter, bias) => tf.maxPool(tf.relu(tf.add(tf.conv2d(x, filter, 1, "same"), bias)), 2, 2, "valid");
  return (image) => {
    let x = layer(image, filters[0], state["0.bias"]);
    x = layer(x, filters[1], state["3.bias"]);
    x = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [1, -1]);
    return tf.add(tf.matMul(x, state["7.weight"], false, true), state["7.bias"]);
  };
}

export default {
  async fetch(request) {
    model ??= await load();
    const { levels } = await readPicture(request);
    const image = levels.map((level) => (level - 0.1307) / 0.3081);
    return answer(tf.tidy(() => model(tf.tensor(image, [1, 28, 28, 1])).dataSync()));
  },
};
