// torch.fft. Transforms of real tensors are those of complex ones with the part that follows by symmetry left out.

import { RuntimeError } from "../error.ts";
import * as ops from "../gen/functions.ts";
import * as rare from "../gen/rare-functions.ts";
import { arange, zeros, type FactoryOptions } from "../factories.ts";
import { positional } from "../functional/arguments.ts";
import { scope } from "../memory/scope.ts";
import { defaultDtypeCode } from "../tensor/defaults.ts";
import { Code } from "../tensor/dtype.ts";
import { wrapDim } from "../tensor/dims.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { onCpu, transform } from "./transform.ts";

/** Which transform carries the factor 1/n: "backward" (default) the inverse one, "forward" the other, "ortho" both its root. */
export type FftNorm = "forward" | "backward" | "ortho";

interface LineOptions {
  n?: number | null;
  dim?: number;
  norm?: FftNorm | null;
}

interface PlaneOptions {
  s?: readonly number[] | null;
  dim?: number | readonly number[] | null;
  norm?: FftNorm | null;
}

function scaleOf(norm: FftNorm | null | undefined, n: number, inverse: boolean): number {
  switch (norm ?? "backward") {
    case "backward":
      return inverse ? 1 / n : 1;
    case "forward":
      return inverse ? 1 : 1 / n;
    case "ortho":
      return 1 / Math.sqrt(n);
    default:
      throw new RuntimeError(`Invalid normalization mode: "${String(norm)}"`);
  }
}

/** As a complex tensor: float64 as complex128, integers as the default float's partner. */
function asComplex(x: Tensor): Tensor {
  if (x.isComplex()) return x;
  const code = x.isFloatingPoint() ? x.dtypeCode : defaultDtypeCode();
  if (code === Code.Float16 || code === Code.BFloat16) throw new RuntimeError(`Unsupported dtype ${x.dtype}`);
  return x.to(code === Code.Float64 ? "complex128" : "complex64");
}

/** x with `n` elements along a dim: cut, or filled up with zeros. */
function resized(x: Tensor, dim: number, n: number): Tensor {
  const size = x.shape[dim]!;
  if (n === size) return x;
  if (n < size) return ops.narrow(x, dim, 0, n);
  const shape = [...x.shape];
  shape[dim] = n - size;
  return ops.cat([x, zeros(shape, { dtype: x.dtype, device: x.device })], dim);
}

function checkPoints(n: number): void {
  if (n < 1) throw new RuntimeError(`Invalid number of data points (${n}) specified`);
}

/** n if it was given, else the size of the dim. */
function pointsOf(x: Tensor, n: number | null | undefined, dim: number): number {
  const points = n ?? x.shape[dim]!;
  checkPoints(points);
  return points;
}

type Norm = FftNorm | null | undefined;

function complexLine(input: Tensor, n: number | null | undefined, axis: number, norm: Norm, inverse: boolean): Tensor {
  const x = asComplex(input);
  const dim = wrapDim(axis, x.dim());
  const points = pointsOf(x, n, dim);
  return transform(resized(x, dim, points), dim, inverse, scaleOf(norm, points, inverse));
}

/** The half of the spectrum of a real signal that says all. */
function realLine(
  input: Tensor,
  n: number | null | undefined,
  axis: number,
  norm: Norm,
  inverse: boolean,
  name: string,
): Tensor {
  if (input.isComplex()) {
    const type = input.dtype === "complex128" ? "ComplexDouble" : "ComplexFloat";
    throw new RuntimeError(`${name} expects a real input tensor, but got ${type}`);
  }
  const dim = wrapDim(axis, input.dim());
  const points = pointsOf(input, n, dim);
  return ops.narrow(complexLine(input, points, dim, norm, inverse), dim, 0, Math.floor(points / 2) + 1);
}

/** The real signal of half a spectrum: the other half is conjugate. */
function signalLine(input: Tensor, n: number | null | undefined, axis: number, norm: Norm, inverse: boolean): Tensor {
  const x = asComplex(input);
  const dim = wrapDim(axis, x.dim());
  const points = n ?? 2 * (x.shape[dim]! - 1);
  checkPoints(points);
  const half = Math.floor(points / 2) + 1;
  const given = resized(x, dim, half);
  const mirrored = ops.flip(ops.narrow(given, dim, 1, points - half), [dim]);
  const whole = ops.cat([given, ops.conj(mirrored)], dim);
  return ops.real(transform(whole, dim, inverse, scaleOf(norm, points, inverse))).contiguous();
}

type Line = (x: Tensor, n: number | null | undefined, dim: number, norm: Norm) => Tensor;

export interface LineFunction {
  (input: Tensor, n?: number | null, dim?: number, norm?: FftNorm | null): Tensor;
  (input: Tensor, options: LineOptions): Tensor;
  (input: Tensor, n: number | null, options: Omit<LineOptions, "n">): Tensor;
}

