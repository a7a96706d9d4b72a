// torch.func against functorch's own answers (func.py made func.json), and what it promises beside values.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as torch from "flambeau";

const { functionalCall, grad, gradAndValue, hessian, jacfwd, jacrev, jvp, stackModuleState, vjp, vmap } = torch.func;
const { nn } = torch;
const F = nn.functional;
type T = torch.Tensor;
type Tree = T | Tree[] | { [key: string]: Tree };
const want = JSON.parse(readFileSync(new URL("./func.json", import.meta.url), "utf8"));
const float64 = { dtype: "float64" } as const;
const matrix = (...rows: unknown[]): T => torch.tensor(rows as number[][], float64);

const x = matrix([0.5, -1, 2], [1.5, 0.25, -0.75]);
const y = matrix([1, 2, 3], [-0.5, 0.75, 1.25]);
const w = matrix([0.1, -0.2, 0.3], [0.4, 0.5, -0.6]);
const b = matrix(0.05, -0.15);
const labels = torch.tensor([1, 0], { dtype: "int64" });
const f = (a: T): T => a.sin().mul(a).sum();
interface Params {
  w: T;
  b: T;
}
const loss = (p: Params, v: T, l: T): T => F.crossEntropy(torch.tanh(F.linear(v, p.w, p.b)), l);
const params: Params = { w, b };
const conv = torch.arange(1, 19, float64).reshape(2, 1, 3, 3).div(10);
const image = torch.arange(50, float64).reshape(2, 1, 5, 5).mul(0.37).sin();
const cnn = (k: T, v: T): T => F.maxPool2d(F.relu(F.conv2d(v.unsqueeze(0), k)), 2).sum();

/** Nested lists and objects of numbers, of trees of tensors. */
function values(tree: Tree): unknown {
  if (tree instanceof torch.Tensor) return tree.tolist();
  if (Array.isArray(tree)) return Array.from(tree, values);
  return Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, values(item)]));
}
function same(got: unknown, expected: unknown): void {
  if (typeof expected === "number") return expect(got).toBeCloseTo(expected, 10);
  expect(Object.keys(got as object)).toEqual(Object.keys(expected as object));
  for (const key of Object.keys(expected as object)) same((got as never)[key], (expected as never)[key]);
}

