// Models as programs train and run them.
import * as torch from "flambeau";
import { train } from "./train.ts";

const { nn, optim } = torch;
const F = nn.functional;

function perceptrons(): void {
  const x = torch.rand(64, 20);
  for (const activation of [new nn.ReLU(), new nn.Sigmoid(), new nn.Tanh(), new nn.GELU(), new nn.SiLU()]) {
    const model = new nn.Sequential(
      new nn.Linear(20, 33),
      activation,
      new nn.Dropout(0.2),
      new nn.BatchNorm1d(33),
      new nn.Linear(33, 10),
    );
    train(model, () => F.crossEntropy(model(x), torch.randint(0, 10, [64])), new optim.SGD(model.parameters(), 0.1));
  }
  for (const [rows, width] of [
    [1, 8],
    [7, 300],
    [256, 512],
  ] as const) {
    const model = new nn.Linear(width, width);
    const input = torch.randn(rows, width);
    train(model, () => F.mseLoss(model(input), input), new optim.Adam(model.parameters()));
  }
}

function convolutions(): void {
  const images = torch.rand(8, 1, 28, 28);
  const labels = torch.randint(0, 10, [8]);
  const lenet = new nn.Sequential(
    new nn.Conv2d(1, 5, 5),
    new nn.MaxPool2d(2),
    new nn.ReLU(),
    new nn.Conv2d(5, 10, 3, { padding: 1 }),
    new nn.BatchNorm2d(10),
    new nn.LeakyReLU(0.1),
    new nn.AvgPool2d(2),
    new nn.Conv2d(10, 16, 1),
    new nn.ReLU6(),
    new nn.AdaptiveAvgPool2d(2),
    new nn.Flatten(),
    new nn.Dropout(0.5),
    new nn.Linear(64, 10),
    new nn.LogSoftmax(1),
  );
  const sgd = new optim.SGD(lenet.parameters(), { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-4 });
  train(lenet, () => F.nllLoss(lenet(images), labels), sgd);

  // depthwise, grouped, strided, dilated; residuals
  const mobile = new nn.Sequential(
    new nn.Conv2d(3, 16, 3, { stride: 2, padding: 1, bias: false }),
    new nn.BatchNorm2d(16),
    new nn.Hardswish(),
    new nn.Conv2d(16, 16, 3, { padding: 1, groups: 16 }),
    new nn.BatchNorm2d(16),
    new nn.SiLU(),
    new nn.Conv2d(16, 32, 3, { padding: 2, dilation: 2, groups: 2 }),
    new nn.BatchNorm2d(32),
    new nn.ReLU(),
    new nn.Conv2d(32, 64, 1),
    new nn.Dropout2d(0.1),
  );
  const head = new nn.Linear(64, 10);
  const colours = torch.rand(4, 3, 32, 32);
  const both = new nn.Sequential(mobile, head);
  const classes = torch.randint(0, 10, [4]);
  const loss = () => {
    const features = mobile(colours);
    return F.crossEntropy(head(features.mean([2, 3]).add(features.amax([2, 3]))), classes, { labelSmoothing: 0.1 });
  };
  train(both, loss, new optim.AdamW(both.parameters(), { lr: 1e-3 }));

  // down and up again
  const encode = new nn.Sequential(new nn.Conv2d(1, 8, 4, { stride: 2, padding: 1 }), new nn.ReLU(true));
  const decode = new nn.Sequential(new nn.ConvTranspose2d(8, 1, 4, { stride: 2, padding: 1 }), new nn.Sigmoid());
  const autoencoder = new nn.Sequential(encode, decode);
  train(
    autoencoder,
    () => F.binaryCrossEntropy(autoencoder(images), images, { reduction: "sum" }),
    new optim.RMSprop(autoencoder.parameters()),
  );
  const up = new nn.Sequential(new nn.Conv2d(1, 4, 3, { padding: 1 }), new nn.PixelShuffle(2));
  train(up, () => up(images).square().mean(), new optim.Adam(up.parameters()));

  const sound = torch.randn(4, 2, 50);
  const waves = new nn.Sequential(
    new nn.Conv1d(2, 8, 5, { padding: 2 }),
    new nn.BatchNorm1d(8),
    new nn.ReLU(),
    new nn.MaxPool1d(2),
    new nn.Conv1d(8, 8, 3, { stride: 2 }),
    new nn.AvgPool1d(2),
    new nn.AdaptiveMaxPool1d(1),
    new nn.Flatten(),
    new nn.Linear(8, 1),
  );
  train(
    waves,
    () => F.binaryCrossEntropyWithLogits(waves(sound).squeeze(1), torch.ones(4)),
    new optim.Adagrad(waves.parameters()),
  );
}

