// What programs do with tensors beside their models: in float32, with int64 indices and masks.
import * as torch from "flambeau";
import { ints } from "./train.ts";

const F = torch.nn.functional;

function making(): void {
  torch.manualSeed(0);
  torch
    .tensor([
      [1, 2],
      [3, 4.5],
    ])
    .tolist();
  torch.tensor([1, 2, 3]).tolist();
  torch.tensor([true, false]).tolist();
  torch.tensor(new Float32Array(8)).view(2, 4).toString();
  String(torch.tensor([1, 2, 3]));
  String(torch.tensor([true]));
  String(torch.randn(3, 4).mul(1000));
  for (const dtype of ["float32", "int64", "bool"] as const) {
    torch.zeros([2, 3], { dtype }).tolist();
    torch.ones([2, 3], { dtype });
    torch.empty([2, 3], { dtype });
    torch.zerosLike(torch.ones([2], { dtype }));
  }
  torch.full([2], 0.5).tolist();
  torch.onesLike(torch.arange(5)).tolist();
  torch.fullLike(torch.rand(2), 3);
  torch.emptyLike(torch.rand(2));
  torch.arange(0, 1, 0.1).tolist();
  torch.linspace(-1, 1, 9).tolist();
  torch.eye(3).tolist();
  torch.rand(3, 3);
  torch.randn(100);
  torch.randLike(torch.rand(4));
  torch.randint(0, 9, [4]).tolist();
  torch.randperm(9).tolist();
  torch.bernoulli(torch.full([9], 0.5));
  const w = torch.empty(8, 8, 3, 3);
  const { init } = torch.nn;
  init.xavierUniform_(w);
  init.xavierNormal_(w);
  init.kaimingUniform_(w);
  init.kaimingNormal_(w);
  init.constant_(w, 1);
  init.eye_(torch.empty(3, 3));
  const bytes = torch.tensor(new Uint8Array([0, 128, 255]));
  bytes.float().div(255).tolist();
  bytes.to("float32").mul(2).to("uint8").tolist();
  torch.rand(3).long().tolist();
}

function elementwise(): void {
  const ops: ((x: torch.Tensor, y: torch.Tensor) => torch.Tensor)[] = [
    (x, y) => x.add(y),
    (x, y) => x.sub(y),
    (x, y) => x.mul(y),
    (x, y) => x.div(y),
    (x, y) => x.add(y, { alpha: 0.5 }),
    (x) => x.add(1),
    (x) => x.sub(1),
    (x) => x.mul(2),
    (x) => x.div(2),
    (x) => torch.sub(1, x),
    (x) => torch.div(1, x),
    (x) => x.pow(2),
    (x) => x.abs().pow(0.5),
    (x, y) => x.abs().pow(y),
    (x) => x.neg(),
    (x) => x.exp(),
    (x) => x.abs().log(),
    (x) => x.abs().log1p(),
    (x) => x.abs().log2(),
    (x) => x.expm1(),
    (x) => x.abs().sqrt(),
    (x) => x.abs().rsqrt(),
    (x) => x.square(),
    (x) => x.reciprocal(),
    (x) => x.sin(),
    (x) => x.cos(),
    (x) => x.tanh(),
    (x) => x.sigmoid(),
    (x) => x.relu(),
    (x) => x.erf(),
    (x) => x.sign(),
    (x) => x.floor(),
    (x) => x.ceil(),
    (x) => x.round(),
    (x) => x.trunc(),
    (x) => x.clamp(-0.5, 0.5),
    (x) => x.clamp({ min: 0 }),
    (x, y) => torch.maximum(x, y),
    (x, y) => torch.minimum(x, y),
    (x, y) => torch.where(x.gt(0), x, y),
    (x, y) => x.where(y.lt(0.5), 0),
    (x) => x.maskedFill(x.lt(0), 0),
    (x, y) => x.lerp(y, 0.1),
    (x, y) => torch.addcmul(x, x, y, { value: 0.5 }),
    (x, y) => torch.addcdiv(x, x, y, { value: 0.5 }),
    (x) => F.softplus(x),
    (x) => F.logsigmoid(x),
  ];
  for (const shape of [[3], [5, 7], [2, 3, 40]]) {
    for (const op of ops) {
      const x = torch.randn(shape, { requiresGrad: true });
      const y = torch.rand(shape).add(0.1).requiresGrad_();
      op(x, y).sum().backward();
      torch.noGrad(() => op(x, torch.rand(shape.at(-1)!).add(0.1)));
      if (shape.length === 2) op(x.t(), y.t()).sum().backward();
    }
    // broadcast, both ways
    const x = torch.randn(shape, { requiresGrad: true });
    const row = torch.randn(shape.at(-1)!, { requiresGrad: true });
    x.mul(row).add(row).sub(row).div(row.abs().add(1)).mean().backward();
    x.unsqueeze(-1).mul(row.view(1, -1)).sum().backward();
  }
  const x = torch.randn(4, 4);
  const y = torch.rand(4, 4).add(1);
  x.add_(y).sub_(y).mul_(y).div_(y).add_(1).mul_(0.9).clamp_(-1, 1).neg_().abs_().sqrt_().exp_().sigmoid_().relu_();
  x.zero_().fill_(1).copy_(y).uniform_().normal_().lerp_(y, 0.5).addcmul_(y, y).addcdiv_(y, y);
  x.maskedFill_(y.gt(1.5), 0).bernoulli_(0.5).pow_(2).tanh_().log_();
  const masks = [x.eq(y), x.ne(y), x.lt(y), x.le(y), x.gt(y), x.ge(y), x.gt(0), x.isnan(), x.isfinite(), x.isinf()];
  for (const mask of masks) {
    mask.any().item();
    mask.all().item();
    mask.logicalNot().logicalAnd(mask).logicalOr(mask).sum().item();
    mask.float().mean().item();
  }
  const i = torch.arange(12).view(3, 4);
  i.add(1).mul(2).sub(i).eq(i).sum().item();
  i.sum().item();
  i.eq(3).float().sum().item();
  i.ne(torch.tensor(0)).tolist();
  torch.equal(x, x);
}

