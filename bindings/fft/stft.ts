// Short-time Fourier transforms.

import { RuntimeError } from "../error.ts";
import * as ops from "../gen/functions.ts";
import { ones, zeros } from "../factories.ts";
import { positional } from "../functional/arguments.ts";
import { fold, pad } from "../nn/functional.ts";
import { guard } from "../linalg/guard.ts";
import { scope } from "../memory/scope.ts";
import { defineMethods } from "../tensor/call.ts";
import { toCpu } from "../tensor/move.ts";
import { Tensor } from "../tensor/tensor.ts";
import { fft, ifft, irfft, rfft } from "./functions.ts";
import { onCpu } from "./transform.ts";

type PadMode = "constant" | "reflect" | "replicate" | "circular";

export interface StftOptions {
  /** samples from one frame to the next; default nFft / 4 */
  hopLength?: number | null;
  /** default nFft */
  winLength?: number | null;
  /** of winLength samples; default ones */
  window?: Tensor | null;
  /** whether frame t is centred at sample t · hopLength, the signal being padded */
  center?: boolean;
  padMode?: PadMode;
  normalized?: boolean;
  /** only the frequencies up to nFft / 2; default for real signals */
  onesided?: boolean | null;
  /** default false: pairs of real numbers along a last dim, as PyTorch 1.13 gives them */
  returnComplex?: boolean | null;
}

export interface IstftOptions extends Omit<StftOptions, "padMode"> {
  /** samples to give; default as many as the frames hold */
  length?: number | null;
}

/** The window centred in nFft samples. */
function fullWindow(
  window: Tensor | null | undefined,
  like: Tensor,
  winLength: number,
  nFft: number,
  name: string,
): Tensor | null {
  if (window !== null && window !== undefined && (window.dim() !== 1 || window.shape[0] !== winLength)) {
    throw new RuntimeError(
      `${name}: expected a 1D window tensor of size equal to win_length=${winLength}, but got window with size [${window.shape.join(", ")}]`,
    );
  }
  const dtype = like.isComplex() ? (like.dtype === "complex128" ? "float64" : "float32") : like.dtype;
  if (window === null || window === undefined) {
    if (winLength === nFft) return null;
    window = ones(winLength, { dtype, device: like.device });
  }
  const left = Math.floor((nFft - winLength) / 2);
  return winLength === nFft ? window : pad(window, [left, nFft - winLength - left]);
}

/** Checks what both transforms share; gives hop and window lengths. */
function lengths(
  name: string,
  nFft: number,
  hop: number | null | undefined,
  win: number | null | undefined,
): [number, number] {
  const hopLength = hop ?? Math.floor(nFft / 4);
  const winLength = win ?? nFft;
  if (hopLength <= 0) throw new RuntimeError(`${name}: expected hop_length > 0, but got hop_length=${hopLength}`);
  if (winLength <= 0 || winLength > nFft) {
    throw new RuntimeError(`${name}: expected 0 < win_length <= n_fft, but got win_length=${winLength}`);
  }
  return [hopLength, winLength];
}

/** Runs `body` on the CPU, with the window there too. */
function transformed(
  input: Tensor,
  window: Tensor | null | undefined,
  body: (local: Tensor, window: Tensor | null) => Tensor,
): Tensor {
  return scope(() => onCpu(input, (local) => body(local, window ? toCpu(window) : null)));
}

const STFT_NAMES = [
  "input",
  "nFft",
  "hopLength",
  "winLength",
  "window",
  "center",
  "padMode",
  "normalized",
  "onesided",
  "returnComplex",
];

/**
 * The Fourier transforms of overlapping frames of a signal.
 *
 * Shapes: (samples) or (batch, samples) → (batch, frequencies, frames), with a last dim of 2 unless `returnComplex`.
 * Follows torch.stft.
 */
