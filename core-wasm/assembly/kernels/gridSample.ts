// Sampling of images and volumes at the places of a grid, and its gradients. Contiguous float32 or float64.
// Forward: operand 0 out [N, C, ...], 1 input [N, C, (D,) H, W], 2 grid [N, ..., 2 or 3]. Input's gradient: 0 that, 1 the
// output's gradient, 2 grid. Grid's gradient: 0 that, 1 the output's gradient, 2 grid, 3 input.
// ints: 0 GridSampling, 1 GridPadding, 2 align corners. Memory-bound: up to 4 (8, 16) scattered reads per element.
import { Args } from "../dispatch/args";
import { DType } from "../tensor/dtype";

export const enum GridSampling {
  Linear = 0,
  Nearest = 1,
  Cubic = 2,
}

export const enum GridPadding {
  Zeros = 0,
  Border = 1,
  Reflection = 2,
}

const enum Part {
  Forward = 0,
  Input = 1,
  Grid = 2,
}

// ---- one coordinate ------------------------------------------------------------------------------------------------

/** From [-1, 1] to elements. */
// @ts-ignore: decorator
@inline function unnormalize(x: f64, size: i32, align: bool): f64 {
  return align ? ((x + 1) / 2) * <f64>(size - 1) : ((x + 1) * <f64>size - 1) / 2;
}

/** Reflects at the borders `low / 2` and `high / 2`; the sign tells the direction. */
function reflected(x: f64, low: i32, high: i32): f64 {
  if (low == high) return 0;
  const least = <f64>low / 2;
  const span = <f64>(high - low) / 2;
  const from = abs(x - least);
  const flips = floor(from / span);
  const rest = from - flips * span;
  return ((<i64>flips) & 1) == 0 ? rest + least : span - rest + least;
}

function reflectedSlope(x: f64, low: i32, high: i32): f64 {
  if (low == high) return 0;
  const least = <f64>low / 2;
  const span = <f64>(high - low) / 2;
  const flips = floor(abs(x - least) / span);
  const sign: f64 = x < least ? -1 : 1;
  return ((<i64>flips) & 1) == 0 ? sign : -sign;
}

/** Where in the image a place lies once the padding has been dealt with. */
function padded(x: f64, size: i32, padding: i32, align: bool): f64 {
  if (padding == GridPadding.Reflection) x = align ? reflected(x, 0, 2 * (size - 1)) : reflected(x, -1, 2 * size - 1);
  if (padding != GridPadding.Zeros) x = min(max(x, 0), <f64>(size - 1));
  // a place that no image can have (NaN, infinite) lies outside
  return x > -2147483000 && x < 2147483000 ? x : -100;
}

/** The derivative of the place by the grid's coordinate. */
function slope(grid: f64, size: i32, padding: i32, align: bool): f64 {
  const scale = <f64>(align ? size - 1 : size) / 2;
  if (padding == GridPadding.Zeros) return scale;
  let x = unnormalize(grid, size, align);
  let sign: f64 = 1;
  if (padding == GridPadding.Reflection) {
    sign = align ? reflectedSlope(x, 0, 2 * (size - 1)) : reflectedSlope(x, -1, 2 * size - 1);
    x = align ? reflected(x, 0, 2 * (size - 1)) : reflected(x, -1, 2 * size - 1);
  }
  return x > 0 && x < <f64>(size - 1) ? scale * sign : 0;
}

// ---- taps: along each dim up to four elements with weights and the weights' derivatives -----------------------------

/** Bytes per dim: count, four indices (-1 outside), four weights, four derivatives. */
const TAPS: usize = 88;

// @ts-ignore: decorator
@inline function setTap(dim: usize, t: i32, index: i32, weight: f64, derivative: f64): void {
  store<i32>(dim + ((<usize>t) << 2), index, 4);
  store<f64>(dim + ((<usize>t) << 3), weight, 24);
  store<f64>(dim + ((<usize>t) << 3), derivative, 56);
}

// @ts-ignore: decorator
@inline function tapCount(dim: usize): i32 {
  return load<i32>(dim);
}
// @ts-ignore: decorator
@inline function tapIndex(dim: usize, t: i32): i32 {
  return load<i32>(dim + ((<usize>t) << 2), 4);
}
// @ts-ignore: decorator
@inline function tapWeight(dim: usize, t: i32): f64 {
  return load<f64>(dim + ((<usize>t) << 3), 24);
}
// @ts-ignore: decorator
@inline function tapDerivative(dim: usize, t: i32): f64 {
  return load<f64>(dim + ((<usize>t) << 3), 56);
}

// @ts-ignore: decorator
@inline function inside(i: f64, size: i32): i32 {
  return i >= 0 && i < <f64>size ? <i32>i : -1;
}

