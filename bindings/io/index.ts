/** torch.io: NumPy's and safetensors' files. What it is made of is loaded at the first use. */

import type { Tensor } from "../tensor/tensor.ts";
import { lazy } from "./lazy.ts";
import type { FileSource, FileTarget, ReadNamedOptions, ReadOptions } from "./options.ts";

export { loadFile as loadSafetensors, saveFile as saveSafetensors } from "./safetensors.ts";

/**
 * The array of a .npy file; numpy.load and torch.from_numpy in one. uint16 becomes int32, uint32 and uint64 int64; an array
 * in Fortran order keeps its strides.
 * @param source a path, a URL, bytes, a Blob, a Response or a stream
 * @throws ValueError for a damaged file, TypeError for arrays of text, dates or records
 * @example const x = await torch.io.loadNpy("x.npy");
 */
export const loadNpy: (source: FileSource, options?: ReadOptions | null) => Promise<Tensor> = lazy("loadNpy");

/**
 * Writes a tensor of any device as a .npy file; numpy.save.
 * @param target the path, or a stream, which is closed at the end; without it the result is the file's bytes
 * @throws TypeError for bfloat16, which NumPy does not have
 * @example await torch.io.saveNpy(x, "x.npy");
 */
export const saveNpy: {
  (tensor: Tensor): Promise<Uint8Array>;
  (tensor: Tensor, target: FileTarget): Promise<void>;
} = lazy("saveNpy");

/**
 * The arrays of an .npz file by their names, compressed or not; numpy.load. `options.keys` names those to be read.
 * @throws RuntimeError for a damaged archive, and what `loadNpy` throws
 * @example const { images, labels } = await torch.io.loadNpz("data.npz");
 */
export const loadNpz: (source: FileSource, options?: ReadNamedOptions | null) => Promise<Record<string, Tensor>> =
  lazy("loadNpz");

/**
 * Writes named tensors as an .npz file; numpy.savez.
 * @param target the path, or a stream, which is closed at the end; without it the result is the file's bytes
 * @example await torch.io.saveNpz({ images, labels }, "data.npz");
 */
export const saveNpz: {
  (tensors: Record<string, Tensor>): Promise<Uint8Array>;
  (tensors: Record<string, Tensor>, target: FileTarget): Promise<void>;
} = lazy("saveNpz");
