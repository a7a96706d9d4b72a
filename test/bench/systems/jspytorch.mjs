// js-pytorch: nested JS arrays, float64, no SGD (manual update), no conv, no tanh/sigmoid.
import { runSystem, data, labels, pkgVersion } from "../lib/harness.mjs";
const { torch } = await import("js-pytorch");
const { nn, optim } = torch;
const nest = (a, sh) => {
  if (sh.length === 1) return Array.from(a);
  const r = [],
    st = a.length / sh[0];
  for (let i = 0; i < sh[0]; i++) r.push(nest(a.subarray(i * st, (i + 1) * st), sh.slice(1)));
  return r;
};
const t = (n, seed, shape, scale, rg = false) => torch.tensor(nest(data(n, seed, scale), shape ?? [n]), rg);
const op = (f, ...xs) => ({
  run() {
    f(...xs);
  },
});
const cases = {},
  checks = {};
for (const n of [64, 128, 256, 512])
  cases["matmul_" + n] = () => op((a, b) => torch.matmul(a, b), t(n * n, 1, [n, n]), t(n * n, 2, [n, n]));
cases.matmul_1024 = cases.matmul_2048 = "skipped: minutes per call";
const relu = new nn.ReLU(),
  soft = new nn.Softmax();
const X = (s) => t(1e6, s ?? 1),
  M = () => t(1 << 20, 1, [1024, 1024]);
cases.ew_fma_relu = () => op((x, y, z) => relu.forward(x.mul(y).add(z)), X(1), X(2), X(3));
cases.ew_exp = () => op((x) => x.exp(), X());
cases.sum_all = () => op((x) => x.sum(), X());
cases.softmax = () => op((x) => soft.forward(x, -1), M());
cases.bcast_add = () => op((x, b) => x.add(b), M(), t(1024, 5));
cases.transpose_copy = () => op((x) => x.transpose(-1, -2), M());
for (const n of [1, 64])
  for (const g of [false, true])
    cases[`op_add${n}${g ? "_grad" : ""}`] = () => {
      const x = t(n, 1),
        z = t(n, 2, null, 1, g);
      return {
        run() {
          let y = z;
          for (let i = 0; i < 100; i++) y = y.add(x);
          if (g) {
            z.children = [];
          }
          x.children = [];
        },
      };
    };
cases.op_fwdbwd10 = () => {
  const x = torch.tensor([0.5]),
    w = torch.tensor([0.7], true);
  return {
    run() {
      let y = w;
      for (let i = 0; i < 5; i++) y = y.mul(w).add(x);
      y.backward();
      w.zero_grad();
      w.children = [];
    },
  };
};
// [n]*[1] broadcasting throws in 0.7.2, so the four weights are one [4,1] matrix: y = V @ w.
const poly = () => {
  const xs = Array.from({ length: 2000 }, (_, i) => -Math.PI + (2 * Math.PI * i) / 1999);
  const V = torch.tensor(xs.map((x) => [1, x, x * x, x ** 3])),
    y = torch.tensor(xs.map((x) => [Math.sin(x)]));
  const w = torch.tensor([[0], [0], [0], [0]], true);
  return () => {
    const loss = V.matmul(w).sub(y).pow(2).sum(0);
    loss.backward();
    const g = [w.grad].flat(9);
    for (let i = 0; i < 4; i++) w._data[i][0] -= 1e-6 * g[i];
    const v = [loss.data].flat(9)[0];
    w.zero_grad();
    w.children = [];
    return v;
  };
};
cases.polyfit = () => {
  const s = poly();
  s();
  return {
    run() {
      for (let i = 0; i < 20; i++) s();
    },
  };
};
class MLP extends nn.Module {
  constructor(dims) {
    super();
    dims.slice(1).forEach((d, i) => {
      this["l" + i] = new nn.Linear(dims[i], d, "cpu");
    });
    this.n = dims.length - 1;
    this.relu = new nn.ReLU();
  }
  forward(x) {
    for (let i = 0; i < this.n; i++) {
      x = this["l" + i].forward(x);
      if (i < this.n - 1) x = this.relu.forward(x);
    }
    return x;
  }
}
const trainer = (dims) => {
  const m = new MLP(dims),
    lf = new nn.CrossEntropyLoss(),
    op = new optim.Adam(m.parameters(), 1e-3, 0),
    x = t(64 * dims[0], 7, [64, dims[0]]),
    y = torch.tensor(Array.from(labels(64, 10, 9)));
  return () => {
    const l = lf.forward(m.forward(x), y);
    l.backward();
    op.step();
    op.zero_grad();
    return [l.data].flat(9)[0];
  };
};
cases.mlp_sgd = () => ({ run: trainer([784, 512, 512, 10]) }); // Adam: its only optimizer
cases.logreg_sgd = () => {
  const s = trainer([784, 10]);
  return {
    run() {
      for (let i = 0; i < 4; i++) s();
    },
  };
};
const infer = (b) => () => {
  const m = new MLP([784, 512, 512, 10]),
    x = t(b * 784, 7, [b, 784]);
  return {
    run() {
      m.forward(x);
    },
  };
};
cases.infer_b1 = infer(1);
cases.infer_b64 = infer(64);
checks.polyfit = () => {
  const s = poly();
  let l;
  for (let i = 0; i < 200; i++) l = s();
  return l;
};
checks["mlp (Adam, 20 steps)"] = () => {
  const s = trainer([784, 64, 10]);
  let l;
  for (let i = 0; i < 20; i++) l = s();
  return l;
};
await runSystem({
  name: "js-pytorch",
  version: pkgVersion("js-pytorch"),
  threads: 1,
  modes: { "": { cases, checks } },
});
