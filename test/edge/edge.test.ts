// examples/edge in every server: the same answers, the same refusals, and nothing is left in memory.
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildEdgeLight, buildWorkerd } from "../../examples/edge/build.mjs";
import { type Answer, digitService } from "../../examples/edge/service.ts";
import { type Digit, png, type Post, posts, testDigits } from "./digits.ts";
import { load } from "./load.ts";
import { type Server, SERVERS, start } from "./servers.ts";

const folder = mkdtempSync(join(tmpdir(), "flambeau-edge-"));
const digits = testDigits(100);
/** what the service answers in this process */
let expected: Answer[];

const send = (url: string, { type, body }: Post): Promise<Response> =>
  fetch(`${url}/classify`, { method: "POST", headers: { "content-type": type }, body: body as BodyInit });

beforeAll(async () => {
  await buildWorkerd(join(folder, "workerd"));
  await buildEdgeLight(join(folder, "edge-light"));
  const service = await digitService(await readFile("examples/edge/model/mnist.safetensors"));
  const ask = async (digit: Digit): Promise<Answer> => {
    const { type, body } = posts(digit).raw;
    const headers = { "content-type": type };
    return (
      await service(new Request("http://x/classify", { method: "POST", headers, body: body as BodyInit }))
    ).json();
  };
  expected = await Promise.all(digits.map(ask));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the committed weights know the digits", () => {
  const right = expected.filter((answer, i) => answer.class === digits[i]!.label).length;
  expect(right).toBeGreaterThanOrEqual(98);
});

/** Black on white as a canvas gives it: ten times the size, RGBA, transparent where nothing was drawn. */
function drawn({ pixels }: Digit): Uint8Array {
  const data = new Uint8Array(280 * 280 * 4);
  for (let i = 0; i < 280 * 280; i++) data[4 * i + 3] = pixels[28 * Math.floor(i / 2800) + Math.floor((i % 280) / 10)]!;
  return png(data, 280, 280, 4);
}

/** Every pixel as two equal bytes. */
const deep = ({ pixels }: Digit): Uint8Array =>
  png(new Uint16Array(Array.from(pixels, (p) => p * 257)) as unknown as Uint8Array, 28, 28, 1, 16);

