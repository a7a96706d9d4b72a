// Requests that show digits of MNIST's test set, in every format that the service takes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import { mnistFolder } from "../../examples/lib/mnist.ts";

export interface Digit {
  label: number;
  /** 28 × 28 gray levels */
  pixels: Uint8Array;
}

export interface Post {
  type: string;
  body: Uint8Array | string;
}

/** The first digits of the test set. */
export function testDigits(count: number): Digit[] {
  const images = readFileSync(join(mnistFolder, "t10k-images-idx3-ubyte")).subarray(16);
  const labels = readFileSync(join(mnistFolder, "t10k-labels-idx1-ubyte")).subarray(8);
  return Array.from({ length: count }, (_, i) => ({
    label: labels[i]!,
    pixels: new Uint8Array(images.subarray(784 * i, 784 * (i + 1))),
  }));
}

export const png = (data: Uint8Array, width: number, height: number, channels = 1, depth: 1 | 8 | 16 = 8): Uint8Array =>
  encode({ width, height, channels, depth, data });

const rows = (pixels: Uint8Array): number[][] =>
  Array.from({ length: 28 }, (_, y) => [...pixels.subarray(28 * y, 28 * (y + 1))]);

/** A digit in every format. */
export const posts = ({ pixels }: Digit): Record<"png" | "raw" | "list" | "grid", Post> => ({
  png: { type: "image/png", body: png(pixels, 28, 28) },
  raw: { type: "application/octet-stream", body: pixels },
  list: { type: "application/json", body: JSON.stringify([...pixels]) },
  grid: { type: "application/json; charset=utf-8", body: JSON.stringify(rows(pixels)) },
});
