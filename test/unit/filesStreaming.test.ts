// Files that are read and written in pieces: every kind of source and target, choices of tensors, parts of tensors.
import { createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as torch from "flambeau";

const folder = mkdtempSync(join(tmpdir(), "flambeau-streaming-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** More than a piece of 4 MB, with sizes that divide nothing. */
const tensors = () => ({
  big: torch.arange(1_300_003).to("float32"),
  half: torch.arange(6).view(2, 3).to("bfloat16"),
  flags: torch.tensor([true, false, true]),
  turned: torch.arange(12).view(3, 4).t(),
  scalar: torch.tensor(7, { dtype: "float64" }),
  empty: torch.zeros(0, 3),
  complex: torch.complex(torch.ones(2), torch.zeros(2)),
});

function same(got: torch.Tensor, want: torch.Tensor): void {
  expect([got.dtype, got.shape]).toEqual([want.dtype, want.shape]);
  expect(got.equal(want.contiguous())).toBe(true);
}

function sameAll(got: Record<string, torch.Tensor>, want: Record<string, torch.Tensor>): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(want).sort());
  for (const [name, tensor] of Object.entries(want)) same(got[name]!, tensor);
}

/** The bytes as a stream of pieces of these sizes, again and again. */
function streamOf(bytes: Uint8Array, sizes = [1, 7, 100_000, 3]): ReadableStream<Uint8Array> {
  let at = 0;
  let turn = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const size = sizes[turn++ % sizes.length]!;
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** How many storages there are once the garbage of other tests is gone. */
async function storagesNow(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await new Promise((done) => setImmediate(done));
  }
  return torch.memoryStats().storages;
}

let bytes: Uint8Array;
/** what the server has */
let content: Uint8Array;
const path = join(folder, "tensors.safetensors");
let server: Server;
let base: string;
const requests: string[] = [];

beforeAll(async () => {
  bytes = await torch.safetensors.save(tensors(), { made: "here" });
  content = bytes;
  writeFileSync(path, bytes);
  server = createServer((request, response) => {
    requests.push(request.headers.range ?? "all");
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    if (request.url === "/missing") return response.writeHead(404).end();
    if (from === undefined || request.url === "/plain") {
      return response.writeHead(200, { "content-length": content.length }).end(content);
    }
    const last = Math.min(Number(to || Infinity), content.length - 1);
    response.writeHead(206, { "content-range": `bytes ${from}-${last}/${content.length}` });
    return response.end(content.subarray(Number(from), last + 1));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((done) => server.close(done));
});

describe("safetensors", () => {
  it("are loaded from every kind of source", async () => {
    const sources: (() => torch.FileSource | Promise<torch.FileSource>)[] = [
      () => path,
      () => pathToFileURL(path),
      () => bytes,
      () => bytes.slice().buffer,
      () => new Blob([bytes as BlobPart]),
      () => new File([bytes as BlobPart], "tensors.safetensors"),
      () => new Response(bytes as BodyInit),
      () => streamOf(bytes),
      () => Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>,
      () => `${base}/file`,
      () => new URL(`${base}/plain`),
      () => fetch(`${base}/file`),
    ];
    for (const source of sources) sameAll(await torch.safetensors.loadFile(await source()), tensors());
    await expect(torch.safetensors.loadFile(`${base}/missing`)).rejects.toThrow("HTTP 404");
    await expect(torch.safetensors.loadFile(5 as never)).rejects.toThrow(torch.TypeError);
    await expect(
      torch.safetensors.loadFile(new ReadableStream({ start: (c) => c.enqueue("x" as never) })),
    ).rejects.toThrow(torch.TypeError);
  });

  it("tell of their progress, piece by piece", async () => {
    for (const source of [path, streamOf(bytes)]) {
      const heard: [number, number, string][] = [];
      await torch.safetensors.loadFile(source, { progress: (...step) => heard.push(step) });
      const total = bytes.length - 8 - Number(new DataView(bytes.buffer).getBigUint64(0, true));
      expect(heard.at(-1)!.slice(0, 2)).toEqual([total, total]);
      expect(heard.filter(([, , name]) => name === "big").length).toBe(2);
      expect(heard.every(([loaded], i) => i === 0 || loaded > heard[i - 1]![0])).toBe(true);
    }
  });

  it("give up where the listener throws, and leave nothing", async () => {
    const before = await storagesNow();
    const progress = (loaded: number): void => {
      if (loaded > 5e6) throw new Error("enough");
    };
    await expect(torch.safetensors.loadFile(path, { progress })).rejects.toThrow("enough");
    await expect(torch.safetensors.loadFile(streamOf(bytes.subarray(0, 5e6)))).rejects.toThrow("unexpected EOF");
    await expect(torch.safetensors.loadFile(bytes.subarray(0, 5e6))).rejects.toThrow("InvalidOffset(big)");
    expect(torch.memoryStats().storages).toBe(before);
  });

  it("are chosen by name", async () => {
    const { half, flags } = tensors();
    for (const source of [path, streamOf(bytes), `${base}/plain`]) {
      sameAll(await torch.safetensors.loadFile(source, { keys: ["half", "flags"] }), { half, flags });
    }
    requests.length = 0;
    sameAll(await torch.safetensors.loadFile(`${base}/file`, { keys: new Set(["flags", "half"]) }), { half, flags });
    expect(requests.every((range) => range !== "all")).toBe(true);
    await expect(torch.safetensors.loadFile(path, { keys: ["none"] })).rejects.toThrow(
      "File does not contain tensor none",
    );
  });

  it("take a few requests of a server that gives parts", async () => {
    const rows = { table: torch.arange(3_000_000).to("float32"), other: torch.ones(5), last: torch.arange(2_000_000) };
    content = await torch.safetensors.save(rows);
    try {
      requests.length = 0;
      sameAll(await torch.safetensors.loadFile(`${base}/file`, { keys: Object.keys(rows) }), rows);
      // the header, then all the rest
      expect(requests.length).toBe(2);
      expect(requests[1]).toMatch(/^bytes=\d+-$/);
      const file = await torch.safetensors.open(`${base}/file`);
      requests.length = 0;
      same(await file.getSlice("table").at("2000000:2000003"), rows.table.at("2000000:2000003"));
      same(await file.getTensor("other"), rows.other);
      same(await file.getTensor("table"), rows.table);
      same(await file.getTensor("last"), rows.last);
      expect(requests.length).toBeLessThan(8);
      await file.close();
      content = await torch.save(rows);
      requests.length = 0;
      sameAll(await torch.load(`${base}/file`), rows);
      expect(requests.length).toBeLessThan(10);
      sameAll(await torch.load(`${base}/plain`), rows);
    } finally {
      content = bytes;
    }
  });

  it("are opened, and read as they are asked for", async () => {
    const want = tensors();
    for (const source of [path, bytes, new Blob([bytes as BlobPart]), `${base}/file`]) {
      const file = await torch.safetensors.open(source);
      expect(file.keys().sort()).toEqual(Object.keys(want).sort());
      expect(file.metadata()).toEqual({ made: "here" });
      const [big, half] = await Promise.all([file.getTensor("big"), file.getTensor("half")]);
      same(big, want.big);
      same(half, want.half);
      expect(() => file.getTensor("none")).toThrow(torch.ValueError);
      await file.close();
      expect(() => file.getTensor("big")).toThrow("closed");
    }
    await expect(torch.safetensors.open(streamOf(bytes))).rejects.toThrow("loadFile");
    await expect(torch.safetensors.open(`${base}/plain`)).rejects.toThrow("loadFile");
    await using file = await torch.safetensors.open(path, { device: "meta" });
    expect((await file.getTensor("big")).shape).toEqual([1_300_003]);
  });

  it("give parts of tensors", async () => {
    const want = torch
      .arange(40 * 30 * 1001)
      .view(40, 30, 1001)
      .to("int32");
    const saved = join(folder, "slices.safetensors");
    await torch.safetensors.saveFile({ want, tiny: torch.tensor(3) }, saved);
    await using file = await torch.safetensors.open(saved);
    const slice = file.getSlice("want");
    expect([slice.getShape(), slice.getDtype()]).toEqual([[40, 30, 1001], "I32"]);
    const indices: (string | number | null)[][] = [
      [],
      [3],
      [-1, 2, 5],
      ["5:9"],
      [":", "3:20:4"],
      ["::7", -1, "...", "10:"],
      ["...", ":2"],
      ["...", 1000],
      [null, ":3", ":", "::500"],
      ["4:4"],
      ["...", null],
    ];
    for (const index of indices) {
      const got = await slice.at(...index);
      same(got, want.at(...index));
      got.dispose();
    }
    same(await file.getSlice("tiny").at(), torch.tensor(3));
    await expect(slice.at(40)).rejects.toThrow("index 40 is out of bounds for dimension 0 with size 40");
    await expect(slice.at([1, 2])).rejects.toThrow(torch.IndexError);
    await expect(slice.at(1, 2, 3, 4)).rejects.toThrow("too many indices");
  });

  it("are written to streams, and to files only when they are whole", async () => {
    const want = tensors();
    const parts: Uint8Array[] = [];
    await torch.safetensors.saveFile(want, new WritableStream({ write: (part) => void parts.push(part) }), {
      made: "here",
    });
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(1 << 22);
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    const heard: number[] = [];
    const other = join(folder, "new/other.safetensors");
    await torch.safetensors.saveFile(want, other, { made: "here" }, { progress: (loaded) => heard.push(loaded) });
    expect(readFileSync(other).equals(bytes)).toBe(true);
    expect(heard.length).toBeGreaterThan(5);
    const failing = torch.safetensors.saveFile(want, join(folder, "new/half"), null, {
      progress() {
        throw new Error("enough");
      },
    });
    await expect(failing).rejects.toThrow("enough");
    expect(readdirSync(join(folder, "new"))).toEqual(["other.safetensors"]);
    await expect(torch.safetensors.save({ __metadata__: torch.ones(1) })).rejects.toThrow(torch.ValueError);
  });
});

describe("other formats", () => {
  const storages = (value: Record<string, torch.Tensor>) =>
    new Set(Object.values(value).map((tensor) => tensor.untypedStorage().address)).size;

  it("come from files, blobs and streams, too", async () => {
    const { big, half } = tensors();
    const value = { big, again: big.narrow(0, 5, 10), half };
    const file = join(folder, "value.pt");
    await torch.save(value, file);
    const content = readFileSync(file);
    expect((await torch.save(value)).length).toBe(content.length);
    for (const source of [file, new Blob([content]), new Response(content), streamOf(content)]) {
      const heard: [number, number, string][] = [];
      const got = await torch.load<typeof value>(source, { progress: (...step) => heard.push(step) });
      sameAll(got, value);
      expect(storages(got)).toBe(2);
      expect(heard.map(([loaded, , name]) => [loaded, name])).toEqual([
        [1 << 22, "data/0"],
        [5_200_012, "data/0"],
        [5_200_024, "data/1"],
      ]);
    }
    const parts: Uint8Array[] = [];
    await torch.save(value, new WritableStream({ write: (part) => void parts.push(part) }));
    expect(Buffer.concat(parts).equals(content)).toBe(true);
  });

  it("of NumPy's, too", async () => {
    const { big, turned, flags } = tensors();
    const [npy, npz] = [join(folder, "big.npy"), join(folder, "all.npz")];
    await torch.io.saveNpy(big, npy);
    for (const source of [npy, streamOf(readFileSync(npy)), new Response(readFileSync(npy))]) {
      const heard: number[] = [];
      same(await torch.io.loadNpy(source, { progress: (loaded) => heard.push(loaded) }), big);
      expect(heard).toEqual([1 << 22, 5_200_012]);
    }
    await torch.io.saveNpz({ big, turned, flags }, npz);
    for (const source of [npz, streamOf(readFileSync(npz)), new Blob([readFileSync(npz)])]) {
      sameAll(await torch.io.loadNpz(source), { big, turned, flags });
    }
    const heard: [number, number, string][] = [];
    const progress = (...step: [number, number, string]): void => void heard.push(step);
    sameAll(await torch.io.loadNpz(npz, { keys: ["turned"], progress }), { turned });
    expect(heard.at(-1)).toEqual([224, 224, "turned"]);
    const damaged = readFileSync(npz);
    damaged[damaged.indexOf("NUMPY") + 1000]! ^= 1;
    const before = await storagesNow();
    await expect(torch.io.loadNpz(damaged)).rejects.toThrow("big.npy: ");
    expect(torch.memoryStats().storages).toBe(before);
    expect(existsSync(npz)).toBe(true);
  });
});
