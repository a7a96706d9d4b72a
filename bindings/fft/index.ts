// torch.fft: the functions behind checks of their arguments.

import { guard } from "../linalg/guard.ts";
import * as functions from "./functions.ts";

export type { FftNorm } from "./functions.ts";
export { load } from "../linalg/module.ts";

const LINE = "input:Tensor n:int? dim:int? norm:str?";
const FREQUENCIES = "n:int d:float? dtype:dtype? device:str? requiresGrad:bool?";
const PLANE = "input:Tensor s:ints? dim:ints? norm:str?";

export const fft = /* @__PURE__ */ guard(functions.fft, "fft_fft", LINE);
export const ifft = /* @__PURE__ */ guard(functions.ifft, "fft_ifft", LINE);
export const rfft = /* @__PURE__ */ guard(functions.rfft, "fft_rfft", LINE);
export const irfft = /* @__PURE__ */ guard(functions.irfft, "fft_irfft", LINE);
export const hfft = /* @__PURE__ */ guard(functions.hfft, "fft_hfft", LINE);
export const ihfft = /* @__PURE__ */ guard(functions.ihfft, "fft_ihfft", LINE);
export const fftn = /* @__PURE__ */ guard(functions.fftn, "fft_fftn", PLANE);
export const ifftn = /* @__PURE__ */ guard(functions.ifftn, "fft_ifftn", PLANE);
export const fft2 = /* @__PURE__ */ guard(functions.fft2, "fft_fft2", PLANE);
export const ifft2 = /* @__PURE__ */ guard(functions.ifft2, "fft_ifft2", PLANE);
export const rfftn = /* @__PURE__ */ guard(functions.rfftn, "fft_rfftn", PLANE);
export const irfftn = /* @__PURE__ */ guard(functions.irfftn, "fft_irfftn", PLANE);
export const rfft2 = /* @__PURE__ */ guard(functions.rfft2, "fft_rfft2", PLANE);
export const irfft2 = /* @__PURE__ */ guard(functions.irfft2, "fft_irfft2", PLANE);
export const hfftn = /* @__PURE__ */ guard(functions.hfftn, "fft_hfftn", PLANE);
export const ihfftn = /* @__PURE__ */ guard(functions.ihfftn, "fft_ihfftn", PLANE);
export const hfft2 = /* @__PURE__ */ guard(functions.hfft2, "fft_hfft2", PLANE);
export const ihfft2 = /* @__PURE__ */ guard(functions.ihfft2, "fft_ihfft2", PLANE);
export const fftshift = /* @__PURE__ */ guard(functions.fftshift, "fft_fftshift", "input:Tensor dim:ints?");
export const ifftshift = /* @__PURE__ */ guard(functions.ifftshift, "fft_ifftshift", "input:Tensor dim:ints?");
export const fftfreq = /* @__PURE__ */ guard(functions.fftfreq, "fft_fftfreq", FREQUENCIES);
export const rfftfreq = /* @__PURE__ */ guard(functions.rfftfreq, "fft_rfftfreq", FREQUENCIES);
