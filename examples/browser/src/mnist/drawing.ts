// A canvas to draw a digit on with mouse, pen or finger, and the image of 28 × 28 that is made of it as MNIST's were: the ink
// fits into 20 × 20, and its centre of mass lies in the middle.
import { colour, dark } from "../lib/dom.ts";

type Point = [x: number, y: number];

const SIDE = 28;
const BOX = 20;
/** the breadth of MNIST's pen */
const PEN = 2.4;

export class Drawing {
  private readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private readonly changed: (image: Uint8Array | undefined) => Promise<void> | void;
  private strokes: Point[][] = [];
  /** an image that was put here instead of being drawn */
  private image: Uint8Array | undefined;
  private asking = false;
  private again = false;

  /** @param changed hears the image after every change; while it waits, images are left out but the newest */
  constructor(canvas: HTMLCanvasElement, changed: (image: Uint8Array | undefined) => Promise<void> | void) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d")!;
    this.changed = changed;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      if (this.image) this.clear();
      this.strokes.push([]);
      this.add(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      for (const each of event.getCoalescedEvents?.() ?? []) this.add(each);
      this.add(event);
    });
    dark.addEventListener("change", () => this.paint());
    this.paint();
  }

  clear(): void {
    this.strokes = [];
    this.image = undefined;
    this.paint();
    void this.ask();
  }

  put(image: Uint8Array): void {
    this.strokes = [];
    this.image = image;
    this.paint();
    void this.ask();
  }

  /** Hands the newest image over, one at a time. */
  async ask(): Promise<void> {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      do {
        this.again = false;
        await this.changed(this.image ?? (this.strokes.length > 0 ? rasterize(this.strokes) : undefined));
      } while (this.again);
    } finally {
      this.asking = false;
    }
  }

  private add(event: PointerEvent): void {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    this.strokes.at(-1)!.push([(event.clientX - left) / width, (event.clientY - top) / height]);
    this.paint();
    void this.ask();
  }

  private paint(): void {
    const { canvas, context } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (this.image) {
      const ink = new OffscreenCanvas(SIDE, SIDE);
      ink.getContext("2d")!.putImageData(inked(this.image, colour("ink")), 0, 0);
      context.imageSmoothingEnabled = false;
      context.drawImage(ink, 0, 0, canvas.width, canvas.height);
      return;
    }
    context.strokeStyle = colour("ink");
    trace(context, this.strokes, canvas.width, 0.075, [0, 0]);
  }
}

/** Draws strokes, `scale` times as large, from an origin on. */
function trace(
  context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D,
  strokes: readonly Point[][],
  scale: number,
  breadth: number,
  [left, top]: Point,
): void {
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = breadth * scale;
  for (const stroke of strokes) {
    context.beginPath();
    // a dot is a line, too
    const ends = stroke.length === 1 ? [...stroke, stroke[0]!] : stroke;
    for (const [x, y] of ends) context.lineTo(x * scale + left, y * scale + top);
    context.stroke();
  }
}

/** 28 × 28 bytes, ink is 255. */
function rasterize(strokes: readonly Point[][]): Uint8Array {
  const points = strokes.flat();
  const bounds = (of: 0 | 1): [number, number] => [
    Math.min(...points.map((p) => p[of])),
    Math.max(...points.map((p) => p[of])),
  ];
  const [left, right] = bounds(0);
  const [top, bottom] = bounds(1);
  // the pen's breadth belongs to the box; a dot stays a dot
  const scale = Math.min((BOX - PEN) / Math.max(right - left, bottom - top, 1e-3), 4 * BOX);
  const middle: Point = [SIDE / 2 - ((left + right) / 2) * scale, SIDE / 2 - ((top + bottom) / 2) * scale];
  const draw = (origin: Point): Uint8Array => {
    const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true })!;
    context.strokeStyle = "#fff";
    trace(context, strokes, scale, PEN / scale, origin);
    const { data } = context.getImageData(0, 0, SIDE, SIDE);
    return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => data[4 * i + 3]!);
  };
  const first = draw(middle);
  let mass = 0;
  let x = 0;
  let y = 0;
  first.forEach((ink, i) => {
    mass += ink;
    x += ink * (i % SIDE);
    y += ink * Math.floor(i / SIDE);
  });
  const centre = (SIDE - 1) / 2;
  return draw([middle[0] + centre - x / mass, middle[1] + centre - y / mass]);
}

/** Bytes of ink as an image in a colour. */
export function inked(bytes: Uint8Array, ink: string): ImageData {
  const probe = new OffscreenCanvas(1, 1).getContext("2d")!;
  probe.fillStyle = ink;
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
  const image = new ImageData(SIDE, SIDE);
  bytes.forEach((alpha, i) => image.data.set([r!, g!, b!, alpha], 4 * i));
  return image;
}