describe("torch.func agrees with functorch", () => {
  const [x0, y0] = [x.at(0), y.at(0)];
  const cases: Record<string, () => unknown> = {
    grad: () => grad(f)(x),
    gradgrad: () => grad((a: T) => grad((c: T) => c.pow(4))(a) as T)(torch.tensor(1.5, float64)),
    gradOfParameters: () => grad(loss)(params, x, labels),
    argnums: () => grad((a: T, c: T) => a.mul(c).mul(c).sum(), [1, 0])(x, y),
    gradAndValue: () => gradAndValue(f)(x),
    captured: () => grad((a: T) => (grad((c: T) => a.mul(c.pow(2)).sum())(x) as T).sum())(y),
    vjp: () => {
      const [out, pull] = vjp((a: T, c: T) => [a.mul(c), a.sum()], x0, y0);
      return [out, pull([y0, torch.tensor(2, float64)])];
    },
    jvp: () => jvp((a: T, c: T) => a.mul(c).exp(), [x, y], [y, x]),
    jacrev: () => jacrev((a: T) => a.cumsum(0).sin())(x0),
    jacfwd: () => jacfwd((a: T) => a.cumsum(0).sin())(x0),
    jacobians: () => jacrev((a: T, c: T) => [a.mul(c), c.sum()], [0, 1])(x0, y0),
    hessian: () => hessian(f)(x0),
    hessianOfTwo: () => hessian((a: T, c: T) => a.exp().mul(c).sum(), [0, 1])(x0, y0),
    perSample: () => vmap(grad(loss), [null, 0, 0])(params, x, labels),
    perSampleOfConv: () => vmap(grad(cnn), [null, 0])(conv, image),
    perSampleOfImage: () => vmap(grad(cnn, 1), [null, 0])(conv, image),
    perSampleOfNorm: () =>
      vmap(
        grad((s: T, v: T) => F.layerNorm(v, [3], s).pow(3).sum()),
        [null, 0],
      )(y0, x),
    ensemble: () => vmap(cnn, [0, null])(torch.stack([conv, conv.flip(0).mul(2)]), image.at(0)),
    gradOfVmap: () => grad((a: T) => (vmap((c: T, d: T) => c.dot(d))(a, y) as T).pow(2).sum())(x),
    vmapOfHessian: () => vmap(hessian(f))(x),
    vmapOfJacrev: () => vmap(jacrev((a: T) => a.outer(a).sum(0)))(x),
    vmapOfJvp: () => vmap((a: T, v: T) => jvp(torch.sin, [a], [v])[1])(x, y),
    vmapOfVjp: () => vmap((v: T) => vjp(torch.sin, x0)[1](v))(y),
    nested: () =>
      vmap(
        vmap((a: T, c: T) => a.mul(c), [0, null]),
        [0, 1],
      )(x, matrix([1, 2], [3, 4])),
    outer: () => vmap((a: T) => vmap((c: T) => a.mul(c).sum())(y))(x),
    inDims: () => vmap((a: { p: T; q: [T] }) => a.p.sub(a.q[0]), [{ p: 1, q: [-1] }])({ p: x, q: [y] }),
    outDims: () => vmap((a: T) => [a.mul(2), a.sum()], 0, [1, 0])(x),
    unmappedResult: () => vmap((a: T) => torch.zeros(a.shape, float64).add(y.sum(0)))(x),
    chunks: () => vmap((a: T, c: T) => a.mul(c).sum(), { chunkSize: 2 })(x.t().contiguous(), y.t().contiguous()),
    softmax: () => vmap((a: T) => F.softmax(a.t(), 0))(torch.stack([x, y])),
    index: () =>
      vmap((a: T, i: T) => a.at(i))(
        x,
        torch.tensor(
          [
            [2, 0],
            [1, 1],
          ],
          { dtype: "int64" },
        ),
      ),
    where: () => vmap((a: T, c: T) => torch.where(a.gt(c), a, c.sum()))(x, y),
    batchNorm: () =>
      vmap((a: T, c: T) => F.batchNorm(c, a.at(0), a.at(1).abs(), { training: true }))(
        torch.stack([x.at(":", ":2"), y.at(":", ":2")]),
        torch.stack([w.t(), w.t().mul(3)]),
      ),
  };
  it.each(Object.entries(cases))("%s", (name, run) => same(values(run() as Tree), want[name]));
  it("has every case", () => expect(Object.keys(cases)).toEqual(Object.keys(want)));
});

describe("functionalCall", () => {
  class Net extends nn.Module {
    first = new nn.Linear(3, 4);
    norm = new nn.GroupNorm(2, 4);
    second = new nn.Linear(4, 2);
    forward(v: T): T {
      return this.second.forward(this.norm.forward(F.relu(this.first.forward(v))));
    }
  }
  const net = new Net().double();
  const own = Object.fromEntries(net.namedParameters());

  it("runs a module with other parameters and leaves it as it was", () => {
    const zeros = { "second.weight": torch.zerosLike(own["second.weight"]!) };
    const before = net.forward(x).tolist();
    same(functionalCall(net, zeros, [x]).tolist(), own["second.bias"]!.expand([2, 2]).tolist());
    expect(net.forward(x).tolist()).toEqual(before);
    for (const [key, parameter] of net.namedParameters()) expect(parameter).toBe(own[key]);
  });

  it("refuses names that the module does not have", () => {
    expect(() => functionalCall(net, { nothing: x }, x)).toThrow("no parameter or buffer named 'nothing'");
  });

  it("gives per-sample gradients that are those of a loop", () => {
    const lossOf = (p: Record<string, T>, v: T, l: T): T => F.crossEntropy(functionalCall(net, p, [v]), l);
    const detached = Object.fromEntries(Object.entries(own).map(([key, p]) => [key, p.detach()]));
    const all = vmap(grad(lossOf), [null, 0, 0])(detached, x.unsqueeze(1), labels.unsqueeze(1)) as Record<string, T>;
    for (const sample of [0, 1]) {
      const one = grad(lossOf)(detached, x.narrow(0, sample, 1), labels.narrow(0, sample, 1)) as Record<string, T>;
      for (const key of Object.keys(own)) same(all[key]!.at(sample).tolist(), one[key]!.tolist());
    }
  });

  it("runs an ensemble of stacked modules", () => {
    const models = [new Net().double(), new Net().double()];
    const [parameters, buffers] = stackModuleState(models);
    const together = vmap(
      (p: object, q: object, v: T) => functionalCall(models[0]!, [p, q] as never, [v]),
      [0, 0, null],
    );
    const results = together(parameters, buffers, x) as T;
    models.forEach((model, i) => same(results.at(i).tolist(), model.forward(x).tolist()));
    expect(parameters["first.weight"]!.requiresGrad).toBe(true);
  });
});

