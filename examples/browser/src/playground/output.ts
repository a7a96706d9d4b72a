// What a program has shown: lines, plots and images, in their order.
import { make, eachFrame } from "../lib/dom.ts";
import { Plot } from "../lib/plot.ts";
import type { Curves, Picture } from "./show.ts";

const COLOURS = ["accent", "second", "good", "code-keyword", "edge", "bad"];

interface Figure {
  set(curves: Curves): void;
  names: string;
}

export class Output {
  private readonly place: HTMLElement;
  private readonly figures = new Map<string, Figure>();
  private readonly pictures = new Map<string, HTMLCanvasElement>();

  constructor(place: HTMLElement) {
    this.place = place;
  }

  clear(): void {
    this.place.replaceChildren();
    this.figures.clear();
    this.pictures.clear();
  }

  line(text: string, kind: "printed" | "failure" | "note" = "printed"): void {
    this.add(make("pre", { text, class: kind }));
  }

  plot(curves: Curves): void {
    const names = curves.names.join("\n") + curves.points;
    let figure = this.figures.get(curves.title);
    if (figure?.names !== names) {
      figure = { set: this.figure(curves), names };
      this.figures.set(curves.title, figure);
    }
    figure.set(curves);
  }

  image({ title, width, height, pixels }: Picture): void {
    let canvas = this.pictures.get(title);
    if (canvas === undefined) {
      canvas = make("canvas", { class: "pixels", role: "img", "aria-label": title || "an image" });
      this.pictures.set(title, canvas);
      const caption = make("figcaption", { text: title });
      this.add(make("figure", {}, ...(title ? [caption] : []), canvas));
    }
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d")!.putImageData(new ImageData(new Uint8ClampedArray(pixels), width, height), 0, 0);
  }

  /** Adds what stays in sight, if the end was in sight before. */
  private add(element: HTMLElement): void {
    const { place } = this;
    const atEnd = place.scrollTop + place.clientHeight >= place.scrollHeight - 4;
    place.append(element);
    if (atEnd) place.scrollTop = place.scrollHeight;
  }

  private figure({ title, names, points }: Curves): (curves: Curves) => void {
    const shown = names.filter((name) => name !== "");
    const key = make("span", { class: "key" });
    shown.forEach((name) => {
      const colour = COLOURS[names.indexOf(name) % COLOURS.length]!;
      const mark = make("span", { style: `color: var(--${colour})` }, make("i"));
      key.append(mark, document.createTextNode(name));
    });
    const caption = make("figcaption", { text: title });
    if (shown.length) caption.append(key);
    const place = make("div", { class: "plot" });
    this.add(make("figure", {}, ...(title || shown.length ? [caption] : []), place));
    const plot = new Plot(place, {
      label: title || "a plot",
      x: "",
      curves: names.map((label, i) => ({ label, colour: COLOURS[i % COLOURS.length]!, points })),
    });
    return eachFrame(({ x, ys }: Curves) => plot.set(x, ...ys));
  }
}
