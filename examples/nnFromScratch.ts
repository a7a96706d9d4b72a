// "What is torch.nn really?": logistic regression on MNIST, from bare tensors to nn, optim and data, one tool at a time.
// Every rung starts from the same weights and sees the same batches, so all end at the same loss, which it returns.
//   node --import tsx examples/nnFromScratch.ts [--device webgpu]
import * as torch from "flambeau";
import { chosenDevice } from "./lib/device.ts";
import { mnistTensors } from "./lib/mnist.ts";
import { runAsProgram } from "./lib/main.ts";

const { nn, optim } = torch;
const F = nn.functional;
type Tensor = torch.Tensor;

const BATCH = 64;
const LEARNING_RATE = 0.5;

export interface Data {
  /** [N, 784] */
  x: Tensor;
  y: Tensor;
}

/** The first `count` training images, flat. */
export function loadData(count: number, device: torch.Device = "cpu"): Data {
  const { images, labels } = mnistTensors(true);
  const [x, y] = [images.view([-1, 784]).at(`:${count}`), labels.at(`:${count}`)];
  return { x: x.clone().to(device), y: y.clone().to(device) };
}

/** weights as PyTorch's tutorial draws them: Xavier-scaled normal, zero bias */
function initialWeights({ device }: Tensor): [weights: Tensor, bias: Tensor] {
  torch.manualSeed(0);
  const weights = torch.randn([784, 10], { device }).div(Math.sqrt(784));
  weights.requiresGrad_();
  return [weights, torch.zeros([10], { device, requiresGrad: true })];
}

function* batches({ x, y }: Data): Generator<[Tensor, Tensor]> {
  const n = x.shape[0]!;
  for (let start = 0; start < n; start += BATCH) {
    yield [x.at(`${start}:${start + BATCH}`), y.at(`${start}:${start + BATCH}`)];
  }
}

/** 1: log-softmax and the negative log-likelihood written out, the update by hand. */
export function byHand(data: Data): Tensor {
  const [weights, bias] = initialWeights(data.x);
  const logSoftmax = (x: Tensor) => x.sub(x.exp().sum(-1).log().unsqueeze(-1));
  const model = (xb: Tensor) => logSoftmax(torch.matmul(xb, weights).add(bias));
  const { device } = data.x;
  const nll = (input: Tensor, target: Tensor) =>
    input.at(torch.arange(target.shape[0]!, { device }), target).mean().neg();
  for (const [xb, yb] of torch.scoped(batches(data))) {
    nll(model(xb), yb).backward();
    torch.noGrad(() => {
      weights.sub_(weights.grad!.mul(LEARNING_RATE));
      bias.sub_(bias.grad!.mul(LEARNING_RATE));
      weights.grad!.zero_();
      bias.grad!.zero_();
    });
  }
  return nll(model(data.x), data.y);
}

/** 2: crossEntropy in place of the two functions. */
export function withFunctional(data: Data): Tensor {
  const [weights, bias] = initialWeights(data.x);
  const model = (xb: Tensor) => torch.matmul(xb, weights).add(bias);
  for (const [xb, yb] of torch.scoped(batches(data))) {
    F.crossEntropy(model(xb), yb).backward();
    torch.noGrad(() => {
      weights.sub_(weights.grad!.mul(LEARNING_RATE));
      bias.sub_(bias.grad!.mul(LEARNING_RATE));
      weights.grad!.zero_();
      bias.grad!.zero_();
    });
  }
  return F.crossEntropy(model(data.x), data.y);
}

class MnistLogistic extends nn.Module {
  weights: torch.nn.Parameter;
  bias: torch.nn.Parameter;
  constructor(like: Tensor) {
    super();
    const [weights, bias] = initialWeights(like);
    this.weights = new nn.Parameter(weights.detach());
    this.bias = new nn.Parameter(bias.detach());
  }
  forward(xb: Tensor): Tensor {
    return torch.matmul(xb, this.weights).add(this.bias);
  }
}

/** 3: a Module with Parameters. */
export function withModule(data: Data): Tensor {
  const model = new MnistLogistic(data.x);
  for (const [xb, yb] of torch.scoped(batches(data))) {
    F.crossEntropy(model(xb), yb).backward();
    torch.noGrad(() => {
      for (const p of model.parameters()) p.sub_(p.grad!.mul(LEARNING_RATE));
      model.zeroGrad();
    });
  }
  return F.crossEntropy(model(data.x), data.y);
}

/** 4: an optimizer in place of the loop over parameters. */
export function withOptimizer(data: Data): Tensor {
  const model = new MnistLogistic(data.x);
  const optimizer = new optim.SGD(model.parameters(), { lr: LEARNING_RATE });
  for (const [xb, yb] of torch.scoped(batches(data))) {
    F.crossEntropy(model(xb), yb).backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
  return F.crossEntropy(model(data.x), data.y);
}

/** 5: a TensorDataset that is indexed once for both. */
export function withDataset(data: Data): Tensor {
  const model = new MnistLogistic(data.x);
  const optimizer = new optim.SGD(model.parameters(), { lr: LEARNING_RATE });
  const dataset = new torch.utils.data.TensorDataset(data.x, data.y);
  const starts = Array.from({ length: Math.ceil(dataset.length / BATCH) }, (_, i) => i * BATCH);
  for (const start of torch.scoped(starts)) {
    const [xb, yb] = dataset.tensors.map((t) => t.at(`${start}:${start + BATCH}`)) as [Tensor, Tensor];
    F.crossEntropy(model(xb), yb).backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
  return F.crossEntropy(model(data.x), data.y);
}

/** 6: a DataLoader makes the batches. */
export function withDataLoader(data: Data): Tensor {
  const model = new MnistLogistic(data.x);
  const optimizer = new optim.SGD(model.parameters(), { lr: LEARNING_RATE });
  const dataset = new torch.utils.data.TensorDataset(data.x, data.y);
  const loader = new torch.utils.data.DataLoader<[Tensor, Tensor]>(dataset, { batchSize: BATCH });
  for (const [xb, yb] of torch.scoped(loader)) {
    F.crossEntropy(model(xb), yb).backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
  return F.crossEntropy(model(data.x), data.y);
}

export const rungs = { byHand, withFunctional, withModule, withOptimizer, withDataset, withDataLoader };

runAsProgram(import.meta, async () => {
  const data = loadData(50_000, await chosenDevice());
  for (const [name, rung] of Object.entries(rungs)) {
    const loss = await rung(data).itemAsync<number>();
    console.log(name.padEnd(15), loss.toFixed(6));
  }
});