describe("vmap", () => {
  const message = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };

  it.each<[string, () => unknown, string]>([
    [
      "item",
      () => vmap((a: T) => torch.tensor(a.sum().item() as number))(x),
      "vmap: It looks like you're calling .item() on a Tensor.",
    ],
    ["nonzero", () => vmap((a: T) => a.nonzero())(x), "Attempted to vmap over aten::nonzero."],
    ["a mask", () => vmap((a: T) => a.at(a.gt(0)))(x), "that can output dynamic shape"],
    [
      "in-place writes to a shared tensor",
      () => vmap((a: T) => torch.ones(3, float64).mul_(a))(x),
      "vmap: inplace arithmetic(self, *extra_args) is not possible",
    ],
    [
      "random ops",
      () => vmap((a: T) => a.add(torch.rand(3)))(x),
      "vmap: called random operation while in randomness error mode",
    ],
    ["sizes", () => vmap((a: T, c: T) => a.add(c))(x, y.t()), "got sizes [2, 3] for the mapped dimension"],
    ["no mapped argument", () => vmap((a: T) => a, [null])(x), "vmap: Expected at least one Tensor to vmap over"],
    ["in_dims", () => vmap((a: T) => a, 3)(x), "expected in_dim to satisfy -2 <= in_dim < 2"],
    ["structure", () => vmap((a: T) => a, [0, 0])(x), "in_dims is not compatible with the structure of `inputs`"],
    ["numbers", () => vmap((a: number) => a)(3), "We cannot vmap over non-Tensor arguments"],
    ["results", () => vmap((a: T) => a.ndim)(x), "must only return Tensors, got type number"],
    ["out_dims null", () => vmap((a: T) => a, 0, null)(x), "can not return a BatchedTensor when out_dim is None"],
    [
      "running statistics",
      () => vmap((a: T) => F.batchNorm(a, torch.zeros(3), torch.ones(3), { training: true }))(torch.ones(2, 4, 3)),
      "Batch norm got a batched tensor as input while the running_mean",
    ],
    [
      "a scalar loss",
      () => grad((a: T) => a)(x),
      "Expected the differentiated function to return a scalar tensor, got tensor with 2 dims.",
    ],
    [
      "integers",
      () => grad((a: T) => a.sum())(labels),
      "only Tensors of floating point and complex dtype can require gradients",
    ],
    ["argnums", () => grad((a: T) => a.sum(), 1)(x), "Got argnum=1, but only 1 positional inputs"],
    ["cotangents", () => vjp((a: T) => [a, a], x)[1](x), "Expected pytree structure of cotangents to be the same"],
  ])("refuses as PyTorch does: %s", (_, run, expected) => {
    expect(message(run)).toContain(expected);
    same((vmap((a: T) => a.sum())(x) as T).tolist(), x.sum(1).tolist());
  });

  it("draws other numbers for every sample, or the same", () => {
    const draw = (randomness: "same" | "different"): T => {
      torch.manualSeed(1);
      return vmap((a: T) => torch.rand(3).add(a.mul(0)), { randomness })(torch.zeros(2, 3)) as T;
    };
    const apart = draw("different").tolist();
    torch.manualSeed(1);
    expect(torch.rand(2, 3).tolist()).toEqual(apart);
    torch.manualSeed(1);
    const one = torch.rand(3).tolist();
    expect(draw("same").tolist()).toEqual([one, one]);
    const dropped = vmap((a: T) => F.dropout(a, 0.5), { randomness: "same" })(torch.ones(4, 100)) as T;
    expect(dropped.eq(dropped.at(0)).all().item()).toBe(true);
  });

  it("prints what it maps over, and names tensors that have escaped", () => {
    let seen = "";
    let escaped: T | undefined;
    vmap((a: T) => {
      seen = String(a);
      return (escaped = a);
    })(torch.tensor([1, 2]));
    expect(seen).toBe("BatchedTensor(lvl=1, bdim=0, value=\n    tensor([1., 2.])\n)");
    expect(message(() => escaped!.item())).toContain("made inside of torch.func.vmap");
    expect(message(() => escaped!.add(1))).toContain("made inside of torch.func.vmap");
  });

  it("writes in place to what it maps over, views too", () => {
    const source = x.clone();
    vmap((a: T) => {
      a.at("0:2").mul_(10);
      a.put(2, 7);
      return a;
    })(source);
    same(source.tolist(), [
      [5, -10, 7],
      [15, 2.5, 7],
    ]);
  });

  it("lets autocast in, and stands in it", () => {
    const [mat, rows] = [torch.ones(2, 3), torch.ones(4, 3)];
    const inside = vmap((v: T) => torch.autocast("cpu", { dtype: "bfloat16" }, () => mat.matmul(v)))(rows) as T;
    const around = torch.autocast("cpu", { dtype: "bfloat16" }, () => vmap((v: T) => mat.matmul(v))(rows) as T);
    for (const result of [inside, around]) {
      expect([result.dtype, result.shape]).toEqual(["bfloat16", [4, 2]]);
      expect(result.eq(3).all().item()).toBe(true);
    }
  });

  it("asks custom Functions sample by sample", () => {
    class Cube extends torch.autograd.Function {
      static override forward(ctx: torch.autograd.FunctionContext, v: T): T {
        ctx.saveForBackward(v);
        return torch.tensor(
          (v.tolist() as number[]).map((n) => n ** 3),
          float64,
        );
      }
      static override backward(ctx: torch.autograd.FunctionContext, g: T): T {
        return g.mul(ctx.savedTensors[0]!.pow(2)).mul(3);
      }
    }
    const cubed = (a: T): T => Cube.apply(a) as T;
    same((vmap(cubed)(x) as T).tolist(), x.pow(3).tolist());
    same((vmap(grad((a: T) => cubed(a).sum()))(x) as T).tolist(), x.pow(2).mul(3).tolist());
  });

  it("differentiates with torch.autograd.grad and backward inside", () => {
    const inside = vmap((a: T) => {
      const leaf = a.detach().requiresGrad_();
      torch.autograd.backward(leaf.pow(2).sum());
      return [leaf.grad!, torch.autograd.grad(leaf.sin().sum(), leaf)[0]!];
    })(x) as T[];
    same(inside[0]!.tolist(), x.mul(2).tolist());
    same(inside[1]!.tolist(), x.cos().tolist());
    // cotangents mapped, the graph not
    const z = x.at(0).clone().requiresGrad_();
    const out = z.sin();
    const rows = vmap((v: T) => torch.autograd.grad(out, z, { gradOutputs: v, retainGraph: true })[0]!)(
      torch.eye(3, float64),
    );
    same((rows as T).tolist(), torch.diag(z.detach().cos()).tolist());
  });
});

