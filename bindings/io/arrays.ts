// torch.io: NumPy's .npy and .npz, and safetensors, from and to files and bytes.

import { ValueError } from "../error.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { decodeNpy, encodeNpy } from "./numpy.ts";
import { load as decodeSafetensors, saveAsync as encodeSafetensors } from "./safetensors.ts";
import { deliver, type FileSource, onCpu, readSource } from "./source.ts";
import { zip, ZipReader } from "./zip.ts";

export async function loadNpy(source: FileSource): Promise<Tensor> {
  return decodeNpy(await readSource(source));
}

export async function saveNpy(tensor: Tensor, path?: string | URL): Promise<Uint8Array | void> {
  return deliver(encodeNpy(await onCpu(tensor)), path);
}

export async function loadNpz(source: FileSource): Promise<Record<string, Tensor>> {
  const archive = new ZipReader(await readSource(source));
  const arrays: [string, Tensor][] = [];
  for (const entry of archive.entries.values()) {
    if (!entry.name.endsWith(".npy")) throw new ValueError(`${entry.name} is no array: an .npz file holds .npy files`);
    const content = await archive.read(entry, true);
    try {
      arrays.push([entry.name.slice(0, -4), decodeNpy(content)]);
    } catch (error) {
      if (error instanceof Error) error.message = `${entry.name}: ${error.message}`;
      throw error;
    }
  }
  return Object.fromEntries(arrays);
}

export async function saveNpz(tensors: Record<string, Tensor>, path?: string | URL): Promise<Uint8Array | void> {
  const entries = Object.entries(tensors);
  const local = await Promise.all(entries.map(([, tensor]) => onCpu(tensor)));
  const members = entries.map(([name], i) => ({ name: `${name}.npy`, data: encodeNpy(local[i]!) }));
  return deliver(zip(members), path);
}

export async function loadSafetensors(source: FileSource): Promise<Record<string, Tensor>> {
  return decodeSafetensors(await readSource(source));
}

export async function saveSafetensors(
  tensors: Record<string, Tensor>,
  path?: string | URL,
  metadata?: Record<string, string>,
): Promise<Uint8Array | void> {
  return deliver(await encodeSafetensors(tensors, metadata), path);
}
