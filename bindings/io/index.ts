/** torch.io: NumPy's and safetensors' files. What it is made of is loaded at the first use. */

import type { Device } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { lazy } from "./lazy.ts";
import type { FileSource, FileTarget, ReadNamedOptions, ReadOptions } from "./options.ts";

export { loadFile as loadSafetensors, saveFile as saveSafetensors } from "./safetensors.ts";

/**
 * The array of a .npy file; numpy.load and torch.from_numpy in one. uint16 becomes int32, uint32 and uint64 int64; an array
 * in Fortran order keeps its strides.
 * @param source a path, a URL, bytes, a Blob, a Response or a stream
 * @throws ValueError for a damaged file, TypeError for arrays of text, dates or records
 * @example
 * const bytes = await torch.io.saveNpy(torch.tensor([1, 2]));
 * await torch.io.loadNpy(bytes); // tensor([1., 2.])
 */
export const loadNpy: (source: FileSource, options?: ReadOptions | null) => Promise<Tensor> = lazy("loadNpy");

/**
 * Writes a tensor of any device as a .npy file; numpy.save.
 * Follows numpy.
 * @param target the path, or a stream, which is closed at the end; without it the result is the file's bytes
 * @throws TypeError for bfloat16, which NumPy does not have
 * @example
 * const bytes = await torch.io.saveNpy(torch.tensor([1, 2])); // or a path as the second argument
 * await torch.io.loadNpy(bytes); // tensor([1., 2.])
 */
export const saveNpy: {
  (tensor: Tensor): Promise<Uint8Array>;
  (tensor: Tensor, target: FileTarget): Promise<void>;
} = lazy("saveNpy");

/**
 * The arrays of an .npz file by their names, compressed or not; numpy.load. `options.keys` names those to be read.
 * Follows numpy.
 * @throws RuntimeError for a damaged archive, and what `loadNpy` throws
 * @example
 * const bytes = await torch.io.saveNpz({ a: torch.tensor([1, 2]) });
 * (await torch.io.loadNpz(bytes)).a; // tensor([1., 2.])
 */
export const loadNpz: (source: FileSource, options?: ReadNamedOptions | null) => Promise<Record<string, Tensor>> =
  lazy("loadNpz");

/**
 * What a pickle of Python 2 or 3 holds, gzipped or not: numbers, strings, containers and NumPy's arrays, which become tensors;
 * pickle.load with `encoding="latin1"` and torch.from_numpy in one. No code of a file is ever run. Values come as `torch.load`
 * gives them.
 * @throws UnpicklingError for a file with anything else in it, RuntimeError for a damaged gzip file
 * @example
 * const [[xTrain, yTrain], [xValid, yValid]] = await torch.io.loadPickle("mnist.pkl.gz");
 */
// what a file holds is known to its reader alone
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const loadPickle: <T = any>(source: FileSource, options?: { device?: Device } | null) => Promise<T> =
  lazy("loadPickle");

/**
 * Writes named tensors as an .npz file; numpy.savez.
 * Follows numpy.
 * @param target the path, or a stream, which is closed at the end; without it the result is the file's bytes
 * @example
 * const bytes = await torch.io.saveNpz({ a: torch.tensor([1, 2]) });
 * (await torch.io.loadNpz(bytes)).a; // tensor([1., 2.])
 */
export const saveNpz: {
  (tensors: Record<string, Tensor>): Promise<Uint8Array>;
  (tensors: Record<string, Tensor>, target: FileTarget): Promise<void>;
} = lazy("saveNpz");
