import * as torch from "../../../dist/node.js";
const a = torch.tensor([
  [1, 2],
  [3, 4],
]);
console.log(String(torch.matmul(a, a).data()));
