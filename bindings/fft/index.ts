// torch.fft: the functions behind checks of their arguments.

import { guard } from "../linalg/guard.ts";
import * as functions from "./functions.ts";

export type { FftNorm } from "./functions.ts";
export { load } from "../linalg/module.ts";

const LINE = "input:Tensor n:int? dim:int? norm:str?";
const FREQUENCIES = "n:int d:float? dtype:dtype? device:str? requiresGrad:bool?";
const PLANE = "input:Tensor s:ints? dim:ints? norm:str?";

/**
 * The Fourier transform along a dim. Shapes: n points (default: as many as there are). Follows torch.fft.fft.
 * @example
 * torch.fft.fft(torch.tensor([1, 2, 3, 4])); // tensor([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
 */
export const fft = /* @__PURE__ */ guard(functions.fft, "fft_fft", LINE);
/**
 * The inverse Fourier transform along a dim. Follows torch.fft.ifft.
 * @example
 * torch.fft.ifft(torch.tensor([4, 0, 0, 0])); // tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
 */
export const ifft = /* @__PURE__ */ guard(functions.ifft, "fft_ifft", LINE);
/**
 * The transform of a real signal: the n/2+1 numbers that say all. Follows torch.fft.rfft.
 * @example
 * torch.fft.rfft(torch.tensor([1, 2, 3, 4])); // tensor([10.+0.j, -2.+2.j, -2.+0.j])
 */
export const rfft = /* @__PURE__ */ guard(functions.rfft, "fft_rfft", LINE);
/**
 * The real signal of n points (default 2(m-1)) of half a spectrum of m. Follows torch.fft.irfft.
 * @example
 * torch.fft.irfft(torch.fft.rfft(torch.tensor([1, 2, 3, 4]))); // tensor([1., 2., 3., 4.])
 */
export const irfft = /* @__PURE__ */ guard(functions.irfft, "fft_irfft", LINE);
/**
 * The real spectrum of a Hermitian signal of which half is given. Follows torch.fft.hfft.
 * @example
 * torch.fft.hfft(torch.tensor([1, 2, 3])); // tensor([8., -2., 0., -2.])
 */
export const hfft = /* @__PURE__ */ guard(functions.hfft, "fft_hfft", LINE);
/**
 * The inverse of hfft. Follows torch.fft.ihfft.
 * @example
 * torch.fft.ihfft(torch.tensor([1, 2, 3, 4])); // tensor([2.5000+0.0000j, -0.5000-0.5000j, -0.5000+0.0000j])
 */
export const ihfft = /* @__PURE__ */ guard(functions.ihfft, "fft_ihfft", LINE);
/**
 * The transform over several dims (default: all). Follows torch.fft.fftn.
 * @example
 * torch.fft.fftn(torch.ones(2, 2)); // tensor([[4.+0.j, 0.+0.j], [0.+0.j, 0.+0.j]])
 */
export const fftn = /* @__PURE__ */ guard(functions.fftn, "fft_fftn", PLANE);
/**
 * The inverse of fftn. Follows torch.fft.ifftn.
 * @example
 * torch.fft.ifftn(torch.ones(2, 2)); // tensor([[1.+0.j, 0.+0.j], [0.+0.j, 0.+0.j]])
 */
export const ifftn = /* @__PURE__ */ guard(functions.ifftn, "fft_ifftn", PLANE);
/**
 * fftn over the last two dims. Follows torch.fft.fft2.
 * @example
 * torch.fft.fft2(torch.ones(2, 2)); // tensor([[4.+0.j, 0.+0.j], [0.+0.j, 0.+0.j]])
 */
export const fft2 = /* @__PURE__ */ guard(functions.fft2, "fft_fft2", PLANE);
/**
 * The inverse of fft2. Follows torch.fft.ifft2.
 * @example
 * torch.fft.ifft2(torch.ones(2, 2)); // tensor([[1.+0.j, 0.+0.j], [0.+0.j, 0.+0.j]])
 */
export const ifft2 = /* @__PURE__ */ guard(functions.ifft2, "fft_ifft2", PLANE);
/**
 * fftn of a real tensor, the last dim halved. Follows torch.fft.rfftn.
 * @example
 * torch.fft.rfftn(torch.ones(2, 2)); // tensor([[4.+0.j, 0.+0.j], [0.+0.j, 0.+0.j]])
 */
