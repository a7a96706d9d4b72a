// The windows of signal processing, for stft and for what is filtered.

import { RuntimeError } from "../error.ts";
import { arange, empty, fullLike, ones, type FactoryOptions } from "../factories.ts";
import * as ops from "../gen/functions.ts";
import * as rare from "../gen/rare-functions.ts";
import { guard } from "../linalg/guard.ts";
import { scope } from "../memory/scope.ts";
import { getDefaultDtype } from "../tensor/defaults.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { positional } from "./arguments.ts";

interface Window<Settings extends unknown[], Named> {
  (windowLength: number, periodic?: boolean, ...settings: Partial<Settings>): Tensor;
  (windowLength: number, options: FactoryOptions & { periodic?: boolean } & Named): Tensor;
  (windowLength: number, periodic: boolean, options: FactoryOptions & Named): Tensor;
  (windowLength: number, periodic: boolean, ...rest: [...settings: Settings, options: FactoryOptions]): Tensor;
}

/** A window of `length` points from 0 to length - 1, the last of them left out if it is periodic. */
function window<Settings extends unknown[], Named>(
  op: string,
  settings: string[],
  values: (steps: Tensor, last: number, ...settings: (number | undefined)[]) => Tensor,
): Window<Settings, Named> {
  const names = ["windowLength", "periodic", ...settings, "dtype", "device", "requiresGrad"];
  const run = (...given: unknown[]): Tensor => {
    const list = positional(given, names, op);
    const [length, periodic] = list as [number, boolean | undefined];
    const chosen = list.slice(2, 2 + settings.length) as (number | undefined)[];
    const [dtype, device, requiresGrad] = list.slice(2 + settings.length) as [
      FactoryOptions["dtype"],
      FactoryOptions["device"],
      boolean | undefined,
    ];
    const options = { dtype: dtype ?? getDefaultDtype(), device: device ?? "cpu" };
    if (length < 0) throw new RuntimeError(`${op} requires non-negative window_length, got window_length=${length}`);
    if (!/float/.test(options.dtype))
      throw new RuntimeError(`${op} expects floating point dtypes, got: ${options.dtype}`);
    const result = scope(() => {
      if (length < 2) return length === 0 ? empty([0], options) : ones([1], options);
      const last = periodic === false ? length - 1 : length;
      const whole = values(arange(last + 1, options), last, ...chosen);
      return periodic === false ? whole : ops.narrow(whole, 0, 0, length);
    });
    return requiresGrad ? result.requiresGrad_() : result;
  };
  const numbers = settings.map((name) => `${name}:float? `).join("");
  const parameters = `windowLength:int periodic:bool? ${numbers}dtype:dtype? device:str? requiresGrad:bool?`;
  return guard(run, op, parameters) as unknown as Window<Settings, Named>;
}

const raisedCosine = (steps: Tensor, last: number, alpha: number, beta: number): Tensor =>
  ops.add(ops.mul(ops.cos(ops.mul(steps, (2 * Math.PI) / last)), -beta), alpha);

/**
 * The Hann window, a raised cosine from 0. `periodic` windows, the default, are for stft, others are symmetric.
 * Shapes: [windowLength]. Follows torch.hann_window.
 * @throws RuntimeError for a negative length or a dtype of integers
 * @example
 * torch.hannWindow(4); // tensor([0.0000, 0.5000, 1.0000, 0.5000])
 * torch.stft(torch.ones(8), 4, { window: torch.hannWindow(4), returnComplex: true }).shape; // [3, 9]
 */
export const hannWindow = /* @__PURE__ */ window<[], object>("hann_window", [], (steps, last) =>
  raisedCosine(steps, last, 0.5, 0.5),
);

/**
 * The Hamming window, alpha - beta cos. Shapes: [windowLength]. Follows torch.hamming_window.
 * @throws RuntimeError for a negative length or a dtype of integers
 * @example
 * torch.hammingWindow(3, { periodic: false }); // tensor([0.0800, 1.0000, 0.0800])
 */
export const hammingWindow = /* @__PURE__ */ window<[alpha: number, beta: number], { alpha?: number; beta?: number }>(
  "hamming_window",
  ["alpha", "beta"],
  (steps, last, alpha = 0.54, beta = 0.46) => raisedCosine(steps, last, alpha, beta),
);

/**
 * The Blackman window. Shapes: [windowLength]. Follows torch.blackman_window.
 * @throws RuntimeError for a negative length or a dtype of integers
 * @example
 * torch.blackmanWindow(4); // tensor([-2.9802e-08, 3.4000e-01, 1.0000e+00, 3.4000e-01])
 */
export const blackmanWindow = /* @__PURE__ */ window<[], object>("blackman_window", [], (steps, last) => {
  const x = ops.mul(steps, Math.PI / last);
  const fourth = ops.mul(ops.cos(ops.mul(x, 4)), 0.08);
  return ops.add(ops.sub(fourth, ops.mul(ops.cos(ops.mul(x, 2)), 0.5)), 0.42);
});

/**
 * The Bartlett window, a triangle from 0. Shapes: [windowLength]. Follows torch.bartlett_window.
 * @throws RuntimeError for a negative length or a dtype of integers
 * @example
 * torch.bartlettWindow(4); // tensor([0.0000, 0.5000, 1.0000, 0.5000])
 */
export const bartlettWindow = /* @__PURE__ */ window<[], object>("bartlett_window", [], (steps, last) => {
  const x = ops.mul(steps, 2 / last);
  return ops.where(ops.le(steps, last >> 1), x, ops.add(ops.neg(x), 2));
});

/**
 * The Kaiser window of shape beta. Shapes: [windowLength]. Follows torch.kaiser_window.
 * @throws RuntimeError for a negative length or a dtype of integers
 * @example
 * torch.kaiserWindow(3, false, 2); // tensor([0.4387, 1.0000, 0.4387])
 */
export const kaiserWindow = /* @__PURE__ */ window<[beta: number], { beta?: number }>(
  "kaiser_window",
  ["beta"],
  (steps, last, beta = 12) => {
    const x = ops.sub(ops.mul(steps, 2 / last), 1);
    const height = ops.sqrt(ops.clampMin(ops.sub(1, ops.square(x)), 0));
    return ops.div(rare.i0(ops.mul(height, beta)), rare.i0(fullLike(steps, beta)));
  },
);
