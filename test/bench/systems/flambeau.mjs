// flambeau, as a user writes it: eager, --threads=N (1). The harness times synchronous loops, where no finalizer runs, so each
// iteration is a torch.scope, which is what the docs say to do there.
import { args, data, labels, runSystem } from "../lib/harness.mjs";
import { peak } from "../lib/peak.mjs";
import { kernelCases } from "./kernels/flambeau.mjs";

const host = globalThis.Deno ? "deno" : globalThis.Bun ? "bun" : "node";
const torch = await import(`../../../dist/${host}.js`);
const { nn, optim } = torch;
const F = nn.functional;
const o = args();
torch.setNumThreads(o.threads);

const t = (n, seed, shape, scale) => torch.tensor(data(n, seed, scale)).reshape(shape ?? [n]);
const product = (shape) => shape.reduce((a, b) => a * b, 1);
const done =
  (...tensors) =>
  () =>
    tensors.forEach((x) => x.dispose());
/** One op per iteration, its result dropped at once. */
const op = (f, ...tensors) => ({ run: () => f(...tensors).dispose(), dispose: done(...tensors) });
const cases = kernelCases(torch);
const checks = {};

for (const n of [64, 128, 256, 512, 1024, 2048]) {
  cases[`matmul_${n}`] = () => op((a, b) => torch.matmul(a, b), t(n * n, 1, [n, n]), t(n * n, 2, [n, n]));
}

// What the engine that ran the products could do at most: lib/peak.mjs.
cases.simd_peak = () => {
  const loop = peak(true) ?? peak(false);
  const turns = Math.round(0.0224e9 / loop.flops);
  return { run: () => void loop.run(turns) };
};

const X = (seed = 1) => t(1e6, seed);
const M = () => t(1 << 20, 1, [1024, 1024]);
cases.ew_fma_relu = () => {
  const [x, y, z] = [X(1), X(2), X(3)];
  return { run: () => torch.scope(() => void x.mul(y).add(z).relu()), dispose: done(x, y, z) };
};
cases.ew_exp = () => op((x) => x.exp(), X());
cases.ew_tanh = () => op((x) => x.tanh(), X());
cases.ew_sigmoid = () => op((x) => x.sigmoid(), X());
cases.sum_all = () => op((x) => x.sum(), X());
cases.softmax = () => op((x) => F.softmax(x, -1), M());
cases.bcast_add = () => op((x, b) => x.add(b), M(), t(1024, 5));
cases.transpose_copy = () => {
  const x = M();
  return { run: () => torch.scope(() => void x.t().contiguous()), dispose: done(x) };
};

const addChain = (n, requiresGrad) => () => {
  const x = t(n, 1);
  const z = t(n, 2).requiresGrad_(requiresGrad);
  const chain = () => {
    let y = z;
    for (let i = 0; i < 100; i++) y = y.add(x);
  };
  return { run: () => torch.scope(chain), dispose: done(x, z) };
};
for (const n of [1, 64]) {
  cases[`op_add${n}`] = addChain(n, false);
  cases[`op_add${n}_grad`] = addChain(n, true);
}
cases.op_fwdbwd10 = () => {
  const x = torch.tensor([0.5]);
  const w = torch.tensor([0.7], { requiresGrad: true });
  const step = () => {
    let y = w;
    for (let i = 0; i < 5; i++) y = y.mul(w).add(x);
    y.backward();
    w.grad = null;
  };
  return { run: () => torch.scope(step), dispose: done(x, w) };
};

const polynomial = () => {
  const x = torch.linspace(-Math.PI, Math.PI, 2000);
  const y = torch.sin(x);
  const parameters = Array.from({ length: 4 }, () => torch.zeros([], { requiresGrad: true }));
  const [a, b, c, d] = parameters;
  return () => {
    const prediction = a
      .add(b.mul(x))
      .add(c.mul(x.pow(2)))
      .add(d.mul(x.pow(3)));
    const loss = prediction.sub(y).pow(2).sum();
    loss.backward();
    torch.noGrad(() => {
      for (const p of parameters) {
        p.sub_(p.grad.mul(1e-6));
        p.grad = null;
      }
    });
    return loss;
  };
};

