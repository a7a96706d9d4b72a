// A small GPT: a transformer that reads the last characters of a text and learns which one comes next; then it writes.
//   node --import tsx examples/gpt.ts [TEXT.txt]
//     --steps 1000 --context 64 --width 96 --heads 4 --layers 3 --dropout 0.1 --batch 16 --lr 0.002 --seed 0   training
//     --prompt "Shall I" --length 400 --temperature 0.8 --topK 20                                             writing
//     --save out/gpt.pt      keeps a checkpoint there, from the first report on; PyTorch reads it, too
//     --resume out/gpt.pt    goes on training from a checkpoint as if nothing had been in between
//     --load out/gpt.pt      writes without training
//     --device webgpu
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import * as torch from "flambeau";
import { chosenDevice } from "./lib/device.ts";
import { numberOption, operands, option, runAsProgram } from "./lib/main.ts";
import { Characters, draw, readText, type Sampling, sonnets } from "./lib/text.ts";

const { nn, optim } = torch;
const F = nn.functional;

export interface Shape {
  /** characters that are seen at once */
  context: number;
  width: number;
  heads: number;
  layers: number;
  dropout: number;
}

/** Every place attends to itself and to the places before it. Shapes: [N, T, width]. */
class CausalSelfAttention extends nn.Module {
  projections: torch.nn.Linear;
  output: torch.nn.Linear;
  dropout: torch.nn.Dropout;
  private readonly heads: number;

  constructor({ width, heads, dropout }: Shape) {
    super();
    this.heads = heads;
    this.projections = new nn.Linear(width, 3 * width);
    this.output = new nn.Linear(width, width);
    this.dropout = new nn.Dropout(dropout);
  }
  forward(x: torch.Tensor): torch.Tensor {
    const [n, t, width] = x.shape as [number, number, number];
    const perHead = (part: torch.Tensor) => part.view([n, t, this.heads, width / this.heads]).transpose(1, 2);
    const [q, k, v] = this.projections(x).split(width, 2).map(perHead) as [torch.Tensor, torch.Tensor, torch.Tensor];
    const dropoutP = this.training ? this.dropout.p : 0;
    const attended = F.scaledDotProductAttention(q, k, v, { dropoutP, isCausal: true });
    return this.dropout(this.output(attended.transpose(1, 2).reshape([n, t, width])));
  }
}

/** Attention, then a layer for every place by itself, each added to what comes in; normalised before, not after. */
class Block extends nn.Module {
  norm1: torch.nn.LayerNorm;
  attention: CausalSelfAttention;
  norm2: torch.nn.LayerNorm;
  feedForward: torch.nn.Sequential;

  constructor(shape: Shape) {
    super();
    const { width, dropout } = shape;
    this.norm1 = new nn.LayerNorm(width);
    this.attention = new CausalSelfAttention(shape);
    this.norm2 = new nn.LayerNorm(width);
    this.feedForward = new nn.Sequential(
      new nn.Linear(width, 4 * width),
      new nn.GELU(),
      new nn.Linear(4 * width, width),
      new nn.Dropout(dropout),
    );
  }
  forward(x: torch.Tensor): torch.Tensor {
    x = x.add(this.attention(this.norm1(x)));
    return x.add(this.feedForward(this.norm2(x)));
  }
}

/** Characters [N, T] to logits [N, T, V] of the characters behind them. */
export class GPT extends nn.Module {
  characters: torch.nn.Embedding;
  places: torch.nn.Embedding;
  dropout: torch.nn.Dropout;
  blocks: torch.nn.Sequential;
  norm: torch.nn.LayerNorm;
  head: torch.nn.Linear;