function lineFunction(name: string, line: Line): LineFunction {
  return ((...given: unknown[]) => {
    const [input, n, dim, norm] = positional(given, ["input", "n", "dim", "norm"], name) as [
      Tensor,
      number?,
      number?,
      FftNorm?,
    ];
    return scope(() => onCpu(input, (x) => line(x, n, dim ?? -1, norm)));
  }) as LineFunction;
}

/** The Fourier transform along a dim. Shapes: n points (default: as many as there are). Follows torch.fft.fft. */
export const fft = lineFunction("fft_fft", (x, n, dim, norm) => complexLine(x, n, dim, norm, false));
/** The inverse Fourier transform along a dim. Follows torch.fft.ifft. */
export const ifft = lineFunction("fft_ifft", (x, n, dim, norm) => complexLine(x, n, dim, norm, true));
/** The transform of a real signal: the n/2+1 numbers that say all. Follows torch.fft.rfft. */
export const rfft = lineFunction("fft_rfft", (x, n, dim, norm) => realLine(x, n, dim, norm, false, "rfft"));
/** The real signal of n points (default 2(m-1)) of half a spectrum of m. Follows torch.fft.irfft. */
export const irfft = lineFunction("fft_irfft", (x, n, dim, norm) => signalLine(x, n, dim, norm, true));
/** The real spectrum of a Hermitian signal of which half is given. Follows torch.fft.hfft. */
export const hfft = lineFunction("fft_hfft", (x, n, dim, norm) => signalLine(x, n, dim, norm, false));
/** The inverse of hfft. Follows torch.fft.ihfft. */
export const ihfft = lineFunction("fft_ihfft", (x, n, dim, norm) => realLine(x, n, dim, norm, true, "ihfft"));

// ---- several dims

/** The dims of a transform and the points along each. */
function axesOf(
  x: Tensor,
  s: readonly number[] | null | undefined,
  dim: number | readonly number[] | null | undefined,
): { dims: number[]; sizes: (number | null)[] } {
  const given = dim === null || dim === undefined ? null : typeof dim === "number" ? [dim] : dim;
  if (given !== null) {
    const dims = given.map((d) => wrapDim(d, x.dim()));
    if (new Set(dims).size !== dims.length) throw new RuntimeError("FFT dims must be unique");
    if (s !== null && s !== undefined && s.length !== dims.length) {
      throw new RuntimeError("When given, dim and shape arguments must have the same length");
    }
    return { dims, sizes: dims.map((_, i) => size(s?.[i])) };
  }
  const count = s?.length ?? x.dim();
  if (count > x.dim()) {
    throw new RuntimeError(`Got shape with ${count} values but input tensor only has ${x.dim()} dimensions.`);
  }
  const dims = Array.from({ length: count }, (_, i) => x.dim() - count + i);
  return { dims, sizes: dims.map((_, i) => size(s?.[i])) };
}

const size = (n: number | undefined): number | null => (n === undefined || n === -1 ? null : n);

export interface PlaneFunction {
  (input: Tensor, s?: readonly number[] | null, dim?: number | readonly number[] | null, norm?: FftNorm | null): Tensor;
  (input: Tensor, options: PlaneOptions): Tensor;
  (input: Tensor, s: readonly number[] | null, options: Omit<PlaneOptions, "s">): Tensor;
}

/** `last`: what happens along the last dim, before (`first`) or after the others' complex transforms. */
function planeFunction(
  name: string,
  dims: readonly number[] | null,
  last: Line,
  others: Line,
  first: boolean,
): PlaneFunction {
  return ((...given: unknown[]) => {
    const args = positional(given, ["input", "s", "dim", "norm"], name);
    const input = args[0] as Tensor;
    const norm = args[3] as Norm;
    return scope(() =>
      onCpu(input, (local) => {
        const asked = (args[2] as number[] | null | undefined) ?? dims;
        const { dims: axes, sizes } = axesOf(local, args[1] as number[] | null, asked);
        sizes.forEach((points, i) => checkPoints(points ?? local.shape[axes[i]!]!));
        const end = axes.length - 1;
        if (end < 0) return last === others ? asComplex(local) : lastOfNone(name);
        let x = first ? last(local, sizes[end], axes[end]!, norm) : local;
        for (let i = 0; i < end; i++) x = others(x, sizes[i], axes[i]!, norm);
        return first ? x : last(x, sizes[end], axes[end]!, norm);
      }),
    );
  }) as PlaneFunction;
}

function lastOfNone(name: string): never {
  throw new RuntimeError(`${name.replace("fft_", "")} must transform at least one axis`);
}

