// Image files, datasets of images and downloads, in whichever host runs this file.
import { test } from "#test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as torch from "flambeau";

const { datasets, io, transforms, utils } = torch.vision;

const inFolder = async (fn: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-"));
  await fn(folder).finally(() => rmSync(folder, { recursive: true }));
};
const bytesOf = (...shape: number[]): torch.Tensor => torch.randint(0, 256, shape, { dtype: "uint8" });

test("PNG files give back what was written, in every number of channels", () =>
  inFolder(async (folder) => {
    torch.manualSeed(0);
    for (const channels of [1, 2, 3, 4]) {
      const image = bytesOf(channels, 5, 7);
      const path = join(folder, "deep", `${channels}.png`);
      await io.writePng(image, path);
      assert.ok((await io.readImage(path)).equal(image));
      assert.deepEqual((await io.readImage(path, "rgb")).shape, [3, 5, 7]);
      const wide = await io.readImage(path, "rgbAlpha");
      assert.ok(
        wide
          .select(0, 3)
          .equal(channels % 2 === 0 ? image.select(0, channels - 1) : torch.full([5, 7], 255, { dtype: "uint8" })),
      );
    }
    const gray = await io.decodeImage(
      await io.encodePng(torch.tensor([[[255]], [[0]], [[0]]], { dtype: "uint8" })),
      "gray",
    );
    assert.equal(gray.item(), 76);
  }));

test("PNG files with a palette, few bits or many, and a gray JPEG file, as Pillow writes them", async () => {
  const decoded = (base64: string): Promise<torch.Tensor> => io.decodeImage(Buffer.from(base64, "base64"));
  const palette = await decoded(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAABBAMAAADpzgmHAAAAMFBMVEUBAgP6AAkHCAkAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA28G9RAAAAC0lEQVR4nGMQUAAAAEMAMerds80AAAAASUVORK5CYII=",
  );
  assert.deepEqual(palette.tolist(), [[[250, 1, 7]], [[0, 2, 8]], [[9, 3, 9]]]);
  const bits = await decoded(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAACAQAAAABJGnB9AAAADklEQVR4nGNcoMDA4AAAA+wBAthgW2EAAAAASUVORK5CYII=",
  );
  assert.deepEqual(bits.div(255).tolist(), [
    [
      [1, 0, 1, 0, 0, 0, 0, 0, 1, 1],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
    ],
  ]);
  const { encode } = await import("fast-png");
  const deep = encode({ width: 2, height: 1, channels: 1, depth: 16, data: Uint16Array.of(0x1234, 0xffff) });
  assert.deepEqual((await io.decodeImage(deep)).tolist(), [[[0x12, 0xff]]]);
  const gray = await decoded(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/wAALCAAQABABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APzt03/gm30/4kH/AJCroNN/4Jt9P+JB/wCQq/eDTf8Agm30/wCJB/5CroNN/wCCbfT/AIkH/kKv/9k=",
  );
  assert.deepEqual(gray.shape, [1, 16, 16]);
  const levels = torch.arange(256).view(16, 16);
  assert.ok((gray.at(0).sub(levels).abs().max().item() as number) <= 4);
});

test("JPEG files come close, gray ones with one channel; others and damaged ones are refused", () =>
  inFolder(async (folder) => {
    const smooth = torch.arange(64, { dtype: "uint8" }).view(1, 8, 8).expand(3, -1, -1).mul(3);
    const path = join(folder, "smooth.jpg");
    await io.writeJpeg(smooth, path, 95);
    const read = await io.readImage(path);
    assert.deepEqual(read.shape, [3, 8, 8]);
    const apart = read.to("int32").sub(smooth.to("int32")).abs().max().item() as number;
    assert.ok(apart < 8, `${apart} levels apart`);
    const file = readFileSync(path);
    await assert.rejects(io.decodeImage(file.subarray(0, 100)), /RuntimeError|decode_image/);
    await assert.rejects(io.decodeImage(new TextEncoder().encode("GIF89a")), /Unsupported image file/);
    await assert.rejects(io.encodePng(torch.zeros(3, 2, 2)), /Input tensor dtype should be uint8/);
    await assert.rejects(io.encodeJpeg(bytesOf(1, 2, 2), 0), /between 1 and 100/);
    const pnm = await io.decodeImage(new TextEncoder().encode("P6 # two\n1 2\n255\nabcdef"));
    assert.deepEqual(pnm.tolist(), [
      [[97], [100]],
      [[98], [101]],
      [[99], [102]],
    ]);
    await assert.rejects(io.decodeImage(new TextEncoder().encode("P5 9 9 255\nab")), /cut off/);
  }));

