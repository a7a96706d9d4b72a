// The small GPT of examples/gpt.ts on Shakespeare's sonnets, held, resumed and moved as the page wishes.
import * as torch from "flambeau";
import sonnets from "../../../data/sonnets.txt?raw";
import { Characters, frequencyLoss } from "../../../lib/characters.ts";
import { GPT, type Writer, learn, lossOf, optimizerOf, rate, write } from "../../../lib/gpt.ts";
import { emit } from "../lib/channel.ts";
import { Gate } from "../lib/gate.ts";
import { moveTraining } from "../lib/move.ts";
import { Pace } from "../lib/pace.ts";

export interface Options {
  steps: number;
  batch: number;
  context: number;
  width: number;
  layers: number;
  /** after how many steps something is written */
  every: number;
}

export interface Start {
  parameters: number;
  characters: number;
  /** the loss of one who knows how often each character comes, and nothing else */
  frequencyLoss: number;
}

export interface Events {
  progress: { step: number; losses: number[]; msPerStep: number };
  heldOut: { step: number; loss: number };
  /** a piece of what is being written; the first of a text brings its step */
  text: { begins?: number; characters: string };
}

const text = sonnets.replaceAll("\r\n", "\n");
const LEARNING_RATE = 2e-3;
const HEADS = 4;

let options: Options;
let writer: Writer;
let optimizer: torch.optim.AdamW;
let ids: torch.Tensor;
let learned: torch.Tensor;
let gate = new Gate();
let step = 0;
let running: Promise<void> | undefined;
let device: "cpu" | "webgpu" = "cpu";
let wanted: "cpu" | "webgpu" = "cpu";
let prompt = "Shall I";
let temperature = 0.8;

async function move(): Promise<void> {
  if (wanted === device) return;
  await moveTraining(writer.model, optimizer, wanted);
  device = wanted;
}

/** Goes on from the prompt, character by character. */
async function tell(length: number): Promise<void> {
  emit("text", { begins: step, characters: prompt } satisfies Events["text"]);
  const heard = (characters: string): void => emit("text", { characters } satisfies Events["text"]);
  await write(writer, prompt, length, { temperature, topK: 20 }, heard);
  writer.model.train();
}

// #region loop
async function train(): Promise<void> {
  const pace = new Pace();
  let losses: Promise<number>[] = [];
  if (step === 0) await tell(160);
  let since = performance.now();
  while (step < options.steps) {
    if (!(await gate.pass())) return;
    await move();
    for (const group of optimizer.paramGroups) group.lr = LEARNING_RATE * rate(step, options.steps);
    losses.push(learn(writer, optimizer, learned, options.batch));
    step++;
    if (losses.length >= pace.steps || step === options.steps) {
      const values = await Promise.all(losses);
      const milliseconds = performance.now() - since;
      emit("progress", { step, losses: values, msPerStep: milliseconds / values.length });
      pace.took(values.length, milliseconds);
      losses = [];
      since = performance.now();
    }
    if (step % options.every === 0) {
      emit("heldOut", { step, loss: await lossOf(writer.model, ids, learned.numel(), options.context) });
      await tell(160);
      since = performance.now();
    }
  }
}
// #endregion

export const calls = {
  /** Makes a model that has learned nothing. */
  async begin(wish: Options): Promise<Start> {
    gate.stop();
    await running?.catch(() => {});
    gate = new Gate();
    options = wish;
    step = 0;
    torch.manualSeed(0);
    const characters = new Characters(text);
    const { context, width, layers } = options;
    const shape = { context, width, layers, heads: HEADS, dropout: 0.1 };
    const model = new GPT(characters.size, shape);
    ids = characters.encode(text);
    learned = ids.narrow(0, 0, Math.floor(ids.numel() * 0.9));
    writer = { model, characters, shape };
    optimizer = optimizerOf(model, LEARNING_RATE);
    device = "cpu";
    await move();
    model.train();
    const parameters = [...model.parameters()].reduce((sum, parameter) => sum + parameter.numel(), 0);
    return { parameters, characters: text.length, frequencyLoss: frequencyLoss(ids) };
  },
  /** @returns whether it went to the end */
  async train(): Promise<boolean> {
    const mine = gate;
    running = train();
    await running;
    return mine === gate;
  },
  hold: (): void => gate.hold(),
  resume: (): void => gate.resume(),
  async use(choice: { device: "cpu" | "webgpu"; threads: number }): Promise<void> {
    torch.setNumThreads(choice.threads);
    if (choice.device === "webgpu") await torch.webgpu.init();
    wanted = choice.device;
  },
  /** What the next texts begin with, and how daring they are. @throws for a character that the sonnets don't have */
  write(wish: { prompt: string; temperature: number }): void {
    writer.characters.encode(wish.prompt).dispose();
    if (wish.prompt === "") throw new Error("a text begins with at least one character");
    ({ prompt, temperature } = wish);
  },
  /** Writes now, while the training is held or has ended. */
  tell: (length: number): Promise<void> => tell(length),
};
export type GptCalls = typeof calls;
