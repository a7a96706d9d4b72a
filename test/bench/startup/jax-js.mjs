import { numpy as np, init } from "@jax-js/jax";
await init("wasm");
const a = np.array([
  [1, 2],
  [3, 4],
]);
console.log(String(await np.matmul(a.ref, a).data()));