test("a grid of images is saved and read back", () =>
  inFolder(async (folder) => {
    const images = torch.rand(5, 3, 4, 4);
    await utils.saveImage(images, join(folder, "grid.png"), { nrow: 3, padding: 1 });
    const grid = await io.readImage(join(folder, "grid.png"));
    const want = utils.makeGrid(images, { nrow: 3, padding: 1 });
    assert.deepEqual(grid.shape, want.shape);
    assert.ok((grid.to("float32").div(255).sub(want).abs().max().item() as number) < 0.003);
    const blob = await utils.saveImage(images.at(0));
    assert.deepEqual(
      [blob.type, (await io.decodeImage(new Uint8Array(await blob.arrayBuffer()))).shape],
      ["image/png", [3, 4, 4]],
    );
    await assert.rejects(utils.saveImage(images, join(folder, "grid.gif")), /unknown file extension/);
  }));

test("image folders: classes by name, samples in torchvision's order, batches with and without workers", () =>
  inFolder(async (folder) => {
    const paths = ["b/2.png", "a/x/1.jpg", "a/0.png", "a/10.png", "b/notes.txt", "b/c-d/3.PNG", "b/c/4.png"];
    for (const [i, path] of paths.entries()) {
      const image = torch.full([i % 2 === 0 ? 3 : 1, 6, 8], 10 * i, { dtype: "uint8" });
      if (path.endsWith("jpg")) await io.writeJpeg(image, join(folder, path), 100);
      else await io.writePng(image, join(folder, path));
    }
    writeFileSync(join(folder, "stray.png"), "");
    const data = new datasets.ImageFolder(folder, { transform: new transforms.ToTensor() });
    assert.deepEqual([data.classes, data.classToIdx, data.length], [["a", "b"], { a: 0, b: 1 }, 6]);
    assert.deepEqual(
      data.samples.map(([path]) => path.slice(folder.length + 1)),
      ["a/0.png", "a/10.png", "a/x/1.jpg", "b/2.png", "b/c/4.png", "b/c-d/3.PNG"],
    );
    const seen: unknown[] = [];
    const module = new URL("./workers/datasets.mjs#Pictures", import.meta.url);
    const made = await torch.utils.data.workerDataset(module, folder);
    const workers = new torch.utils.data.DataLoader(made, { batchSize: 4, numWorkers: 2 });
    const both = [new torch.utils.data.DataLoader(data, { batchSize: 4 }), workers];
    for (const loader of both)
      for await (const [images, labels] of loader)
        seen.push([images.shape, labels.tolist(), images.at(":", 0, 0, 0).mul(25.5).round().tolist()]);
    assert.deepEqual(seen.slice(2), seen.slice(0, 2));
    assert.deepEqual(seen.slice(0, 2), [
      [
        [4, 3, 6, 8],
        [0, 0, 0, 1],
        [2, 3, 1, 0],
      ],
      [
        [2, 3, 6, 8],
        [1, 1],
        [6, 5],
      ],
    ]);
    const [image] = (await new datasets.ImageFolder(folder).get(0)) as [torch.vision.Image, number];
    assert.ok(image instanceof torch.vision.Image);
    mkdirSync(join(folder, "c"));
    writeFileSync(join(folder, "c", "notes.txt"), "");
    assert.throws(
      () => new datasets.ImageFolder(folder),
      /Found no valid file for the classes c\. Supported extensions are: \.jpg/,
    );
    const { DatasetFolder } = datasets;
    const texts = new DatasetFolder(folder, {
      loader: (bytes: Uint8Array) => bytes.length,
      isValidFile: (path) => /txt/.test(path),
      files: ["b/notes.txt"],
    });
    assert.equal((await texts.get(0))[1], 0);
    assert.throws(() => new DatasetFolder(folder, { loader: () => 0 }), /Both extensions and is_valid_file/);
    assert.throws(
      () => new DatasetFolder(folder, { loader: () => 0, extensions: [], files: ["x"] }),
      /Couldn't find any class folder/,
    );
  }));

