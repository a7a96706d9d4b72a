import { compareElements, compareTensor, compareValue, exact } from "./compare.ts";
import type { Report, Row } from "./report.ts";
import type { Runtime, Tensor } from "./runtime.ts";
import { decodeBase64, type VectorFile, type Vectors } from "./vectors.ts";
import { elementsOf, tagOf } from "./value.ts";

/** Files of other programs: what torch.load and the readers of torch.io give for them. */
export async function runFiles(
  runtime: Runtime,
  report: Report,
  rowOf: (op: string) => Row | null,
  vectors: Vectors,
  files: VectorFile[],
): Promise<void> {
  for (const file of files) {
    const record = file.json();
    if (record.file === undefined) continue;
    const kind = record.file.slice(record.file.lastIndexOf(".") + 1);
    const row = rowOf(kind);
    if (!row) continue;
    await report.run(row, { id: record.file }, () =>
      runtime.scope(async () => readers[kind]!(runtime, await vectors.binary(`files/${record.file}`), record.expected)),
    );
  }
}

type Reader = (runtime: Runtime, bytes: Uint8Array, expected: any) => Promise<string[]>;

const readers: Record<string, Reader> = {
  async pt(runtime, bytes, expected) {
    const got = await runtime.path(["load"])(bytes);
    const storages = new Map<number, number>();
    const reasons: string[] = [];
    await compareTree(runtime, got, expected, "", storages, reasons);
    return reasons;
  },
  async npy(runtime, bytes, expected) {
    // text is no tensor, for PyTorch neither
    if (expected.data === null) return refusal(runtime.path(["io", "loadNpy"])(bytes));
    const got = await runtime.path(["io", "loadNpy"])(bytes);
    return [await arrayDifference(runtime, got, expected)].filter((reason) => reason !== null);
  },
  async npz(runtime, bytes, expected) {
    const got = await runtime.path(["io", "loadNpz"])(bytes);
    const reasons: string[] = [];
    for (const [name, record] of Object.entries<any>(expected)) {
      const difference = await arrayDifference(runtime, got[name], record);
      if (difference) reasons.push(`${name}: ${difference}`);
    }
    return reasons;
  },
  async safetensors(runtime, bytes, expected) {
    const got = await runtime.path(["io", "loadSafetensors"])(bytes);
    const reasons: string[] = [];
    for (const [name, record] of Object.entries<any>(expected)) {
      const difference = await compareTensor(runtime, got[name], record.$t, exact);
      if (difference) reasons.push(`${name}: ${difference}`);
    }
    return reasons;
  },
};

async function refusal(read: Promise<unknown>): Promise<string[]> {
  try {
    await read;
  } catch (error) {
    const { name, message } = error as Error;
    return name === "TypeError" && message.startsWith("can't convert") ? [] : [`raised ${name}: ${message}`];
  }
  return ["raised nothing, want a TypeError"];
}

/** dtypes that NumPy has and tensors do not: the next wider one that holds every value. */
const widened: Record<string, string> = { uint16: "int32", uint32: "int64", uint64: "int64" };

async function arrayDifference(runtime: Runtime, got: Tensor, record: any): Promise<string | null> {
  if (!runtime.isTensor(got)) return "no tensor";
  const dtype = widened[record.dtype] ?? record.dtype;
  if (got.dtype !== dtype || String(got.shape) !== String(record.shape))
    return `got ${got.dtype}[${got.shape}], want ${dtype}[${record.shape}]`;
  if (dtype !== record.dtype) {
    const { buffer } = decodeBase64(record.data);
    const Source = { uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array }[record.dtype as "uint16"];
    const want = Array.from(new Source(buffer) as ArrayLike<number | bigint>, Number);
    return compareElements(
      Float64Array.from(await runtime.read(got), Number),
      Float64Array.from(want),
      "float64",
      record.shape,
      exact,
    );
  }
  return compareElements(await runtime.read(got), elementsOf(dtype, record.data), dtype, record.shape, exact);
}

async function compareTree(
  runtime: Runtime,
  got: any,
  want: any,
  path: string,
  storages: Map<number, number>,
  reasons: string[],
): Promise<void> {
  const note = (difference: string | null) => {
    if (difference) reasons.push(`${path || "value"}: ${difference}`);
  };
  const tag = tagOf(want);
  if (tag === "$t") {
    note(await compareTensor(runtime, got, want.$t, exact));
    if (!runtime.isTensor(got)) return;
    const { stride, storageOffset, storageId } = want.$t;
    if (String(got.stride()) !== String(stride) || got.storageOffset() !== storageOffset)
      note(`strides [${got.stride()}], want [${stride}]`);
    if (got.numel() === 0) return;
    const known = storages.get(storageId);
    if (known !== undefined && known !== runtime.storage(got)) note("does not share its storage");
    storages.set(storageId, runtime.storage(got));
  } else if (tag === "$dict") {
    for (const [key, value] of want.$dict) {
      const item = got instanceof Map ? got.get(key) : got?.[key];
      await compareTree(runtime, item, value, `${path}/${key}`, storages, reasons);
    }
  } else if (tag === "$tuple" || Array.isArray(want)) {
    const items = Array.isArray(want) ? want : want.$tuple;
    if (!Array.isArray(got) || got.length !== items.length) return note(`want ${items.length} values`);
    for (let i = 0; i < items.length; i++)
      await compareTree(runtime, got[i], items[i], `${path}/${i}`, storages, reasons);
  } else if (tag === "$set") {
    note(got instanceof Set && want.$set.every((item: any) => got.has(item)) ? null : "not the set");
  } else if (tag === "$bytes") {
    note(got instanceof Uint8Array && String(got) === String(decodeBase64(want.$bytes)) ? null : "not the bytes");
  } else {
    note(await compareValue(runtime, got, want, exact));
  }
}
