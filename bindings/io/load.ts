// torch.load: PyTorch's files, the ZIP archives since 1.6 and the streams of pickles before.

import { RuntimeError, UnpicklingError, ValueError } from "../error.ts";
import { checkOptions, isOptions } from "../tensor/call.ts";
import { type Device, deviceCode, deviceOf, ITEM_SIZES, isComplexCode } from "../tensor/dtype.ts";
import { Builder } from "./build.ts";
import { optionsOf, placeOf } from "./fill.ts";
import { swapped } from "./numpy.ts";
import { brief, Dict, fail, isSize, StorageRef, StorageType, Tuple } from "./python.ts";
import type { FileProgress, FileSource } from "./options.ts";
import { gunzip, isGzip } from "./gzip.ts";
import { atHand, bytesAt, MemorySource, openSource, readSource, type Source } from "./source.ts";
import { Unpickler } from "./unpickle.ts";
import { isZip, ZipReader } from "./zip.ts";

export interface LoadOptions {
  /**
   * the device of all tensors, wherever they were saved; the CPU unless given. Or where those from each device go, such as
   * `{ "cuda:0": "webgpu" }`; or a function that is given the name of the device that a storage was saved from
   */
  mapLocation?: Device | Readonly<Record<string, Device>> | ((location: string) => Device | null | undefined) | null;
  /** always true: a file's code is never run */
  weightsOnly?: true;
  /** hears of the storages' bytes as they are read, piece by piece */
  progress?: FileProgress;
}

/** the long that a file of the old format begins with */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;
const HIGHEST_VERSION = 10;

export async function load(source: FileSource, options?: LoadOptions | LoadOptions["mapLocation"]): Promise<unknown> {
  const named = (isOptions(options) ? options : { mapLocation: options }) as LoadOptions;
  checkOptions(named, ["mapLocation", "weightsOnly", "progress"], "load");
  const { mapLocation, weightsOnly = true, progress } = named;
  if (weightsOnly !== true) throw new ValueError("torch.load: weightsOnly can only be true: no code of a file is run");
  const builder = new Builder(mapping(mapLocation ?? "cpu"));
  const opened = await openSource(source, true);
  try {
    const file = await atHand(opened);
    if (file.size === 0) throw new RuntimeError("Ran out of input");
    const isArchive = isZip(await file.read(0, Math.min(4, file.size!)));
    const object = isArchive
      ? await loadZip(file, builder, progress)
      : await loadLegacy(await bytesAt(file, 0, file.size!), builder, progress);
    return builder.build(object);
  } finally {
    builder.close();
    await opened.close();
  }
}

/** Where what was saved from a device goes. */
function mapping(map: NonNullable<LoadOptions["mapLocation"]>): (location: string) => Device {
  const checked = (device: Device): Device => deviceOf(deviceCode(device));
  if (typeof map === "function") return (location) => checked(map(location) ?? "cpu");
  if (typeof map !== "object") {
    const device = checked(map);
    return () => device;
  }
  return (location) => (Object.hasOwn(map, location) ? checked(map[location]!) : "cpu");
}

/** Tells a listener of the bytes of storages as they come. */
function reporter(storages: Iterable<StorageRef>, progress: FileProgress | undefined) {
  let loaded = 0;
  let total = 0;
  for (const { numel, code } of storages) total += numel * ITEM_SIZES[code]!;
  return (storage: StorageRef) =>
    progress && ((bytes: number) => progress((loaded += bytes), total, `data/${storage.key}`));
}

/** Turns persistent ids into storages, each one made once. */
class Storages {
  readonly byKey = new Map<string, StorageRef>();
  readonly #views = new Map<string, StorageRef>();

  readonly load = (id: unknown): StorageRef => {
    const [kind, type, key, location, numel, view] = id instanceof Tuple ? id.items : [];
    if (kind !== "storage" || !(type instanceof StorageType)) {
      fail(`Unknown typename for persistent_load, expected 'storage' but got '${brief(kind)}'`);
    }
    if ((typeof key !== "string" && typeof key !== "number") || !isSize(numel))
      fail("a storage without a key or a size");
    const name = String(key);
    let storage = this.byKey.get(name);
    if (storage === undefined) {
      storage = new StorageRef(type.code, name, numel, typeof location === "string" ? location : "cpu");
      this.byKey.set(name, storage);
    }
    if (storage.code !== type.code || storage.numel !== numel) {
      throw new RuntimeError(`storage ${name} is of several types or sizes`);
    }
    return view === undefined || view === null ? storage : this.#view(storage, view);
  };

  #view(root: StorageRef, view: unknown): StorageRef {
    const [key, start, numel] = view instanceof Tuple ? view.items : [];
    if (!isSize(start) || !isSize(numel) || start + numel > root.numel) fail("a storage view out of bounds");
    const name = `${root.key} ${brief(key)} ${start} ${numel}`;
    let ref = this.#views.get(name);
    if (ref === undefined)
      this.#views.set(name, (ref = new StorageRef(root.code, root.key, numel, root.location, root, start)));
    return ref;
  }
}