/** A PNG file with the header's and the image's bytes as they are given. */
function pngOf(width: number, height: number, data: Uint8Array): Uint8Array {
  const chunk = (type: string, body: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return [length, Buffer.from(type), body, Buffer.alloc(4)];
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = [...chunk("IHDR", header), ...chunk("IDAT", data), ...chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([signature, ...chunks]);
}

const whole = posts(digits[0]!).png.body as Uint8Array;
const json = (value: unknown): Post => ({ type: "application/json", body: JSON.stringify(value) });
const image = (body: Uint8Array): Post => ({ type: "image/png", body });
const gray = (level: unknown): unknown[] => [...Array.from({ length: 783 }, () => 0), level];

const REFUSED: [name: string, status: number, message: RegExp, post: Post][] = [
  ["text", 415, /content-type text\/plain: expected one of image\/png/, { type: "text/plain", body: "7" }],
  ["an empty body", 400, /the body is empty/, { type: "application/octet-stream", body: "" }],
  ["too many bytes", 413, /image\/png bodies have at most 16384 bytes/, image(new Uint8Array(16_385))],
  ["what is no PNG file", 400, /no PNG file/, image(new Uint8Array(100))],
  ["half a PNG file", 400, /the PNG file is damaged/, image(whole.subarray(0, 60))],
  ["a PNG file of other data", 400, /the PNG file is damaged/, image(pngOf(28, 28, new Uint8Array(50).fill(7)))],
  ["a PNG file of few rows", 400, /the PNG file is damaged/, image(pngOf(28, 28, deflateSync(new Uint8Array(29))))],
  ["a small picture", 422, /27 × 28 pixels: sides of 28 to 512/, image(png(new Uint8Array(27 * 28), 27, 28))],
  ["a claim of 3.6 billion pixels", 422, /60000 × 60000 pixels/, image(pngOf(60_000, 60_000, deflateSync(whole)))],
  ["a byte too few", 422, /783 bytes: 28 × 28 pixels/, { type: "application/octet-stream", body: new Uint8Array(783) }],
  ["half a JSON text", 400, /no JSON/, { type: "application/json", body: "[1, 2" }],
  ["what is no UTF-8", 400, /no JSON/, { type: "application/json", body: new Uint8Array([0x22, 0xff, 0x22]) }],
  ["deep JSON", 400, /no JSON/, { type: "application/json", body: "[".repeat(30_000) }],
  ["an object", 422, /an array of 784 gray levels/, json({ pixels: [] })],
  ["null", 422, /an array of 784 gray levels/, json(null)],
  ["too few rows", 422, /an array of 784 gray levels/, json([[1, 2, 3]])],
  ["rows of text", 422, /an array of 784 gray levels/, json(Array.from({ length: 28 }, () => "x".repeat(28)))],
  ["a level of 256", 422, /gray level 783 is no number from 0 to 255/, json(gray(256))],
  ["a level of text", 422, /gray level 783/, json(gray("1"))],
];

describe.each(SERVERS)("%s", (name) => {
  let server: Server;
  const health = async () => (await fetch(`${server.url}/health`)).json();
  beforeAll(async () => {
    server = await start(name, folder);
  });
  afterAll(() => server?.stop());

  test("tells its runtime", async () => {
    const { status, runtime } = await health();
    expect(status).toBe("ok");
    expect(runtime).toMatch(name.replace("node24", "node 24"));
    const head = await fetch(`${server.url}/health`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  test("classifies digits, in whatever format they come", async () => {
    for (let i = 0; i < 20; i++) {
      for (const [format, post] of Object.entries(posts(digits[i]!))) {
        const response = await send(server.url, post);
        const answer = (await response.json()) as Answer;
        expect([response.status, answer.class], format).toEqual([200, expected[i]!.class]);
        answer.probabilities.forEach((p, k) => expect(Math.abs(p - expected[i]!.probabilities[k]!)).toBeLessThan(1e-4));
      }
      for (const file of [drawn(digits[i]!), deep(digits[i]!)])
        expect(await (await send(server.url, image(file))).json()).toMatchObject({ class: expected[i]!.class });
    }
  });

  test("refuses other requests by a 4xx that says why", async () => {
    for (const [what, status, message, post] of REFUSED) {
      const response = await send(server.url, post);
      const answer = await response.json();
      expect([response.status, response.headers.get("content-type")], what).toEqual([status, "application/json"]);
      expect(answer.error, what).toMatch(message);
    }
    const refused = async (path: string, init: RequestInit) => {
      const response = await fetch(`${server.url}${path}`, init);
      return [response.status, response.headers.get("allow"), ((await response.json()) as { error: string }).error];
    };
    const body = new Uint8Array(784);
    expect(await refused("/", {})).toEqual([404, null, "there is no /, but /classify and /health"]);
    expect(await refused("/toString", {})).toEqual([404, null, "there is no /toString, but /classify and /health"]);
    expect(await refused("/classify", {})).toEqual([405, "POST", "/classify takes POST, not GET"]);
    expect(await refused("/health", { method: "POST", body })).toEqual([
      405,
      "GET, HEAD",
      "/health takes GET, HEAD, not POST",
    ]);
    expect((await refused("/classify", { method: "POST", body }))[2]).toMatch(/^content-type is missing/);
    const packed = { "content-type": "application/octet-stream", "content-encoding": "gzip" };
    expect((await refused("/classify", { method: "POST", body, headers: packed })).slice(0, 2)).toEqual([415, null]);
  });

  test("stops reading a body of unknown length", async () => {
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 10; i++) controller.enqueue(new Uint8Array(4096));
        controller.close();
      },
    });
    const init = { method: "POST", headers: { "content-type": "image/png" }, body, duplex: "half" };
    // the connection may break before the answer is there, since the rest of the body is not wanted
    const status = await fetch(`${server.url}/classify`, init as RequestInit).then(
      (response) => response.status,
      () => 413,
    );
    expect(status).toBe(413);
    expect((await send(server.url, posts(digits[0]!).raw)).status).toBe(200);
  });

  test("survives a file that inflates to 15 MB", async () => {
    const bomb = image(pngOf(28, 28, deflateSync(new Uint8Array(15_000_000), { level: 9 })));
    expect([200, 400]).toContain((await send(server.url, bomb)).status);
    expect((await send(server.url, posts(digits[0]!).raw)).status).toBe(200);
  });

  test("answers 50 requests at a time, and keeps nothing of them", async () => {
    const cases = digits.flatMap((digit, i) => Object.values(posts(digit)).map((post) => ({ ...post, i })));
    const check = (k: number, status: number, body: string) => {
      if (status !== 200) return `${status} ${body}`;
      return JSON.parse(body).class === expected[cases[k]!.i]!.class ? undefined : "another class";
    };
    const round = (count: number) => load(server.url, cases, { count, concurrency: 50, check });
    expect((await round(50)).errors).toEqual({});
    const before = await health();
    expect((await round(name === "workerd" ? 500 : 100)).errors).toEqual({});
    const after = await health();
    expect(after.tensors).toBeLessThanOrEqual(before.tensors);
    expect(after.memoryBytes).toBe(before.memoryBytes);
  });
});
