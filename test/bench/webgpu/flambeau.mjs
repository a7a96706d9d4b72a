// flambeau on its WebGPU device, eager, as a user writes it.
import { readFileSync } from "node:fs";

export async function start({ gpu, sizes, elements, data, labels }) {
  const host = globalThis.Deno ? "deno" : globalThis.Bun ? "bun" : "node";
  const torch = await import(`../../../dist/${host}.js`);
  const { nn, optim } = torch;
  const F = nn.functional;
  await torch.webgpu.init({ gpu });
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
  const make = (shape, seed, dtype = "float32", scale = 1) =>
    torch
      .tensor(
        data(
          shape.reduce((a, b) => a * b, 1),
          seed,
          scale,
        ),
      ) // prettier-ignore
      .view(shape)
      .to(dtype)
      .to("webgpu");
  const op = (tensors, f, rest) => ({
    run: () => torch.scope(() => void f(...tensors)),
    power: () => f(...tensors).float().square().mean().itemAsync(), // prettier-ignore
    dispose: () => tensors.forEach((x) => x.dispose()),
    ...rest,
  });
  const cases = {};
  for (const n of sizes)
    for (const dtype of ["float32", "float16"])
      cases[`matmul ${n} ${dtype}`] = () =>
        op([make([n, n], 1, dtype), make([n, n], 2, dtype)], (a, b) => torch.matmul(a, b), {
          unit: "GFLOP/s",
          work: (2 * n ** 3) / 1e9,
        });
  const conv = { unit: "GFLOP/s", work: (2 * 16 * 64 * 64 * 9 * 56 * 56) / 1e9 };
  cases["conv2d 16×64×56×56, 64×3×3"] = () =>
    op([make([16, 64, 56, 56], 1), make([64, 64, 3, 3], 2)], (x, w) => F.conv2d(x, w, { padding: 1 }), conv);
  cases["relu(x·y + z)"] = () =>
    op(
      [1, 2, 3].map((seed) => make([elements], seed)),
      (x, y, z) => x.mul(y).add(z).relu(),
      {
        // prettier-ignore
        unit: "GB/s",
        work: (16 * elements) / 1e9,
      },
    );
  cases.exp = () => op([make([elements], 1)], (x) => x.exp(), { unit: "GB/s", work: (8 * elements) / 1e9 });
  cases["softmax rows"] = () =>
    op([make([elements >> 10, 1024], 1)], (x) => F.softmax(x, -1), { unit: "GB/s", work: (8 * elements) / 1e9 });
  cases["100 additions of 64"] = () =>
    op([make([64], 1), make([64], 2)], (x, z) => {
      let y = z;
      for (let i = 0; i < 100; i++) y = y.add(x);
      return y;
    }, { unit: "ms" }); // prettier-ignore
  cases["MLP training step"] = () => {
    const layers = [new nn.Linear(784, 512), new nn.ReLU(), new nn.Linear(512, 512), new nn.ReLU(), new nn.Linear(512, 10)]; // prettier-ignore
    const model = new nn.Sequential(...layers).to("webgpu");
    const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3 });
    const x = make([64, 784], 7);
    const y = torch
      .tensor(labels(64, 10, 9))
      .long()
      .to("webgpu");
    const run = () => {
      const loss = F.crossEntropy(model(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    };
    return { unit: "ms", run: () => torch.scope(run) };
  };
  return { version, cases, sync: () => torch.webgpu.synchronize() };
}
