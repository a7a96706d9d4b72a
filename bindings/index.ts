// The torch namespace: `import * as torch from "flambeau"`.

export * from "./error.ts";
export type { Device, DType, TypedArray } from "./tensor/dtype.ts";
export { getDefaultDtype, setDefaultDtype } from "./tensor/defaults.ts";
export { setPrintOptions, type PrintOptions } from "./tensor/print.ts";
export { float, FloatScalar, type Scalar } from "./tensor/scalar.ts";
export { Tensor } from "./tensor/tensor.ts";
export { keep, scope, scoped } from "./memory/scope.ts";