function sequences(): void {
  const ids = torch.randint(0, 30, [4, 12]);
  const embedding = new nn.Embedding(30, 16);
  for (const make of [nn.RNN, nn.GRU, nn.LSTM] as (typeof nn.LSTM)[]) {
    const recurrent = new make(16, 24, { batchFirst: true, numLayers: 2, dropout: 0.1 });
    const head = new nn.Linear(24, 30);
    const model = new nn.ModuleList([embedding, recurrent, head]);
    const loss = () => {
      const [out] = recurrent(embedding(ids)) as [torch.Tensor, unknown];
      return F.crossEntropy(head(out).flatten(0, 1), ids.flatten());
    };
    train(model, loss, new optim.Adam(model.parameters(), { lr: 1e-2 }), 5);
  }
}

function transformers(): void {
  const embedding = new nn.Embedding(30, 32);
  const head = new nn.Linear(32, 30);
  const ids = torch.randint(0, 30, [4, 12]);
  const norm = new nn.LayerNorm(32);
  const project = new nn.Linear(32, 96);
  const gpt = new nn.ModuleList([embedding, norm, project, head]);
  const heads = (x: torch.Tensor) => x.view(4, 12, 4, 8).transpose(1, 2);
  const loss = () => {
    const x = embedding(ids).add(embedding(torch.arange(12)));
    const [q, k, v] = project(norm(x)).split(32, -1).map(heads) as [torch.Tensor, torch.Tensor, torch.Tensor];
    const scores = q.matmul(k.transpose(-2, -1)).div(Math.sqrt(8));
    const causal = torch.tril(torch.ones(12, 12)).eq(0);
    const written = F.softmax(scores.maskedFill(causal, -Infinity), -1).matmul(v);
    const out = written.transpose(1, 2).contiguous().view(4, 12, 32);
    return F.crossEntropy(head(F.gelu(out)).flatten(0, 1), ids.flatten(), { ignoreIndex: 0 });
  };
  train(gpt, loss, new optim.AdamW(gpt.parameters(), { lr: 1e-3 }), 1);

  // generation
  torch.noGrad(() => {
    const logits = head(embedding(ids)).select(1, -1).div(0.8);
    const kept = logits.maskedFill(logits.lt(logits.mean(-1, true)), -Infinity);
    const next = torch.multinomial(F.softmax(kept, -1), 1);
    torch.cat([ids, next], 1).tolist();
    logits.argmax(-1).tolist();
  });
}

/** Latent variables, adversaries, rewards. */
function others(): void {
  const encode = new nn.Linear(20, 8);
  const decode = new nn.Linear(4, 20);
  const vae = new nn.ModuleList([encode, decode]);
  const x = torch.rand(16, 20);
  const loss = () => {
    const [mu, logvar] = encode(x).chunk(2, 1) as [torch.Tensor, torch.Tensor];
    const z = mu.add(torch.randnLike(mu).mul(logvar.mul(0.5).exp()));
    const kl = logvar.add(1).sub(mu.pow(2)).sub(logvar.exp()).sum().mul(-0.5);
    return F.binaryCrossEntropyWithLogits(decode(z), x, { reduction: "sum" }).add(kl);
  };
  train(vae, loss, new optim.Adam(vae.parameters()));

  const critic = new nn.Linear(20, 1);
  train(critic, () => critic(x).neg().sigmoid().log().mean().neg(), new optim.Adam(critic.parameters()));
  const policy = new nn.Linear(20, 3);
  const reinforce = () => {
    const logits = policy(x);
    const actions = torch.multinomial(logits.softmax(1).detach(), 1);
    const chosen = logits.logSoftmax(1).gather(1, actions).squeeze(1);
    const rewards = torch.rand(16);
    const advantages = rewards.sub(rewards.mean()).div(rewards.std().add(1e-8));
    const entropy = logits.softmax(1).mul(logits.logSoftmax(1)).sum(1).mean();
    return chosen.mul(advantages).mean().neg().add(entropy.mul(0.01));
  };
  train(policy, reinforce, new optim.Adam(policy.parameters()));
  const q = new nn.Linear(20, 3);
  const target = new nn.Linear(20, 3);
  target.loadStateDict(q.stateDict());
  const bellman = () => {
    const best = torch.noGrad(() => target(x).max(1)[0].mul(0.99).add(torch.rand(16)));
    const actions = torch.randint(0, 3, [16, 1]);
    return F.smoothL1Loss(q(x).gather(1, actions).squeeze(1), best);
  };
  train(q, bellman, new optim.RMSprop(q.parameters(), { lr: 1e-3, momentum: 0.9 }));
}

export const models = [perceptrons, convolutions, sequences, transformers, others];
