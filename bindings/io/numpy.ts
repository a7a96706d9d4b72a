// NumPy's arrays: type strings such as "<f4", and the .npy format, versions 1 to 3.

import { TypeError, ValueError } from "../error.ts";
import { fromBytes } from "../tensor/bytes.ts";
import { type Element } from "../tensor/read.ts";
import { Code, type Device, DTYPES } from "../tensor/dtype.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Content, readTensor } from "./fill.ts";
import { isSize } from "./python.ts";
import type { Source } from "./source.ts";

/** How elements of a type string are laid out, and the dtype that holds them. */
interface Descr {
  code: number;
  /** bytes of an element in the file */
  size: number;
  /** bytes that change places in the other byte order: half an element of complex numbers */
  unit: number;
  bigEndian: boolean;
}

const TYPES: Record<string, number> = {
  b1: Code.Bool,
  u1: Code.Uint8,
  i1: Code.Int8,
  i2: Code.Int16,
  i4: Code.Int32,
  i8: Code.Int64,
  f2: Code.Float16,
  f4: Code.Float32,
  f8: Code.Float64,
  c8: Code.Complex64,
  c16: Code.Complex128,
  // the next wider type that holds every value; of uint64 those that int64 has
  u2: Code.Int32,
  u4: Code.Int64,
  u8: Code.Int64,
};

/** What a type string stands for; undefined for types that tensors do not have. */
export function descrOf(descr: string): Descr | undefined {
  const [, order, type] = /^([<>|=])?(\w+)$/.exec(descr) ?? [];
  const code = type === undefined ? undefined : TYPES[type];
  if (code === undefined || !Object.hasOwn(TYPES, type!)) return undefined;
  const size = Number(type!.slice(1));
  return { code, size, unit: type![0] === "c" ? size / 2 : size, bigEndian: order === ">" };
}

/** The bytes with the order within every `unit` turned round. */
export function swapped(bytes: Uint8Array, unit: number): Uint8Array {
  const result = new Uint8Array(bytes.length);
  for (let at = 0; at + unit <= bytes.length; at += unit) {
    for (let i = 0; i < unit; i++) result[at + i] = bytes[at + unit - 1 - i]!;
  }
  return result;
}

