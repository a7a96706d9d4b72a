// Faults: what a kernel found wrong in values, such as an index out of range, which the program learns at the next read.
// A kernel writes a code and two words into the fault buffer; here is what they mean.

import { errorOfKind } from "../bindings/error.ts";

const INDEX = 1;

interface FaultKind {
  /** error kind of the core */
  readonly kind: number;
  /** the message, from the two words as signed numbers */
  message(a: number, b: number): string;
}

/** By code; code 0 means that there is no fault. */
export const Fault = {
  /** a: the index, b: the size of the dimension */
  IndexOutOfBounds: 1,
  /** a: the class, b: the number of classes */
  TargetOutOfBounds: 2,
  /** a: the index, b: the number of rows */
  EmbeddingOutOfRange: 3,
} as const;

const KINDS: Record<number, FaultKind> = {
  [Fault.IndexOutOfBounds]: {
    kind: INDEX,
    message: (index, size) => `index ${index} is out of bounds for dimension with size ${size}`,
  },
  [Fault.TargetOutOfBounds]: {
    kind: INDEX,
    message: (target) => `Target ${target} is out of bounds.`,
  },
  [Fault.EmbeddingOutOfRange]: {
    kind: INDEX,
    message: () => "index out of range in self",
  },
};

export const FAULT_BYTES = 16;

/** The error of the fault words, if they hold one. */
export function faultError(words: Int32Array): Error | undefined {
  const code = words[0]!;
  if (code === 0) return undefined;
  const entry = KINDS[code];
  return entry === undefined
    ? errorOfKind(0, `a WebGPU kernel failed with code ${code} (${words[1]}, ${words[2]})`)
    : errorOfKind(entry.kind, entry.message(words[1]!, words[2]!));
}
