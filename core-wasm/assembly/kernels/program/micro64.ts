// Micro-ops of float64 programs: SIMD where `basic` has one, else scalar functions of the math library.
import { binary64, unary64 } from "../math/f64";
import { basic } from "./basic";
import { Op } from "./opcodes";

export function isBinary(op: i32): bool {
  return op <= Op.ShiftRight;
}

export function micro64(op: i32, dst: usize, a: usize, b: usize, c: usize, bytes: usize): void {
  if (basic<f64>(op, dst, a, b, c, bytes)) return;
  if (isBinary(op)) {
    for (let i: usize = 0; i < bytes; i += 8) store<f64>(dst + i, binary64(op, load<f64>(a + i), load<f64>(b + i)));
  } else {
    for (let i: usize = 0; i < bytes; i += 8) store<f64>(dst + i, unary64(op, load<f64>(a + i)));
  }
}
