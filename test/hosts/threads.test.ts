// Kernels on several threads: each gives, bit for bit, what it gives on one. Sizes are such that the work is divided, and the
// last tile is a smaller one.
import assert from "node:assert/strict";
import { test } from "#test";
import * as torch from "flambeau";

const F = torch.nn.functional;

/** Until the second thread is there: it is started when there has been work for it. */
async function startThreads(): Promise<void> {
  torch.setNumThreads(2);
  const a = torch.randn(512, 512);
  for (let i = 0; i < 500 && torch.backends().cpu.started < 2; i++) {
    torch.scope(() => void torch.mm(a, a));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const gradients = (output: torch.Tensor, ...inputs: torch.Tensor[]): torch.Tensor[] => [
  output,
  ...(torch.autograd.grad(output.mul(output).sum(), inputs) as torch.Tensor[]),
];
const leaf = (...size: number[]): torch.Tensor => torch.randn(size, { requiresGrad: true });

const PROGRAMS: Record<string, () => torch.Tensor[]> = {
  "elementwise, with a tail": () => [leaf(301_057).mul(2).add(1).tanh()],
  "elementwise, broadcast": () => [torch.randn(700, 1).add(torch.randn(1, 901)).exp()],
  "elementwise in place": () => [torch.randn(400_001).mul_(3).clampMin_(0)],
  "elementwise, int64 and bool": () => [torch.arange(300_001).remainder(7), torch.arange(300_001).gt(5)],
  copies: () => [torch.randn(701, 803).t().contiguous(), torch.randn(90, 80, 70).permute(2, 0, 1).contiguous()],
  conversions: () => [torch.randn(701, 803).t().to("float16"), torch.randn(400_000).to("int32")],
  full: () => [torch.full([700, 800], 3.5)],
  "sums of rows": () => [torch.randn(1001, 703).sum(1), torch.randn(1001, 703).var(1)],
  "sums of columns": () => [torch.randn(703, 1001).sum(0), torch.randn(703, 1001).amax(0)],
  "sums of planes": () => [torch.randn(37, 71, 203).mean([0, 2]), ...Object.values(torch.randn(61, 71, 203).max(1))],
  "one result": () => {
    const x = torch.randn(400_003);
    const wide = torch.randn(3, 151, 1003).permute(1, 2, 0).slice(1, 2, 1000);
    const whole = torch.arange(500_000).remainder(1013).sub(500);
    const results = [x, wide, x.double().slice(0, 0, -1, 2)].flatMap((t) => {
      const dims = Array.from({ length: t.dim() }, (_, d) => d);
      const moments = [t.sum(), t.mean(), t.var(), t.std(), t.norm(), t.norm(3), t.logsumexp(dims)];
      const extrema = [t.amax(), t.amin(), t.argmax(), t.argmin(), t.gt(4).any(), t.ne(0).all()];
      return moments.concat(extrema, t.abs().add(0.5).prod(), torch.countNonzero(t), torch.nansum(t));
    });
    return results.concat(whole.sum(), whole.amax(), whole.argmin(), whole.gt(0).sum(), x.half().sum());
  },
  "losses with one result": () => {
    const [x, y] = [leaf(601, 503), torch.rand(601, 503)];
    return [F.mseLoss(x, y), F.l1Loss(x, y), F.smoothL1Loss(x, y), F.binaryCrossEntropyWithLogits(x, y)].flatMap(
      (loss) => gradients(loss, x),
    );
  },
  "softmax and its gradient": () => {
    const x = leaf(513, 700);
    return [...gradients(x.softmax(1), x), ...gradients(x.logSoftmax(1), x)];
  },
  "layer norm": () => {
    const x = leaf(513, 700);
    return gradients(F.layerNorm(x, [700]), x);
  },
  "layer norm in float64": () => {
    const x = torch.randn([515, 301], { dtype: "float64", requiresGrad: true });
    const w = torch.randn([301], { dtype: "float64", requiresGrad: true });
    return gradients(F.layerNorm(x, [301], w), x, w);
  },
  "group norm": () => {
    const [x, w, b] = [leaf(9, 32, 30, 31), leaf(32), leaf(32)];
    return gradients(F.groupNorm(x, 8, w, b), x, w, b);
  },
  "batch norm": () => {
    const [x, w, b] = [leaf(9, 35, 30, 31), leaf(35), leaf(35)];
    const [mean, variance] = [torch.zeros(35), torch.ones(35)];
    return [
      ...gradients(F.batchNorm(x, mean, variance, w, b, true), x, w, b),
      ...gradients(F.batchNorm(x, mean, variance, w, b, false), x, w, b),
      mean,
      variance,
    ];
  },
  "batch norm of rows": () => {
    const [x, w, b] = [leaf(1001, 203), leaf(203), leaf(203)];
    return gradients(F.batchNorm(x, null, null, w, b, true), x, w, b);
  },
  scans: () => {
    const x = torch.randn(301, 403);
    const all = [
      x.cumsum(1),
      x.cumsum(0),
      x.cumprod(0),
      x.logcumsumexp(1),
      x.t().cumsum(1),
      torch.randn(7, 90, 300).cumsum(1),
    ];
    return [...all, ...Object.values(x.cummax(1)), ...Object.values(x.cummin(0))];
  },
  "orders of rows": () => {
    const x = torch.randn(103, 401);
    const results = [x.sort(1), x.sort(0, true), x.topk(17), x.kthvalue(5), x.median(1), x.round().mode(1)];
    return results.flatMap((result) => Object.values(result) as torch.Tensor[]);
  },
  "writes by index": () => {
    const [index, rows] = [torch.randint(0, 100, [4001]), torch.randn(4001, 131)];
    const [x, table] = [leaf(301, 403), leaf(100, 131)];
    const wide = torch.randint(0, 301, [203, 403]);
    return [
      torch.zeros(100, 131).indexAdd(0, index, rows),
      torch.zeros(301, 403).scatterAdd(0, wide, torch.randn(203, 403)),
      torch
        .randn(403, 301)
        .t()
        .contiguous()
        .scatterAdd(1, torch.randint(0, 403, [301, 503]), torch.randn(301, 503)),
      torch.zeros(301, 403).scatter(0, wide, torch.randn(203, 403)),
      ...gradients(F.embedding(index, table), table),
      ...gradients(x.gather(0, wide), x),
      ...gradients(x.indexSelect(1, torch.randint(0, 403, [701])), x),
      torch.randn(301, 403).at(wide, torch.randint(0, 403, [203, 403])),
    ];
  },
  images: () => {
    const [x, grid] = [leaf(5, 7, 60, 61), leaf(5, 50, 51, 2)];
    const columns = F.unfold(x, 3);
    return [
      ...gradients(F.interpolate(x, { size: [121, 90], mode: "bilinear" }), x),
      ...gradients(F.gridSample(x, grid), x, grid),
      ...gradients(columns, x),
      F.fold(columns.detach(), [60, 61], 3),
      x.detach().flip(2, 3),
      x.detach().flip(0, 3),
      x.detach().tril(),
    ];
  },
  "a loss": () => {
    const [x, target] = [leaf(203, 1001), torch.randint(0, 1001, [203])];
    const [maps, targets] = [leaf(5, 11, 50, 51), torch.randint(0, 11, [5, 50, 51])];
    return [
      ...gradients(F.crossEntropy(x, target), x),
      ...gradients(F.crossEntropy(maps, targets, { reduction: "none" }), maps),
    ];
  },
  "products of many shapes": () =>
    [
      [512, 512, 512],
      [97, 1003, 301],
      [1003, 97, 301],
      [640, 64, 256],
      [3, 4000, 500],
      [2001, 7, 600],
    ].map(([m, n, k]) => torch.randn(m!, k!).matmul(torch.randn(k!, n!))),
  "products of transposes, with a bias": () => {
    const [x, w, b] = [leaf(203, 784), leaf(513, 784), leaf(513)];
    return gradients(F.linear(x, w, b), x, w, b);
  },
  "products in float64": () => [
    torch.randn(257, 301, { dtype: "float64" }).mm(torch.randn(301, 203, { dtype: "float64" })),
  ],
  "products of a batch": () => [torch.randn(7, 65, 130).bmm(torch.randn(7, 130, 97))],
  "products with a layer's weights, in place": () =>
    [
      [64, 512, 784],
      [20, 1003, 2100],
      [1003, 61, 301],
    ].map(([m, n, k]) => F.linear(torch.randn(m!, k!), torch.randn(n!, k!), torch.randn(n!))),
  attention: () => {
    const [q, k, v] = [torch.randn(2, 3, 130, 40), torch.randn(2, 3, 300, 40), torch.randn(2, 3, 300, 24)];
    return [F.scaledDotProductAttention(q, k, v), F.scaledDotProductAttention(q, k, v, { isCausal: true })];
  },
  "convolution with kernels of one element": () => {
    const [x, w, b] = [leaf(3, 70, 30, 31), leaf(40, 70, 1, 1), leaf(40)];
    return gradients(F.conv2d(x, w, b), x, w, b);
  },
  convolution: () => {
    const [x, w, b] = [leaf(5, 19, 30, 31), leaf(29, 19, 3, 3), leaf(29)];
    return gradients(F.conv2d(x, w, b, { padding: 1 }), x, w, b);
  },
  "convolution of one image with stride 1": () => {
    const [x, w, b] = [leaf(1, 19, 40, 41), leaf(35, 19, 3, 3), leaf(35)];
    return gradients(F.conv2d(x, w, b, { padding: 1 }), x, w, b);
  },
  "convolution of small images": () => {
    const [x, w, b] = [leaf(24, 65, 2, 3), leaf(99, 65, 3, 3), leaf(99)];
    return gradients(F.conv2d(x, w, b, { padding: 1 }), x, w, b);
  },
  "convolution of one image": () => {
    const [x, w, b] = [leaf(1, 19, 40, 41), leaf(35, 19, 3, 3), leaf(35)];
    return gradients(F.conv2d(x, w, b, { stride: 2 }), x, w, b);
  },
  "convolution with a stride": () => {
    const [x, w, b] = [leaf(6, 40, 21, 22), leaf(48, 40, 3, 3), leaf(48)];
    return gradients(F.conv2d(x, w, b, { stride: 2, padding: 1 }), x, w, b);
  },
  "convolution with few channels": () => {
    const [x, w] = [leaf(40, 1, 30, 31), leaf(10, 1, 5, 5)];
    return gradients(F.conv2d(x, w), x, w);
  },
  "convolution to few channels": () => {
    const [x, w, b] = [leaf(19, 5, 40, 41), leaf(10, 5, 3, 3), leaf(10)];
    return gradients(F.conv2d(x, w, b, { padding: 1 }), x, w, b);
  },
  "depthwise convolution": () => {
    const [x, w] = [leaf(4, 32, 40, 41), leaf(32, 1, 3, 3)];
    return gradients(F.conv2d(x, w, null, { groups: 32, padding: 1 }), x, w);
  },
  "transposed convolution": () => {
    const [x, w] = [leaf(4, 24, 20, 21), leaf(24, 17, 4, 4)];
    return gradients(F.convTranspose2d(x, w, null, { stride: 2, padding: 1 }), x, w);
  },
  pooling: () => {
    const x = leaf(7, 33, 40, 41);
    return [
      ...gradients(F.maxPool2d(x, 3, 2, 1), x),
      ...gradients(F.maxPool2d(x, 2), x),
      ...gradients(F.avgPool2d(x, 2), x),
    ];
  },
  "rows by index": () => [torch.randn(1000, 301).indexSelect(0, torch.randint(0, 1000, [2003]))],
  "an optimizer's step": () => {
    const p = leaf(800, 601);
    const adam = new torch.optim.AdamW([p], { lr: 0.1 });
    p.mul(p).sum().backward();
    adam.step();
    return [p.detach()];
  },
};

test("threads are started when there is work for them", async () => {
  const { cpu } = torch.backends();
  if (cpu.threads < 2) return; // one core
  await startThreads();
  assert.equal(torch.backends().cpu.started >= 2, true);
});

for (const [name, program] of Object.entries(PROGRAMS)) {
  test(`${name}: the same on one thread and on two`, () => {
    const [one, two] = [1, 2].map((threads) => {
      torch.setNumThreads(threads);
      torch.manualSeed(0);
      return program();
    });
    assert.equal(one!.length > 0, true);
    one!.forEach((tensor, i) => assert.equal(torch.equal(tensor, two![i]!), true, `result ${i}`));
  });
}

test("a number of threads is a positive integer", () => {
  for (const count of [0, -1, 1.5, NaN]) assert.throws(() => torch.setNumThreads(count), /expects a positive integer/);
  torch.setNumThreads(2);
});