  constructor(vocabulary: number, shape: Shape) {
    super();
    const { context, width, layers, dropout } = shape;
    this.characters = new nn.Embedding(vocabulary, width);
    this.places = new nn.Embedding(context, width);
    this.dropout = new nn.Dropout(dropout);
    this.blocks = new nn.Sequential(...Array.from({ length: layers }, () => new Block(shape)));
    this.norm = new nn.LayerNorm(width);
    this.head = new nn.Linear(width, vocabulary, { bias: false });
    // one matrix reads characters and writes them
    this.head.weight = this.characters.weight;
    for (const [name, parameter] of this.namedParameters()) {
      // what is added to the stream of every layer starts smaller, the more layers there are
      const isLast = name.endsWith("output.weight") || name.endsWith("feed_forward.2.weight");
      if (parameter.dim() >= 2) nn.init.normal_(parameter, 0, isLast ? 0.02 / Math.sqrt(2 * layers) : 0.02);
      else if (name.endsWith("bias")) nn.init.zeros_(parameter);
    }
  }
  forward(ids: torch.Tensor): torch.Tensor {
    const places = torch.arange(ids.shape[1]!, { device: ids.device });
    const x = this.dropout(this.characters(ids).add(this.places(places)));
    return this.head(this.norm(this.blocks(x)));
  }
}

/** A model with what it takes to use it. */
export interface Writer {
  model: GPT;
  characters: Characters;
  shape: Shape;
}

export interface Options extends Partial<Shape> {
  /** counted from the beginning, also of a training that is resumed */
  steps: number;
  batch?: number;
  lr?: number;
  seed?: number;
  device?: torch.Device;
  /** a checkpoint to go on from; the model's shape is taken from it */
  resume?: string;
  /** where to put a checkpoint before every report */
  save?: string;
  /** hears the number of parameters */
  started?: (parameters: number) => void;
  /** hears the mean loss since the last report, that of the held-out text, and the time of a step */
  report?: (step: number, loss: number, heldOut: number, msPerStep: number) => void;
  reportEvery?: number;
}

interface Checkpoint {
  model: torch.nn.StateDict;
  optimizer: object;
  rng: torch.Tensor;
  step: number;
  shape: Shape;
  characters: string;
}

export interface Course extends Writer {
  /** of every step that was made */
  losses: number[];
  heldOut: number;
}

/** The rate rises for some steps and falls as a cosine to a tenth. */
function rate(step: number, steps: number): number {
  const warmup = Math.min(100, Math.floor(steps / 10));
  if (step < warmup) return (step + 1) / warmup;
  return 0.55 + 0.45 * Math.cos((Math.PI * (step - warmup)) / (steps - warmup));
}

/** Matrices decay, vectors do not. */
function optimizerOf(model: GPT, lr: number): torch.optim.AdamW {
  const all = [...model.parameters()];
  const groups = [
    { params: all.filter((p) => p.dim() >= 2), weightDecay: 0.1 },
    { params: all.filter((p) => p.dim() < 2), weightDecay: 0 },
  ];
  return new optim.AdamW(groups, { lr, betas: [0.9, 0.99] });
}

export async function trainGpt(text: string, options: Options): Promise<Course> {
  const { steps, batch = 16, lr = 2e-3, seed = 0, device = "cpu", resume, save, reportEvery = 100 } = options;
  const { context = 64, width = 96, heads = 4, layers = 3, dropout = 0.1 } = options;
  torch.manualSeed(seed);
  const checkpoint = resume === undefined ? undefined : await torch.load<Checkpoint>(resume);
  const shape = checkpoint?.shape ?? { context, width, heads, layers, dropout };
  const characters = new Characters(checkpoint?.characters ?? text);
  const model = new GPT(characters.size, shape);
  if (checkpoint) model.loadStateDict(checkpoint.model);
  model.to(device);
  const optimizer = optimizerOf(model, lr);
  if (checkpoint) {
    optimizer.loadStateDict(checkpoint.optimizer as never);
    torch.setRngState(checkpoint.rng);
  }
  options.started?.([...model.parameters()].reduce((n, p) => n + p.numel(), 0));
  const ids = characters.encode(text);
  const trained = Math.floor(ids.numel() * 0.9);
  if (ids.numel() - trained <= shape.context) throw new Error("the text is too short for the context");

  const losses: number[] = [];
  let reads: Promise<number>[] = [];
  let heldOut = NaN;
  let since = performance.now();
  model.train();
  for (let step = checkpoint?.step ?? 0; step < steps; step++) {
    for (const group of optimizer.paramGroups) group.lr = lr * rate(step, steps);
    torch.scope(() => {
      const starts = torch.randint(0, trained - shape.context, [batch]).tolist() as number[];
      const at = (shift: number) => torch.stack(starts.map((i) => ids.narrow(0, i + shift, shape.context))).to(device);
      const loss = F.crossEntropy(model(at(0)).flatten(0, 1), at(1).flatten());
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm_(model.parameters(), 1);
      optimizer.step();
      reads.push(loss.itemAsync<number>());
    });
    if ((step + 1) % reportEvery !== 0 && step + 1 !== steps) continue;
    const recent = await Promise.all(reads);
    const ms = (performance.now() - since) / recent.length;
    heldOut = await lossOf(model, ids, trained, shape.context);
    if (save !== undefined) {
      mkdirSync(dirname(save), { recursive: true });
      await torch.scope(async () => {
        const state = { model: model.stateDict(), optimizer: optimizer.stateDict(), rng: torch.getRngState() };
        const rest = { step: step + 1, shape, characters: String(characters) };
        await torch.save({ ...state, ...rest } satisfies Checkpoint, save);
      });
    }
    options.report?.(step + 1, recent.reduce((a, b) => a + b) / recent.length, heldOut, ms);
    losses.push(...recent);
    reads = [];
    since = performance.now();
  }
  return { model, characters, shape, losses, heldOut };
}

