// TensorFlow.js: --backend=wasm|cpu, --threads=N (wasm; N>1 needs the Node shim below).
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { kernelCases } from "./kernels/tfjs.mjs";
import { args, runSystem, data, labels, oneHot, pkgVersion } from "../lib/harness.mjs";
const o = args();
const backend = o.backend ?? "wasm";
const T = backend === "wasm" ? o.threads : 1;
if (T > 1) {
  // tfjs-backend-wasm turns threads off in Node (IS_NODE) and builds its workers from blob: URLs, which
  // worker_threads refuses. Shim: a "Blob" is a temp file, its object URL is the file's path.
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "tfjsw-"));
  let n = 0;
  const PRE =
    'var commonjsGlobal = globalThis; var require$$0 = require("fs"), require$$1 = require("path"), require$$3 = require("perf_hooks"), require$$4 = require("os"); URL.createObjectURL = s => String(s); URL.revokeObjectURL = () => {};\n';
  globalThis.Blob = function (parts) {
    const p = path.join(dir, `b${n++}.cjs`);
    fs.writeFileSync(p, PRE + parts.join(""));
    return new String(p);
  };
  URL.createObjectURL = (s) => String(s);
  URL.revokeObjectURL = () => {};
  process.on("exit", () => fs.rmSync(dir, { recursive: true, force: true }));
}
const tf = await import("@tensorflow/tfjs");
if (backend === "wasm") {
  const w = await import("@tensorflow/tfjs-backend-wasm");
  if (T > 1) tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", true);
  w.setThreadsCount(T);
}
await tf.setBackend(backend);
await tf.ready();
if (tf.getBackend() !== backend) throw new Error("backend " + tf.getBackend());

const t = (n, seed, shape, scale) => tf.tensor(data(n, seed, scale), shape ?? [n]);
const done =
  (...xs) =>
  () =>
    xs.forEach((x) => x.dispose());
const op = (f, ...xs) => ({
  run() {
    f(...xs).dispose();
  },
  dispose: done(...xs),
});
const cases = kernelCases(tf),
  checks = {};
for (const n of [64, 128, 256, 512, 1024, 2048]) {
  if (backend === "cpu" && n > 1024) {
    cases["matmul_" + n] = "skipped: minutes per call";
    continue;
  }
  cases["matmul_" + n] = () => op((a, b) => tf.matMul(a, b), t(n * n, 1, [n, n]), t(n * n, 2, [n, n]));
}
const X = (s) => t(1e6, s ?? 1),
  M = () => t(1 << 20, 1, [1024, 1024]);
cases.ew_fma_relu = () => op((x, y, z) => tf.tidy(() => x.mul(y).add(z).relu()), X(1), X(2), X(3));
cases.ew_exp = () => op((x) => x.exp(), X());
cases.ew_tanh = () => op((x) => x.tanh(), X());
cases.ew_sigmoid = () => op((x) => x.sigmoid(), X());
cases.sum_all = () => op((x) => x.sum(), X());
cases.softmax = () => op((x) => tf.softmax(x, -1), M());
cases.bcast_add = () => op((x, b) => x.add(b), M(), t(1024, 5));
cases.transpose_copy = () => op((x) => tf.transpose(x), M());
for (const n of [1, 64]) {
  cases["op_add" + n] = () => {
    const x = t(n, 1),
      z = t(n, 2);
    return {
      run() {
        tf.tidy(() => {
          let y = z;
          for (let i = 0; i < 100; i++) y = y.add(x);
          return y;
        }).dispose();
      },
      dispose: done(x, z),
    };
  };
  cases[`op_add${n}_grad`] = () => {
    // forward under a gradient tape (tape recorded, backward of the chain included by tfjs's API: see note)
    const x = t(n, 1),
      z = tf.variable(t(n, 2));
    return {
      run() {
        const r = tf.engine();
        r.startScope();
        r.startTape();
        let y = z;
        for (let i = 0; i < 100; i++) y = tf.add(y, x);
        r.endTape();
        r.endScope();
      },
      dispose: done(x, z),
    };
  };
}
cases.op_fwdbwd10 = () => {
  const x = tf.tensor([0.5]),
    w = tf.tensor([0.7]);
  const g = tf.grad((w) => {
    let y = w;
    for (let i = 0; i < 5; i++) y = y.mul(w).add(x);
    return y.sum();
  });
  return {
    run() {
      g(w).dispose();
    },
    dispose: done(x, w),
  };
};
const poly = () => {
  const x = tf.linspace(-Math.PI, Math.PI, 2000),
    y = x.sin();
  const p = [0, 0, 0, 0].map((v) => tf.variable(tf.scalar(v)));
  const [a, b, c, d] = p;
  const opt = tf.train.sgd(1e-6);
  const step = (ret = false) =>
    opt.minimize(
      () =>
        a
          .add(b.mul(x))
          .add(c.mul(x.square()))
          .add(d.mul(x.pow(3)))
          .sub(y)
          .square()
          .sum(),
      ret,
      p,
    );
  return { step, dispose: done(x, y, ...p) };
};
cases.polyfit = () => {
  const s = poly();
  return {
    run() {
      for (let i = 0; i < 20; i++) s.step();
    },
    dispose: s.dispose,
  };
};
const vars = (shapes, scale) =>
  shapes.map((sh, i) => {
    const n = sh.reduce((a, b) => a * b, 1);
    return tf.variable(sh.length > 1 ? t(n, 100 + i, sh, scale) : tf.zeros(sh));
  });
