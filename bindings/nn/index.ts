// torch.nn

export * as functional from "./functional.ts";
