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
import { GPT, learn, lossOf, optimizerOf, rate, type Shape, write, type Writer } from "./lib/gpt.ts";
import { Characters, readText, sonnets } from "./lib/text.ts";

export { GPT, write } from "./lib/gpt.ts";

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
  const learned = ids.narrow(0, 0, trained);
  const writer: Writer = { model, characters, shape };
  if (ids.numel() - trained <= shape.context) throw new Error("the text is too short for the context");

  const losses: number[] = [];
  let reads: Promise<number>[] = [];
  let heldOut = NaN;
  let since = performance.now();
  model.train();
  for (let step = checkpoint?.step ?? 0; step < steps; step++) {
    for (const group of optimizer.paramGroups) group.lr = lr * rate(step, steps);
    reads.push(learn(writer, optimizer, learned, batch));
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
  return { ...writer, losses, heldOut };
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
