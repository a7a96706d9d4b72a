// float32 functions of the micro-ops.

export function nextafter32(x: f32, y: f32): f32 {
  if (x != x || y != y) return x + y;
  if (x == y) return y;
  if (x == 0) return copysign<f32>(reinterpret<f32>(<u32>1), y);
  const bits = reinterpret<u32>(x);
  return reinterpret<f32>(x < y == x > 0 ? bits + 1 : bits - 1);
}
