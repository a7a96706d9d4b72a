// The chunk of torch.onnx.

export { exportModel } from "./export.ts";
export { load } from "./load.ts";