describe("what stays behind", () => {
  it("nothing, also after an error", () => {
    const work = (): void => {
      vmap(grad(loss), [null, 0, 0])(params, x, labels);
      vmap(hessian(f))(x);
      vmap((a: T) => vmap((c: T) => torch.kron(a, c))(y))(x);
      jvp((a: T) => a.exp(), [x], [y]);
      jacfwd((a: T) => a.sin())(x.at(0));
      vmap((a: T) => torch.linalg.inv(a.outer(a).add(torch.eye(3, float64))))(x);
      expect(() => vmap((a: T) => a.add(1).nonzero())(x)).toThrow();
    };
    torch.scope(work);
    const before = torch.memoryStats();
    torch.scope(work);
    const after = torch.memoryStats();
    for (const key of ["tensors", "storages", "nodes", "bytes"] as const)
      expect([key, after[key]]).toEqual([key, before[key]]);
  });

  it("gradients are detached unless something outside asks for them", () => {
    const parameter = torch.ones(3, { requiresGrad: true });
    expect((grad((a: T) => a.pow(2).sum())(torch.ones(3)) as T).requiresGrad).toBe(false);
    expect((grad((a: T) => a.pow(2).sum())(parameter) as T).requiresGrad).toBe(true);
    expect((grad((a: T) => a.mul(parameter).sum())(torch.ones(3)) as T).requiresGrad).toBe(true);
    expect(torch.noGrad(() => grad((a: T) => a.mul(parameter).sum())(torch.ones(3)) as T).requiresGrad).toBe(false);
    const [gradient] = torch.autograd.grad((grad((a: T) => a.pow(3).sum())(parameter) as T).sum(), parameter);
    expect(gradient!.tolist()).toEqual([6, 6, 6]);
  });
});
