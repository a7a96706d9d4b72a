// What `tensor.untypedStorage()` gives: the bytes that a tensor and its views share.

import { i32 } from "../core.ts";

/** A view of a storage's facts. It holds nothing alive. */
export class UntypedStorage {
  /** @internal */
  readonly address: number;
  private readonly at: number;
  /** @internal */
  constructor(address: number) {
    this.address = address;
    this.at = address >>> 2;
  }
  /** The address of the bytes in the wasm memory. Equal addresses mean the same storage. */
  dataPtr(): number {
    return i32[this.at + 1]! >>> 0;
  }
  nbytes(): number {
    return i32[this.at + 2]! >>> 0;
  }
  size(): number {
    return this.nbytes();
  }
  /** True when both are the same storage. */
  is(other: UntypedStorage): boolean {
    return other.address === this.address;
  }
}
