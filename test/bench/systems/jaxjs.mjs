// jax-js wasm backend, eager and jit. node: 1 thread (no global Worker). deno: --threads=N.
import { kernelCases } from "./kernels/jaxjs.mjs";
import { args, runSystem, data, labels, oneHot, pkgVersion } from "../lib/harness.mjs";
const o = args();
const T = o.threads;
// jax-js sizes its pool by navigator.hardwareConcurrency and is single-threaded without a global Worker.
if (T > 1) Object.defineProperty(globalThis.navigator, "hardwareConcurrency", { value: T, configurable: true });
else delete globalThis.Worker;
const jax = await import("@jax-js/jax");
const { numpy: np, nn, lax, jit, grad, valueAndGrad, tree } = jax;
await jax.init("wasm");
jax.defaultDevice("wasm");
const t = (n, seed, shape, scale) => np.array(data(n, seed, scale)).reshape(shape ?? [n]);
const wait = async (x) => {
  await x.blockUntilReady();
  x.dispose();
};
const done =
  (...xs) =>
  () =>
    xs.forEach((x) => x.dispose());

function build(J) {
  // J: identity (eager) or jit
  const cases = kernelCases(jax, J),
    checks = {};
  const op = (f, ...xs) => {
    const g = J(f);
    return {
      async run() {
        await wait(g(...xs.map((x) => x.ref)));
      },
      dispose: done(...xs),
    };
  };
  for (const n of [64, 128, 256, 512, 1024, 2048])
    cases["matmul_" + n] = () => op((a, b) => np.matmul(a, b), t(n * n, 1, [n, n]), t(n * n, 2, [n, n]));
  const X = (s) => t(1e6, s ?? 1),
    M = () => t(1 << 20, 1, [1024, 1024]);
  cases.ew_fma_relu = () => op((x, y, z) => nn.relu(x.mul(y).add(z)), X(1), X(2), X(3));
  cases.ew_exp = () => op((x) => np.exp(x), X());
  cases.ew_tanh = () => op((x) => np.tanh(x), X());
  cases.ew_sigmoid = () => op((x) => nn.sigmoid(x), X());
  cases.sum_all = () => op((x) => np.sum(x), X());
  cases.softmax = () => op((x) => nn.softmax(x, -1), M());
  cases.bcast_add = () => op((x, b) => x.add(b), M(), t(1024, 5));
  cases.transpose_copy = () => op((x) => np.transpose(x).add(0), M());
  for (const n of [1, 64]) {
    cases["op_add" + n] = () => {
      const x = t(n, 1),
        z = t(n, 2);
      const f = J((z, x) => {
        let y = z;
        for (let i = 0; i < 100; i++) y = y.add(x.ref);
        x.dispose();
        return y;
      });
      return {
        async run() {
          await wait(f(z.ref, x.ref));
        },
        dispose: done(x, z),
      };
    };
    cases[`op_add${n}_grad`] = () => {
      // functional autodiff: the grad of the 100-add chain (forward + backward)
      const x = t(n, 1),
        z = t(n, 2);
      const f = J(
        grad((z, x) => {
          let y = z;
          for (let i = 0; i < 100; i++) y = y.add(x.ref);
          x.dispose();
          return y.sum();
        }),
      );
      return {
        async run() {
          await wait(f(z.ref, x.ref));
        },
        dispose: done(x, z),
      };
    };
  }
  cases.op_fwdbwd10 = () => {
    const x = np.array([0.5]),
      w = np.array([0.7]);
    const f = J(
      grad((w, x) => {
        let y = w.ref;
        for (let i = 0; i < 5; i++) y = y.mul(w.ref).add(x.ref);
        w.dispose();
        x.dispose();
        return y.sum();
      }),
    );
    return {
      async run() {
        await wait(f(w.ref, x.ref));
      },
      dispose: done(x, w),
    };
  };

  const poly = () => {
    const x = np.linspace(-Math.PI, Math.PI, 2000),
      y = np.sin(x.ref);
    let p = [0, 0, 0, 0].map((v) => np.array(v));
    let loss;
    const lf = ([a, b, c, d], x, y) => {
      const x2 = x.ref.mul(x.ref),
        x3 = x2.ref.mul(x.ref);
      return np.square(a.add(b.mul(x)).add(c.mul(x2)).add(d.mul(x3)).sub(y)).sum();
    };
    const st = J((p, x, y) => {
      const [l, g] = valueAndGrad(lf)(tree.ref(p), x, y);
      return [p.map((q, i) => q.sub(g[i].mul(1e-6))), l];
    });
    return {
      step() {
        loss?.dispose();
        [p, loss] = st(p, x.ref, y.ref);
      },
      async sync() {
        for (const q of p) await q.blockUntilReady();
      },
      async loss() {
        return (await loss.data())[0];
      },
      dispose() {
        loss?.dispose();
        done(x, y, ...p)();
      },
    };
  };
  cases.polyfit = () => {
    const s = poly();
    return {
      async run() {
        for (let i = 0; i < 20; i++) s.step();
        await s.sync();
      },
      dispose: s.dispose,
    };
  };
  const lin = (shapes, scale) =>
    shapes.map(([o_, i_], k) => ({ w: t(o_ * i_, 100 + 2 * k, [o_, i_], scale), b: np.zeros([o_]) }));
  const dense = (l, x) => np.matmul(x, np.transpose(l.w)).add(l.b);
  const MLP = [
    [512, 784],
    [512, 512],
    [10, 512],
  ];
  const mlpF = (p, x) => dense(p[2], nn.relu(dense(p[1], nn.relu(dense(p[0], x)))));
  const ce = (logits, y) =>
    nn
      .logSoftmax(logits, -1)
      .mul(y)
      .sum()
      .mul(-1 / logits.shape[0]);
  const zerosLike = (p) => tree.map((q) => np.zeros(q.shape), p);
  const OPT = {
    sgd: { init: () => [], up: (p, g, s) => [tree.map((p, g) => p.sub(g.mul(1e-3)), p, g), s] },
    mom: {
      init: (p) => zerosLike(p),
      up: (p, g, s) => {
        const v = tree.map((v, g) => v.mul(0.9).add(g), s, g);
        return [tree.map((p, v) => p.sub(v.mul(1e-3)), p, tree.ref(v)), v];
      },
    },
    adam: {
      init: (p) => ({ m: zerosLike(p), v: zerosLike(p), t: np.array(0) }),
      up: (p, g, s) => {
        const tt = s.t.add(1),
          c1 = np.array(1).sub(np.exp(tt.ref.mul(Math.log(0.9)))),
          c2 = np.array(1).sub(np.exp(tt.ref.mul(Math.log(0.999))));
        const m = tree.map((m, g) => m.mul(0.9).add(g.mul(0.1)), s.m, tree.ref(g)),
          v = tree.map((v, g) => v.mul(0.999).add(np.square(g).mul(0.001)), s.v, g);
        const out = tree.map(
          (p, m, v) =>
            p.sub(
              m
                .div(c1.ref)
                .mul(1e-3)
                .div(np.sqrt(v.div(c2.ref)).add(1e-8)),
            ),
          p,
          tree.ref(m),
          tree.ref(v),
        );
        c1.dispose();
        c2.dispose();
        return [out, { m, v, t: tt }];
      },
    },
  };
  const trainer = (p, f, xs, opt) => {
    const x = t(
        xs.reduce((a, b) => a * b, 1),
        7,
        xs,
      ),
      y = np.array(oneHot(labels(xs[0], 10, 9), 10)).reshape([xs[0], 10]);
    let s = opt.init(p),
      loss;
    const st = J((p, s, x, y) => {
      const [l, g] = valueAndGrad((p, x, y) => ce(f(p, x), y))(tree.ref(p), x, y);
      const [p2, s2] = opt.up(p, g, s);
      return [p2, s2, l];
    });
    return {
      step() {
        loss?.dispose();
        [p, s, loss] = st(p, s, x.ref, y.ref);
      },
      async sync() {
        await loss.blockUntilReady();
        for (const q of tree.leaves(p)) await q.blockUntilReady();
      },
      async loss() {
        return (await loss.data())[0];
      },
      dispose() {
        loss?.dispose();
        x.dispose();
        y.dispose();
        tree.dispose(p);
        tree.dispose(s);
      },
    };
  };
  const mlp = (o) => trainer(lin(MLP, 0.05), mlpF, [64, 784], OPT[o]),
    logreg = () => trainer(lin([[10, 784]], 0.05), (p, x) => dense(p[0], x), [64, 784], OPT.sgd);
  const mk = (f) => () => {
    const s = f();
    return {
      async run() {
        s.step();
        await s.sync();
      },
      dispose: s.dispose,
    };
  };
  cases.mlp_sgd = mk(() => mlp("sgd"));
  cases.mlp_momentum = mk(() => mlp("mom"));
  cases.logreg_sgd = () => {
    const s = logreg();
    return {
      async run() {
        for (let i = 0; i < 4; i++) {
          s.step();
          await s.sync();
        }
      },
      dispose: s.dispose,
    };
  };
  const conv = (x, w) => lax.convGeneralDilated(x, w, [1, 1], "SAME");
  const pool = (x) => {
    const [n, c, h, w] = x.shape;
    return np.max(x.reshape([n, c, h / 2, 2, w / 2, 2]), [3, 5]);
  };
  const cnn = () => {
    const sh = [[5, 1, 3, 3], [5, 1, 1], [10, 5, 3, 3], [10, 1, 1], [10, 490], [10]];
    const p = sh.map((s, i) => {
      const n = s.reduce((a, b) => a * b, 1);
      return i % 2 ? np.zeros(s) : t(n, 100 + i, s, 0.1);
    });
    return trainer(
      p,
      (p, x) => {
        let h = pool(nn.relu(conv(x, p[0]).add(p[1])));
        h = pool(nn.relu(conv(h, p[2]).add(p[3])));
        return np.matmul(h.reshape([32, 490]), np.transpose(p[4])).add(p[5]);
      },
      [32, 1, 28, 28],
      OPT.adam,
    );
  };
  cases.cnn_adam = mk(cnn);
  const CX = () => t(16 * 64 * 56 * 56, 1, [16, 64, 56, 56]),
    CW = () => t(64 * 64 * 9, 2, [64, 64, 3, 3]);
  cases.conv_fwd = () => op(conv, CX(), CW());
  cases.conv_fwdbwd = () => {
    const x = CX(),
      w = CW();
    const f = J(grad(([x, w]) => conv(x, w).sum()));
    return {
      async run() {
        const g = f([x.ref, w.ref]);
        for (const v of g) await wait(v);
      },
      dispose: done(x, w),
    };
  };
  const infer = (b) => () => {
    const p = lin(MLP, 0.05),
      x = t(b * 784, 7, [b, 784]),
      f = J(mlpF);
    return {
      async run() {
        const y = f(tree.ref(p), x.ref);
        await y.data();
      },
      dispose() {
        tree.dispose(p);
        x.dispose();
      },
    };
  };
  cases.infer_b1 = infer(1);
  cases.infer_b64 = infer(64);
  const nth = async (s, n) => {
    for (let i = 0; i < n; i++) {
      s.step();
      await s.sync();
    }
    return s.loss();
  };
  Object.assign(checks, {
    polyfit: () => nth(poly(), 200),
    mlp_sgd: () => nth(mlp("sgd"), 20),
    mlp_momentum: () => nth(mlp("mom"), 20),
    logreg_sgd: () => nth(logreg(), 20),
    cnn_adam: () => nth(cnn(), 20),
  });
  return { cases, checks };
}
const all = { eager: build((f) => f), jit: build((f) => jit(f)) };
const modes = o.mode ? { [o.mode]: all[o.mode] } : all;
await runSystem({ name: "jax-js", version: pkgVersion("@jax-js/jax"), threads: T, modes });
