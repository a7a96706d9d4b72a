// What a request holds: a picture of a digit, or the reason why it is refused.
import { type GrayImage, grayPng } from "../lib/png.ts";

/** An answer of 4xx. */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Record<string, string>;
  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const LARGEST_SIDE = 512;

/**
 * How a picture may be sent, and in how many bytes. Deflate makes at most 1032 bytes of one, so a hostile PNG file of 16 KiB fills
 * 17 MB; an isolate has 128.
 */
const FORMATS: Record<string, { limit: number; read: (body: Uint8Array) => GrayImage }> = {
  "image/png": { limit: 16 * 1024, read: readPng },
  "application/octet-stream": { limit: 16 * 1024, read: readRaw },
  "application/json": { limit: 32 * 1024, read: readJson },
};

export async function readPicture(request: Request): Promise<GrayImage> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (!Object.hasOwn(FORMATS, type)) {
    const accepted = Object.keys(FORMATS).join(", ");
    throw new Refusal(415, `content-type ${type || "is missing"}: expected one of ${accepted}`, { accept: accepted });
  }
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") throw new Refusal(415, `content-encoding ${encoding}: bodies come as they are`);
  const { limit, read } = FORMATS[type]!;
  const body = await readBody(request, limit, type);
  if (body.length === 0) throw new Refusal(400, "the body is empty");
  return read(body);
}

function endedEarly(): never {
  throw new Refusal(400, "the body ended early");
}

/** The body, of which no more is read than the limit. */
async function readBody(request: Request, limit: number, type: string): Promise<Uint8Array> {
  const refuse = () => new Refusal(413, `${type} bodies have at most ${limit} bytes`);
  const declared = request.headers.get("content-length");
  if (Number(declared) > limit) throw refuse();
  // servers hold clients to the length that they have declared
  if (declared !== null) return new Uint8Array(await request.arrayBuffer().catch(endedEarly));
  if (request.body === null) return new Uint8Array(0);
  const body = new Uint8Array(limit);
  let length = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(endedEarly);
    if (done) return body.subarray(0, length);
    if (length + value.length > limit) throw refuse();
    body.set(value, length);
    length += value.length;
  }
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

function readPng(body: Uint8Array): GrayImage {
  if (body.length < 33 || PNG_SIGNATURE.some((byte, i) => body[i] !== byte))
    throw new Refusal(400, "the body is no PNG file");
  // the header says how much room decoders make
  const header = new DataView(body.buffer, body.byteOffset);
  const [width, height] = [header.getUint32(16), header.getUint32(20)];
  if (Math.min(width, height) < SIDE || Math.max(width, height) > LARGEST_SIDE)
    throw new Refusal(
      422,
      `the picture has ${width} × ${height} pixels: sides of ${SIDE} to ${LARGEST_SIDE} are expected`,
    );
  try {
    return grayPng(body);
  } catch (error) {
    throw new Refusal(400, `the PNG file is damaged: ${(error as Error).message}`);
  }
}

function readRaw(body: Uint8Array): GrayImage {
  if (body.length !== PIXELS)
    throw new Refusal(422, `the body has ${body.length} bytes: ${SIDE} × ${SIDE} pixels of one byte are expected`);
  return picture(body);
}

function readJson(body: Uint8Array): GrayImage {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new Refusal(400, `the body is no JSON: ${(error as Error).message}`);
  }
  const isGrid = Array.isArray(value) && value.length === SIDE && value.every((row) => row?.length === SIDE);
  const pixels: unknown = isGrid ? (value as unknown[][]).flat() : value;
  if (!Array.isArray(pixels) || pixels.length !== PIXELS)
    throw new Refusal(422, `an array of ${PIXELS} gray levels, or ${SIDE} arrays of ${SIDE}, is expected`);
  const wrong = pixels.findIndex((level) => typeof level !== "number" || !(level >= 0 && level <= 255));
  if (wrong >= 0) throw new Refusal(422, `gray level ${wrong} is no number from 0 to 255`);
  return picture(pixels);
}

function picture(bytes: ArrayLike<number>): GrayImage {
  const levels = new Float32Array(PIXELS);
  for (let i = 0; i < PIXELS; i++) levels[i] = bytes[i]! / 255;
  return { width: SIDE, height: SIDE, levels };
}
