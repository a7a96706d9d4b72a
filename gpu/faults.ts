// Faults: what a kernel found wrong in values, such as an index out of range, which the program learns at the next read.
// A kernel writes a code and two words into the fault buffer; here is what they mean. The codes of index faults are the
// core's (core-wasm/assembly/dispatch/fault.ts), from which the kernels have them; a dim may stand above bit 8.

import { errorOfKind } from "../bindings/error.ts";

const RUNTIME = 0;
const INDEX = 1;

interface FaultKind {
  /** error kind of the core */
  readonly kind: number;
  /** the message, from the two words as signed numbers and the dim */
  message(a: number, b: number, dim: number): string;
}

/** By code; code 0 means that there is no fault. */
export const Fault = {
  /** a: the index, b: the size of the dimension; in gather and scatter */
  GatherIndex: 1,
  /** a: the class, b: the number of classes */
  TargetOutOfBounds: 2,
  /** a: the index, b: the number of rows */
  EmbeddingOutOfRange: 3,
  /** a: the index, b: the size of the dimension; in x[index] */
  IndexOutOfBounds: 4,
  IndexCopyIndex: 5,
  /** a: the index, b: the number of elements */
  FlatIndex: 6,
  SorterIndex: 7,
  /** in maskedScatter */
  SourceTooShort: 8,
  /** a: the label, b: the number of classes */
  CtcTarget: 9,
  /** a: the position, b: the size of the plane; in unpooling */
  PositionOutOfPlane: 10,
} as const;

const outOfBounds = (index: number, size: number, dim: number): string =>
  `index ${index} is out of bounds for dimension ${dim} with size ${size}`;

const KINDS: Record<number, FaultKind> = {
  [Fault.GatherIndex]: { kind: RUNTIME, message: outOfBounds },
  [Fault.TargetOutOfBounds]: { kind: INDEX, message: (target) => `Target ${target} is out of bounds.` },
  [Fault.EmbeddingOutOfRange]: { kind: INDEX, message: () => "index out of range in self" },
  [Fault.IndexOutOfBounds]: { kind: INDEX, message: outOfBounds },
  [Fault.IndexCopyIndex]: {
    kind: INDEX,
    message: (index, size, dim) => `index_copy_(): ${outOfBounds(index, size, dim)}`,
  },
  [Fault.FlatIndex]: {
    kind: INDEX,
    message: (index, numel) => `out of range: tried to access index ${index} on a tensor of ${numel} elements.`,
  },
  [Fault.SorterIndex]: { kind: RUNTIME, message: () => "torch.searchsorted(): sorter index out of range" },
  [Fault.SourceTooShort]: {
    kind: RUNTIME,
    message: () => "Number of elements of source < number of ones in mask",
  },
  [Fault.CtcTarget]: { kind: INDEX, message: (target) => `ctc_loss: target ${target} is out of bounds.` },
  [Fault.PositionOutOfPlane]: {
    kind: RUNTIME,
    message: (index, volume) => `Found an invalid max index: ${index} (output volumes are of size ${volume})`,
  },
};

export const FAULT_BYTES = 16;

/** The error of the fault words, if they hold one. */
export function faultError(words: Int32Array): Error | undefined {
  const code = words[0]! & 255;
  if (code === 0) return undefined;
  const entry = KINDS[code];
  return entry === undefined
    ? errorOfKind(RUNTIME, `a WebGPU kernel failed with code ${code} (${words[1]}, ${words[2]})`)
    : errorOfKind(entry.kind, entry.message(words[1]!, words[2]!, words[0]! >>> 8));
}
