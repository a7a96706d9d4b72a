// What programs show things with: print, plot and image. They run in the worker and send to the page.
import * as torch from "flambeau";

export interface Curves {
  title: string;
  names: string[];
  points: boolean;
  x: number[];
  ys: (number | null)[][];
}
export interface Picture {
  title: string;
  width: number;
  height: number;
  /** red, green, blue, alpha */
  pixels: Uint8ClampedArray<ArrayBuffer>;
}
export interface Shown {
  line: string;
  plot: Curves;
  image: Picture;
}
type Send = <K extends keyof Shown>(kind: K, value: Shown[K]) => void;

type Numbers = torch.Tensor | ArrayLike<number | bigint>;
type Series = Numbers | Record<string, Numbers>;
interface PlotSettings {
  title?: string;
  /** dots instead of lines */
  points?: boolean;
}

const LINES = 2000;
const POINTS = 5000;
/** Milliseconds between two pictures of the same title. */
const PAUSE = 50;

export function text(value: unknown, depth = 0): string {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  // modules are functions, too
  if (value instanceof torch.Tensor || value instanceof torch.nn.Module) return String(value);
  if (typeof value === "function") return value.name ? `[function ${value.name}]` : "[function]";
  if (typeof value !== "object" || value === null) return typeof value === "bigint" ? `${value}n` : String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (depth > 3) return Array.isArray(value) ? "[…]" : "{…}";
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const items = Array.from(value as ArrayLike<unknown>);
    const some = items.slice(0, 100).map((item) => text(item, depth + 1));
    return `[${some.join(", ")}${items.length > 100 ? `, … ${items.length} in all` : ""}]`;
  }
  if (value instanceof Map) return `Map ${text(Object.fromEntries(value), depth)}`;
  if (value instanceof Set) return `Set ${text([...value], depth)}`;
  const own = Object.entries(value).map(([key, item]) => `${key}: ${text(item, depth + 1)}`);
  return own.length ? `{ ${own.join(", ")} }` : String(value) === "[object Object]" ? "{}" : String(value);
}

const isNumbers = (value: unknown): value is Numbers =>
  value instanceof torch.Tensor || Array.isArray(value) || ArrayBuffer.isView(value);

async function numbers(values: Numbers): Promise<number[]> {
  if (!(values instanceof torch.Tensor)) return Array.from(values, Number);
  const flat = torch.noGrad(() => values.detach().reshape([-1]).to(torch.float32));
  return Array.from((await flat.dataAsync()) as Float32Array);
}

/** Every so many points that few enough are left. */
const thin = <T>(values: T[], step: number): T[] => (step === 1 ? values : values.filter((_, i) => i % step === 0));

/** Puts off what comes too soon after the one before; the newest is sent at the end. */
class Paced {
  private readonly last = new Map<string, number>();
  private readonly pending = new Map<string, () => void>();

  send(key: string, act: () => void): void {
    const now = performance.now();
    if (now - (this.last.get(key) ?? -Infinity) < PAUSE) return void this.pending.set(key, act);
    this.last.set(key, now);
    this.pending.delete(key);
    act();
  }
  flush(): void {
    for (const act of this.pending.values()) act();
    this.pending.clear();
    this.last.clear();
  }
}

/** The functions for one run, and what to await at its end. */
export function show(send: Send) {
  const paced = new Paced();
  let lines = 0;
  const reading = new Set<Promise<void>>();
  const soon = (work: Promise<void>): void => {
    reading.add(work);
    void work.finally(() => reading.delete(work));
  };

  const print = (...values: unknown[]): void => {
    if (++lines < LINES) send("line", values.map((value) => text(value)).join(" "));
    else if (lines === LINES) send("line", `… more than ${LINES} lines are not shown`);
  };

  /** plot(y), plot(x, y), plot(x, { name: y, … }), each with settings after it */
  const plot = (...args: unknown[]): void => {
    const data = args.filter((value) => isNumbers(value)) as Numbers[];
    const objects = args.filter((value) => !isNumbers(value)) as Record<string, unknown>[];
    const named = objects.find((object) => Object.values(object).some((value) => isNumbers(value))) as
      Record<string, Numbers> | undefined;
    const { title = "", points = false } = (objects.find((object) => object !== named) ?? {}) as PlotSettings;
    const series: Series | undefined = named ?? data.at(-1);
    if (series === undefined) throw new TypeError("plot: needs y, x and y, or x and { name: y }");
    const curves: Record<string, Numbers> = isNumbers(series) ? { "": series } : series;
    const xs = named ? data[0] : data.length > 1 ? data[0] : undefined;
    // what tensors hold now, before the program goes on and changes or frees them
    const read = Promise.all([xs, ...Object.values(curves)].map((values) => (values ? numbers(values) : null)));
    read.catch(() => {});
    const draw = async (): Promise<void> => {
      const [given, ...rest] = await read;
      const ys = rest as number[][];
      const x = given ?? ys[0]!.map((_, i) => i);
      const wrong = ys.find((y) => y.length !== x.length);
      if (wrong) throw new TypeError(`plot: x has ${x.length} values and y ${wrong.length}`);
      const order = x.map((_, i) => i).sort((i, j) => x[i]! - x[j]!);
      const step = Math.ceil(x.length / POINTS);
      const sorted = <T>(values: T[]): T[] => thin(order, step).map((i) => values[i]!);
      const finite = ys.map((y) => sorted(y).map((value) => (Number.isFinite(value) ? value : null)));
      send("plot", { title, names: Object.keys(curves), points, x: sorted(x), ys: finite });
    };
    paced.send(`plot ${title}`, () => soon(draw()));
  };

  /** A tensor [H, W], [1 or 3, H, W] or [H, W, 1 or 3]; the smallest value is black, the largest white. */
  const image = (tensor: torch.Tensor, { title = "" } = {}): void => {
    const { shape } = tensor;
    const channels = shape.length === 3 ? ([1, 3].includes(shape[0]!) ? "first" : "last") : "none";
    if (shape.length < 2 || shape.length > 3 || (channels === "last" && ![1, 3].includes(shape[2]!)))
      throw new TypeError(`image: needs a tensor [H, W], [3, H, W] or [H, W, 3], got [${shape.join(", ")}]`);
    const [planes, height, width] = [
      channels === "none" ? 1 : channels === "first" ? shape[0]! : shape[2]!,
      channels === "first" ? shape[1]! : shape[0]!,
      channels === "first" ? shape[2]! : shape[1]!,
    ];
    const read = numbers(channels === "first" ? tensor.permute([1, 2, 0]) : tensor);
    read.catch(() => {});
    const draw = async (): Promise<void> => {
      const values = await read;
      const [low, high] = [Math.min(...range(values, Math.min)), Math.max(...range(values, Math.max))];
      const pixels = new Uint8ClampedArray(4 * width * height);
      for (let i = 0; i < width * height; i++) {
        for (let c = 0; c < 3; c++)
          pixels[4 * i + c] = (255 * (values[planes * i + (c % planes)]! - low)) / (high - low || 1);
        pixels[4 * i + 3] = 255;
      }
      send("image", { title, width, height, pixels });
    };
    paced.send(`image ${title}`, () => soon(draw()));
  };

  const finish = async (): Promise<void> => {
    paced.flush();
    await Promise.all(reading);
  };
  return { print, plot, image, finish };
}

/** Extremes of slices, since a call takes only so many arguments. */
const range = (values: number[], extreme: (...values: number[]) => number): number[] =>
  Array.from({ length: Math.ceil(values.length / 1000) }, (_, i) => extreme(...values.slice(1000 * i, 1000 * (i + 1))));