/** The mean loss of the text from one place to its end, in pieces as long as the context. */
function lossOf(model: GPT, ids: torch.Tensor, from: number, context: number): Promise<number> {
  const training = model.training;
  model.eval();
  const { value } = torch.scope(() =>
    torch.noGrad(() => {
      const count = Math.floor((ids.numel() - from - 1) / context);
      const device = model.head.weight.device;
      const pieces = (shift: number) =>
        ids
          .narrow(0, from + shift, count * context)
          .view([count, context])
          .to(device);
      const logits = model(pieces(0));
      return { value: F.crossEntropy(logits.flatten(0, 1), pieces(1).flatten()).itemAsync<number>() };
    }),
  );
  model.train(training);
  return value;
}

/** Goes on from a prompt for so many characters. @returns the prompt and what follows */
export async function write(
  { model, characters, shape }: Writer,
  prompt: string,
  length: number,
  sampling: Sampling = {},
): Promise<string> {
  const device = model.head.weight.device;
  model.eval();
  const ids = characters.encode(prompt).tolist() as number[];
  for (let i = 0; i < length; i++) {
    const logits = torch.scope(() =>
      torch.noGrad(() => {
        const seen = torch.tensor([ids.slice(-shape.context)], { dtype: "int64", device });
        return model(seen).select(0, 0).select(0, -1);
      }),
    );
    const here = await logits.cpu();
    ids.push(draw(here, sampling));
    logits.dispose();
    here.dispose();
  }
  return characters.decode(ids);
}

export async function loadWriter(file: string): Promise<Writer> {
  const saved = await torch.load<Checkpoint>(file);
  const characters = new Characters(saved.characters);
  const model = new GPT(characters.size, saved.shape);
  model.loadStateDict(saved.model);
  return { model, characters, shape: saved.shape };
}

runAsProgram(import.meta, async () => {
  const device = await chosenDevice();
  const seed = numberOption("seed", 0);
  const file = option("load");
  const writer = file === undefined ? await train(device, seed) : await loadWriter(file);
  writer.model.to(device);
  torch.manualSeed(seed);
  const sampling = { temperature: numberOption("temperature", 0.8), topK: numberOption("topK", 20) };
  console.log(`\n${await write(writer, option("prompt") ?? "Shall I", numberOption("length", 400), sampling)}`);
});

function train(device: torch.Device, seed: number): Promise<Writer> {
  return trainGpt(readText(operands()[0] ?? sonnets), {
    steps: numberOption("steps", 1000),
    context: numberOption("context", 64),
    width: numberOption("width", 96),
    heads: numberOption("heads", 4),
    layers: numberOption("layers", 3),
    dropout: numberOption("dropout", 0.1),
    batch: numberOption("batch", 16),
    lr: numberOption("lr", 2e-3),
    seed,
    device,
    resume: option("resume"),
    save: option("save"),
    started: (parameters) => console.log(`${parameters} parameters, ${torch.backends().description}`),
    report: (step, loss, heldOut, ms) =>
      console.log(
        `step ${step}: loss ${loss.toFixed(4)}, of the held-out text ${heldOut.toFixed(4)}, ${ms.toFixed(1)} ms/step, ` +
          `${torch.memoryStats().tensors} tensors`,
      ),
  });
}
