// The chunk of torch.onnx.

export { load } from "./load.ts";
