// Interpolation along one dim: every output element is a weighted sum of up to four input elements, the same ones for
// everything beside that dim. Images of more dims are resampled one dim after the other. Memory-bound: `taps` reads and one
// write per element. The transpose adds instead.
//
// Operand 0 out, 1 input (transposed: 0 the input's gradient, 1 the output's), contiguous, float32, float64 or uint8, seen as
// [outer, size, inner]. ints: 0 dim, 1 Interpolation, 2 align corners, 3 transposed. Param 0: input elements per output
// element, or 0 to take it from the sizes. The workspace has resampleWorkspace() bytes.
import { Args } from "../dispatch/args";
import { DType } from "../tensor/dtype";

export const enum Interpolation {
  Nearest = 0,
  NearestExact = 1,
  Linear = 2,
  Cubic = 3,
}

const TAPS: i32 = 4;
/** Bytes per output position: four indices, four weights in float64. */
const ENTRY: usize = 48;

export function resampleWorkspace(outputSize: i32): i32 {
  return outputSize * <i32>ENTRY;
}

// @ts-ignore: decorator
@inline function setTap(entry: usize, t: i32, index: i32, weight: f64): void {
  store<i32>(entry + ((<usize>t) << 2), index);
  store<f64>(entry + ((<usize>t) << 3), weight, 16);
}

/** Positions in float32 for float32 images, as PyTorch computes them: which element is nearest may hang on it. */
// @ts-ignore: decorator
@inline function round<T>(x: f64): f64 {
  return sizeof<T>() == 8 ? x : <f64>(<f32>x);
}

/** The step between source positions. */
function stepOf<T>(input: i32, output: i32, align: bool, scale: f64): f64 {
  if (align) return output > 1 ? round<T>(round<T>(<f64>(input - 1)) / <f64>(output - 1)) : 0;
  return scale > 0 ? round<T>(scale) : round<T>(<f64>input / <f64>output);
}

/** Keys' kernel with a = -0.75 at distances 1 + t, t, 1 - t, 2 - t. */
function cubicWeight(t: f64): f64 {
  const a: f64 = -0.75;
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
}

function fillTaps<T>(table: usize, input: i32, output: i32, mode: i32, align: bool, scale: f64): void {
  const step = stepOf<T>(input, output, align, scale);
  for (let o = 0; o < output; o++) {
    const entry = table + <usize>o * ENTRY;
    if (mode == Interpolation.Nearest) {
      setTap(entry, 0, min(<i32>floor(round<T>(<f64>o * step)), input - 1), 1);
    } else if (mode == Interpolation.NearestExact) {
      setTap(entry, 0, min(<i32>floor(round<T>((<f64>o + 0.5) * step)), input - 1), 1);
    } else {
      let at = align ? round<T>(step * <f64>o) : round<T>(round<T>(step * (<f64>o + 0.5)) - 0.5);
      if (mode == Interpolation.Linear) {
        if (at < 0) at = 0;
        const low = min(<i32>at, input - 1);
        const part = min(max(at - <f64>low, 0), 1);
        setTap(entry, 0, low, 1 - part);
        setTap(entry, 1, min(low + 1, input - 1), part);
      } else {
        const low = <i32>floor(at);
        const part = at - floor(at);
        for (let t = 0; t < TAPS; t++) {
          const index = min(max(low - 1 + t, 0), input - 1);
          setTap(entry, t, index, cubicWeight(abs(part + 1 - <f64>t)));
        }
      }
    }
  }
}

function run<T>(args: Args): void {
  const transposed = args.int(3) != 0;
  const large = args.operand(transposed ? 1 : 0);
  const small = args.operand(transposed ? 0 : 1);
  const dim = args.int(0);
  const mode = args.int(1);
  const output = large.shape(dim);
  const input = small.shape(dim);
  const table = args.workspace;
  fillTaps<T>(table, input, output, mode, args.int(2) != 0, args.param(0));
  const taps = mode == Interpolation.Cubic ? 4 : mode == Interpolation.Linear ? 2 : 1;
  let inner = 1;
  for (let d = dim + 1; d < large.ndim; d++) inner *= large.shape(d);
  let outer = 1;
  for (let d = 0; d < dim; d++) outer *= large.shape(d);
  if (transposed) memory.fill(small.data, 0, <usize>small.numel * sizeof<T>());
  const row = <usize>inner * sizeof<T>();
  let to = large.data;
  let plane = small.data;
  for (let p = 0; p < outer; p++) {
    for (let o = 0; o < output; o++) {
      const entry = table + <usize>o * ENTRY;
      for (let t = 0; t < taps; t++) {
        const from = plane + <usize>load<i32>(entry + ((<usize>t) << 2)) * row;
        const weight = <T>load<f64>(entry + ((<usize>t) << 3), 16);
        if (transposed) addRow<T>(from, to, weight, row);
        else if (t > 0) addRow<T>(to, from, weight, row);
        else if (taps == 1) memory.copy(to, from, row);
        else for (let at: usize = 0; at < row; at += sizeof<T>()) store<T>(to + at, <T>(weight * load<T>(from + at)));
      }
      to += row;
    }
    plane += <usize>input * row;
  }
}

// @ts-ignore: decorator
@inline function addRow<T>(to: usize, from: usize, weight: T, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += sizeof<T>()) {
    store<T>(to + at, <T>(load<T>(to + at) + weight * load<T>(from + at)));
  }
}

export function resample(args: Args): void {
  switch (args.operand(0).dtype) {
    case DType.Float32:
      return run<f32>(args);
    case DType.Float64:
      return run<f64>(args);
    default:
      return run<u8>(args);
  }
}
