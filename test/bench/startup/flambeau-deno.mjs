import * as torch from "../../../dist/deno.js";
const a = torch.tensor([
  [1, 2],
  [3, 4],
]);
console.log(String(torch.matmul(a, a).data()));
