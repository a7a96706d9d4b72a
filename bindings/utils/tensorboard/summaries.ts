// The values of events: scalars, histograms, images, texts (tensorflow/core/framework/summary.proto).

import { TypeError, ValueError } from "../../error.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { Message } from "./proto.ts";
import { png } from "./png.ts";

/** Where the letters of an image's dimensions are: N, C, H, W. */
export type DataFormats = string;

const value = (tag: string): Message => new Message().data(1, tag);
const summary = (content: Message): Message => new Message().data(1, content);

/** Numbers of a tensor on any device, of a list, or of one number. */
export async function numbersOf(values: unknown): Promise<number[]> {
  if (typeof values === "number") return [values];
  if (values instanceof Tensor) {
    const host = (await values.detach().cpu()) as Tensor;
    return Array.from(host.double().flatten().data() as Float64Array);
  }
  if (Array.isArray(values) || ArrayBuffer.isView(values)) return Array.from(values as ArrayLike<number>, Number);
  throw new TypeError(`Got ${typeof values}, but numpy array, torch tensor, or caffe2 blob name are expected.`);
}

export async function scalar(tag: string, scalarValue: unknown): Promise<Message> {
  const numbers = await numbersOf(scalarValue);
  if (numbers.length !== 1) throw new ValueError("scalar should be 0D");
  return summary(value(tag).float(2, numbers[0]!));
}

let tensorflowBins: number[] | undefined;
/** TensorFlow's limits: powers of 1.1 from 1e-12 on, on both sides of zero. */
function defaultBins(): number[] {
  if (tensorflowBins === undefined) {
    const positive: number[] = [];
    for (let limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push(limit);
    tensorflowBins = [...positive.map((limit) => -limit).reverse(), 0, ...positive];
  }
  return tensorflowBins;
}

/** Equal bins between the extremes, as np.histogram has them. */
function equalBins(low: number, high: number, count: number): number[] {
  const [from, to] = low === high ? [low - 0.5, high + 0.5] : [low, high];
  return Array.from({ length: count + 1 }, (_, i) => (i === count ? to : from + ((to - from) * i) / count));
}

/** Into how many bins, or which limits; "tensorflow" has those that TensorBoard's own histograms have. */
export type Bins = "tensorflow" | "auto" | number | readonly number[];

/** How many numbers are between neighbouring limits; the last bin has both of its. */
function countIn(values: readonly number[], limits: readonly number[]): number[] {
  const counts = Array<number>(limits.length - 1).fill(0);
  for (const x of values) {
    let low = 0;
    let high = limits.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (limits[middle]! <= x) low = middle + 1;
      else high = middle;
    }
    const bin = x === limits.at(-1) ? counts.length - 1 : low - 1;
    if (bin >= 0 && bin < counts.length) counts[bin]!++;
  }
  return counts;
}

/** np.histogram_bin_edges' "auto" is the finer of Sturges' and Freedman-Diaconis' rules. */
function autoCount(sorted: readonly number[]): number {
  const n = sorted.length;
  const range = sorted.at(-1)! - sorted[0]!;
  const quantile = (share: number): number => {
    const at = (n - 1) * share;
    const below = Math.floor(at);
    return sorted[below]! + (at - below) * (sorted[Math.min(n - 1, below + 1)]! - sorted[below]!);
  };
  const sturges = range / (Math.log2(n) + 1);
  const diaconis = (2 * (quantile(0.75) - quantile(0.25))) / Math.cbrt(n);
  const width = diaconis > 0 ? Math.min(sturges, diaconis) : sturges;
  return width > 0 ? Math.ceil(range / width) : 1;
}

