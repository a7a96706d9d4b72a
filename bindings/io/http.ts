// A file behind a URL, of which parts are fetched as they are needed.

import { RuntimeError } from "../error.ts";
import { bodyOf, endOfFile, type Source, StreamSource } from "./source.ts";

/** Fewer bytes are not worth a request: what follows is fetched with them. */
const LEAST = 1 << 16;

const get = (url: string | URL, from: number, to: number | ""): Promise<Response> =>
  fetch(url, { headers: { range: `bytes=${from}-${to}` } });

export class HttpFile implements Source {
  readonly random = true;
  readonly size: number;
  readonly #url: string | URL;
  /** what came with the last request for a part */
  #part: Uint8Array;
  /** where the part begins */
  #start = 0;
  /** the file from #from on, once it is read from front to back, and how far that has come */
  #rest: StreamSource | undefined;
  #from = 0;
  #restEnd = 0;
  /** where the last read ended */
  #end = -1;

  private constructor(url: string | URL, size: number, part: Uint8Array) {
    this.#url = url;
    this.size = size;
    this.#part = part;
  }

  /** Opens a URL: as a stream where the server gives no parts. */
  static async open(url: string | URL): Promise<Source> {
    const response = await get(url, 0, LEAST - 1);
    if (response.status !== 206) return bodyOf(response);
    const size = Number(/^bytes 0-\d+\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]);
    if (!Number.isSafeInteger(size) || response.headers.get("content-encoding") !== null) {
      await response.body?.cancel();
      return bodyOf(await fetch(url));
    }
    return new HttpFile(url, size, new Uint8Array(await response.arrayBuffer()));
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    if (position + length > this.size) endOfFile(position, length, this.size);
    const follows = position === this.#end;
    this.#end = position + length;
    const from = position - this.#start;
    if (from >= 0 && from + length <= this.#part.length) return this.#part.subarray(from, from + length);
    // who reads on gets one answer for all that follows, as long as no more than a few bytes are skipped
    const gap = position - this.#restEnd;
    if (this.#rest === undefined || gap < 0 || gap > LEAST) {
      await this.close();
      if (!follows) return this.#readPart(position, length);
      this.#rest = new StreamSource(partOf(this.#url, await get(this.#url, position, "")).body!);
      this.#from = position;
    }
    this.#restEnd = position + length;
    return this.#rest.read(position - this.#from, length);
  }

  async #readPart(position: number, length: number): Promise<Uint8Array> {
    const last = Math.min(position + Math.max(length, LEAST), this.size) - 1;
    const part = new Uint8Array(await partOf(this.#url, await get(this.#url, position, last)).arrayBuffer());
    if (part.length !== last + 1 - position) endOfFile(position, length, position + part.length);
    this.#part = part;
    this.#start = position;
    return part.subarray(0, length);
  }

  async close(): Promise<void> {
    await this.#rest?.close();
    this.#rest = undefined;
  }
}

/** @throws RuntimeError when it is not the part that was asked for */
function partOf(url: string | URL, response: Response): Response {
  if (response.status === 206) return response;
  void response.body?.cancel();
  throw new RuntimeError(`${url}: HTTP ${response.status} where a part of the file was asked for`);
}
