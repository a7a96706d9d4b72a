// An LSTM that reads a text character by character, learns which one comes next, and writes on in the same manner.
//   node --import tsx examples/charLstm.ts [TEXT.txt]
//     --epochs 20 --hidden 128 --layers 2 --dropout 0.2 --batch 16 --window 48 --lr 0.004 --seed 0   training
//     --prompt "Shall I" --length 400 --temperature 0.7 --topK N                                     writing
//     --save out/charLstm.pt, --load out/charLstm.pt to write without training, --device webgpu
import { dirname } from "node:path";
import { mkdirSync } from "node:fs";
import * as torch from "flambeau";
import { chosenDevice } from "./lib/device.ts";
import { numberOption, operands, option, runAsProgram } from "./lib/main.ts";
import { Characters, draw, frequencyLoss, readText, type Sampling, sonnets } from "./lib/text.ts";

const { nn, optim } = torch;
const F = nn.functional;

type State = [h: torch.Tensor, c: torch.Tensor];

export interface Shape {
  hidden: number;
  layers: number;
  dropout: number;
}

/** Characters [N, T] to logits [N, T, V] of the characters behind them. */
export class CharLstm extends nn.Module<
  [input: torch.Tensor, state?: State | null],
  [logits: torch.Tensor, state: State]
> {
  embedding: torch.nn.Embedding;
  lstm: torch.nn.LSTM;
  dropout: torch.nn.Dropout;
  output: torch.nn.Linear;

  constructor(characters: number, { hidden, layers, dropout }: Shape) {
    super();
    this.embedding = new nn.Embedding(characters, hidden);
    this.lstm = new nn.LSTM(hidden, hidden, { numLayers: layers, dropout: layers > 1 ? dropout : 0, batchFirst: true });
    this.dropout = new nn.Dropout(dropout);
    this.output = new nn.Linear(hidden, characters);
  }
  forward(input: torch.Tensor, state: State | null = null): [torch.Tensor, State] {
    const [hidden, next] = this.lstm(this.embedding(input), state);
    return [this.output(this.dropout(hidden)), next];
  }
}

/** A model with what it takes to use it. */
export interface Writer {
  model: CharLstm;
  characters: Characters;
  shape: Shape;
}

export interface Options extends Partial<Shape> {
  epochs: number;
  batch?: number;
  /** the steps that gradients flow back through; the state flows on to the next window */
  window?: number;
  lr?: number;
  seed?: number;
  device?: torch.Device;
  /** hears every epoch's mean loss, that of the text's last tenth, which is not trained on, and the time of a step */
  report?: (epoch: number, loss: number, heldOut: number, msPerStep: number) => void;
}

export interface Course extends Writer {
  /** of every step */
  losses: number[];
  /** the mean loss of the held-out text, after every epoch */
  heldOut: number[];
}

export async function trainCharLstm(text: string, options: Options): Promise<Course> {
  const { epochs, batch = 16, window = 48, lr = 4e-3, seed = 0, device = "cpu", report = () => {} } = options;
  const { hidden = 128, layers = 2, dropout = 0.2 } = options;
  const shape = { hidden, layers, dropout };
  torch.manualSeed(seed);
  const characters = new Characters(text);
  const model = new CharLstm(characters.size, shape).to(device);
  const ids = characters.encode(text).to(device);
  const trained = Math.floor(ids.numel() * 0.9);
  // each row of the batch reads a part of its own, window after window
  const length = Math.floor((trained - 1) / batch);
  const rows = (from: number) => ids.narrow(0, from, batch * length).view([batch, length]);
  const [inputs, targets] = [rows(0), rows(1)];
  if (length < window) throw new Error(`the text is too short for ${batch} rows of ${window} characters`);
  const optimizer = new optim.Adam(model.parameters(), { lr });
  const losses: number[] = [];
  const heldOut: number[] = [];

  for (let epoch = 1; epoch <= epochs; epoch++) {
    model.train();
    const started = performance.now();
    const reads: Promise<number>[] = [];
    let state: State | null = null;
    for (let at = 0; at + window <= length; at += window) {
      const before: State | null = state;
      state = torch.scope((): State => {
        const [logits, next] = model(inputs.narrow(1, at, window), before);
        const loss = F.crossEntropy(logits.flatten(0, 1), targets.narrow(1, at, window).flatten());
        optimizer.zeroGrad();
        loss.backward();
        nn.utils.clipGradNorm_(model.parameters(), 1);
        optimizer.step();
        reads.push(loss.itemAsync<number>());
        return next.map((s) => s.detach()) as State;
      });
      before?.forEach((s) => s.dispose());
    }
    state?.forEach((s) => s.dispose());
    const epochLosses = await Promise.all(reads);
    losses.push(...epochLosses);
    const ms = (performance.now() - started) / reads.length;
    heldOut.push(await lossOf(model, ids, trained));
    report(epoch, epochLosses.reduce((a, b) => a + b) / epochLosses.length, heldOut.at(-1)!, ms);
  }
  return { model, characters, shape, losses, heldOut };
}

