// A page whose kernels have threads, which goes on.
import * as torch from "flambeau";

const a = torch.randn(512, 512);
while (torch.backends().cpu.started < 2) {
  torch.scope(() => void torch.mm(a, a));
  await new Promise((resolve) => setTimeout(resolve, 10));
}
console.log("started");
await new Promise(() => {});