test("fake data are drawn by index and leave the generator alone", () => {
  const data = new datasets.FakeData(3, [3, 4, 4], 5, { transform: new transforms.PILToTensor() });
  torch.manualSeed(1);
  const [first, label] = data.get(2) as [torch.Tensor, number];
  const after = torch.rand(1).item();
  torch.manualSeed(1);
  assert.equal(torch.rand(1).item(), after);
  assert.ok(first.equal((data.get(2) as [torch.Tensor, number])[0]) && label >= 0 && label < 5);
  assert.throws(() => data.get(3), /FakeData index out of range/);
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on localhost that answers by the path's first part. */
async function withServer(
  answers: Record<string, Answer>,
  fn: (origin: string, log: string[]) => Promise<void>,
): Promise<void> {
  const log: string[] = [];
  const server = createServer((request, response) => {
    const [, name = ""] = request.url!.split("/");
    log.push(`${name} ${request.headers.range ?? ""}`.trim());
    (answers[name] ?? ((_, r) => r.writeHead(404).end()))(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  try {
    await fn(`http://127.0.0.1:${(server.address() as { port: number }).port}`, log);
  } finally {
    server.closeAllConnections?.();
    await new Promise((closed) => server.close(closed));
  }
}

const body = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7) % 251));
const file = { name: "data.bin", md5: createHash("md5").update(body).digest("hex") };
const fetchFile = (
  { name, md5 }: typeof file,
  mirrors: string[],
  folder: string,
  timeout?: number,
): Promise<Uint8Array> => {
  const urls = mirrors.map((mirror) => `${mirror.replace(/\/$/, "")}/${name}`);
  return datasets.utils.downloadUrl(urls, folder, { md5, ...(timeout !== undefined && { timeout }) });
};
const start = (request: IncomingMessage): number => Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);

/** Sends `most` bytes of what was asked for, and then breaks the connection. */
const breaking =
  (most: number, ranges = true): Answer =>
  (request, response) => {
    const from = ranges ? start(request) : 0;
    const rest = body.subarray(from);
    const head = {
      "content-length": rest.length,
      ...(from > 0 && { "content-range": `bytes ${from}-/${body.length}` }),
    };
    response.writeHead(from > 0 ? 206 : 200, head);
    response.write(rest.subarray(0, most), () =>
      most < rest.length ? setTimeout(() => request.socket.destroy(), 250) : response.end(),
    );
  };

test("a download that breaks off goes on where it ended, also in the next run", () =>
  inFolder((folder) =>
    withServer(
      { broken: breaking(20_000), tiny: breaking(100), whole: breaking(1e9), deaf: breaking(1e9, false) },
      async (origin, log) => {
        assert.deepEqual([...(await fetchFile(file, [`${origin}/broken`], folder))], [...body]);
        // a host may drop what it holds when a connection breaks, and then asks for it again
        assert.ok(log.length >= 3 && log.includes("broken bytes=20000-"), log.join());
        assert.deepEqual([...readFileSync(join(folder, file.name))], [...body]);
        assert.ok(!existsSync(join(folder, `${file.name}.part`)));
        log.length = 0;
        await fetchFile(file, [`${origin}/broken`], folder);
        assert.deepEqual(log, [], "what is there is not fetched again");
        const other = join(folder, "other");
        await assert.rejects(fetchFile(file, [`${origin}/tiny/`], other), /Error downloading data\.bin/);
        const kept = readFileSync(join(other, `${file.name}.part`)).length;
        assert.ok(kept > 0 && kept <= 400, `${kept} bytes kept`);
        log.length = 0;
        await fetchFile(file, [`${origin}/whole`], other);
        assert.deepEqual(log, [`whole bytes=${kept}-`]);
        // a server that knows no ranges sends all again
        rmSync(join(other, file.name));
        writeFileSync(join(other, `${file.name}.part`), body.subarray(0, 10));
        assert.deepEqual([...(await fetchFile(file, [`${origin}/deaf`], other))], [...body]);
        // a beginning that was another file's, and one that is longer than the file
        for (const wrong of [Buffer.alloc(500, 1), Buffer.concat([body, body])]) {
          rmSync(join(other, file.name));
          writeFileSync(join(other, `${file.name}.part`), wrong);
          assert.deepEqual([...(await fetchFile(file, [`${origin}/whole`], other))], [...body]);
        }
      },
    ),
  ));

test("mirrors are asked in order; corrupt and slow answers and errors are told", () =>
  inFolder((folder) => {
    const corrupt: Answer = (_, response) => response.writeHead(200).end(Buffer.alloc(50_000, 5));
    const failing: Answer = (_, response) => response.writeHead(500).end();
    const silent: Answer = (_, response) => void response.writeHead(200, { "content-length": 9 }).write("abc");
    return withServer({ corrupt, failing, silent, whole: breaking(1e9) }, async (origin, log) => {
      const at = (...names: string[]): string[] => names.map((name) => `${origin}/${name}`);
      const bytes = await fetchFile(file, at("none", "failing", "corrupt", "whole"), folder);
      assert.deepEqual([...bytes], [...body]);
      assert.deepEqual(log, ["none", "failing", "failing", "failing", "failing", "corrupt", "whole"]);
      const refused = (names: string[], timeout?: number): Promise<Error> =>
        fetchFile(file, at(...names), join(folder, "b"), timeout).then(
          () => assert.fail("came"),
          (reason: Error) => reason,
        );
      const error = await refused(["none", "corrupt"]);
      assert.ok(error instanceof torch.RuntimeError);
      assert.match(error.message, /none\/data\.bin: HTTP 404 Not Found/);
      assert.match(error.message, /corrupt\/data\.bin: the checksum is [0-9a-f]{32}, not/);
      assert.match((await refused(["silent"], 0.2)).message, /silent\/data\.bin: no data for 0\.2 seconds/);
      assert.ok(!existsSync(join(folder, "b", file.name)));
    });
  }));

/** A ustar archive. */
function tar(files: Record<string, Uint8Array>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, bytes]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(bytes.length.toString(8).padStart(11, "0"), 124);
    header.write("0", 156);
    return [header, Buffer.from(bytes), Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

test("CIFAR's binary files, read at once, and fetched with their archive", () =>
  inFolder(async (folder) => {
    const records = (count: number, labels: number, first: number): Uint8Array => {
      const bytes = new Uint8Array(count * (3072 + labels));
      for (let i = 0; i < count; i++) {
        bytes.fill(first + i, i * (3072 + labels) + labels, (i + 1) * (3072 + labels));
        bytes[i * (3072 + labels) + labels - 1] = i;
      }
      return bytes;
    };
    const ten: Record<string, Uint8Array> = {
      "test_batch.bin": records(2, 1, 50),
      "batches.meta.txt": Buffer.from("plane\ncar\n\n"),
    };
    for (let i = 1; i <= 5; i++) ten[`data_batch_${i}.bin`] = records(3, 1, 3 * i);
    for (const [name, bytes] of Object.entries(ten)) {
      mkdirSync(join(folder, "cifar-10-batches-bin"), { recursive: true });
      writeFileSync(join(folder, "cifar-10-batches-bin", name), bytes);
    }
    const train = new datasets.CIFAR10(folder, { transform: new transforms.ToTensor() });
    assert.deepEqual([train.length, train.classes, train.data.shape], [15, ["plane", "car"], [15, 3, 32, 32]]);
    const [image, label] = train.get(4) as [torch.Tensor, number];
    assert.deepEqual([image.shape, Math.round((image.mean().item() as number) * 255), label], [[3, 32, 32], 7, 1]);
    const small = await datasets.CIFAR10.load(folder, { train: false });
    assert.deepEqual([small.length, small.targets], [2, [0, 1]]);
    assert.throws(() => new datasets.CIFAR100(folder), /Dataset not found or corrupted/);
    await assert.rejects(datasets.CIFAR100.load(folder), /You can use download: true/);
    const hundred = {
      "cifar-100-binary/train.bin": records(2, 2, 9),
      "cifar-100-binary/fine_label_names.txt": Buffer.from("apple\n"),
    };
    const packed = gzipSync(tar(hundred));
    class Own extends datasets.CIFAR100 {
      protected static override readonly sources = {
        ...datasets.CIFAR100.sources,
        md5: createHash("md5").update(packed).digest("hex"),
      };
    }
    await withServer({ mirror: (_, response) => response.end(packed) }, async (origin, log) => {
      const options = { download: true, mirrors: [`${origin}/mirror`] };
      const fetched = await Own.load(folder, options);
      assert.deepEqual([fetched.length, fetched.targets, fetched.classes], [2, [0, 1], ["apple"]]);
      await Own.load(folder, options);
      assert.equal(log.length, 1, "the unpacked files are used");
      assert.equal(new Own(folder).length, 2);
    });
    writeFileSync(join(folder, "cifar-10-batches-bin/test_batch.bin"), Buffer.alloc(100));
    assert.throws(() => new datasets.CIFAR10(folder, { train: false }), /not a whole number of 3073-byte records/);
  }));
