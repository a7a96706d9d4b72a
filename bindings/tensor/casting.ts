// Which dtypes may be written into which.

import { Code, dtypeCode, isComplexCode, isFloatingCode, type DType } from "./dtype.ts";

/** @internal 0 bool, 1 integer, 2 floating, 3 complex */
export function category(code: number): number {
  if (code === Code.Bool) return 0;
  if (isComplexCode(code)) return 3;
  return isFloatingCode(code) ? 2 : 1;
}

/**
 * Whether `from` may be written into `to` without losing its category; follows torch.can_cast.
 * @example
 * torch.canCast("float64", "float32"); // true
 * torch.canCast("float32", "int64"); // false
 */
export function canCast(from: DType, to: DType): boolean {
  const source = category(dtypeCode(from));
  const target = category(dtypeCode(to));
  if (source === 3 && target < 3) return false;
  if (source === 2 && target < 2) return false;
  return !(target === 0 && source !== 0);
}
