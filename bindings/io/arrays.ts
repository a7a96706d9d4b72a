// torch.io: NumPy's .npy and .npz.

import { ValueError } from "../error.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { optionsOf, placeOf } from "./fill.ts";
import { npyHeader, readNpy } from "./numpy.ts";
import type { FileSource, FileTarget, ReadNamedOptions, ReadOptions } from "./options.ts";
import { selection } from "./selection.ts";
import { byteSize, deliver, denseOnCpu, elements, type Pieces } from "./sink.ts";
import { atHand, openSource } from "./source.ts";
import { ZipReader } from "./zip.ts";
import { type NewMember, ZipWriter } from "./zipWriter.ts";

export async function loadNpy(source: FileSource, given?: ReadOptions | null): Promise<Tensor> {
  const options = optionsOf(given, ["device", "progress"], "loadNpy");
  const { progress } = options;
  const device = placeOf(options);
  const file = await openSource(source);
  try {
    return await readNpy(file, device, progress && ((loaded, total) => progress(loaded, total, "")));
  } finally {
    await file.close();
  }
}

export async function saveNpy(tensor: Tensor, target?: FileTarget): Promise<Uint8Array | void> {
  const header = npyHeader(tensor);
  return deliver(header.length + byteSize(tensor), npyPieces(header, tensor), target);
}

async function* npyPieces(header: Uint8Array, tensor: Tensor): Pieces {
  yield header;
  yield* elements(tensor);
}

export async function loadNpz(source: FileSource, given?: ReadNamedOptions | null): Promise<Record<string, Tensor>> {
  const options = optionsOf(given, ["keys", "device", "progress"], "loadNpz");
  const { progress, keys } = options;
  const device = placeOf(options);
  const opened = await openSource(source, true);
  const arrays: [string, Tensor][] = [];
  try {
    const archive = await ZipReader.open(await atHand(opened));
    const entries = [...archive.entries.values()].map((entry): [string, typeof entry] => {
      if (!entry.name.endsWith(".npy"))
        throw new ValueError(`${entry.name} is no array: an .npz file holds .npy files`);
      return [entry.name.slice(0, -4), entry];
    });
    const chosen = selection(entries, keys);
    const total = chosen.reduce((sum, [, { size }]) => sum + size, 0);
    let before = 0;
    for (const [name, entry] of chosen) {
      const member = await archive.member(entry, true);
      try {
        const tensor = await readNpy(member, device, progress && ((loaded) => progress(before + loaded, total, name)));
        arrays.push([name, tensor]);
        await member.finish();
      } catch (error) {
        if (error instanceof Error) error.message = `${entry.name}: ${error.message}`;
        throw error;
      }
      progress?.((before += entry.size), total, name);
    }
    return Object.fromEntries(arrays);
  } catch (error) {
    for (const [, tensor] of arrays) tensor.dispose();
    throw error;
  } finally {
    await opened.close();
  }
}

export async function saveNpz(tensors: Record<string, Tensor>, target?: FileTarget): Promise<Uint8Array | void> {
  const members = Object.entries(tensors).map(([name, tensor]): NewMember => {
    const head = npyHeader(tensor);
    return { name: `${name}.npy`, size: head.length + byteSize(tensor), head, body: () => denseOnCpu(tensor) };
  });
  const archive = new ZipWriter(members);
  return deliver(archive.size, archive.pieces(), target);
}