function stft(input: Tensor, nFft: number, options?: StftOptions): Tensor;
function stft(input: Tensor, options: StftOptions & { nFft: number }): Tensor;
function stft(
  input: Tensor,
  nFft: number,
  hopLength?: number | null,
  winLength?: number | null,
  window?: Tensor | null,
  options?: StftOptions,
): Tensor;
function stft(...given: unknown[]): Tensor {
  const args = positional(given, STFT_NAMES, "stft");
  const [signal, nFft] = args as [Tensor, number];
  const [hopLength, winLength] = lengths("stft", nFft, args[2] as number | null, args[3] as number | null);
  const center = (args[5] ?? true) as boolean;
  const onesided = (args[8] ?? !signal.isComplex()) as boolean;
  if (signal.dim() !== 1 && signal.dim() !== 2) {
    throw new RuntimeError(`stft: expected a 1D or 2D tensor, but got ${signal.dim()}D tensor`);
  }
  if (onesided && signal.isComplex())
    throw new RuntimeError("Cannot have onesided output if window or input is complex");
  return transformed(signal, args[4] as Tensor | null, (local, given) => {
    let x = local.dim() === 1 ? local.unsqueeze(0) : local;
    if (center) {
      const side = Math.floor(nFft / 2);
      x = pad(x.unsqueeze(0), [side, side], (args[6] ?? "reflect") as PadMode).squeeze(0);
    }
    const samples = x.shape[1]!;
    if (nFft <= 0 || nFft > samples) {
      throw new RuntimeError(`stft: expected 0 < n_fft < ${samples}, but got n_fft=${nFft}`);
    }
    const window = fullWindow(given, local, winLength, nFft, "stft");
    let frames = x.unfold(-1, nFft, hopLength);
    if (window !== null) frames = ops.mul(frames, window);
    const norm = args[7] ? "ortho" : "backward";
    const spectrum = onesided && !frames.isComplex() ? rfft(frames, { norm }) : fft(frames, { norm });
    let result = ops.transpose(spectrum, 1, 2);
    if (signal.dim() === 1) result = result.squeeze(0);
    return args[9] ? result : ops.viewAsReal(result);
  });
}

const ISTFT_NAMES = [
  "input",
  "nFft",
  "hopLength",
  "winLength",
  "window",
  "center",
  "normalized",
  "onesided",
  "length",
  "returnComplex",
];

/**
 * The signal whose short-time Fourier transform is given, by overlapping and adding (Griffin and Lim 1984).
 *
 * Shapes: (batch, frequencies, frames), complex or with a last dim of 2 → (batch, samples). Follows torch.istft.
 * @throws RuntimeError where the windows leave a sample uncovered
 */
function istft(input: Tensor, nFft: number, options?: IstftOptions): Tensor;
function istft(input: Tensor, options: IstftOptions & { nFft: number }): Tensor;
function istft(
  input: Tensor,
  nFft: number,
  hopLength?: number | null,
  winLength?: number | null,
  window?: Tensor | null,
  options?: IstftOptions,
): Tensor;
function istft(...given: unknown[]): Tensor {
  const args = positional(given, ISTFT_NAMES, "istft");
  const [input, nFft] = args as [Tensor, number];
  const [hopLength, winLength] = lengths("istft", nFft, args[2] as number | null, args[3] as number | null);
  const center = (args[5] ?? true) as boolean;
  const length = args[8] as number | null | undefined;
  const returnComplex = (args[9] ?? false) as boolean;
  return transformed(input, args[4] as Tensor | null, (local, givenWindow) => {
    const complexInput = local.isComplex() ? local : ops.viewAsComplex(local.contiguous());
    const batched = complexInput.dim() === 3;
    const spectrum = ops.transpose(batched ? complexInput : complexInput.unsqueeze(0), 1, 2);
    const [count, bins] = spectrum.shape.slice(1) as [number, number];
    const onesided = (args[7] ?? bins !== nFft) as boolean;
    const expected = onesided ? Math.floor(nFft / 2) + 1 : nFft;
    if (bins !== expected) {
      throw new RuntimeError(
        `istft(${input.dtype}): expected the frequency dimension (3rd to the last) of the input tensor to match n_fft${onesided ? " / 2 + 1" : ""} when onesided=${onesided ? "True" : "False"}, but got ${bins}`,
      );
    }
    const norm = args[6] ? "ortho" : "backward";
    // a real signal is in half of the spectrum, whether more is given or not
    const frames = returnComplex
      ? ifft(spectrum, { norm })
      : irfft(ops.narrow(spectrum, -1, 0, Math.floor(nFft / 2) + 1), { n: nFft, norm });
    const window =
      fullWindow(givenWindow, complexInput, winLength, nFft, "istft") ??
      ones(nFft, { dtype: complexInput.dtype === "complex128" ? "float64" : "float32", device: local.device });
    const total = nFft + hopLength * (count - 1);
    const overlapped = (columns: Tensor): Tensor =>
      fold(columns.transpose(1, 2), { outputSize: [1, total], kernelSize: [1, nFft], stride: [1, hopLength] }).reshape([
        columns.shape[0]!,
        total,
      ]);
    const windowed = ops.mul(frames, window);
    const sum = windowed.isComplex()
      ? ops.complex(overlapped(ops.real(windowed)), overlapped(ops.imag(windowed)))
      : overlapped(windowed);
    const envelope = overlapped(ops.mul(window, window).expand([1, count, nFft]));
    const start = center ? Math.floor(nFft / 2) : 0;
    const until =
      length === null || length === undefined ? (center ? total - Math.floor(nFft / 2) : total) : start + length;
    const end = Math.min(until, total);
    const weights = ops.narrow(envelope, 1, start, end - start);
    if (!(Number(weights.abs().min().item()) > 1e-11)) {
      throw new RuntimeError("istft: window overlap add min: 1 — some samples are covered by no window");
    }
    let y = ops.div(ops.narrow(sum, 1, start, end - start), weights);
    if (until > total) {
      y = ops.cat([y, zeros([y.shape[0]!, until - total], { dtype: y.dtype, device: y.device })], 1);
    }
    return batched ? y : y.squeeze(0);
  });
}