export async function histogram(tag: string, source: unknown, bins: Bins, maxBins?: number): Promise<Message> {
  const values = await numbersOf(source);
  if (values.length === 0) throw new ValueError("The input has no element.");
  if (!values.every(Number.isFinite)) throw new ValueError("The histogram is of values that are not finite");
  let [min, max, sum, squares] = [Infinity, -Infinity, 0, 0];
  for (const x of values) {
    min = Math.min(min, x);
    max = Math.max(max, x);
    sum += x;
    squares += x * x;
  }
  let limits: readonly number[];
  if (bins === "tensorflow") limits = defaultBins();
  else if (bins === "auto") limits = equalBins(min, max, autoCount(values.toSorted((a, b) => a - b)));
  else limits = typeof bins === "number" ? equalBins(min, max, bins) : bins;
  let counts = countIn(values, limits);
  if (maxBins !== undefined && counts.length > maxBins) {
    const step = Math.floor(counts.length / maxBins);
    const merged = Array<number>(Math.ceil(counts.length / step)).fill(0);
    counts.forEach((count, i) => (merged[Math.floor(i / step)]! += count));
    limits = [...merged.map((_, i) => limits[i * step]!), limits.at(-1)!];
    counts = merged;
  }
  const start = counts.findIndex((count) => count > 0);
  const end = counts.findLastIndex((count) => count > 0) + 1;
  if (start < 0) throw new ValueError("The histogram is empty, please file a bug report.");
  // TensorBoard has the right limits alone: an empty bin before the first gives its left one
  const buckets = start > 0 ? counts.slice(start - 1, end) : [0, ...counts.slice(0, end)];
  const proto = new Message()
    .double(1, min)
    .double(2, max)
    .double(3, values.length)
    .double(4, sum)
    .double(5, squares)
    .doubles(6, limits.slice(start, end + 1))
    .doubles(7, buckets);
  return summary(value(tag).data(5, proto));
}

/** The image as [H, W, C]; a batch becomes a grid of eight columns. */
function arranged(image: Tensor, dataFormats: DataFormats): Tensor {
  const letters = dataFormats.toUpperCase();
  if (letters.length !== image.ndim || new Set(letters).size !== letters.length || /[^NCHW]/.test(letters)) {
    throw new ValueError(
      `size of input tensor and input format are different. tensor shape: (${image.shape.join(", ")}), ` +
        `input_format: ${letters}`,
    );
  }
  const at = (letter: string): number => letters.indexOf(letter);
  const order = (wanted: string): Tensor => image.permute([...wanted].map(at));
  if (letters.length === 2) return order("HW").unsqueeze(2).expand([-1, -1, 3]);
  if (letters.length === 3) {
    const three = order("HWC");
    return three.size(2) === 1 ? three.expand([-1, -1, 3]) : three;
  }
  let batch = order("NCHW");
  if (batch.size(1) === 1) batch = batch.expand([-1, 3, -1, -1]);
  const [count, channels, height, width] = batch.shape as [number, number, number, number];
  const columns = Math.min(count, 8);
  const rows = Math.ceil(count / columns);
  const grid = batch.newZeros([channels, rows * height, columns * width]);
  for (let i = 0; i < count; i++) {
    const cell = grid.narrow(1, Math.floor(i / columns) * height, height).narrow(2, (i % columns) * width, width);
    cell.copy_(batch.select(0, i));
  }
  return grid.permute([1, 2, 0]);
}

/** Bytes are taken as they are, floats as shares of 255. */
export async function image(tag: string, source: Tensor, dataFormats: DataFormats): Promise<Message> {
  const { dtype } = source;
  const host = (await source.detach().cpu()) as Tensor;
  const pixels = arranged(host, dataFormats).contiguous();
  const scaled = dtype === "uint8" ? pixels : pixels.double().mul(255).clamp(0, 255).to("uint8");
  const [height, width, channels] = pixels.shape as [number, number, number];
  if (channels < 1 || channels > 4) throw new ValueError(`an image has 1 to 4 channels, got ${channels}`);
  const encoded = await png((scaled as Tensor).data() as Uint8Array, width, height, channels);
  const proto = new Message().int(1, height).int(2, width).int(3, channels).data(4, encoded);
  return summary(value(tag).data(4, proto));
}

const DT_STRING = 7;

export function text(tag: string, textString: string): Message {
  const shape = new Message().data(2, new Message().int(1, 1));
  const tensor = new Message().int(1, DT_STRING).data(2, shape).data(8, textString);
  const plugin = new Message().data(1, new Message().data(1, "text"));
  return summary(value(`${tag}/text_summary`).data(8, tensor).data(9, plugin));
}
