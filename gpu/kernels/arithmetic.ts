// Sums of products in each compute type, and four elements of a buffer at a time.

import { Compute, DType } from "../call.ts";
import { computeName, type Writer } from "../wgsl/writer.ts";

export interface Arithmetic {
  /** WGSL's name of the type */
  readonly type: string;
  readonly zero: string;
  add(a: string, b: string): string;
  mul(a: string, b: string): string;
  /** a * b + c */
  madd(a: string, b: string, c: string): string;
}

export function arithmetic(compute: Compute): Arithmetic {
  const type = computeName(compute);
  if (compute !== Compute.I64) {
    const float = compute === Compute.F32;
    return {
      type,
      zero: float ? "0.0" : "0",
      add: (a, b) => `(${a} + ${b})`,
      mul: (a, b) => `(${a} * ${b})`,
      madd: (a, b, c) => (float ? `fma(${a}, ${b}, ${c})` : `(${a} * ${b} + ${c})`),
    };
  }
  return {
    type,
    zero: "vec2<u32>(0u)",
    add: (a, b) => `i64_add(${a}, ${b})`,
    mul: (a, b) => `i64_mul(${a}, ${b})`,
    madd: (a, b, c) => `i64_add(i64_mul(${a}, ${b}), ${c})`,
  };
}

/** Four elements of operand k from element `4 * at` of its buffer on, in the compute type. */
export function loadFour(w: Writer, k: number, dtype: number, at: string): string {
  const value = `${w.vec4(k)}[${at}]`;
  return dtype === DType.Float16 ? `vec4<f32>(${value})` : value;
}

/** The name of a function (at: u32, value: vec4 of the compute type) that writes four elements from `4 * at` on. */
export function storeFour(w: Writer, k: number, dtype: number): string {
  const compute = dtype === DType.Float16 || dtype === DType.Float32 || dtype === DType.BFloat16 ? "f32" : "i32";
  let value = "value";
  if (dtype === DType.Float16) value = "vec4<f16>(value)";
  if (dtype === DType.BFloat16) {
    value = `vec4<f32>(${["x", "y", "z", "w"].map((lane) => `f32_bfloat16(value.${lane})`).join(", ")})`;
  }
  if (dtype === DType.UInt8) value = "(value & vec4<i32>(255))";
  if (dtype === DType.Int8) value = "((value << vec4<u32>(24u)) >> vec4<u32>(24u))";
  if (dtype === DType.Int16) value = "((value << vec4<u32>(16u)) >> vec4<u32>(16u))";
  return w.define(
    `storeFour${k}`,
    `fn storeFour${k}(at: u32, value: vec4<${compute}>) { ${w.vec4(k)}[at] = ${value}; }`,
  );
}
