// flambeau on its WebGPU device, eager, as a user writes it.
import { readFileSync } from "node:fs";
import { MLP } from "./cases.mjs";

export async function start({ gpu, filled }) {
  const host = globalThis.Deno ? "deno" : globalThis.Bun ? "bun" : "node";
  const torch = await import(`../../../dist/${host}.js`);
  const { nn, optim } = torch;
  const F = nn.functional;
  await torch.webgpu.init({ gpu });
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));

  const make = (shape, seed, dtype, scale) =>
    torch
      .tensor(filled(shape, seed, scale))
      .view(shape)
      .to(dtype)
      .to("webgpu");
  const op = (tensors, f) => ({
    run: () => torch.scope(() => void f(...tensors)),
    power: () => f(...tensors).float().square().mean().itemAsync(), // prettier-ignore
    dispose: () => tensors.forEach((x) => x.dispose()),
  });
  const functions = {
    matmul: (a, b) => torch.matmul(a, b),
    conv2d: (x, w) => F.conv2d(x, w, { padding: 1 }),
    fused: (x, y, z) => x.mul(y).add(z).relu(),
    exp: (x) => x.exp(),
    softmax: (x) => F.softmax(x, -1),
    additions(x, z) {
      let y = z;
      for (let i = 0; i < 100; i++) y = y.add(x);
      return y;
    },
  };
  const training = ({ x, labels }) => {
    const [inputs, ...widths] = MLP.widths;
    const layers = widths.flatMap((width, i) => [new nn.Linear([inputs, ...widths][i], width), new nn.ReLU()]);
    const model = new nn.Sequential(...layers.slice(0, -1)).to("webgpu");
    const optimizer = new optim.SGD(model.parameters(), { lr: MLP.lr });
    const y = torch.tensor(labels).long().to("webgpu");
    const step = () => {
      const loss = F.crossEntropy(model(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    };
    return { run: () => torch.scope(step) };
  };
  return { version, make, op, functions, training, sync: () => torch.webgpu.synchronize() };
}
