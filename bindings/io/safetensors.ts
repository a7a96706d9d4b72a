/** torch.safetensors: named tensors in Hugging Face's safetensors format, in files and in memory. */
import { host } from "../boot.ts";
import { ValueError } from "../error.ts";
import { fromBytes, toBytes } from "../tensor/bytes.ts";
import { type DType, dtypeCode, ITEM_SIZES } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";

const NAMES: Partial<Record<DType, string>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
};
const DTYPES = new Map(Object.entries(NAMES).map(([dtype, name]) => [name, dtype as DType]));
/** as in the reference implementation */
const MAX_HEADER = 100_000_000;

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [start: number, end: number];
}

/**
 * The bytes of a safetensors file with these tensors.
 * @param metadata strings kept in the header
 */
export function save(tensors: Record<string, Tensor>, metadata?: Record<string, string>): Uint8Array {
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const bytes = toBytes(tensor);
    const dtype = NAMES[tensor.dtype];
    if (dtype === undefined) throw new ValueError(`safetensors has no dtype for ${tensor.dtype} (${name})`);
    header[name] = { dtype, shape: [...tensor.shape], data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  }
  let text = JSON.stringify(header);
  let head = new TextEncoder().encode(text);
  // padded with spaces so that the data starts at a multiple of 8
  text += " ".repeat((8 - (head.length % 8)) % 8);
  head = new TextEncoder().encode(text);
  const file = new Uint8Array(8 + head.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(head.length), true);
  file.set(head, 8);
  let at = 8 + head.length;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** `save` of tensors of any device. @example await torch.safetensors.saveAsync(model.stateDict()) */
export async function saveAsync(
  tensors: Record<string, Tensor>,
  metadata?: Record<string, string>,
): Promise<Uint8Array> {
  const names = Object.keys(tensors);
  const moved = await Promise.all(names.map((name) => tensors[name]!.detach().cpu()));
  return save(Object.fromEntries(names.map((name, i) => [name, moved[i]!])), metadata);
}

/**
 * The tensors of a safetensors file.
 * @throws ValueError if the bytes are no valid file; nothing is made then
 */
export function load(bytes: Uint8Array): Record<string, Tensor> {
  const { entries, start } = readHeader(bytes);
  return Object.fromEntries(
    entries.map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, fromBytes(bytes.subarray(start + from, start + to), shape, DTYPES.get(dtype)!)],
    ),
  );
}

/** Writes named tensors of any device, such as a state dict, to a file. */
export async function saveFile(
  tensors: Record<string, Tensor>,
  path: string,
  metadata?: Record<string, string>,
): Promise<void> {
  await host().writeFile(path, await saveAsync(tensors, metadata));
}

/** Reads the named tensors of a file. */
export async function loadFile(path: string): Promise<Record<string, Tensor>> {
  return load(await host().readFile(path));
}

function readHeader(bytes: Uint8Array): { entries: [string, Entry][]; start: number } {
  const fail = (why: string): never => {
    throw new ValueError(`Error while deserializing header: ${why}`);
  };
  if (bytes.length < 8) fail("HeaderTooSmall");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER) fail("HeaderTooLarge");
  if (8 + length > bytes.length) fail("InvalidHeaderLength");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch {
    fail("InvalidHeader: it is no JSON in UTF-8");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) fail("InvalidHeader: no object");
  const start = 8 + length;
  const entries = Object.entries(header as Record<string, Entry>).filter(([name]) => name !== "__metadata__");
  for (const [name, entry] of entries) checkEntry(name, entry, bytes.length - start, fail);
  return { entries, start };
}

function checkEntry(name: string, entry: Entry, available: number, fail: (why: string) => never): void {
  const size = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;
  if (typeof entry !== "object" || entry === null) fail(`InvalidHeader: ${name} is no object`);
  const dtype = DTYPES.get(entry.dtype);
  if (dtype === undefined) fail(`${name} has the unknown dtype ${String(entry.dtype)}`);
  const { shape, data_offsets: offsets } = entry;
  if (!Array.isArray(shape) || !shape.every(size)) fail(`${name} has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(size)) fail(`${name} has no valid offsets`);
  const [from, to] = offsets;
  const bytes = shape.reduce((a, b) => a * b, ITEM_SIZES[dtypeCode(dtype!)]!);
  if (to < from || to > available) fail(`InvalidOffset(${name})`);
  if (to - from !== bytes) fail(`TensorInvalidInfo: ${name} has ${to - from} bytes where its shape asks for ${bytes}`);
}
