// nn.Transformer translates dates as people write them, "7 March 1998" or "Mar 7, 1998", to "1998-03-07".
//   node --import tsx examples/transformer.ts ["4 July 1976" …]
//     [--steps 600] [--batch 32] [--width 64] [--heads 4] [--layers 1] [--dropout 0] [--lr 0.004] [--seed 0] [--device webgpu]
import * as torch from "flambeau";
import { chosenDevice } from "./lib/device.ts";
import { numberOption, operands, runAsProgram } from "./lib/main.ts";

const { nn, optim } = torch;
const F = nn.functional;

const MONTHS = "January February March April May June July August September October November December".split(" ");
const two = (n: number) => String(n).padStart(2, "0");

/** The ways to write a date. */
const STYLES: ((year: number, month: number, day: number) => string)[] = [
  (year, month, day) => `${day} ${MONTHS[month]} ${year}`,
  (year, month, day) => `${MONTHS[month]} ${day}, ${year}`,
  (year, month, day) => `${MONTHS[month]!.slice(0, 3)} ${day}, ${year}`,
  (year, month, day) => `${two(day)}.${two(month + 1)}.${year}`,
];
const SOURCE_LENGTH = 18;
const TARGET_LENGTH = "1998-03-07".length;

const [PAD, START] = [0, 1];
const CHARACTERS = ["", "", ...[...new Set(`0123456789-,. ${MONTHS.join("")}`)].sort()];

const encode = (text: string): number[] =>
  Array.from(text, (c) => {
    const id = CHARACTERS.indexOf(c);
    if (id < 0) throw new Error(`no date has ${JSON.stringify(c)}`);
    return id;
  });
const decode = (ids: number[]): string => ids.map((id) => CHARACTERS[id]).join("");
const long = (rows: number[][]) => torch.tensor(rows, { dtype: "int64" });

/** Texts as rows of the same length. */
function sources(texts: string[]): torch.Tensor {
  const rows = texts.map(encode);
  if (rows.some((row) => row.length > SOURCE_LENGTH)) throw new Error(`dates have up to ${SOURCE_LENGTH} characters`);
  return long(rows.map((row) => [...row, ...Array<number>(SOURCE_LENGTH - row.length).fill(PAD)]));
}

export interface Dates {
  texts: string[];
  translations: string[];
}

/** Random dates of the years 1900 to 2099. */
export function dates(count: number): Dates {
  const [years, months, days, styles] = [200, 12, 28, STYLES.length].map(
    (high) => torch.randint(0, high, [count]).tolist() as number[],
  ) as [number[], number[], number[], number[]];
  const at = Array.from({ length: count }, (_, i) => [1900 + years[i]!, months[i]!, days[i]! + 1] as const);
  return {
    texts: at.map((date, i) => STYLES[styles[i]!]!(...date)),
    translations: at.map(([year, month, day]) => `${year}-${two(month + 1)}-${two(day)}`),
  };
}

export interface Shape {
  width: number;
  heads: number;
  layers: number;
  dropout: number;
}

/** Source [N, S] and the beginning of its translation [N, T] to logits [N, T, characters] of what follows. */
export class Translator extends nn.Module<[source: torch.Tensor, target: torch.Tensor]> {
  characters: torch.nn.Embedding;
  declare places: torch.Tensor;
  transformer: torch.nn.Transformer;
  output: torch.nn.Linear;

  constructor({ width, heads, layers, dropout }: Shape) {
    super();
    this.characters = new nn.Embedding(CHARACTERS.length, width);
    this.registerBuffer("places", waves(SOURCE_LENGTH, width), false);
    this.transformer = new nn.Transformer({
      dModel: width,
      nhead: heads,
      numEncoderLayers: layers,
      numDecoderLayers: layers,
      dimFeedforward: 4 * width,
      dropout,
      batchFirst: true,
      normFirst: true,
    });
    this.output = new nn.Linear(width, CHARACTERS.length);
  }
  private embed(ids: torch.Tensor): torch.Tensor {
    return this.characters(ids).add(this.places.narrow(0, 0, ids.shape[1]!));
  }
  encode(source: torch.Tensor): torch.Tensor {
    return this.transformer.encoder(this.embed(source), { srcKeyPaddingMask: source.eq(PAD) }) as torch.Tensor;
  }
  decode(memory: torch.Tensor, source: torch.Tensor, target: torch.Tensor): torch.Tensor {
    const size = target.shape[1]!;
    const masks = {
      // no place sees those behind it
      tgtMask: nn.Transformer.generateSquareSubsequentMask(size).to(target.device),
      memoryKeyPaddingMask: source.eq(PAD),
    };
    return this.output(this.transformer.decoder(this.embed(target), memory, masks) as torch.Tensor);
  }
  forward(source: torch.Tensor, target: torch.Tensor): torch.Tensor {
    return this.decode(this.encode(source), source, target);
  }
}

