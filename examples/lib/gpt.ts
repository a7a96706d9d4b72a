// The small GPT of gpt.ts and of the page that trains it: the model, a step of its training, and writing.
import * as torch from "flambeau";
import { type Characters, draw, type Sampling } from "./characters.ts";

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

/** The rate rises for some steps and falls as a cosine to a tenth. */
export function rate(step: number, steps: number): number {
  const warmup = Math.min(100, Math.floor(steps / 10));
  if (step < warmup) return (step + 1) / warmup;
  return 0.55 + 0.45 * Math.cos((Math.PI * (step - warmup)) / (steps - warmup));
}

/** Matrices decay, vectors do not. */
export function optimizerOf(model: GPT, lr: number): torch.optim.AdamW {
  const all = [...model.parameters()];
  const groups = [
    { params: all.filter((p) => p.dim() >= 2), weightDecay: 0.1 },
    { params: all.filter((p) => p.dim() < 2), weightDecay: 0 },
  ];
  return new optim.AdamW(groups, { lr, betas: [0.9, 0.99] });
}

/** Learns from pieces of a text, drawn at random. @returns the loss, to be awaited now or later */
export function learn(
  { model, shape: { context } }: Writer,
  optimizer: torch.optim.AdamW,
  ids: torch.Tensor,
  batch: number,
): Promise<number> {
  const { device } = model.head.weight;
  // a promise by itself would keep the scope open
  const { value } = torch.scope(() => {
    const starts = torch.randint(0, ids.numel() - context, [batch]).tolist() as number[];
    const pieces = (shift: number) => torch.stack(starts.map((i) => ids.narrow(0, i + shift, context))).to(device);
    const loss = F.crossEntropy(model(pieces(0)).flatten(0, 1), pieces(1).flatten());
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm_(model.parameters(), 1);
    optimizer.step();
    return { value: loss.itemAsync<number>() };
  });
  return value;
}

/** The mean loss of the text from one place to its end, in pieces as long as the context. */
export function lossOf(model: GPT, ids: torch.Tensor, from: number, context: number): Promise<number> {
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

/** Goes on from a prompt for so many characters; `heard` gets each of them. @returns the prompt and what follows */
export async function write(
  { model, characters, shape }: Writer,
  prompt: string,
  length: number,
  sampling: Sampling = {},
  heard: (character: string) => void = () => {},
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
    heard(characters.decode(ids.slice(-1)));
    logits.dispose();
    here.dispose();
  }
  return characters.decode(ids);
}