const forwardLine: Line = (x, n, dim, norm) => complexLine(x, n, dim, norm, false);
const inverseLine: Line = (x, n, dim, norm) => complexLine(x, n, dim, norm, true);
const rfftLine: Line = (x, n, dim, norm) => realLine(x, n, dim, norm, false, "rfft");
const irfftLine: Line = (x, n, dim, norm) => signalLine(x, n, dim, norm, true);
const hfftLine: Line = (x, n, dim, norm) => signalLine(x, n, dim, norm, false);
const ihfftLine: Line = (x, n, dim, norm) => realLine(x, n, dim, norm, true, "ihfft");

/** The transform over several dims (default: all). Follows torch.fft.fftn. */
export const fftn = planeFunction("fft_fftn", null, forwardLine, forwardLine, false);
/** The inverse of fftn. Follows torch.fft.ifftn. */
export const ifftn = planeFunction("fft_ifftn", null, inverseLine, inverseLine, false);
/** fftn over the last two dims. Follows torch.fft.fft2. */
export const fft2 = planeFunction("fft_fft2", [-2, -1], forwardLine, forwardLine, false);
/** The inverse of fft2. Follows torch.fft.ifft2. */
export const ifft2 = planeFunction("fft_ifft2", [-2, -1], inverseLine, inverseLine, false);
/** fftn of a real tensor, the last dim halved. Follows torch.fft.rfftn. */
export const rfftn = planeFunction("fft_rfftn", null, rfftLine, forwardLine, true);
/** The inverse of rfftn. Follows torch.fft.irfftn. */
export const irfftn = planeFunction("fft_irfftn", null, irfftLine, inverseLine, false);
/** rfftn over the last two dims. Follows torch.fft.rfft2. */
export const rfft2 = planeFunction("fft_rfft2", [-2, -1], rfftLine, forwardLine, true);
/** The inverse of rfft2. Follows torch.fft.irfft2. */
export const irfft2 = planeFunction("fft_irfft2", [-2, -1], irfftLine, inverseLine, false);
/** The real spectrum of a tensor that is Hermitian in its last dim. Follows torch.fft.hfftn. */
export const hfftn = planeFunction("fft_hfftn", null, hfftLine, forwardLine, false);
/** The inverse of hfftn. Follows torch.fft.ihfftn. */
export const ihfftn = planeFunction("fft_ihfftn", null, ihfftLine, inverseLine, true);
/** hfftn over the last two dims. Follows torch.fft.hfft2. */
export const hfft2 = planeFunction("fft_hfft2", [-2, -1], hfftLine, forwardLine, false);
/** The inverse of hfft2. Follows torch.fft.ihfft2. */
export const ihfft2 = planeFunction("fft_ihfft2", [-2, -1], ihfftLine, inverseLine, true);

// ---- helpers

type Dims = number | readonly number[] | null;

function rolled(x: Tensor, dim: Dims | { dim?: Dims } | undefined, by: (size: number) => number): Tensor {
  const asked =
    typeof dim === "object" && dim !== null && !Array.isArray(dim) ? (dim as { dim?: Dims }).dim : (dim as Dims);
  const dims =
    asked === null || asked === undefined ? x.shape.map((_, i) => i) : typeof asked === "number" ? [asked] : [...asked];
  return rare.roll(
    x,
    dims.map((d) => by(x.shape[wrapDim(d, x.dim())]!)),
    dims,
  );
}

/** Frequency 0 from the start to the middle. Follows torch.fft.fftshift. */
export function fftshift(input: Tensor, dim?: Dims | { dim?: Dims }): Tensor {
  return rolled(input, dim, (n) => Math.floor(n / 2));
}

/** The inverse of fftshift. Follows torch.fft.ifftshift. */
export function ifftshift(input: Tensor, dim?: Dims | { dim?: Dims }): Tensor {
  return rolled(input, dim, (n) => Math.floor((n + 1) / 2));
}

/** The frequencies that fft of n points, `d` apart, has. Follows torch.fft.fftfreq. */
export function fftfreq(n: number, d = 1, options: FactoryOptions = {}): Tensor {
  return scope(() => {
    const positive = Math.floor((n + 1) / 2);
    const steps = arange(0, n, options.dtype === undefined ? { ...options, dtype: "float32" } : options);
    const list = ops.where(ops.ge(steps, positive), ops.sub(steps, n), steps);
    return ops.mul(list, 1 / (n * d));
  });
}

/** The frequencies that rfft of n points, `d` apart, has. Follows torch.fft.rfftfreq. */
export function rfftfreq(n: number, d = 1, options: FactoryOptions = {}): Tensor {
  return scope(() => {
    const steps = arange(
      0,
      Math.floor(n / 2) + 1,
      options.dtype === undefined ? { ...options, dtype: "float32" } : options,
    );
    return ops.mul(steps, 1 / (n * d));
  });
}
