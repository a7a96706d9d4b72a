// The IDX format of the MNIST family: a magic number with element type and rank, big-endian sizes, then the elements.

import { ValueError } from "../../error.ts";

const UINT8 = 0x08;
const MAX_RANK = 4;

export interface Idx {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes.
 * @throws ValueError if it is not one, or is shorter or longer than its header says
 */
export function readIdx(bytes: Uint8Array, name: string): Idx {
  const fail = (why: string): never => {
    throw new ValueError(`${name} is no valid IDX file: ${why}`);
  };
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) fail("wrong magic number");
  if (bytes[2] !== UINT8) fail(`element type 0x${bytes[2]!.toString(16)} is not unsigned byte`);
  const rank = bytes[3]!;
  if (rank < 1 || rank > MAX_RANK) fail(`it has ${rank} dimensions`);
  const header = 4 + 4 * rank;
  if (bytes.length < header) fail("the header is cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const count = shape.reduce((a, b) => a * b, 1);
  if (bytes.length - header !== count)
    fail(`${shape.join(" × ")} elements are ${count} bytes, but ${bytes.length - header} follow the header`);
  return { shape, data: bytes.subarray(header) };
}

/** Whether the bytes are gzip's. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The size that a gzip file gives in its last bytes; beyond it nothing is unpacked. */
export function unpackedSize(bytes: Uint8Array): number {
  if (bytes.length < 18) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(bytes.length - 4, true);
}
