// Some test images, each with what the network takes it for.
import { colour, dark, make } from "../lib/dom.ts";
import { inked } from "./drawing.ts";

const SHOWN = 24;
/** the labels of the first test images of MNIST */
const LABELS = [7, 2, 1, 0, 4, 1, 4, 9, 5, 9, 0, 6, 9, 0, 1, 5, 9, 7, 3, 4, 9, 6, 6, 5];

export class Samples {
  private readonly items: { canvas: HTMLCanvasElement; text: HTMLElement; item: HTMLElement }[];
  private images: Uint8Array | undefined;

  constructor(place: HTMLElement) {
    this.items = LABELS.map((label) => {
      const canvas = make("canvas", { width: 28, height: 28, role: "img", "aria-label": `A handwritten ${label}` });
      const text = make("span", { class: "number", text: "–" });
      const item = make("li", {}, canvas, text);
      place.append(item);
      return { canvas, text, item };
    });
    dark.addEventListener("change", () => this.paint());
  }

  open(images: Uint8Array): void {
    this.images = images;
    this.paint();
  }

  show(probabilities: readonly (readonly number[])[]): void {
    probabilities.slice(0, SHOWN).forEach((row, i) => {
      const best = Math.max(...row);
      const digit = row.indexOf(best);
      const { text, item } = this.items[i]!;
      const right = digit === LABELS[i];
      text.textContent = `${right ? "" : "✗ "}${digit} · ${Math.round(100 * best)} %`;
      item.className = right ? "right" : "wrong";
    });
  }

  private paint(): void {
    this.items.forEach(({ canvas }, i) => {
      if (this.images === undefined) return;
      const image = inked(this.images.subarray(784 * i, 784 * (i + 1)), colour("ink"));
      canvas.getContext("2d")!.putImageData(image, 0, 0);
    });
  }
}
