// torch.save: the ZIP format of PyTorch 1.6 and later.

import { RuntimeError } from "../error.ts";
import { asStrided } from "../gen/functions.ts";
import { Parameter } from "../nn/parameter.ts";
import { checkOptions } from "../tensor/call.ts";
import { ITEM_SIZES } from "../tensor/dtype.ts";
import { requireCpu } from "../tensor/read.ts";
import { live, Tensor } from "../tensor/tensor.ts";
import { STORAGES } from "./globals.ts";
import { Pickler, type SavedTensor } from "./pickle.ts";
import type { FileTarget } from "./options.ts";
import { deliver } from "./sink.ts";
import { type NewMember, ZipWriter } from "./zipWriter.ts";

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

export async function save(value: unknown, target?: FileTarget, options?: object): Promise<Uint8Array | void> {
  checkOptions(options, [], "save");
  const storages = new Map<number, Storage>();
  // the sizes of storages are known after the last tensor: a first pickle finds the tensors
  const describe = (tensor: Tensor): SavedTensor => saved(tensor, storages);
  new Pickler(describe).dump(value);
  const pickle = new Pickler(describe).dump(value);
  const line = (content: string): Uint8Array => new TextEncoder().encode(content);
  const bytes = (name: string, head: Uint8Array): NewMember => {
    return { name: `${FOLDER}/${name}`, size: head.length, head };
  };
  // a tensor that is disposed of meanwhile is still written
  for (const storage of storages.values()) storage.tensor = storage.tensor.detach();
  try {
    const archive = new ZipWriter(
      [
        bytes("data.pkl", pickle),
        bytes("byteorder", line("little")),
        ...[...storages.values()].map((storage): NewMember => {
          const size = storage.numel * ITEM_SIZES[storage.code]!;
          return { ...bytes(`data/${storage.key}`, new Uint8Array(0)), size, body: () => onCpuWhole(storage) };
        }),
        bytes("version", line("3\n")),
      ],
      ALIGNMENT,
    );
    return await deliver(archive.size, archive.pieces(), target);
  } finally {
    for (const { tensor } of storages.values()) tensor.dispose();
  }
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
  const whole = asStrided(tensor, [numel], [1], 0);
  const local = await whole.cpu();
  if (local !== whole) whole.dispose();
  return local;
}
