/** torch.io: NumPy's and safetensors' files. What it is made of is loaded at the first use. */

import type { Tensor } from "../tensor/tensor.ts";
import type { FileSource } from "./source.ts";

const formats = () => import("./formats.ts");

/**
 * The array of a .npy file; numpy.load and torch.from_numpy in one. uint16 becomes int32, uint32 and uint64 int64; an array
 * in Fortran order keeps its strides.
 * @param source a path, a URL, or the bytes
 * @throws ValueError for a damaged file, TypeError for arrays of text, dates or records
 * @example const x = await torch.io.loadNpy("x.npy");
 */
export async function loadNpy(source: FileSource): Promise<Tensor> {
  return (await formats()).loadNpy(source);
}

/**
 * Writes a tensor of any device as a .npy file; numpy.save.
 * @param path where to write; without it the result is the file's bytes
 * @throws TypeError for bfloat16, which NumPy does not have
 */
export async function saveNpy(tensor: Tensor): Promise<Uint8Array>;
export async function saveNpy(tensor: Tensor, path: string | URL): Promise<void>;
export async function saveNpy(tensor: Tensor, path?: string | URL): Promise<Uint8Array | void> {
  return (await formats()).saveNpy(tensor, path);
}

/**
 * The arrays of an .npz file by their names, compressed or not; numpy.load.
 * @throws RuntimeError for a damaged archive, and what `loadNpy` throws
 */
export async function loadNpz(source: FileSource): Promise<Record<string, Tensor>> {
  return (await formats()).loadNpz(source);
}

/** Writes named tensors as an .npz file; numpy.savez. @param path where to write; without it the result is the file's bytes */
export async function saveNpz(tensors: Record<string, Tensor>): Promise<Uint8Array>;
export async function saveNpz(tensors: Record<string, Tensor>, path: string | URL): Promise<void>;
export async function saveNpz(tensors: Record<string, Tensor>, path?: string | URL): Promise<Uint8Array | void> {
  return (await formats()).saveNpz(tensors, path);
}

/** The tensors of a safetensors file by their names; safetensors.torch.load_file. @throws ValueError for a damaged file */
export async function loadSafetensors(source: FileSource): Promise<Record<string, Tensor>> {
  return (await formats()).loadSafetensors(source);
}

/**
 * Writes named tensors of any device as a safetensors file; safetensors.torch.save_file.
 * @param path where to write; without it the result is the file's bytes
 * @param metadata strings kept in the header
 */
export async function saveSafetensors(
  tensors: Record<string, Tensor>,
  path?: undefined,
  metadata?: Record<string, string>,
): Promise<Uint8Array>;
export async function saveSafetensors(
  tensors: Record<string, Tensor>,
  path: string | URL,
  metadata?: Record<string, string>,
): Promise<void>;
export async function saveSafetensors(
  tensors: Record<string, Tensor>,
  path?: string | URL,
  metadata?: Record<string, string>,
): Promise<Uint8Array | void> {
  return (await formats()).saveSafetensors(tensors, path, metadata);
}
