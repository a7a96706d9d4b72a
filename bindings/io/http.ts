// A file behind a URL, of which parts are fetched as they are needed.

import { RuntimeError } from "../error.ts";
import { endOfFile, type Source } from "./source.ts";

/** Fewer bytes are not worth a request: what follows is fetched with them. */
const LEAST = 1 << 16;

export class HttpFile implements Source {
  readonly random = true;
  readonly size: number;
  readonly #url: string | URL;
  #part: Uint8Array;
  /** where the part begins */
  #start = 0;

  private constructor(url: string | URL, size: number, part: Uint8Array) {
    this.#url = url;
    this.size = size;
    this.#part = part;
  }

  /** Undefined where the server gives no parts. */
  static async open(url: string | URL): Promise<HttpFile | undefined> {
    const response = await fetch(url, { headers: { range: `bytes=0-${LEAST - 1}` } });
    const size = Number(/^bytes 0-\d+\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]);
    if (response.status !== 206 || !Number.isSafeInteger(size)) {
      await response.body?.cancel();
      return undefined;
    }
    return new HttpFile(url, size, new Uint8Array(await response.arrayBuffer()));
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    if (position + length > this.size) endOfFile(position, length, this.size);
    let from = position - this.#start;
    if (from < 0 || from + length > this.#part.length) {
      this.#part = await this.#fetch(position, Math.min(Math.max(length, LEAST), this.size - position));
      this.#start = position;
      from = 0;
    }
    return this.#part.subarray(from, from + length);
  }

  async #fetch(position: number, length: number): Promise<Uint8Array> {
    const response = await fetch(this.#url, { headers: { range: `bytes=${position}-${position + length - 1}` } });
    if (response.status !== 206) {
      await response.body?.cancel();
      throw new RuntimeError(`${this.#url}: HTTP ${response.status} where a part of the file was asked for`);
    }
    const part = new Uint8Array(await response.arrayBuffer());
    if (part.length !== length) endOfFile(position, length, position + part.length);
    return part;
  }

  async close(): Promise<void> {}
}
