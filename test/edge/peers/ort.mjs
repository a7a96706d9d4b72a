// The classifier in onnxruntime-web, as far as it runs in workerd. It compiles bytes, which workerd refuses (COMPILED is false); it
// starts where WebAssembly.instantiate gives it the module of a static import instead (COMPILED is true).
import * as ort from "onnxruntime-web/wasm";
import model from "./digits.onnx";
import { readPicture } from "../../../examples/edge/request.ts";
import { answer } from "./answer.mjs";

/* global COMPILED */
const { default: wasm } = await (COMPILED ? import("./ort.wasm") : import("./ort.bin"));
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = COMPILED ? new Uint8Array(8) : wasm;
if (COMPILED)
  WebAssembly.instantiate = async (_bytes, imports) => ({
    module: wasm,
    instance: new WebAssembly.Instance(wasm, imports),
  });

let session;
export default {
  async fetch(request) {
    try {
      session ??= await ort.InferenceSession.create(new Uint8Array(model));
      const { levels } = await readPicture(request);
      const image = levels.map((level) => (level - 0.1307) / 0.3081);
      const { output } = await session.run({ input: new ort.Tensor("float32", image, [1, 1, 28, 28]) });
      return answer(output.data);
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};