export const rfftn = /* @__PURE__ */ guard(functions.rfftn, "fft_rfftn", PLANE);
/**
 * The inverse of rfftn. Follows torch.fft.irfftn.
 * @example
 * torch.fft.irfftn(torch.fft.rfftn(torch.ones(2, 2))); // tensor([[1., 1.], [1., 1.]])
 */
export const irfftn = /* @__PURE__ */ guard(functions.irfftn, "fft_irfftn", PLANE);
/**
 * rfftn over the last two dims. Follows torch.fft.rfft2.
 * @example
 * torch.fft.rfft2(torch.ones(2, 2)); // tensor([[4.+0.j, 0.+0.j], [0.+0.j, 0.+0.j]])
 */
export const rfft2 = /* @__PURE__ */ guard(functions.rfft2, "fft_rfft2", PLANE);
/**
 * The inverse of rfft2. Follows torch.fft.irfft2.
 * @example
 * torch.fft.irfft2(torch.fft.rfft2(torch.ones(2, 2))); // tensor([[1., 1.], [1., 1.]])
 */
export const irfft2 = /* @__PURE__ */ guard(functions.irfft2, "fft_irfft2", PLANE);
/**
 * The real spectrum of a tensor that is Hermitian in its last dim. Follows torch.fft.hfftn.
 * @example
 * torch.fft.hfftn(torch.ones(2, 2)); // tensor([[4., 0.], [0., 0.]])
 */
export const hfftn = /* @__PURE__ */ guard(functions.hfftn, "fft_hfftn", PLANE);
/**
 * The inverse of hfftn. Follows torch.fft.ihfftn.
 * @example
 * torch.fft.ihfftn(torch.ones(2, 2)); // tensor([[1.+0.j, 0.+0.j], [0.+0.j, 0.+0.j]])
 */
export const ihfftn = /* @__PURE__ */ guard(functions.ihfftn, "fft_ihfftn", PLANE);
/**
 * hfftn over the last two dims. Follows torch.fft.hfft2.
 * @example
 * torch.fft.hfft2(torch.ones(2, 2)); // tensor([[4., 0.], [0., 0.]])
 */
export const hfft2 = /* @__PURE__ */ guard(functions.hfft2, "fft_hfft2", PLANE);
/**
 * The inverse of hfft2. Follows torch.fft.ihfft2.
 * @example
 * torch.fft.ihfft2(torch.ones(2, 2)); // tensor([[1.+0.j, 0.+0.j], [0.+0.j, 0.+0.j]])
 */
export const ihfft2 = /* @__PURE__ */ guard(functions.ihfft2, "fft_ihfft2", PLANE);
/**
 * Frequency 0 from the start to the middle. Follows torch.fft.fftshift.
 * @example
 * torch.fft.fftshift(torch.tensor([0, 1, 2, 3])); // tensor([2., 3., 0., 1.])
 */
export const fftshift = /* @__PURE__ */ guard(functions.fftshift, "fft_fftshift", "input:Tensor dim:ints?");
/**
 * The inverse of fftshift. Follows torch.fft.ifftshift.
 * @example
 * torch.fft.ifftshift(torch.tensor([0, 1, 2, 3])); // tensor([2., 3., 0., 1.])
 */
export const ifftshift = /* @__PURE__ */ guard(functions.ifftshift, "fft_ifftshift", "input:Tensor dim:ints?");
/**
 * The frequencies that fft of n points, `d` apart, has. Follows torch.fft.fftfreq.
 * @example
 * torch.fft.fftfreq(4); // tensor([0.0000, 0.2500, -0.5000, -0.2500])
 */
export const fftfreq = /* @__PURE__ */ guard(functions.fftfreq, "fft_fftfreq", FREQUENCIES);
/**
 * The frequencies that rfft of n points, `d` apart, has. Follows torch.fft.rfftfreq.
 * @example
 * torch.fft.rfftfreq(4); // tensor([0.0000, 0.2500, 0.5000])
 */
export const rfftfreq = /* @__PURE__ */ guard(functions.rfftfreq, "fft_rfftfreq", FREQUENCIES);