/** Sines and cosines of falling frequencies, which tell places apart. Shapes: [length, width] */
function waves(length: number, width: number): torch.Tensor {
  const frequencies = torch
    .arange(0, width, 2)
    .to("float32")
    .mul(-Math.log(10_000) / width)
    .exp();
  const angles = torch.arange(length).unsqueeze(1).mul(frequencies);
  return torch.stack([angles.sin(), angles.cos()], 2).flatten(1);
}

/** Translates character by character, taking the likeliest each time. */
export async function translate(model: Translator, texts: string[]): Promise<string[]> {
  model.eval();
  const { device } = model.output.weight;
  const target = torch.scope(() =>
    torch.noGrad(() => {
      const source = sources(texts).to(device);
      const memory = model.encode(source);
      let written = torch.full([texts.length, 1], START, { dtype: "int64", device });
      for (let i = 0; i < TARGET_LENGTH; i++) {
        const next = model.decode(memory, source, written).select(1, -1).argmax(1, true);
        written = torch.cat([written, next], 1);
      }
      return written;
    }),
  );
  return (await target.tolistAsync<number[][]>()).map((row) => decode(row.slice(1)));
}

export interface Options extends Partial<Shape> {
  steps: number;
  batch?: number;
  lr?: number;
  seed?: number;
  device?: torch.Device;
  report?: (step: number, loss: number, msPerStep: number) => void;
  reportEvery?: number;
}

export interface Course {
  model: Translator;
  losses: number[];
  /** the share of whole dates that are right, of 200 new ones */
  accuracy: number;
}

export async function trainTranslator(options: Options): Promise<Course> {
  const { steps, batch = 32, lr = 4e-3, seed = 0, device = "cpu", report = () => {}, reportEvery = 50 } = options;
  const { width = 64, heads = 4, layers = 1, dropout = 0 } = options;
  torch.manualSeed(seed);
  const model = new Translator({ width, heads, layers, dropout }).to(device);
  const optimizer = new optim.Adam(model.parameters(), { lr });
  const schedule = new optim.lrScheduler.OneCycleLR(optimizer, { maxLr: lr, totalSteps: steps });
  const losses: number[] = [];
  let reads: Promise<number>[] = [];
  let since = performance.now();
  for (let step = 1; step <= steps; step++) {
    torch.scope(() => {
      const { texts, translations } = dates(batch);
      const target = long(translations.map((text) => [START, ...encode(text)])).to(device);
      const logits = model(sources(texts).to(device), target.narrow(1, 0, TARGET_LENGTH));
      const loss = F.crossEntropy(logits.flatten(0, 1), target.narrow(1, 1, TARGET_LENGTH).flatten());
      optimizer.zeroGrad();
      loss.backward();
      nn.utils.clipGradNorm_(model.parameters(), 1);
      optimizer.step();
      schedule.step();
      reads.push(loss.itemAsync<number>());
    });
    if (step % reportEvery !== 0 && step !== steps) continue;
    losses.push(...(await Promise.all(reads)));
    report(step, losses.at(-1)!, (performance.now() - since) / reads.length);
    reads = [];
    since = performance.now();
  }
  const { texts, translations } = dates(200);
  const right = (await translate(model, texts)).filter((text, i) => text === translations[i]).length;
  return { model, losses, accuracy: right / texts.length };
}

runAsProgram(import.meta, async () => {
  const { model, accuracy } = await trainTranslator({
    steps: numberOption("steps", 600),
    batch: numberOption("batch", 32),
    width: numberOption("width", 64),
    heads: numberOption("heads", 4),
    layers: numberOption("layers", 1),
    dropout: numberOption("dropout", 0),
    lr: numberOption("lr", 4e-3),
    seed: numberOption("seed", 0),
    device: await chosenDevice(),
    report: (step, loss, ms) =>
      console.log(
        `step ${step}: loss ${loss.toFixed(4)}, ${ms.toFixed(1)} ms/step, ${torch.memoryStats().tensors} tensors`,
      ),
  });
  console.log(`${(100 * accuracy).toFixed(1)} % of 200 other dates are translated without a mistake`);
  const texts = operands().length > 0 ? operands() : ["4 July 1976", "Nov 9, 1989", "29.02.2024"];
  (await translate(model, texts)).forEach((text, i) => console.log(`${texts[i]!.padEnd(SOURCE_LENGTH)} → ${text}`));
});
