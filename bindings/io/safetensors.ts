/** torch.safetensors: named tensors in Hugging Face's safetensors files. What it is made of is loaded at the first use. */

import type { Device } from "../tensor/dtype.ts";
import type { Index } from "../tensor/index.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { lazy } from "./lazy.ts";
import type { FileProgress, FileSource, FileTarget, ReadNamedOptions } from "./options.ts";

/** A safetensors file of which tensors are read when they are asked for; follows safetensors.safe_open. */
export interface SafetensorsFile {
  /** The names of the tensors, as they lie in the file. */
  keys(): string[];
  /** The strings kept in the header; null where there are none. */
  metadata(): Record<string, string> | null;
  /** Reads one tensor. @throws ValueError for a name that the file does not have */
  getTensor(name: string): Promise<Tensor>;
  /** A tensor of which parts can be read. @throws ValueError for a name that the file does not have */
  getSlice(name: string): TensorSlice;
  /** Closes the file, once what is being read has been read. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A tensor in a file. */
export interface TensorSlice {
  getShape(): number[];
  /** The name of the dtype in the file, such as "F32". */
  getDtype(): string;
  /**
   * Reads the part that `tensor.at(...indices)` would give: numbers, slices, null and "...".
   * @example
   * const bytes = await torch.safetensors.save({ weight: torch.tensor([[1, 2], [3, 4]]) });
   * const file = await torch.safetensors.open(bytes);
   * await file.getSlice("weight").at(0); // tensor([1., 2.])
   */
  at(...indices: Index[]): Promise<Tensor>;
}

/**
 * The tensors of a safetensors file by their names; follows safetensors.torch.load_file. They are read piece by piece straight
 * to the device: the file is never in memory whole, and if it proves to be damaged no tensor is left.
 * @param source a path, a URL, bytes, a Blob, a Response or a stream
 * @throws ValueError for a damaged file, or a key that it does not have; RuntimeError where it ends too early
 * @example
 * const bytes = await torch.safetensors.save({ weight: torch.tensor([1, 2]), bias: torch.zeros(2) });
 * const chosen = await torch.safetensors.loadFile(new Response(bytes), { keys: ["weight"], device: "cpu" });
 * chosen.weight; // tensor([1., 2.])
 * @example
 * const progress = (loaded, total, name) => console.log(`${name}: ${loaded} of ${total} bytes`);
 * model.loadStateDict(await torch.safetensors.loadFile("model.safetensors", { device: "webgpu", progress }));
 */
export const loadFile: (source: FileSource, options?: ReadNamedOptions | null) => Promise<Record<string, Tensor>> =
  lazy("loadSafetensors");

/**
 * `loadFile` of bytes; follows safetensors.torch.load.
 * @example
 * const bytes = await torch.safetensors.save({ weight: torch.tensor([1, 2]) });
 * (await torch.safetensors.load(bytes)).weight; // tensor([1., 2.])
 */
export const load = loadFile;

/**
 * Opens a safetensors file without reading its tensors; follows safetensors.safe_open. Of a URL only the parts that are needed
 * are fetched, where the server gives parts.
 * Follows safetensors.
 * @param source a path, a URL, bytes or a Blob
 * @throws ValueError for a damaged file, and for streams, which have no places to return to
 * @example
 * const bytes = await torch.safetensors.save({ weight: torch.tensor([1, 2]) });
 * const file = await torch.safetensors.open(bytes);
 * await file.getTensor("weight"); // tensor([1., 2.])
 * await file.close();
 * @example
 * await using file = await torch.safetensors.open("model.safetensors", { device: "webgpu" });
 * for (const name of file.keys()) state[name] = await file.getTensor(name);
 */
export const open: (source: FileSource, options?: { device?: Device } | null) => Promise<SafetensorsFile> =
  lazy("openSafetensors");

/**
 * Writes named tensors of any device, such as a state dict, piece by piece; follows safetensors.torch.save_file.
 * @param target the path, or a stream, which is closed at the end; without it the result is the file's bytes
 * @param metadata strings kept in the header
 * @throws ValueError for complex128, which the format does not have
 * @example
 * const bytes = await torch.safetensors.saveFile({ weight: torch.tensor([1, 2]) }); // or a path as the second argument
 * (await torch.safetensors.loadFile(bytes)).weight; // tensor([1., 2.])
 * @example await torch.safetensors.saveFile(model.stateDict(), "model.safetensors", { format: "pt" });
 */
export const saveFile: {
  (
    tensors: Record<string, Tensor>,
    target?: undefined,
    metadata?: Record<string, string> | null,
    options?: { progress?: FileProgress } | null,
  ): Promise<Uint8Array>;
  (
    tensors: Record<string, Tensor>,
    target: FileTarget,
    metadata?: Record<string, string> | null,
    options?: { progress?: FileProgress } | null,
  ): Promise<void>;
} = lazy("saveSafetensors");

/**
 * The bytes of a safetensors file; follows safetensors.torch.save.
 * @example
 * const bytes = await torch.safetensors.save({ weight: torch.tensor([1, 2]) });
 * (await torch.safetensors.load(bytes)).weight; // tensor([1., 2.])
 */
export const save = (tensors: Record<string, Tensor>, metadata?: Record<string, string> | null): Promise<Uint8Array> =>
  saveFile(tensors, undefined, metadata);