function reducing(): void {
  const reductions: ((x: torch.Tensor) => torch.Tensor)[] = [
    (x) => x.sum(),
    (x) => x.mean(),
    (x) => x.sum(-1),
    (x) => x.sum(0),
    (x) => x.sum([0, 1], true),
    (x) => x.mean(-1, true),
    (x) => x.mean([0, -1]),
    (x) => x.max(),
    (x) => x.min(),
    (x) => x.max(-1)[0],
    (x) => x.amax(-1),
    (x) => x.std(),
    (x) => x.var(0),
    (x) => x.norm(),
    (x) => x.logsumexp(-1),
    (x) => x.softmax(-1),
    (x) => x.softmax(0),
    (x) => x.logSoftmax(-1),
  ];
  for (const shape of [
    [3, 5],
    [4, 3, 30],
    [2, 100],
  ]) {
    for (const reduce of reductions) {
      reduce(torch.randn(shape, { requiresGrad: true }))
        .square()
        .sum()
        .backward();
      torch.noGrad(() => reduce(torch.randn(shape)));
    }
    const x = torch.randn(shape);
    x.argmax().item();
    x.argmax(-1).tolist();
    x.argmin(0).tolist();
    x.argmax(-1).eq(x.argmax(-1)).sum().item();
    x.gt(0).sum(-1).tolist();
  }
  torch.randn(5000, { requiresGrad: true }).sum().backward();
  torch.stdMean(torch.randn(8));
}

function shaping(): void {
  const shapes: ((x: torch.Tensor) => torch.Tensor)[] = [
    (x) => x.view(2, 12).reshape([4, 6]).t(),
    (x) => x.transpose(0, 1).contiguous().view(-1),
    (x) => x.permute(2, 0, 1).reshape([6, 4]),
    (x) => x.unsqueeze(0).squeeze(0),
    (x) => x.flatten(1).unflatten(1, [4, 3]),
    (x) => torch.cat([x, x], 1),
    (x) => torch.cat([x, x, x], 0),
    (x) => torch.cat([x, x], -1),
    (x) => torch.stack([x, x]),
    (x) => torch.stack([x, x], -1),
    (x) => x.split(2, 1)[0]!,
    (x) => x.split([1, 3], 1)[1]!,
    (x) => x.chunk(2, 1)[1]!,
    (x) => x.unbind(1)[2]!,
    (x) => x.select(1, 0),
    (x) => x.narrow(1, 1, 2),
    (x) => x.expand(3, 2, 4, 3),
    (x) => x.tril(),
    (x) => x.triu(1),
    (x) => x.at(0),
    (x) => x.at(-1, "1:3"),
    (x) => x.at("...", 0),
    (x) => x.at(null, "::2"),
    (x) => x.at(ints([0, 1, 1])),
    (x) => x.at(ints([0, 1]), ints([2, 3])),
    (x) => x.indexSelect(1, ints([0, 0, 3])),
    (x) => x.gather(1, torch.zeros([2, 2, 3], { dtype: "int64" })),
    (x) => F.pad(x, [1, 1]),
    (x) => F.pad(x, [1, 1, 2, 2], { value: 1 }),
    (x) => x.clone(),
    (x) => torch.outer(x.flatten(), x.flatten()),
  ];
  for (const shape of shapes) {
    const x = torch.randn(2, 4, 3, { requiresGrad: true });
    shape(x).square().sum().backward();
    torch.noGrad(() => shape(torch.arange(24).view(2, 4, 3)).tolist());
    torch.noGrad(() => shape(x.detach()).tolist());
  }
  const x = torch.zeros(4, 3);
  x.put(0, 1);
  x.select(0, 1).fill_(2);
  F.oneHot(ints([0, 2]), 3).tolist();
}

function products(): void {
  const pairs: [number[], number[]][] = [
    [
      [3, 4],
      [4, 5],
    ],
    [[4], [4]],
    [[3, 4], [4]],
    [[4], [4, 5]],
    [
      [2, 3, 4],
      [4, 5],
    ],
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
    [[5, 2, 3], [3]],
    [
      [2, 1, 3, 4],
      [3, 4, 5],
    ],
    [
      [64, 64],
      [64, 64],
    ],
    [
      [130, 70],
      [70, 150],
    ],
    [
      [1, 300],
      [300, 300],
    ],
    [
      [300, 300],
      [300, 1],
    ],
  ];
  for (const [a, b] of pairs) {
    const x = torch.randn(a, { requiresGrad: true });
    const y = torch.randn(b, { requiresGrad: true });
    x.matmul(y).square().sum().backward();
    torch.noGrad(() => torch.matmul(x, y));
    if (b.length > 1) x.matmul(y.transpose(-1, -2).contiguous().transpose(-1, -2)).sum().backward();
  }
  const a = torch.randn(3, 4);
  torch.mm(a, a.t());
  torch.bmm(a.unsqueeze(0), a.t().unsqueeze(0));
  torch.mv(a, torch.ones(4));
  torch.dot(torch.ones(4), torch.ones(4));
  torch.addmm(torch.ones(3), a, a.t());
}

export const tensors = [making, elementwise, reducing, shaping, products];
