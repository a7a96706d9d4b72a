import { torch } from "js-pytorch";
const a = torch.tensor([
  [1, 2],
  [3, 4],
]);
console.log(String(torch.matmul(a, a).data));
