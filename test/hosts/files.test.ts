// Files in whichever host runs this: paths, Blobs, Responses and streams, read and written in pieces.
import { test } from "#test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import * as torch from "flambeau";

/** More than a piece of 4 MB. */
const tensors = () => ({
  big: torch.arange(1_300_003).to("float32"),
  flags: torch.tensor([true, false, true]),
  half: torch.arange(6).view(2, 3).to("float16"),
});

function same(got: Record<string, torch.Tensor>, names = Object.keys(tensors())): void {
  assert.deepEqual(Object.keys(got).sort(), [...names].sort());
  const want: Record<string, torch.Tensor> = tensors();
  for (const name of names) assert.ok(got[name]!.dtype === want[name]!.dtype && got[name]!.equal(want[name]!), name);
}

const inFolder = async (fn: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-files-"));
  await fn(folder).finally(() => rmSync(folder, { recursive: true }));
};

test("safetensors are written and read in pieces, whole and in parts", () =>
  inFolder(async (folder) => {
    const path = join(folder, "new/tensors.safetensors");
    await torch.safetensors.saveFile(tensors(), path, { made: "here" });
    const parts: Uint8Array[] = [];
    await torch.safetensors.saveFile(tensors(), new WritableStream({ write: (part) => void parts.push(part) }), {
      made: "here",
    });
    const blob = new Blob(parts as BlobPart[]);
    for (const source of [path, pathToFileURL(path), blob, blob.stream(), new Response(blob.stream())]) {
      const heard: number[] = [];
      same(await torch.safetensors.loadFile(source, { progress: (loaded) => heard.push(loaded) }));
      assert.equal(heard.at(-1), 4 * 1_300_003 + 3 + 12);
    }
    const file = await torch.safetensors.open(path);
    assert.deepEqual(file.metadata(), { made: "here" });
    assert.deepEqual((await file.getSlice("half").at(":", 1)).tolist(), [1, 4]);
    assert.equal((await file.getSlice("big").at("-1:")).item(), 1_300_002);
    await file[Symbol.asyncDispose]();
  }));

test("a URL is read as a whole, or in ranges", async () => {
  const bytes = await torch.safetensors.save(tensors());
  const server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    if (from === undefined) return response.writeHead(200, { "content-length": bytes.length }).end(bytes);
    const last = Math.min(Number(to || Infinity), bytes.length - 1);
    response.writeHead(206, { "content-range": `bytes ${from}-${last}/${bytes.length}` });
    return response.end(bytes.subarray(Number(from), last + 1));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tensors`;
  try {
    same(await torch.safetensors.loadFile(url));
    same(await torch.safetensors.loadFile(await fetch(url)));
    same(await torch.safetensors.loadFile(url, { keys: ["half"] }), ["half"]);
    const file = await torch.safetensors.open(url);
    assert.equal((await file.getSlice("big").at(1_000_000)).item(), 1_000_000);
  } finally {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

test("checkpoints, arrays and pickles, too", () =>
  inFolder(async (folder) => {
    const [pt, npz] = [join(folder, "value.pt"), join(folder, "arrays.npz")];
    await torch.save(tensors(), pt);
    await torch.io.saveNpz(tensors(), npz);
    same(await torch.load(pt));
    same(await torch.load(new Response((await torch.save(tensors())) as BodyInit)));
    same(await torch.io.loadNpz(npz));
    const pickle = gzipSync(new TextEncoder().encode("(lp0\nI5\naS'a'\na."));
    assert.deepEqual(await torch.io.loadPickle(pickle), [5, "a"]);
    await assert.rejects(torch.io.loadPickle(pickle.subarray(0, 30)), torch.RuntimeError);
    await assert.rejects(torch.load(join(folder, "none.pt")), /none\.pt/);
  }));
