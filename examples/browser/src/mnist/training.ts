// A training that can be held, moved to another device while it runs, and asked at any time.
import * as torch from "flambeau";
import { classifier } from "../../../lib/classifier.ts";
import { type Batch, type Score, test } from "../../../lib/train.ts";
import { Gate } from "../lib/gate.ts";
import { moveTraining } from "../lib/move.ts";
import { Pace } from "../lib/pace.ts";
import { type Split, normalized } from "./data.ts";

const { nn, optim } = torch;
const { DataLoader, TensorDataset } = torch.utils.data;

export interface Progress {
  step: number;
  /** of each step since the last report */
  losses: number[];
  /** images learned from, per second, since the last report */
  rate: number;
}

export interface Check extends Score {
  step: number;
  /** how many images were asked */
  images: number;
}

const BATCH = 64;
const CHECKED = 1000;
/** Asks often at first, when much changes. */
const isCheck = (step: number): boolean => step % (step < 200 ? 25 : 100) === 0;

export class Training {
  model = classifier();
  step = 0;
  readonly gate = new Gate();
  device: "cpu" | "webgpu" = "cpu";
  private optimizer = new optim.Adam(this.model.parameters(), { lr: 1e-3 });
  private lossFn = new nn.CrossEntropyLoss();
  private testing: Split;
  private wanted: "cpu" | "webgpu" = "cpu";
  private running = false;
  /** weights and optimizer of a step, on the CPU: what is on a device may be lost with it */
  private kept: { step: number; bytes: Uint8Array } | undefined;

  constructor(testing: Split) {
    this.testing = testing;
  }

  // #region step
  /** Learns from one batch; the loss is for those who wait. */
  private learn([images, labels]: Batch): Promise<number> {
    const { value } = torch.scope(() => {
      const logits = this.model(normalized(images, this.device));
      const loss = this.lossFn(logits, labels.to(this.device));
      this.optimizer.zeroGrad();
      loss.backward();
      this.optimizer.step();
      return { value: loss.itemAsync<number>() };
    });
    return value;
  }
  // #endregion

  async run(
    training: Split,
    epochs: number,
    report: (progress: Progress) => void,
    checked: (check: Check) => void,
  ): Promise<void> {
    this.running = true;
    try {
      await this.learnAll(training, epochs, report, checked);
    } finally {
      this.running = false;
    }
  }

  private async learnAll(
    training: Split,
    epochs: number,
    report: (progress: Progress) => void,
    checked: (check: Check) => void,
  ): Promise<void> {
    const loader = new DataLoader<Batch>(training.dataset, { batchSize: BATCH, shuffle: true });
    const pace = new Pace();
    let losses: Promise<number>[] = [];
    let seen = 0;
    let since = performance.now();
    const tell = async (): Promise<void> => {
      const values = await Promise.all(losses);
      const now = performance.now();
      report({ step: this.step, losses: values, rate: (1000 * seen) / (now - since) });
      pace.took(values.length, now - since);
      losses = [];
      seen = 0;
      since = now;
    };
    for (let epoch = 0; epoch < epochs; epoch++) {
      for await (const batch of loader) {
        const before = performance.now();
        if (!(await this.gate.pass())) return;
        since += performance.now() - before;
        if (this.wanted !== this.device) await this.move(this.wanted);
        const loss = this.learn(batch);
        // when one fails, nobody asks for the others any more
        loss.catch(() => {});
        losses.push(loss);
        seen += batch[0].shape[0]!;
        this.step++;
        for (const tensor of batch) tensor.dispose();
        if (losses.length >= pace.steps) await tell();
        if (isCheck(this.step)) {
          const before = performance.now();
          checked(await this.check(CHECKED));
          since += performance.now() - before;
        }
      }
      if (losses.length > 0) await tell();
      checked(await this.check());
      since = performance.now();
    }
  }

  /** Asks about the first test images, or all. */
  async check(images = Infinity): Promise<Check> {
    const { images: data, labels } = this.testing;
    const count = Math.min(images, data.shape[0]!);
    const some = new TensorDataset(data.narrow(0, 0, count), labels.narrow(0, 0, count));
    const loader = new DataLoader<Batch>(some, { batchSize: 250 });
    const model = (batch: torch.Tensor): torch.Tensor => this.model(normalized(batch, this.device));
    const score = await test(loader, model, this.lossFn, this.device);
    if (this.device === "webgpu") await this.keep();
    return { ...score, step: this.step, images: count };
  }

  /** Probabilities of the ten classes for images [N, 28, 28] of 0 to 255. */
  async classify(images: torch.Tensor): Promise<number[][]> {
    const probabilities = torch.scope(() =>
      torch.noGrad(() => torch.softmax(this.model(normalized(images, this.device)), 1)),
    );
    const rows = await probabilities.tolistAsync<number[][]>();
    probabilities.dispose();
    return rows;
  }

  /** Computes on the other device, a training from its next batch on. */
  async use(device: "cpu" | "webgpu"): Promise<void> {
    this.wanted = device;
    if (!this.running && device !== this.device) await this.move(device);
  }
  private async move(device: "cpu" | "webgpu"): Promise<void> {
    if (device === "webgpu") await this.keep();
    await moveTraining(this.model, this.optimizer, device);
    this.device = device;
  }

  private async keep(): Promise<void> {
    const { step } = this;
    const bytes = await torch.save({ model: this.model.stateDict(), optimizer: this.optimizer.stateDict() });
    this.kept = { step, bytes };
  }
  /** After the loss of the device: goes back to what was kept, on the CPU. */
  async rescue(): Promise<void> {
    if (this.device === "cpu" || this.kept === undefined) return;
    const { step, bytes } = this.kept;
    const state = (await torch.load(bytes)) as { model: any; optimizer: any };
    const model = classifier();
    const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
    model.loadStateDict(state.model);
    optimizer.loadStateDict(state.optimizer);
    // at once, since a training that is held goes on with these
    Object.assign(this, { model, optimizer, step, device: "cpu", wanted: "cpu" });
  }

  async weights(): Promise<Uint8Array> {
    return torch.safetensors.save(this.model.stateDict(), { format: "pt" });
  }
  /** @throws for a file that is damaged, or of another network */
  async loadWeights(file: Blob): Promise<void> {
    this.model.loadStateDict(await torch.safetensors.loadFile(file));
  }
}
