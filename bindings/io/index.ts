/** torch.io: NumPy's and safetensors' files. What it is made of is loaded at the first use. */

import type { Tensor } from "../tensor/tensor.ts";
import { lazy } from "./lazy.ts";
import type { FileSource } from "./source.ts";

/**
 * The array of a .npy file; numpy.load and torch.from_numpy in one. uint16 becomes int32, uint32 and uint64 int64; an array
 * in Fortran order keeps its strides.
 * @param source a path, a URL, or the bytes
 * @throws ValueError for a damaged file, TypeError for arrays of text, dates or records
 * @example const x = await torch.io.loadNpy("x.npy");
 */
export const loadNpy: (source: FileSource) => Promise<Tensor> = lazy("loadNpy");

/**
 * Writes a tensor of any device as a .npy file; numpy.save.
 * @param path where to write; without it the result is the file's bytes
 * @throws TypeError for bfloat16, which NumPy does not have
 */
export const saveNpy: {
  (tensor: Tensor): Promise<Uint8Array>;
  (tensor: Tensor, path: string | URL): Promise<void>;
} = lazy("saveNpy");

/**
 * The arrays of an .npz file by their names, compressed or not; numpy.load.
 * @throws RuntimeError for a damaged archive, and what `loadNpy` throws
 */
export const loadNpz: (source: FileSource) => Promise<Record<string, Tensor>> = lazy("loadNpz");

/** Writes named tensors as an .npz file; numpy.savez. @param path where to write; without it the result is the file's bytes */
export const saveNpz: {
  (tensors: Record<string, Tensor>): Promise<Uint8Array>;
  (tensors: Record<string, Tensor>, path: string | URL): Promise<void>;
} = lazy("saveNpz");

/** The tensors of a safetensors file by their names; safetensors.torch.load_file. @throws ValueError for a damaged file */
export const loadSafetensors: (source: FileSource) => Promise<Record<string, Tensor>> = lazy("loadSafetensors");

/**
 * Writes named tensors of any device as a safetensors file; safetensors.torch.save_file.
 * @param path where to write; without it the result is the file's bytes
 * @param metadata strings kept in the header
 */
export const saveSafetensors: {
  (tensors: Record<string, Tensor>, path?: undefined, metadata?: Record<string, string>): Promise<Uint8Array>;
  (tensors: Record<string, Tensor>, path: string | URL, metadata?: Record<string, string>): Promise<void>;
} = lazy("saveSafetensors");
