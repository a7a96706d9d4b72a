// torch.fft

export * from "./functions.ts";
export { load } from "../linalg/module.ts";
