// Resize and Upsample: each dim by itself, as a sum of the elements around each position. The positions are computed here.

import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Node, Operators } from "../node.ts";

/** Sizes beyond come from damaged files. */
const MOST = 2 ** 24;

/** Where position `x` of the result lies in the input. */
type Coordinate = (x: number, scale: number, from: number, to: number) => number;

const COORDINATES: Record<string, Coordinate> = {
  half_pixel: (x, scale) => (x + 0.5) / scale - 0.5,
  half_pixel_symmetric: (x, scale, from, to) => {
    const centre = from / 2;
    const offset = centre * (1 - to / (scale * from));
    return offset + (x + 0.5) / scale - 0.5;
  },
  pytorch_half_pixel: (x, scale, _from, to) => (to > 1 ? (x + 0.5) / scale - 0.5 : 0),
  align_corners: (x, _scale, from, to) => (to === 1 ? 0 : (x * (from - 1)) / (to - 1)),
  asymmetric: (x, scale) => x / scale,
};

const NEAREST: Record<string, (x: number) => number> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Which elements make the result, and how much of each: a list for each tap, an entry for each position. */
interface Taps {
  from: number[][];
  weights: number[][] | undefined;
}

interface Settings {
  mode: string;
  coordinate: Coordinate;
  nearest: (x: number) => number;
  /** of cubic */
  a: number;
  excludeOutside: boolean;
}

function tapsOf(
  { mode, coordinate, nearest, a, excludeOutside }: Settings,
  from: number,
  to: number,
  scale: number,
): Taps {
  // positions are computed as float32 elsewhere, where 1/3 * 3 is 1: a little is rounded away before a floor
  const places = Array.from({ length: to }, (_, x) => Math.round(coordinate(x, scale, from, to) * 1e6) / 1e6);
  const inside = (i: number): number => Math.max(0, Math.min(from - 1, i));
  if (mode === "nearest") return { from: [places.map((x) => inside(nearest(x)))], weights: undefined };
  const exact = Array.from({ length: to }, (_, x) => coordinate(x, scale, from, to));
  if (mode === "linear") {
    const clamped = exact.map((x) => Math.max(0, Math.min(from - 1, x)));
    const left = clamped.map(Math.floor);
    return {
      from: [left, left.map((i) => inside(i + 1))],
      weights: [clamped.map((x, i) => 1 - (x - left[i]!)), clamped.map((x, i) => x - left[i]!)],
    };
  }
  const cubic = (t: number): number => {
    const d = Math.abs(t);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  };
  const offsets = [-1, 0, 1, 2];
  const index = offsets.map((offset) => exact.map((x) => Math.floor(x) + offset));
  const raw = index.map((list) => list.map((i, x) => (excludeOutside && i !== inside(i) ? 0 : cubic(exact[x]! - i))));
  const total = exact.map((_, x) => raw.reduce((sum, list) => sum + list[x]!, 0));
  return {
    from: index.map((list) => list.map(inside)),
    weights: raw.map((list) => list.map((w, x) => w / (excludeOutside ? total[x]! : 1))),
  };
}

function resample(x: Tensor, dim: number, { from, weights }: Taps): Tensor {
  const shape = x.shape.map((_, i) => (i === dim ? -1 : 1));
  return from
    .map((places, tap) => {
      const picked = x.indexSelect(dim, tensor(places, { dtype: "int64", device: x.device }));
      if (weights === undefined) return picked;
      return picked.mul(tensor(weights[tap]!, { dtype: x.dtype, device: x.device }).reshape(shape));
    })
    .reduce((a, b) => a.add(b));
}

function resize(node: Node): Tensor {
  let x = node.input(0);
  const { shape } = x;
  const upsample = node.type === "Upsample" || node.opset === 10;
  const given = (at: number): readonly number[] | undefined => {
    const list = node.optional(at) === undefined ? undefined : node.values(at);
    return list?.length === 0 ? undefined : list;
  };
  const listed = upsample ? (node.opset < 9 ? node.floats("scales") : given(1)) : given(2);
  const listedSizes = upsample ? undefined : given(3);
  const axes = (node.opset >= 18 ? node.ints("axes") : undefined)?.map((axis) => node.axis(axis, x.ndim));
  const place = (dim: number): number => (axes === undefined ? dim : axes.indexOf(dim));
  const scales = shape.map((_, dim) => (listed === undefined || place(dim) < 0 ? 1 : listed[place(dim)]!));
  if (listed === undefined && listedSizes === undefined) node.fail("neither sizes nor scales");
  const policy = node.text("keep_aspect_ratio_policy", "stretch");
  if (policy !== "stretch") node.lacks(policy);
  if (node.int("antialias", 0) === 1) node.lacks("antialias");
  const transform = upsample ? "asymmetric" : node.text("coordinate_transformation_mode", "half_pixel");
  const settings: Settings = {
    mode: node.text("mode", "nearest"),
    coordinate: COORDINATES[transform] ?? node.lacks(`coordinate_transformation_mode ${transform}`),
    nearest: NEAREST[upsample ? "floor" : node.text("nearest_mode", "round_prefer_floor")] ?? node.fail("nearest_mode"),
    a: node.float("cubic_coeff_a", -0.75),
    excludeOutside: node.int("exclude_outside", 0) === 1,
  };
  if (!["nearest", "linear", "cubic"].includes(settings.mode)) node.lacks(`mode ${settings.mode}`);
  shape.forEach((from, dim) => {
    const sized = listedSizes === undefined || place(dim) < 0 ? undefined : listedSizes[place(dim)]!;
    const to = sized ?? Math.floor(from * scales[dim]!);
    const scale = sized === undefined ? scales[dim]! : to / from;
    if (to === from && scale === 1) return;
    if (!(to >= 0 && to <= MOST)) node.fail(`a size of ${to}`);
    x = resample(x, dim, tapsOf(settings, from, to, scale));
  });
  return x;
}

export const RESIZE: Operators = { "Resize:123": resize, "Upsample:1": resize };
