// Characters as numbers, and drawing the next one.
import * as torch from "flambeau";

/** Numbers the characters of a text, in the order of their code points. */
export class Characters {
  readonly list: readonly string[];
  private readonly numbers: ReadonlyMap<string, number>;

  /** @param text all characters that there are; a string that `String(characters)` gave makes the same again */
  constructor(text: string) {
    this.list = [...new Set(text)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
    this.numbers = new Map(this.list.map((c, i) => [c, i]));
  }

  get size(): number {
    return this.list.length;
  }
  /** int64 [length] @throws Error for a character that the text did not have */
  encode(text: string): torch.Tensor {
    const ids = Array.from(text, (c) => {
      const id = this.numbers.get(c);
      if (id === undefined) throw new Error(`the model's text has no ${JSON.stringify(c)}`);
      return id;
    });
    return torch.tensor(ids, { dtype: "int64" });
  }
  decode(ids: Iterable<number>): string {
    return Array.from(ids, (id) => this.list[id]).join("");
  }
  toString(): string {
    return this.list.join("");
  }
}

/** The loss of a model that knows how often each character comes and nothing else. */
export function frequencyLoss(ids: torch.Tensor): number {
  const share = torch.bincount(ids).to("float32").div(ids.numel());
  return -torch.xlogy(share, share).sum().item<number>();
}

export interface Sampling {
  /** Below 1 the likely characters become likelier (default 1); 0 takes the likeliest. */
  temperature?: number;
  /** Only so many of the likeliest are drawn from. */
  topK?: number;
}

/** Draws the next character's number from logits [V] on the CPU. */
export function draw(logits: torch.Tensor, { temperature = 1, topK }: Sampling = {}): number {
  return torch.scope(() => {
    if (temperature === 0) return logits.argmax().item<number>();
    let scores = logits.div(temperature);
    if (topK !== undefined && topK < scores.numel()) {
      const { values } = torch.topk(scores, topK);
      scores = scores.maskedFill(scores.lt(values.at(-1)), -Infinity);
    }
    return torch.multinomial(torch.softmax(scores, 0), 1).item<number>();
  });
}
