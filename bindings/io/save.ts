// torch.save: the ZIP format of PyTorch 1.6 and later.

import { currentBuffer, refresh, word } from "../core.ts";
import { RuntimeError } from "../error.ts";
import { asStrided } from "../gen/functions.ts";
import { Parameter } from "../nn/parameter.ts";
import { ITEM_SIZES } from "../tensor/dtype.ts";
import { requireCpu } from "../tensor/read.ts";
import { live, Tensor } from "../tensor/tensor.ts";
import { STORAGES } from "./globals.ts";
import { Pickler, type SavedTensor } from "./pickle.ts";
import { deliver } from "./source.ts";
import { type Member, zip } from "./zip.ts";

/** A storage to be written, as far as tensors reach into it. */
interface Storage {
  key: string;
  code: number;
  numel: number;
  /** one of its tensors */
  tensor: Tensor;
}

/** as PyTorch aligns storages, for readers that map the file */
const ALIGNMENT = 64;
const FOLDER = "archive";

export async function save(value: unknown, path?: string | URL): Promise<Uint8Array | void> {
  const storages = new Map<number, Storage>();
  // the sizes of storages are known after the last tensor: a first pickle finds the tensors
  const describe = (tensor: Tensor): SavedTensor => saved(tensor, storages);
  new Pickler(describe).dump(value);
  const pickle = new Pickler(describe).dump(value);
  const held: Tensor[] = [];
  try {
    for (const storage of storages.values()) held.push(await onCpuWhole(storage));
    return await deliver(archive(pickle, [...storages.values()], held), path);
  } finally {
    for (const tensor of held) tensor.dispose();
  }
}

/** The file. Nothing here calls the core: the members are views of its memory. */
function archive(pickle: Uint8Array, storages: readonly Storage[], tensors: readonly Tensor[]): Uint8Array {
  const line = (content: string): Uint8Array => new TextEncoder().encode(content);
  const members: Member[] = [
    { name: "data.pkl", data: pickle },
    { name: "byteorder", data: line("little") },
    ...storages.map(({ key, code, numel }, i): Member => {
      return { name: `data/${key}`, data: memoryOf(tensors[i]!, numel * ITEM_SIZES[code]!) };
    }),
    { name: "version", data: line("3\n") },
  ];
  return zip(
    members.map(({ name, data }) => ({ name: `${FOLDER}/${name}`, data })),
    ALIGNMENT,
  );
}

function saved(tensor: Tensor, storages: Map<number, Storage>): SavedTensor {
  const { device, shape, dtypeCode } = tensor;
  if (device === "meta") requireCpu(live(tensor), "save");
  const stride = tensor.stride();
  const offset = tensor.storageOffset();
  const reach = shape.includes(0) ? 0 : shape.reduce((sum, size, dim) => sum + (size - 1) * stride[dim]!, offset + 1);
  const { address } = tensor.untypedStorage();
  let storage = storages.get(address);
  if (storage === undefined) {
    storage = { key: String(storages.size), code: dtypeCode, numel: 0, tensor };
    storages.set(address, storage);
  }
  if (storage.code !== dtypeCode) {
    throw new RuntimeError("Cannot save multiple tensors or storages that view the same data as different types");
  }
  storage.numel = Math.max(storage.numel, reach);
  return {
    storageType: STORAGES[dtypeCode]!,
    key: storage.key,
    numel: storage.numel,
    offset: reach === 0 ? 0 : offset,
    size: shape,
    stride,
    requiresGrad: tensor.requiresGrad,
    isParameter: tensor instanceof Parameter,
  };
}

/** A storage as a tensor of one dimension, on the CPU. */
async function onCpuWhole({ tensor, numel }: Storage): Promise<Tensor> {
  const plain = tensor.detach();
  const whole = asStrided(plain, [numel], [1], 0);
  plain.dispose();
  const local = await whole.cpu();
  if (local !== whole) whole.dispose();
  return local;
}

/** The first bytes of a CPU tensor's storage. Valid until the memory grows. */
function memoryOf(tensor: Tensor, length: number): Uint8Array {
  refresh();
  return new Uint8Array(currentBuffer(), word(word(live(tensor) + 8) + 4) >>> 0, length);
}
