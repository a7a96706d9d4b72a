// Numbers as arguments. JavaScript has one number type where Python has two, so an integral number or a BigInt counts as
// Python's int, any other number as its float, and `torch.float(2)` is the float 2.0.

import { alias } from "./dtype.ts";

/**
 * A number marked as a float.
 * @example
 * torch.tensor([1n, 2n]).mul(torch.float(2)).dtype; // "float32"
 */
export class FloatScalar {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
  /**
   * The number.
   * @example
   * torch.float(2) + 1; // 3
   */
  valueOf(): number {
    return this.value;
  }
  /**
   * The number as text.
   * @example
   * String(torch.float(2)); // "2.0"
   */
  toString(): string {
    return Number.isInteger(this.value) ? this.value.toFixed(1) : String(this.value);
  }
}

/** What an op accepts as a number. */
export type Scalar = number | bigint | boolean | FloatScalar;

/**
 * Marks a number as a float: `torch.arange(torch.float(3))` is float32 where `torch.arange(3)` is int64. As a dtype it is float32.
 * @example
 * torch.tensor([1n, 2n]).mul(torch.float(2)); // tensor([2., 4.])
 */
export const float: (value: number) => FloatScalar = alias((value: number) => new FloatScalar(value), "float32");
