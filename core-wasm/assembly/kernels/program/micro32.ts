// Micro-ops of float32 programs: SIMD where there is one, else computed in float64 and rounded.
import { binary64, unary64 } from "../math/f64";
import { nextafter32 } from "../math/f32";
import { basic } from "./basic";
import { isBinary } from "./micro64";
import { Op } from "./opcodes";

export function micro32(op: i32, dst: usize, a: usize, b: usize, c: usize, bytes: usize): void {
  if (basic<f32>(op, dst, a, b, c, bytes)) return;
  if (op == Op.Nextafter) {
    for (let i: usize = 0; i < bytes; i += 4) store<f32>(dst + i, nextafter32(load<f32>(a + i), load<f32>(b + i)));
  } else if (isBinary(op)) {
    for (let i: usize = 0; i < bytes; i += 4) {
      store<f32>(dst + i, <f32>binary64(op, <f64>load<f32>(a + i), <f64>load<f32>(b + i)));
    }
  } else {
    for (let i: usize = 0; i < bytes; i += 4) store<f32>(dst + i, <f32>unary64(op, <f64>load<f32>(a + i)));
  }
}