/** Unsigned integers as wider signed ones. */
export function widened(bytes: Uint8Array, size: number): Uint8Array {
  if (size === 2) return new Uint8Array(new Int32Array(new Uint16Array(bytes.slice().buffer)).buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length / size;
  const result = new BigInt64Array(count);
  for (let i = 0; i < count; i++) {
    const value = size === 4 ? BigInt(view.getUint32(4 * i, true)) : view.getBigUint64(8 * i, true);
    if (value >> 63n !== 0n) throw new ValueError(`uint64 value ${value} is beyond the range of int64`);
    result[i] = value;
  }
  return new Uint8Array(result.buffer);
}

/** How elements of a type string are read. */
function contentOf(descr: string, { code, size, unit, bigEndian }: Descr): Omit<Content, "shape"> {
  const turns = bigEndian && unit > 1;
  const widens = /u[248]$/.test(descr);
  if (!turns && !widens) return { code, size };
  return {
    code,
    size,
    decode(bytes) {
      const little = turns ? swapped(bytes, unit) : bytes;
      return widens ? widened(little, size) : little;
    },
  };
}

/**
 * The tensor of an array's bytes; one in Fortran order has the strides of that, as torch.from_numpy gives it.
 * @throws ValueError when there are too few or too many bytes
 */
export function arrayOf(descr: string, shape: readonly unknown[], fortran: boolean, bytes: Uint8Array): Tensor {
  const type = descrOf(descr) ?? unsupported(descr);
  if (!shape.every(isSize)) throw new ValueError("shape is not valid: it must be made of non-negative integers");
  const sizes = shape as readonly number[];
  const expected = sizes.reduce((a, b) => a * b, type.size);
  if (bytes.length !== expected) {
    throw new ValueError(`cannot reshape array of size ${bytes.length / type.size} into shape (${sizes.join(", ")})`);
  }
  const content = contentOf(descr, type).decode?.(bytes) ?? bytes;
  const turned = fortran && sizes.length > 1;
  const tensor = fromBytes(content, turned ? sizes.toReversed() : sizes, DTYPES[type.code]!);
  return turned ? fortranView(tensor) : tensor;
}

/** The tensor with its dimensions the other way round, in its place. */
function fortranView(tensor: Tensor): Tensor {
  const result = tensor.permute(tensor.shape.map((_, dim, { length }) => length - 1 - dim));
  tensor.dispose();
  return result;
}

/** The one element that the bytes are; undefined when they are no one element. */
export function scalarOf(descr: string, bytes: Uint8Array): Element | undefined {
  const type = descrOf(descr);
  if (type === undefined || bytes.length !== type.size) return undefined;
  const tensor = arrayOf(descr, [], false, bytes);
  const value = tensor.item() as Element;
  tensor.dispose();
  return value;
}

function unsupported(descr: string): never {
  const kind = /^[<>|=]?([A-Za-z])/.exec(descr)?.[1];
  if (kind === "O") throw new ValueError("Object arrays cannot be loaded: they are pickles, not numbers");
  const what = kind === "U" || kind === "S" ? "text" : kind === "M" || kind === "m" ? "dates" : `type '${descr}'`;
  throw new TypeError(
    `can't convert a NumPy array of ${what} (${descr}) to a tensor. The only supported types are: float64, float32, float16, ` +
      "complex64, complex128, int64, int32, int16, int8, uint8, bool, and uint16, uint32, uint64 as wider integers.",
  );
}

// ---- .npy

/** as in NumPy */
const MAX_HEADER = 10_000;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * The tensor of a .npy file, which may stop short of the source's end.
 * @param report hears the bytes of the array read so far, and their total
 * @throws ValueError if the bytes are no valid file, TypeError for arrays of anything but numbers
 */
export async function readNpy(source: Source, device: Device, report?: (loaded: number, total: number) => void) {
  const magic = (await first(source, 0, 8, "the magic string")).slice();
  if (!MAGIC.every((byte, i) => magic[i] === byte)) {
    throw new ValueError("the magic string is not correct; expected b'\\x93NUMPY'");
  }
  const version = magic[6]!;
  if (!(version >= 1 && version <= 3) || magic[7] !== 0) {
    throw new ValueError(`we only support format version (1,0), (2,0), and (3,0), not (${version},${magic[7]})`);
  }
  const start = version === 1 ? 10 : 12;
  const counter = await first(source, 8, start - 8, "array header length");
  const length = counter.reduce((sum, byte, i) => sum + byte * 256 ** i, 0);
  if (length > MAX_HEADER)
    throw new ValueError(`Header info length (${length}) is large and may not be safe to load securely.`);
  const header = await first(source, start, length, "array header");
  const { descr, fortran, shape } = parseHeader(new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(header));
  const type = descrOf(descr) ?? unsupported(descr);
  const size = shape.reduce((a, b) => a * b, type.size);
  const at = start + length;
  if (source.size !== undefined && !(size <= source.size - at)) {
    throw new ValueError(`EOF: reading array data, expected ${size} bytes got ${source.size - at}`);
  }
  let loaded = 0;
  const turned = fortran && shape.length > 1;
  const content = { ...contentOf(descr, type), shape: turned ? shape.toReversed() : shape };
  const tensor = await readTensor(source, at, content, device, (bytes) => report?.((loaded += bytes), size));
  return turned ? fortranView(tensor) : tensor;
}

async function first(source: Source, position: number, length: number, what: string): Promise<Uint8Array> {
  if (source.size !== undefined && position + length > source.size) throw new ValueError(`EOF: reading ${what}`);
  return source.read(position, length);
}

/** The dict of a header, which NumPy writes with just these keys. */
function parseHeader(text: string): { descr: string; fortran: boolean; shape: number[] } {
  const broken = (): never => {
    throw new ValueError(`Cannot parse header: '${text.slice(0, 200).trimEnd()}'`);
  };
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1] ?? broken();
  const field = (pattern: RegExp): string | undefined => pattern.exec(inner)?.[1];
  if (/['"]descr['"]\s*:\s*\[/.test(inner)) {
    throw new TypeError("can't convert a structured NumPy array to a tensor: load its fields as arrays of their own");
  }
  const descr = field(/['"]descr['"]\s*:\s*['"]([^'"]*)['"]/) ?? broken();
  const fortran = field(/['"]fortran_order['"]\s*:\s*(True|False)/) ?? broken();
  const sizes = field(/['"]shape['"]\s*:\s*\(([\s\d,L]*)\)/) ?? broken();
  const shape = sizes
    .split(",")
    .map((size) => size.trim().replace(/L$/, ""))
    .filter((size) => size !== "")
    .map(Number);
  if (!shape.every(isSize)) broken();
  return { descr, fortran: fortran === "True", shape };
}

const DESCRS = ["|u1", "|i1", "<i2", "<i4", "<i8", "<f2", "<f4", "<f8", "<c8", "<c16", "|b1"];

/** What stands before the elements in a .npy file. @throws TypeError for bfloat16, which NumPy does not have */
export function npyHeader(tensor: Tensor): Uint8Array {
  const descr = DESCRS[tensor.dtypeCode];
  if (descr === undefined) throw new TypeError("Got unsupported ScalarType BFloat16");
  const { shape } = tensor;
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  let text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // the data begins at a multiple of 64
  text = `${text.padEnd(text.length + 63 - ((10 + text.length) % 64))}\n`;
  const header = new Uint8Array(10 + text.length);
  header.set([...MAGIC, 1, 0, text.length & 0xff, text.length >> 8]);
  header.set(new TextEncoder().encode(text), 10);
  return header;
}
