// What the host layer promises, in whichever host runs this file.
import { test } from "#test";
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { system } from "../../hosts/system.ts";

const text = new TextEncoder().encode("a flambeau is a torch ".repeat(100));
const inFolder = async (fn: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-"));
  await fn(folder).finally(() => rmSync(folder, { recursive: true }));
};
const same = (got: Uint8Array, want: Uint8Array): void => assert.deepEqual([...got], [...want]);

test("a written file reads back, and the folders above it are made", () =>
  inFolder(async (folder) => {
    const path = join(folder, "deep/er/file.bin");
    assert.equal(await system.exists(path), false);
    await system.writeFile(path, text);
    assert.equal(await system.exists(path), true);
    same(await system.readFile(path), text);
    same(system.readFileSync!(path), text);
    system.writeFileSync!(path, text.subarray(5));
    same(system.readFileSync!(path), text.subarray(5));
  }));

test("a file is read in places, and written piece by piece under another name", () =>
  inFolder(async (folder) => {
    const path = join(folder, "deep/file.bin");
    const writer = await system.createFile!(path);
    await writer.write(text.subarray(0, 1000));
    await writer.write(text.subarray(1000));
    assert.equal(await system.exists(path), false);
    await writer.close();
    same(await system.readFile(path), text);
    await (await system.createFile!(join(folder, "deep/other"))).abort();
    assert.equal(readdirSync(join(folder, "deep")).length, 1);
    const file = await system.openFile!(path);
    assert.equal(file.size, text.length);
    const target = new Uint8Array(100);
    assert.equal(await file.read(target, 50), 100);
    same(target, text.subarray(50, 150));
    assert.equal(await file.read(target, text.length - 30), 30);
    same(target.subarray(0, 30), text.subarray(-30));
    await file.close();
  }));

test("gzip and raw deflate streams unpack, at once and asynchronously", async () => {
  same(await system.gunzip(gzipSync(text)), text);
  same(system.gunzipSync!(gzipSync(text)), text);
  same(await system.inflateRaw(deflateRawSync(text)), text);
  await assert.rejects(system.gunzip(gzipSync(text), 100));
  await assert.rejects(system.inflateRaw(deflateRawSync(text), 100));
  same(system.inflateRawSync!(deflateRawSync(text)), text);
});

test("a fetch reports its progress and an HTTP error is an error", async () => {
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => {
    if (request.url === "/file") response.writeHead(200, { "content-length": text.length }).end(text);
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as { port: number };
  try {
    const heard: [number, number][] = [];
    same(await system.fetch(`http://127.0.0.1:${port}/file`, (...step) => heard.push(step)), text);
    assert.deepEqual(heard.at(-1), [text.length, text.length]);
    await assert.rejects(system.fetch(`http://127.0.0.1:${port}/none`), /HTTP 404/);
  } finally {
    await new Promise((closed) => server.close(closed));
  }
});
