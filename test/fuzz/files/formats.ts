// The formats: files that are in order, ways to put them out of order, and what reads them.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, gzipSync } from "node:zlib";
import * as torch from "flambeau";
import { archive, lying, type Member } from "./archives.ts";
import { otherDict, otherJson } from "./headers.ts";
import { concat, mutate } from "./mutate.ts";
import { makePickle } from "./pickles.ts";
import type { Random } from "./random.ts";

export interface Format {
  /** A file that is damaged, or was never in order. */
  make(random: Random): Uint8Array;
  /** Reads it. What this gives holds tensors, which the test releases. */
  load(bytes: Uint8Array, random: Random): Promise<unknown>;
  /** whether what it gives holds tensors out of the test's reach, which only the garbage collector releases */
  opaque?: boolean;
}

/** The bytes as any of the sources that a format reads from. */
function sourceOf(bytes: Uint8Array, random: Random): torch.FileSource {
  switch (random.below(8)) {
    case 0:
      return new Blob([bytes as BlobPart]);
    case 1:
      return new Response(bytes as BodyInit);
    case 2: {
      const size = 1 + random.below(40);
      let at = 0;
      return new ReadableStream({
        pull(controller) {
          if (at < bytes.length) controller.enqueue(bytes.slice(at, at + size));
          else controller.close();
          at += size;
        },
      });
    }
    default:
      return bytes;
  }
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const bytesOf = (...numbers: number[]): Uint8Array => new Uint8Array(Float32Array.from(numbers).buffer);

/** The members of an archive of torch.save. */
function membersOf(file: Uint8Array): Member[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const members: Member[] = [];
  for (let at = 0; view.getUint32(at, true) === 0x04034b50;) {
    const [size, name, extra] = [
      view.getUint32(at + 18, true),
      view.getUint16(at + 26, true),
      view.getUint16(at + 28, true),
    ];
    const start = at + 30 + name + extra;
    members.push({
      name: new TextDecoder().decode(file.subarray(at + 30, at + 30 + name)),
      data: file.slice(start, start + size),
    });
    at = start + size;
  }
  return members;
}

async function values(): Promise<Uint8Array[]> {
  const base = torch.arange(12).to("float32").view(3, 4);
  const weight = new torch.nn.Parameter(base.narrow(0, 1, 2));
  const all = [
    { weight, turned: base.t(), base },
    {
      half: base.to("float16"),
      brain: base.to("bfloat16"),
      flags: base.gt(5),
      long: base.to("int64"),
      empty: torch.zeros(0, 2),
    },
    [
      torch.complex(base, base),
      torch.tensor(3),
      new Map([[1, base]]),
      Object.freeze([1, "a", null, 2.5, 2n ** 70n]),
      new Set([1]),
    ],
    {
      state: { 0: { step: torch.tensor(1), exp_avg: base } },
      param_groups: [{ lr: 0.1, betas: Object.freeze([0.9, 0.99]), params: [0] }],
    },
  ];
  const files: Uint8Array[] = [];
  for (const value of all) files.push(await torch.save(value));
  // no scope releases parameters
  weight.dispose();
  return files;
}

/** A file of torch.save before 1.6: pickles, then the storages. */
function legacy(
  object: Uint8Array,
  storages: readonly (readonly [string, Uint8Array, number])[],
  random?: Random,
): Uint8Array {
  const long = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
  const keys = storages.map(([key]) => concat("X", [key.length, 0, 0, 0], key));
  const sections: (Uint8Array | number[] | string)[] = [
    long,
    [0x80, 2, 0x4d, 0xe9, 3, 0x2e],
    "\x80\x02}.",
    object,
    concat([0x80, 2], "](", ...keys, "e."),
    ...storages.flatMap(([, data, size]) => [[data.length / size, 0, 0, 0, 0, 0, 0, 0], data]),
  ];
  if (random !== undefined) {
    const at = random.below(sections.length);
    if (random.chance(0.3)) sections.splice(at, 1);
    else if (random.chance(0.4)) sections[at] = makePickle(random);
    else sections.splice(at, 0, sections[random.below(sections.length)]!);
  }
  return concat(...sections);
}

/** The bytes of an element, by the storage's name in its pickle. */
function itemSize(pickle: Uint8Array, key: string): number {
  const content = new TextDecoder("latin1").decode(pickle);
  const before = content.slice(0, content.indexOf(`X\x01\x00\x00\x00${key}`));
  const names = [...before.matchAll(/torch\n(\w+)Storage\n/g)];
  return { Float: 4, Half: 2, BFloat16: 2, Bool: 1, Long: 8, ComplexFloat: 8 }[names.at(-1)?.[1] ?? ""] ?? 4;
}

/** Image files, of which the sizes in the header are changed more than anything else. */
function image(files: readonly Uint8Array[]): Format {
  return {
    make(random) {
      const whole = random.pick(files);
      const header = random.chance(0.4);
      const file = header && random.chance(0.7) ? whole.slice() : mutate(whole, random);
      if (header) {
        const frame =
          file[0] === 0xff ? file.findIndex((byte, i) => byte === 0xff && (file[i + 1]! & 0xf0) === 0xc0) + 5 : 16;
        for (let i = 0; i < 8; i++)
          if (random.chance(0.3)) file[frame + i] = random.pick([0, 1, 127, 255, random.below(256)]);
        if (random.chance(0.9)) fixCrc(file);
      }
      return file;
    },
    load: (bytes, random) =>
      torch.scope(async () =>
        torch.vision.io.decodeImage(bytes, random.pick(["unchanged", "gray", "rgb", "rgbAlpha"])),
      ),
  };
}

/** The checksum of a PNG's header, which would stop all that is wrong there. */
function fixCrc(file: Uint8Array): void {
  if (file[0] !== 0x89 || file.length < 33) return;
  new DataView(file.buffer, file.byteOffset).setUint32(29, crc32(file.subarray(12, 29)));
}

/** A data set of gzipped files, on disk as they lie after a download. */
async function packedIdx(images: Uint8Array, labels: Uint8Array, random: Random): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-fuzz-"));
  try {
    writeFileSync(join(folder, "train-images-idx3-ubyte.gz"), mutate(new Uint8Array(gzipSync(images)), random));
    writeFileSync(join(folder, "train-labels-idx1-ubyte.gz"), gzipSync(labels));
    return await torch.scope(async () => {
      const { MNIST } = torch.vision.datasets;
      const set = random.chance(0.5) ? new MNIST(folder) : await MNIST.load(folder);
      return [set.data, set.targets];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function formats(): Promise<Record<string, Format>> {
  const saved = await values();
  const members = saved.map(membersOf);
  const base = torch.arange(12).to("float32").view(3, 4);
  const named = {
    base,
    half: base.to("float16"),
    flags: base.gt(5),
    long: torch.tensor([1, -1]),
    one: torch.tensor(2.5),
    empty: torch.zeros(0, 2),
  };
  const safetensors = [
    await torch.safetensors.save(named, { format: "pt" }),
    await torch.safetensors.save({ base }),
    await torch.safetensors.save({}),
  ];
  const npy: Uint8Array[] = [];
  for (const tensor of [...Object.values(named), torch.complex(base, base)]) npy.push(await torch.io.saveNpy(tensor));
  const npz = await torch.io.saveNpz(named);
  const npzMembers = membersOf(npz);
  const old = members.map((list) => {
    const pickle = list.find(({ name }) => name.endsWith("data.pkl"))!.data;
    const storages = list.filter(({ name }) => name.includes("/data/"));
    return {
      pickle,
      storages: storages.map(({ name, data }) => {
        const key = name.slice(name.lastIndexOf("/") + 1);
        return [key, data, itemSize(pickle, key)] as const;
      }),
    };
  });
  const python2 = concat("\x80\x02(", [0x55, 1], "a", [0x54, 2, 0, 0, 0], "\xe9a", "}(", [0x55, 1], "kI1\nut.");
  const fixtures = JSON.parse(readFileSync(new URL("../../onnx/fixtures.json", import.meta.url), "utf8"));
  const models = Object.values(fixtures as Record<string, { model: string }>).map(({ model }) =>
    Uint8Array.from(Buffer.from(model, "base64")),
  );
  const cifar = Uint8Array.from({ length: 3 * 3073 }, (_, i) => i % 251);
  const bright = torch
    .arange(3 * 20 * 24)
    .remainder(256)
    .to("uint8")
    .view(3, 20, 24);
  const pngs = [await torch.vision.io.encodePng(bright), await torch.vision.io.encodePng(bright.narrow(0, 0, 1))];
  const jpegs = [
    await torch.vision.io.encodeJpeg(bright),
    await torch.vision.io.encodeJpeg(bright.narrow(0, 0, 1), 10),
  ].map((file) => Uint8Array.from(file)); // Node's Buffers are not copied by slice
  const idx = {
    images: concat([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28], new Uint8Array(2 * 28 * 28).fill(7)),
    labels: concat([0, 0, 8, 1, 0, 0, 0, 2], [3, 9]),
  };

  return {
    zip: {
      make(random) {
        if (random.chance(0.35)) return mutate(random.pick(saved), random);
        const list = random.pick(members);
        if (random.chance(0.35)) return lying(list, random);
        if (random.chance(0.1)) {
          const name = random.pick([
            "archive/version",
            "archive/byteorder",
            "archive/constants.pkl",
            "archive/.data/version",
          ]);
          const data = random.pick([text("big"), text("99\n"), text("-1"), text("x".repeat(300)), new Uint8Array(0)]);
          return archive([...list.filter((member) => member.name !== name), { name, data }]);
        }
        const storages = ["0", "1", "7"].map((key) => ({ name: `a/data/${key}`, data: bytesOf(1, 2, 3, 4, 5, 6) }));
        return archive([{ name: "a/data.pkl", data: makePickle(random) }, ...storages]);
      },
      load: (bytes, random) => torch.load(sourceOf(bytes, random)),
    },
    legacy: {
      make(random) {
        const { pickle, storages } = random.pick(old);
        const file = random.chance(0.6) ? legacy(pickle, storages) : legacy(pickle, storages, random);
        return random.chance(0.7) ? mutate(file, random) : file;
      },
      load: (bytes, random) => torch.load(sourceOf(bytes, random)),
    },
    pickle: {
      make(random) {
        const pickle = random.chance(0.1) ? mutate(python2, random) : makePickle(random);
        if (random.chance(0.9)) return pickle;
        const packed = new Uint8Array(gzipSync(random.chance(0.1) ? new Uint8Array(1e6) : pickle));
        return random.chance(0.7) ? mutate(packed, random) : packed;
      },
      load: (bytes, random) => torch.io.loadPickle(sourceOf(bytes, random)),
    },
    safetensors: {
      make(random) {
        const file = random.pick(safetensors);
        const other = random.chance(0.5) ? otherJson(file, random) : file;
        return random.chance(0.6) ? mutate(other, random) : other;
      },
      async load(bytes, random) {
        if (random.chance(0.7)) return torch.safetensors.loadFile(sourceOf(bytes, random));
        await using file = await torch.safetensors.open(random.chance(0.5) ? bytes : new Blob([bytes as BlobPart]));
        const [name] = file.keys();
        return name === undefined ? [] : [await file.getTensor(name), await file.getSlice(name).at("...", null)];
      },
    },
    npy: {
      make(random) {
        const file = random.pick(npy);
        const other = random.chance(0.5) ? otherDict(file, random) : file;
        return random.chance(0.6) ? mutate(other, random) : other;
      },
      load: (bytes, random) => torch.io.loadNpy(sourceOf(bytes, random)),
    },
    npz: {
      make(random) {
        if (random.chance(0.4)) return mutate(npz, random);
        const list = npzMembers.map((member) =>
          random.chance(0.2) ? { ...member, data: otherDict(member.data, random) } : member,
        );
        return random.chance(0.6) ? lying(list, random) : archive(list);
      },
      load: (bytes, random) => torch.io.loadNpz(sourceOf(bytes, random)),
    },
    onnx: {
      make: (random) => mutate(random.pick(models), random),
      load: (bytes, random) => torch.onnx.load(sourceOf(bytes, random)),
      opaque: true,
    },
    cifar: {
      make: (random) => mutate(cifar, random),
      load: async (bytes) =>
        torch.scope(() => {
          const files = new Map([["test_batch.bin", bytes], ["batches.meta.txt", text("cat\ndog\n")]]); // prettier-ignore
          return [new torch.vision.datasets.CIFAR10("", { train: false }, files).data];
        }),
    },
    png: image(pngs),
    jpeg: image(jpegs),
    pnm: image([text("P5 2 1 255\nAB"), text("P6 # a comment\n1 2\n255\nABCDEF")]),
    idx: {
      make: (random) => mutate(random.chance(0.5) ? idx.images : idx.labels, random),
      async load(bytes, random) {
        if (random.chance(0.05)) return packedIdx(bytes, idx.labels, random);
        const files = bytes[3] === 1 ? { ...idx, labels: bytes } : { ...idx, images: bytes };
        return torch.scope(() => {
          const set = new torch.vision.datasets.MNIST("", {}, files);
          return [set.data, set.targets];
        });
      },
    },
  };
}
