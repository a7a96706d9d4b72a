// A number argument with Python's category: bool, int or float.
import { temporary } from "../memory/pool";
import { DType } from "./dtype";
import { Flag, Tensor } from "./tensor";

export const enum ScalarKind {
  Bool = 0,
  Int = 1,
  Float = 2,
}


@unmanaged
export class Scalar {
  kind: i32;
  padding: i32;
  f: f64;
  i: i64;
}

export function newScalar(value: f64, kind: i32): Scalar {
  const s = changetype<Scalar>(temporary(offsetof<Scalar>()));
  s.kind = kind;
  s.f = value;
  s.i = <i64>value;
  return s;
}

export function floatScalar(value: f64): Scalar {
  return newScalar(value, ScalarKind.Float);
}

export function intScalar(value: i64): Scalar {
  const s = newScalar(<f64>value, ScalarKind.Int);
  s.i = value;
  return s;
}

// A scalar argument of an export is one word: 0 if it is absent, 2n + 1 for the int n, else the address of its kind and, 8
// bytes on, its value.

// @ts-ignore: decorator
@inline
export function scalarKind(word: usize): i32 {
  return word & 1 ? ScalarKind.Int : load<i32>(word);
}

export function scalarValue(word: usize): f64 {
  return word & 1 ? <f64>((<i32>word) >> 1) : load<f64>(word, 8);
}

export function scalarFrom(word: usize): Scalar | null {
  return word == 0 ? null : newScalar(scalarValue(word), scalarKind(word));
}

/** Whether `t` came from the plain number `value`. */
export function isNumber(t: Tensor, value: f64): bool {
  if (!t.has(Flag.Wrapped)) return false;
  if (t.dtype == DType.Int64) return <f64>load<i64>(t.dataPtr()) == value;
  return t.dtype == DType.Float64 && load<f64>(t.dataPtr()) == value;
}

/** The dtype a lone scalar of this kind has. */
export function scalarDType(kind: i32): i32 {
  return kind == ScalarKind.Bool ? DType.Bool : kind == ScalarKind.Int ? DType.Int64 : DType.Float32;
}