/** The mean loss over the text from one place to its end. */
function lossOf(model: CharLstm, ids: torch.Tensor, from: number): Promise<number> {
  model.eval();
  const { value } = torch.scope(() =>
    torch.noGrad(() => {
      const count = ids.numel() - 1 - from;
      const [logits] = model(ids.narrow(0, from, count).unsqueeze(0));
      const targets = ids.narrow(0, from + 1, count);
      return { value: F.crossEntropy(logits.squeeze(0), targets).itemAsync<number>() };
    }),
  );
  return value;
}

/** Goes on from a prompt for so many characters. @returns the prompt and what follows */
export async function write(
  { model, characters }: Writer,
  prompt: string,
  length: number,
  sampling: Sampling = {},
): Promise<string> {
  const device = model.output.weight.device;
  model.eval();
  let state: State | null = null;
  let input = characters.encode(prompt);
  const written: number[] = [];
  while (written.length < length) {
    const before: State | null = state;
    const step = torch.scope((): { logits: torch.Tensor; next: State } =>
      torch.noGrad(() => {
        const [logits, next] = model(input.unsqueeze(0).to(device), before);
        return { logits: logits.select(0, 0).select(0, -1), next };
      }),
    );
    state = step.next;
    written.push(draw(await step.logits.cpu(), sampling));
    for (const used of [input, step.logits, ...(before ?? [])]) used.dispose();
    input = torch.tensor(written.slice(-1), { dtype: "int64" });
  }
  return prompt + characters.decode(written);
}

/** Weights, sizes and characters in one file of PyTorch's format. */
export async function saveWriter({ model, characters, shape }: Writer, file: string): Promise<void> {
  await torch.save({ model: model.stateDict(), shape, characters: String(characters) }, file);
}
export async function loadWriter(file: string): Promise<Writer> {
  const saved = await torch.load<{ model: torch.nn.StateDict; shape: Shape; characters: string }>(file);
  const characters = new Characters(saved.characters);
  const model = new CharLstm(characters.size, saved.shape);
  model.loadStateDict(saved.model);
  return { model, characters, shape: saved.shape };
}

runAsProgram(import.meta, async () => {
  const device = await chosenDevice();
  const seed = numberOption("seed", 0);
  const file = option("load");
  const writer = file === undefined ? await train(device, seed) : await loadWriter(file);
  writer.model.to(device);
  const topK = option("topK") === undefined ? undefined : numberOption("topK", 0);
  torch.manualSeed(seed);
  const sampling = { temperature: numberOption("temperature", 0.7), topK };
  console.log(await write(writer, option("prompt") ?? "Shall I", numberOption("length", 400), sampling));
});

async function train(device: torch.Device, seed: number): Promise<Writer> {
  const text = readText(operands()[0] ?? sonnets);
  const course = await trainCharLstm(text, {
    epochs: numberOption("epochs", 20),
    hidden: numberOption("hidden", 128),
    layers: numberOption("layers", 2),
    dropout: numberOption("dropout", 0.2),
    batch: numberOption("batch", 16),
    window: numberOption("window", 48),
    lr: numberOption("lr", 4e-3),
    seed,
    device,
    report: (epoch, loss, heldOut, ms) =>
      console.log(
        `epoch ${epoch}: loss ${loss.toFixed(4)}, of the held-out text ${heldOut.toFixed(4)}, ${ms.toFixed(1)} ms/step, ` +
          `${torch.memoryStats().tensors} tensors`,
      ),
  });
  const { model, characters } = course;
  const parameters = [...model.parameters()].reduce((n, p) => n + p.numel(), 0);
  const chance = frequencyLoss(characters.encode(text)).toFixed(4);
  console.log(`${model}\n${parameters} parameters; by the characters' frequencies alone the loss would be ${chance}\n`);
  const out = option("save");
  if (out !== undefined) {
    mkdirSync(dirname(out), { recursive: true });
    await saveWriter(course, out);
    console.log(`saved to ${out}\n`);
  }
  return course;
}