/** The methods that this file adds to Tensor. */
export interface TensorStft {
  /**
   * Follows torch.Tensor.stft.
   * @example
   * torch.ones(8).stft(4, { returnComplex: true }).shape; // [3, 9]
   */
  stft(nFft: number, options?: StftOptions): Tensor;
  stft(options: StftOptions & { nFft: number }): Tensor;
  /**
   * Follows torch.Tensor.istft.
   * @example
   * torch.ones(8).stft(4, { returnComplex: true }).istft(4).shape; // [8]
   */
  istft(nFft: number, options?: IstftOptions): Tensor;
  istft(options: IstftOptions & { nFft: number }): Tensor;
}

const STFT =
  "input:Tensor nFft:int hopLength:int? winLength:int? window:Tensor? center:bool? padMode:str? normalized:bool? " +
  "onesided:bool? returnComplex:bool?";
const ISTFT =
  "input:Tensor nFft:int hopLength:int? winLength:int? window:Tensor? center:bool? normalized:bool? onesided:bool? " +
  "length:int? returnComplex:bool?";
/**
 * The Fourier transforms of overlapping frames of a signal.
 *
 * Shapes: (samples) or (batch, samples) → (batch, frequencies, frames), with a last dim of 2 unless `returnComplex`.
 * Follows torch.stft.
 * @example
 * torch.stft(torch.ones(8), 4, { returnComplex: true }).shape; // [3, 9]
 */
const guardedStft = /* @__PURE__ */ guard(stft, "stft", STFT);
/**
 * The signal whose short-time Fourier transform is given, by overlapping and adding (Griffin and Lim 1984).
 *
 * Shapes: (batch, frequencies, frames), complex or with a last dim of 2 → (batch, samples). Follows torch.istft.
 * @throws RuntimeError where the windows leave a sample uncovered
 * @example
 * const x = torch.arange(8).float();
 * const spectrum = torch.stft(x, 4, { returnComplex: true });
 * torch.istft(spectrum, 4).shape; // [8]
 */
const guardedIstft = /* @__PURE__ */ guard(istft, "istft", ISTFT);
export { guardedIstft as istft, guardedStft as stft };

/** Called by whoever makes torch complete. */
export function addMethods(): void {
  const method = (run: (...args: never[]) => Tensor) =>
    function (this: Tensor, ...args: unknown[]) {
      return (run as (...all: unknown[]) => Tensor)(this, ...args);
    };
  defineMethods(Tensor, { stft: method(guardedStft), istft: method(guardedIstft) });
}
