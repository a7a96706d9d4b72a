// The ten probabilities of what was drawn.
import { byId, make } from "../lib/dom.ts";

export class Verdict {
  private readonly bars: { bar: HTMLElement; number: HTMLElement; item: HTMLElement }[];

  constructor() {
    this.bars = Array.from({ length: 10 }, (_, digit) => {
      const bar = make("span");
      const number = make("span", { class: "number", text: "" });
      const item = make("li", {}, make("b", { text: digit }), make("span", { class: "bar" }, bar), number);
      byId("bars").append(item);
      return { bar, number, item };
    });
    this.clear();
  }

  clear(): void {
    this.show(new Array(10).fill(0));
    byId("verdict").textContent = "?";
    byId("certainty").textContent = "nothing drawn yet";
  }

  show(probabilities: readonly number[], untrained = false): void {
    const best = Math.max(...probabilities);
    probabilities.forEach((p, digit) => {
      const { bar, number, item } = this.bars[digit]!;
      bar.style.transform = `scaleX(${p})`;
      number.textContent = `${Math.round(100 * p)} %`;
      item.classList.toggle("best", p === best && best > 0);
    });
    byId("verdict").textContent = String(probabilities.indexOf(best));
    byId("certainty").textContent = untrained
      ? `${Math.round(100 * best)} %: it has learned nothing yet`
      : `${Math.round(100 * best)} % certain`;
  }
}
