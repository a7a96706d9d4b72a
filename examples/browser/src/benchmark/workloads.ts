// What is timed, the same for every library.

export type Device = "cpu" | "webgpu";

/** What a library is told when it starts. */
export interface Opening {
  device: Device;
  /** of the CPU */
  threads: number;
  /** the address of the page */
  pages: string;
}

export interface Sizes {
  /** side of the matrices */
  matmul: number;
  /** images N × C × S × S, C kernels of C × 3 × 3 */
  images: number;
  channels: number;
  side: number;
  batch: number;
  /** widths of the network that is trained, inputs first */
  widths: readonly number[];
}

export const WORKLOADS = ["matmul", "conv2d", "step"] as const;
export type Workload = (typeof WORKLOADS)[number];

/** @param size 512 on the page; smaller ones for those in a hurry */
export function sizesFor(size: number): Sizes {
  const channels = Math.max(4, size / 16);
  return { matmul: size, images: 8, channels, side: size >= 256 ? 56 : 14, batch: 64, widths: [784, size, size, 10] };
}

export const LEARNING_RATE = 1e-2;

/** Shapes of the network's weights, [inputs, outputs], and biases. */
export const parameterShapes = ({ widths }: Sizes): number[][] =>
  widths.slice(1).flatMap((width, i) => [[widths[i]!, width], [width]]);

/** Numbers between -scale and scale, the same for the same seed. */
export function filled(shape: readonly number[], seed: number, scale = 1): Float32Array<ArrayBuffer> {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = (state / 2 ** 31 - 1) * scale;
  }
  return values;
}

/** The network's first weights: uniform, narrower where there are more inputs. Biases are zero. */
export const firstParameters = (sizes: Sizes): Float32Array<ArrayBuffer>[] =>
  parameterShapes(sizes).map((shape, i) => filled(shape, 100 + i, shape.length === 1 ? 0 : 1 / Math.sqrt(shape[0]!)));

export const labelsOf = ({ batch }: Sizes): number[] => Array.from({ length: batch }, (_, i) => (7 * i + 3) % 10);

/** Labels as rows with a one. */
export function oneHot(sizes: Sizes): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(sizes.batch * 10);
  labelsOf(sizes).forEach((label, i) => (rows[10 * i + label] = 1));
  return rows;
}

export const meanSquare = (values: ArrayLike<number>): number =>
  Array.prototype.reduce.call<ArrayLike<number>, [(sum: any, x: any) => number, number], number>(
    values,
    (sum: number, x: number) => sum + x * x,
    0,
  ) / values.length;

/** Something to time. */
export interface Case {
  /** Does it once; on a GPU the work may still be under way. */
  run(): unknown;
  /** A number by which libraries are seen to compute the same: the mean square of the result, or the loss of the first step. */
  check(): Promise<number>;
}

export interface System {
  /** what it runs on, in the library's words */
  note: string;
  /** Waits until all that was begun is done. */
  sync(): Promise<unknown>;
  /** The workloads; one that the library does not have is a sentence that says so. */
  cases: Record<Workload, (sizes: Sizes) => Promise<Case> | Case | string>;
}