function cubic(t: f64): f64 {
  const a: f64 = -0.75;
  const x = abs(t);
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

function cubicSlope(t: f64): f64 {
  const a: f64 = -0.75;
  const x = abs(t);
  const d = x <= 1 ? (3 * (a + 2) * x - 2 * (a + 3)) * x : (3 * a * x - 10 * a) * x + 8 * a;
  return t < 0 ? -d : d;
}

function fillTaps(dim: usize, grid: f64, size: i32, mode: i32, padding: i32, align: bool): void {
  const place = unnormalize(grid, size, align);
  if (mode == GridSampling.Cubic) {
    // the neighbours are padded one by one
    const low = place > -2147483000 && place < 2147483000 ? floor(place) : -100;
    const part = place > -2147483000 && place < 2147483000 ? place - low : 0;
    const scale = <f64>(align ? size - 1 : size) / 2;
    store<i32>(dim, 4);
    for (let t = 0; t < 4; t++) {
      const at = padded(low - 1 + <f64>t, size, padding, align);
      const distance = part + 1 - <f64>t;
      setTap(dim, t, inside(floor(at), size), cubic(distance), cubicSlope(distance) * scale);
    }
    return;
  }
  const x = padded(place, size, padding, align);
  if (mode == GridSampling.Nearest) {
    store<i32>(dim, 1);
    setTap(dim, 0, inside(nearest(x), size), 1, 0);
    return;
  }
  const low = floor(x);
  const by = slope(grid, size, padding, align);
  store<i32>(dim, 2);
  setTap(dim, 0, inside(low, size), low + 1 - x, -by);
  setTap(dim, 1, inside(low + 1, size), x - low, by);
}

// ---- images --------------------------------------------------------------------------------------------------------

function run<T>(args: Args, part: i32): void {
  const first = args.operand(0);
  const second = args.operand(1);
  const grid = args.operand(2);
  // `image` is what is sampled (or its gradient), `out` has the grid's places
  const image = part == Part.Forward ? second : part == Part.Input ? first : args.operand(3);
  const out = part == Part.Forward ? first : second;
  const rank = grid.shape(grid.ndim - 1);
  const mode = args.int(0);
  const padding = args.int(1);
  const align = args.int(2) != 0;
  const channels = image.shape(1);
  const depth = rank == 3 ? image.shape(2) : 1;
  const height = image.shape(image.ndim - 2);
  const width = image.shape(image.ndim - 1);
  const plane = <usize>(depth * height * width) * sizeof<T>();
  let places = 1;
  for (let d = 1; d < grid.ndim - 1; d++) places *= grid.shape(d);
  const outPlane = <usize>places * sizeof<T>();
  const tx = args.workspace;
  const ty = tx + TAPS;
  const tz = ty + TAPS;
  store<i32>(tz, 1);
  setTap(tz, 0, 0, 1, 0);
  if (part == Part.Input) memory.fill(image.data, 0, <usize>image.numel * sizeof<T>());
  for (let n = 0; n < grid.shape(0); n++) {
    const source = image.data + <usize>(n * channels) * plane;
    for (let p = 0; p < places; p++) {
      const at = grid.data + <usize>((n * places + p) * rank) * sizeof<T>();
      fillTaps(tx, <f64>load<T>(at), width, mode, padding, align);
      fillTaps(ty, <f64>load<T>(at + sizeof<T>()), height, mode, padding, align);
      if (rank == 3) fillTaps(tz, <f64>load<T>(at + 2 * sizeof<T>()), depth, mode, padding, align);
      const target = out.data + <usize>(n * channels) * outPlane + <usize>p * sizeof<T>();
      let gx: f64 = 0;
      let gy: f64 = 0;
      let gz: f64 = 0;
      if (part == Part.Forward) {
        for (let c = 0; c < channels; c++) store<T>(target + <usize>c * outPlane, <T>0);
      }
      for (let z = 0; z < tapCount(tz); z++) {
        const iz = tapIndex(tz, z);
        if (iz < 0) continue;
        for (let y = 0; y < tapCount(ty); y++) {
          const iy = tapIndex(ty, y);
          if (iy < 0) continue;
          for (let x = 0; x < tapCount(tx); x++) {
            const ix = tapIndex(tx, x);
            if (ix < 0) continue;
            const weight = tapWeight(tz, z) * tapWeight(ty, y) * tapWeight(tx, x);
            let from = source + <usize>((iz * height + iy) * width + ix) * sizeof<T>();
            let to = target;
            let sum: f64 = 0;
            for (let c = 0; c < channels; c++) {
              if (part == Part.Forward) store<T>(to, <T>(<f64>load<T>(to) + weight * <f64>load<T>(from)));
              else if (part == Part.Input) store<T>(from, <T>(<f64>load<T>(from) + weight * <f64>load<T>(to)));
              else sum += <f64>load<T>(from) * <f64>load<T>(to);
              from += plane;
              to += outPlane;
            }
            if (part == Part.Grid) {
              gx += sum * tapDerivative(tx, x) * tapWeight(ty, y) * tapWeight(tz, z);
              gy += sum * tapWeight(tx, x) * tapDerivative(ty, y) * tapWeight(tz, z);
              gz += sum * tapWeight(tx, x) * tapWeight(ty, y) * tapDerivative(tz, z);
            }
          }
        }
      }
      if (part == Part.Grid) {
        const to = first.data + <usize>((n * places + p) * rank) * sizeof<T>();
        store<T>(to, <T>gx);
        store<T>(to + sizeof<T>(), <T>gy);
        if (rank == 3) store<T>(to + 2 * sizeof<T>(), <T>gz);
      }
    }
  }
}

/** Bytes of workspace for each of the three kernels. */
export const GRID_SAMPLE_WORKSPACE: i32 = 3 * 88;

function runTyped(args: Args, part: i32): void {
  if (args.operand(0).dtype == DType.Float64) run<f64>(args, part);
  else run<f32>(args, part);
}

export function gridSample(args: Args): void {
  runTyped(args, Part.Forward);
}

export function gridSampleInput(args: Args): void {
  runTyped(args, Part.Input);
}

export function gridSampleGrid(args: Args): void {
  runTyped(args, Part.Grid);
}