const fill = (module, scale) => {
  torch.noGrad(() => {
    let i = 0;
    for (const p of module.parameters()) {
      if (p.shape.length > 1) p.copy_(t(p.numel(), 100 + i, [...p.shape], scale));
      else p.zero_();
      i++;
    }
  });
  return module;
};
const { Linear, ReLU, Sequential } = nn;
const mlp = () =>
  fill(new Sequential(new Linear(784, 512), new ReLU(), new Linear(512, 512), new ReLU(), new Linear(512, 10)), 0.05);
const logreg = () => fill(new Linear(784, 10), 0.05);
const cnn = () =>
  fill(
    new Sequential(
      new nn.Conv2d(1, 5, 3, { padding: 1 }),
      new ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(5, 10, 3, { padding: 1 }),
      new ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new Linear(490, 10),
    ),
    0.1,
  );
const trainer = (model, inputShape, optimizer) => {
  const x = t(product(inputShape), 7, inputShape);
  const y = torch.tensor(labels(inputShape[0], 10, 9)).long();
  return () => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
};
const withOptimizer = (make, inputShape, makeOptimizer) => {
  const model = make();
  return trainer(model, inputShape, makeOptimizer(model.parameters()));
};
const sgd = (p) => new optim.SGD(p, { lr: 1e-3 });
const momentum = (p) => new optim.SGD(p, { lr: 1e-3, momentum: 0.9 });
const adam = (p) => new optim.Adam(p, { lr: 1e-3 });
const programs = {
  mlp_sgd: () => withOptimizer(mlp, [64, 784], sgd),
  mlp_momentum: () => withOptimizer(mlp, [64, 784], momentum),
  logreg_sgd: () => withOptimizer(logreg, [64, 784], sgd),
  cnn_adam: () => withOptimizer(cnn, [32, 1, 28, 28], adam),
  polyfit: polynomial,
};
const STEPS_PER_RUN = { polyfit: 20, logreg_sgd: 4 };
const CHECKED_STEPS = { polyfit: 200 };
for (const [id, make] of Object.entries(programs)) {
  cases[id] = () => {
    const step = make();
    const scoped = () => void step();
    const steps = STEPS_PER_RUN[id] ?? 1;
    return {
      run() {
        for (let i = 0; i < steps; i++) torch.scope(scoped);
      },
    };
  };
  checks[id] = () => {
    const step = make();
    let loss = 0;
    for (let i = 0; i < (CHECKED_STEPS[id] ?? 20); i++) loss = torch.scope(() => step().item());
    return loss;
  };
}

const convInput = () => t(16 * 64 * 56 * 56, 1, [16, 64, 56, 56]);
const convWeight = () => t(64 * 64 * 9, 2, [64, 64, 3, 3]);
cases.conv_fwd = () => op((x, w) => F.conv2d(x, w, { padding: 1 }), convInput(), convWeight());
cases.conv_fwdbwd = () => {
  const x = convInput().requiresGrad_();
  const w = convWeight().requiresGrad_();
  const step = () => {
    F.conv2d(x, w, { padding: 1 }).sum().backward();
    x.grad = null;
    w.grad = null;
  };
  return { run: () => torch.scope(step), dispose: done(x, w) };
};
const infer = (batch) => () => {
  const model = mlp().eval();
  const x = t(batch * 784, 7, [batch, 784]);
  const forward = () => torch.noGrad(() => void model(x).data());
  return { run: () => torch.scope(forward), dispose: done(x) };
};
cases.infer_b1 = infer(1);
cases.infer_b64 = infer(64);

const { version } = JSON.parse(
  (await import("node:fs")).readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
);
await runSystem({ name: "flambeau", version, threads: o.threads, modes: { "": { cases, checks } } });
