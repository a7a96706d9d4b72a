// torch.load and torch.save. What they are made of is loaded at the first use.

import type { Device } from "../tensor/dtype.ts";
import { lazy } from "./lazy.ts";
import type { LoadOptions } from "./load.ts";
import type { FileProgress, FileSource, FileTarget, ReadNamedOptions, ReadOptions } from "./options.ts";

export type { FileProgress, FileSource, FileTarget, LoadOptions, ReadNamedOptions, ReadOptions };

/**
 * What torch.save, here or in PyTorch, wrote to a file; follows torch.load with `weights_only=True`. Both formats are read,
 * the ZIP archives since PyTorch 1.6 and the older streams of pickles. Tensors that shared a storage share it again, with
 * their strides; parameters come as `nn.Parameter`, on the device that `mapLocation` names, whichever they were saved from.
 *
 * A dict whose keys are strings becomes a plain object (JavaScript puts keys such as "10" before all others), any other
 * dict a Map. Lists become arrays, tuples and sizes frozen arrays, sets Sets, bytes Uint8Arrays, None null, dtypes and
 * devices strings, integers beyond 2**53 BigInts, NumPy's arrays tensors.
 * @param source a path, a URL, bytes, a Blob, a Response or a stream. Of a file on disk and of a Blob no more than a storage's
 *   piece is in memory besides the tensors
 * @param options or `mapLocation` alone: a device, or a function
 * @throws UnpicklingError for a file with anything else in it, such as code, which is never run; RuntimeError for a damaged
 *   file; TypeError for an unknown option
 * @example
 * const bytes = await torch.save({ epoch: 3 }); // or a path
 * (await torch.load(bytes)).epoch; // 3
 */
// what a file holds is known to its reader alone
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const load: <T = any>(
  source: FileSource,
  options?: LoadOptions | Device | ((location: string) => Device | null | undefined) | null,
) => Promise<T> = lazy("load");

/**
 * Writes a value to a file that PyTorch's torch.load reads, also with `weights_only=True`; follows torch.save. Plain objects
 * and Maps become dicts, arrays lists, frozen arrays tuples, Sets sets, Uint8Arrays bytes, null None; whole numbers
 * become ints (`torch.float(2)` is the float 2.0); a property that is undefined is left out. A storage is written once, as far as
 * the saved tensors reach into it. In an optimizer's `stateDict()` the parameters are numbered by ints, as in PyTorch.
 * Tensors are read while the promise is open: change none of them before it is settled.
 * @param target the path, or a stream, which is closed at the end; without it the result is the file's bytes
 * @throws TypeError for what is none of these, such as a module: save its `stateDict()`
 * @example
 * const bytes = await torch.save({ weight: torch.tensor([1, 2]) }); // without a path: the bytes
 * (await torch.load(bytes)).weight; // tensor([1., 2.])
 */
export const save: {
  (value: unknown): Promise<Uint8Array>;
  (value: unknown, target: FileTarget): Promise<void>;
} = lazy("save");