async function loadZip(file: Source, builder: Builder, progress: FileProgress | undefined): Promise<unknown> {
  const archive = await ZipReader.open(file);
  const main = [...archive.entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (main === undefined) {
    throw new RuntimeError(
      "PytorchStreamReader failed locating file data.pkl: file not found. Is this a file of torch.save?",
    );
  }
  const folder = main.slice(0, -"data.pkl".length);
  const record = async (name: string): Promise<Uint8Array | undefined> => {
    const entry = archive.entries.get(folder + name);
    return entry && archive.read(entry, false);
  };
  const line = async (name: string): Promise<string | undefined> => {
    const content = await record(name);
    return content && new TextDecoder().decode(content.subarray(0, 100)).trim();
  };
  if (archive.entries.has(`${folder}constants.pkl`)) {
    throw new UnpicklingError("Weights only load failed: this is a TorchScript archive, which holds code");
  }
  const version = Number((await line("version")) ?? (await line(".data/version")) ?? 3);
  if (!(version >= 1 && version <= HIGHEST_VERSION)) {
    throw new RuntimeError(
      `Attempted to read a PyTorch file with version ${version}, but the maximum supported version for reading is ` +
        `${HIGHEST_VERSION}. Your PyTorch installation may be too old.`,
    );
  }
  const order = (await line("byteorder")) ?? "little";
  if (order !== "little" && order !== "big") throw new ValueError(`Unknown endianness type: ${order}`);

  const storages = new Storages();
  const object = new Unpickler((await record("data.pkl"))!, 0, storages.load).load();
  const report = reporter(storages.byKey.values(), progress);
  for (const [key, storage] of storages.byKey) {
    const entry = archive.entries.get(`${folder}data/${key}`);
    if (entry === undefined) {
      throw new RuntimeError(`PytorchStreamReader failed locating file data/${key}: file not found`);
    }
    const member = await archive.member(entry, false);
    const unit = ITEM_SIZES[storage.code]! / (isComplexCode(storage.code) ? 2 : 1);
    const decode = order === "big" && unit > 1 ? (bytes: Uint8Array) => swapped(bytes, unit) : undefined;
    await builder.fill(storage, member, 0, member.size, { decode, report: report(storage) });
  }
  return object;
}

/** A magic number, a version, facts of the machine, the object, the keys of its storages: all pickles; then the storages. */
async function loadLegacy(bytes: Uint8Array, builder: Builder, progress: FileProgress | undefined): Promise<unknown> {
  const storages = new Storages();
  let position = 0;
  const next = (): unknown => {
    const machine = new Unpickler(bytes, position, storages.load);
    const object = machine.load();
    position = machine.position;
    return object;
  };
  let magic: unknown;
  try {
    magic = next();
  } catch (error) {
    if (!(error instanceof UnpicklingError) || /Unsupported global/.test(error.message)) throw error;
  }
  if (magic !== MAGIC) throw new RuntimeError("Invalid magic number; corrupt file?");
  const protocol = next();
  if (protocol !== PROTOCOL) throw new RuntimeError(`Invalid protocol version: ${brief(protocol)}`);
  if (!(next() instanceof Dict)) fail("the facts of the machine are no dict");
  const object = next();
  const keys = next();
  if (!Array.isArray(keys)) fail("the keys of the storages are no list");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const file = new MemorySource(bytes);
  const report = reporter(storages.byKey.values(), progress);
  for (const key of new Set(keys.map(brief))) {
    const storage = storages.byKey.get(key);
    if (storage === undefined) fail(`storage ${key} is not in the object`);
    if (position + 8 > bytes.length) throw new RuntimeError("unexpected EOF. The file might be corrupted.");
    const numel = Number(view.getBigInt64(position, true));
    if (numel !== storage.numel) {
      throw new RuntimeError(`storage has wrong size: expected ${storage.numel} got ${numel}`);
    }
    const start = position + 8;
    position = start + numel * ITEM_SIZES[storage.code]!;
    if (position > bytes.length) {
      throw new RuntimeError(
        `unexpected EOF, expected ${position - bytes.length} more bytes. The file might be corrupted.`,
      );
    }
    await builder.fill(storage, file, start, position - start, { report: report(storage) });
  }
  return object;
}

/** A pickle of numbers, strings, containers and NumPy's arrays, gzipped or not. */
export async function loadPickle(source: FileSource, options?: { device?: Device } | null): Promise<unknown> {
  const device = placeOf(optionsOf(options, ["device"], "loadPickle"));
  const bytes = await readSource(source);
  const refuse = (): never => fail("a pickle of its own has no storages");
  const object = new Unpickler(isGzip(bytes) ? await gunzip(bytes) : bytes, 0, refuse, true).load();
  return new Builder(() => device).build(object);
}
