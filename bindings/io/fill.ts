// Tensors of the bytes of files, on either device, a piece at a time.

import { deviceBackend } from "../device.ts";
import { scope } from "../memory/scope.ts";
import { fromBytes } from "../tensor/bytes.ts";
import { checkOptions } from "../tensor/call.ts";
import { emptyHandle } from "../tensor/create.ts";
import { Code, type Device, deviceCode, deviceOf, DTYPES, ITEM_SIZES } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { bytesOf } from "./sink.ts";
import { PIECE, type Source } from "./source.ts";

/** Elements as a file holds them. */
export interface Content {
  /** of the dtype that holds them */
  code: number;
  shape: readonly number[];
  /** bytes of an element in the file; the dtype's unless given */
  size?: number;
  /** little-endian bytes of the dtype, made of any number of elements of the file */
  decode?: ((bytes: Uint8Array) => Uint8Array) | undefined;
}

/** So many bytes may wait for the device. */
const MOST_WAITING = 1 << 26;

/**
 * A reader's options; the device may also stand alone, as in PyTorch.
 * @throws TypeError for an unknown option
 */
export function optionsOf<O extends object>(given: O | Device | null | undefined, names: string[], op: string): O {
  const options = typeof given === "string" ? ({ device: given } as unknown as O) : (given ?? ({} as O));
  checkOptions(options, names, op);
  return options;
}

/** The device that options name. @throws RuntimeError for one that there is not */
export const placeOf = (options: { device?: Device } | null | undefined): Device =>
  deviceOf(deviceCode(options?.device ?? "cpu"));

/**
 * The tensor of the bytes from `position` on. Bytes that are no bool count as true.
 * @param report hears how many bytes were read, a piece at a time
 */
export async function readTensor(
  source: Source,
  position: number,
  { code, shape, size = ITEM_SIZES[code]!, decode }: Content,
  device: Device,
  report?: (bytes: number) => void,
): Promise<Tensor> {
  const tensor = new Tensor(emptyHandle(shape, code, deviceCode(device)));
  if (device === "meta") return tensor;
  try {
    const length = tensor.numel() * size;
    const write = device === "cpu" ? cpuWriter(tensor) : deviceWriter(tensor);
    for (let at = 0; at < length; at += PIECE) {
      // PIECE is a multiple of all sizes of elements
      const piece = await source.read(position + at, Math.min(PIECE, length - at));
      const bytes = decode?.(piece) ?? piece;
      const wait = write(bytes, (at / size) * ITEM_SIZES[code]!);
      report?.(piece.length);
      if (wait !== undefined) await wait;
    }
  } catch (error) {
    tensor.dispose();
    throw error;
  }
  return tensor;
}

type Writer = (bytes: Uint8Array, at: number) => Promise<void> | undefined;

function cpuWriter(tensor: Tensor): Writer {
  const isBool = tensor.dtypeCode === Code.Bool;
  return (bytes, at) => {
    const target = bytesOf(tensor, at, bytes.length);
    if (isBool) bytes.forEach((byte, i) => (target[i] = byte === 0 ? 0 : 1));
    else target.set(bytes);
    return undefined;
  };
}

function deviceWriter(tensor: Tensor): Writer {
  const code = tensor.dtypeCode;
  const unit = ITEM_SIZES[code]!;
  let waiting = 0;
  return (bytes, at) => {
    const count = bytes.length / unit;
    scope(() => {
      const part = fromBytes(bytes, [count], DTYPES[code]!);
      tensor
        .view(-1)
        .narrow(0, at / unit, count)
        .copy_(part);
    });
    waiting += bytes.length;
    if (waiting < MOST_WAITING) return undefined;
    waiting = 0;
    return deviceBackend().synchronize();
  };
}
