import type { Host } from "./host.ts";

/** One file of the vectors: `path` as in the plain layout ("core/abs.json"). */
export interface VectorFile {
  readonly path: string;
  json(): any;
}

export interface Vectors {
  /** Files of a category in the order of their names; empty when the set has no such category. */
  category(name: string): Promise<VectorFile[]>;
  /** A file that is not JSON (`files/*.pt`). */
  binary(path: string): Promise<Uint8Array>;
}

/** Categories and where their cases lie. A category of one file is named by that file. */
export const categories = [
  "core",
  "nn",
  "linalg",
  "optional/fft",
  "second_order",
  "errors",
  "promotion",
  "modules",
  "optim",
  "rng",
  "training",
  "files",
] as const;
export type Category = (typeof categories)[number];

const singles: Record<string, string[]> = {
  errors: ["errors.json"],
  promotion: ["promotion.json"],
  optim: ["optim/trajectories.json", "optim/schedulers.json", "optim/clip_grad.json"],
  rng: ["rng/rng.json"],
  training: ["training/mnist_seed0.json"],
};

const text = new TextDecoder();
const byPath = (a: VectorFile, b: VectorFile) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** The plain layout: a folder with index.json and one JSON file per op. */
function plainVectors(host: Host, folder: string, index: any): Vectors {
  async function load(path: string): Promise<VectorFile | null> {
    const bytes = await host.read(`${folder}/${path}`);
    return bytes && { path, json: () => JSON.parse(text.decode(bytes)) };
  }
  async function paths(name: string): Promise<string[]> {
    if (singles[name]) return singles[name];
    if (name === "files") {
      const list = await host.read(`${folder}/files/index.json`);
      return list ? JSON.parse(text.decode(list)).map((file: string) => `files/${file}.json`) : [];
    }
    return (index.categories[name]?.list ?? []).map((entry: { file: string }) => entry.file);
  }
  return {
    async category(name) {
      const files = await Promise.all((await paths(name)).map(load));
      return files.filter((file) => file !== null).sort(byPath);
    },
    async binary(path) {
      const bytes = await host.read(`${folder}/${path}`);
      if (!bytes) throw new Error(`${folder}/${path} is not there`);
      return bytes;
    },
  };
}

/** The packed layout (see pack.ts): one gzip per category, holding an object of path → content. */
function packedVectors(host: Host, folder: string): Vectors {
  const packs = new Map<string, Promise<Record<string, any>>>();
  const pack = (name: string) => {
    let loaded = packs.get(name);
    if (!loaded) packs.set(name, (loaded = unpack(host, `${folder}/${packName(name)}`)));
    return loaded;
  };
  return {
    async category(name) {
      const entries = Object.entries(await pack(name)).filter(([path]) => path.endsWith(".json"));
      return entries.map(([path, content]) => ({ path, json: () => content })).sort(byPath);
    },
    async binary(path) {
      const content = (await pack(path.slice(0, path.lastIndexOf("/"))))[path];
      if (typeof content !== "string") throw new Error(`${path} is not in the pack`);
      return decodeBase64(content);
    },
  };
}

export const packName = (category: string) => `${category.replace("/", "_")}.json.gz`;

async function unpack(host: Host, path: string): Promise<Record<string, any>> {
  const bytes = await host.read(path);
  if (!bytes) return {};
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/** Vectors in either layout. */
export async function openVectors(host: Host, folder: string): Promise<Vectors> {
  const index = await host.read(`${folder}/index.json`);
  if (index) return plainVectors(host, folder, JSON.parse(text.decode(index)));
  if (await host.read(`${folder}/${packName("core")}`)) return packedVectors(host, folder);
  throw new Error(`no vectors in ${folder}`);
}

const digits = new Uint8Array(128);
for (let i = 0; i < 64; i++)
  digits["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".charCodeAt(i)] = i;

/** Base64 without Buffer or atob: the same in every host, and fast on the many short strings of the vectors. */
export function decodeBase64(encoded: string): Uint8Array {
  const padding = encoded.endsWith("==") ? 2 : encoded.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((encoded.length / 4) * 3 - padding);
  for (let i = 0, o = 0; o < bytes.length; i += 4, o += 3) {
    const group =
      (digits[encoded.charCodeAt(i)]! << 18) |
      (digits[encoded.charCodeAt(i + 1)]! << 12) |
      (digits[encoded.charCodeAt(i + 2) & 127]! << 6) |
      digits[encoded.charCodeAt(i + 3) & 127]!;
    bytes[o] = group >> 16;
    bytes[o + 1] = group >> 8;
    bytes[o + 2] = group;
  }
  return bytes;
}