// weights kept as [out,in] data of torch, transposed: the same numbers
const lin = (shapes, scale) =>
  shapes
    .map(([o_, i_], k) => [
      tf.variable(tf.transpose(t(o_ * i_, 100 + 2 * k, [o_, i_], scale))),
      tf.variable(tf.zeros([o_])),
    ])
    .flat();
const mlpF = (p) => (x) =>
  tf.add(tf.matMul(tf.relu(tf.add(tf.matMul(tf.relu(tf.add(tf.matMul(x, p[0]), p[1])), p[2]), p[3])), p[4]), p[5]);
const MLP = [
  [512, 784],
  [512, 512],
  [10, 512],
];
const ce = (y, logits) => tf.losses.softmaxCrossEntropy(y, logits);
const trainer = (p, f, xs, opt) => {
  const x = t(
      xs.reduce((a, b) => a * b, 1),
      7,
      xs,
    ),
    y = tf.tensor(oneHot(labels(xs[0], 10, 9), 10), [xs[0], 10]);
  return {
    step: (ret = false) => opt.minimize(() => ce(y, f(x)), ret, p),
    dispose() {
      done(x, y, ...p)();
      opt.dispose();
    },
  };
};
const mlp = (opt) => {
  const p = lin(MLP, 0.05);
  return trainer(p, mlpF(p), [64, 784], opt);
};
const logreg = (opt) => {
  const p = lin([[10, 784]], 0.05);
  return trainer(p, (x) => tf.add(tf.matMul(x, p[0]), p[1]), [64, 784], opt);
};
const cnn = (opt) => {
  const p = vars([[3, 3, 1, 5], [5], [3, 3, 5, 10], [10], [490, 10], [10]], 0.1);
  return trainer(
    p,
    (x) => {
      let h = tf.maxPool(tf.relu(tf.add(tf.conv2d(x, p[0], 1, "same"), p[1])), 2, 2, "valid");
      h = tf.maxPool(tf.relu(tf.add(tf.conv2d(h, p[2], 1, "same"), p[3])), 2, 2, "valid");
      return tf.add(tf.matMul(h.reshape([32, 490]), p[4]), p[5]);
    },
    [32, 28, 28, 1],
    opt,
  );
};
const mk = (f) => () => {
  const s = f();
  return {
    run() {
      s.step();
    },
    dispose: s.dispose,
  };
};
cases.mlp_sgd = mk(() => mlp(tf.train.sgd(1e-3)));
cases.mlp_momentum = mk(() => mlp(tf.train.momentum(1e-3, 0.9)));
cases.logreg_sgd = () => {
  const s = logreg(tf.train.sgd(1e-3));
  return {
    run() {
      for (let i = 0; i < 4; i++) s.step();
    },
    dispose: s.dispose,
  };
};
cases.cnn_adam = mk(() => cnn(tf.train.adam(1e-3)));
const CX = () => t(16 * 56 * 56 * 64, 1, [16, 56, 56, 64]),
  CW = () => t(64 * 64 * 9, 2, [3, 3, 64, 64]);
cases.conv_fwd = () => op((x, w) => tf.conv2d(x, w, 1, "same"), CX(), CW());
cases.conv_fwdbwd = () => {
  const x = CX(),
    w = CW(),
    g = tf.grads((x, w) => tf.conv2d(x, w, 1, "same").sum());
  return {
    run() {
      g([x, w]).forEach((v) => v.dispose());
    },
    dispose: done(x, w),
  };
};
const infer = (b) => () => {
  const p = lin(MLP, 0.05),
    x = t(b * 784, 7, [b, 784]),
    f = mlpF(p);
  return {
    run() {
      const y = tf.tidy(() => f(x));
      y.dataSync();
      y.dispose();
    },
    dispose: done(x, ...p),
  };
};
cases.infer_b1 = infer(1);
cases.infer_b64 = infer(64);
const nth = (s, n) => {
  let l;
  for (let i = 0; i < n; i++) {
    l?.dispose();
    l = s.step(true);
  }
  return l.dataSync()[0];
};
Object.assign(checks, {
  polyfit: () => nth(poly(), 200),
  mlp_sgd: () => nth(mlp(tf.train.sgd(1e-3)), 20),
  mlp_momentum: () => nth(mlp(tf.train.momentum(1e-3, 0.9)), 20),
  logreg_sgd: () => nth(logreg(tf.train.sgd(1e-3)), 20),
  cnn_adam: () => nth(cnn(tf.train.adam(1e-3)), 20),
});
await runSystem({
  name: "tfjs-" + backend,
  version: pkgVersion("@tensorflow/tfjs-core"),
  threads: T,
  modes: { "": { cases, checks } },
});
