// Fetching the files of a dataset: cached, checked, resumed where they broke off, with progress.

import { host } from "../../boot.ts";
import { RuntimeError } from "../../error.ts";
import { type Rest, take } from "../../nn/arguments.ts";
import { md5 } from "../md5.ts";

export interface RemoteFile {
  readonly name: string;
  /** of the file as it is sent; without it, whatever comes is taken */
  readonly md5?: string;
}

/** Connections that a mirror is given, unless one brought PIECE bytes, before the next one is asked. */
const ATTEMPTS = 4;
/** Seconds without a byte after which a connection counts as broken. */
const STALLED = 30;
/** What has come is put on disk in pieces of this size, so that another run goes on from there. */
const PIECE = 4 * 2 ** 20;

/** The address of a file on a mirror. */
export const onMirror = (mirror: string, name: string): string => mirror.replace(/\/?$/, `/${name}`);

/**
 * The bytes of `folder`/`file.name`, fetched from the first address that gives the right ones unless they are there already.
 * A download that broke off goes on where it ended, in this run or the next. A file whose checksum is wrong is not kept.
 * @param stalled seconds without a byte after which a connection is given up
 * @throws RuntimeError if no address gave the file
 */
export async function fetchFile(
  file: RemoteFile,
  urls: readonly string[],
  folder: string,
  stalled = STALLED,
): Promise<Uint8Array> {
  const path = `${folder}/${file.name}`;
  // browsers keep what they have fetched themselves
  const store = host().appendFile !== undefined;
  if (store && (await host().exists(path))) {
    const cached = await host().readFile(path);
    if (file.md5 === undefined || md5(cached) === file.md5) return cached;
  }
  const partial = new Partial(store ? `${path}.part` : undefined);
  // only a checksum tells whether a beginning and a rest belong together
  await (file.md5 === undefined ? partial.remove() : partial.restore());
  const reasons: string[] = [];
  for (const url of urls) {
    const progress = host().progress(`Downloading ${file.name}`, 0);
    try {
      const bytes = await fromMirror(url, file, partial, stalled, (got, total) => progress.update(got, total));
      if (store) await host().writeFile(path, bytes);
      await partial.remove();
      return bytes;
    } catch (error) {
      reasons.push(`${url}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      progress.done();
    }
  }
  throw new RuntimeError(`Error downloading ${file.name}:\n  ${reasons.join("\n  ")}`);
}

export interface DownloadUrlOptions {
  /** the name of the file, by default the address's last part */
  filename?: string;
  /** the checksum: another file is not kept, and a part of one from an earlier run is gone on with */
  md5?: string;
  /** seconds without a byte after which a connection is given up (default 30) */
  timeout?: number;
}

/**
 * Fetches a file into a folder, unless it is there, and gives its bytes. Connections that break are resumed. Follows
 * torchvision.datasets.utils.download_url.
 * @param url its address, or several that are tried in order
 * @throws RuntimeError if no address gave the file
 * @example
 * await torch.vision.datasets.utils.downloadUrl("https://example.org/weights.bin", "data", { md5: "9e107d9d372bb6826bd81d3542a419d6" });
 */
export function downloadUrl(
  url: string | readonly string[],
  root: string,
  ...rest: Rest<[filename: string, md5: string], DownloadUrlOptions>
): Promise<Uint8Array> {
  const urls = typeof url === "string" ? [url] : url;
  const options: DownloadUrlOptions = take("downloadUrl", rest, {
    filename: undefined as unknown as string,
    md5: undefined as unknown as string,
    timeout: undefined as unknown as number,
  });
  const { filename = new URL(urls[0]!).pathname.replace(/^.*\//, ""), md5: sum, timeout } = options;
  return fetchFile({ name: filename, ...(sum !== undefined && { md5: sum }) }, urls, root, timeout);
}

type OnProgress = (received: number, total: number) => void;

/** A status that another attempt at the same address will not change. */
class Refused extends Error {}

async function fromMirror(
  url: string,
  file: RemoteFile,
  partial: Partial,
  stalled: number,
  onProgress: OnProgress,
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    const before = partial.length;
    try {
      await receive(url, partial, stalled, onProgress);
      const bytes = partial.bytes();
      if (file.md5 === undefined) return bytes;
      const found = md5(bytes);
      if (found === file.md5) return bytes;
      await partial.remove();
      // the beginning may have been another file's: once more from the start
      if (before === 0) throw new Refused(`the checksum is ${found}, not ${file.md5}`);
    } catch (error) {
      await partial.keep();
      if (partial.length >= before + PIECE) attempt = 0;
      if (error instanceof Refused || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Adds to `partial` what comes, until the server has sent all. @throws Error if the connection breaks or stalls before */
async function receive(url: string, partial: Partial, stalled: number, onProgress: OnProgress): Promise<void> {
  const control = new AbortController();
  const broken = new Error(`no data for ${stalled} seconds`);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => control.abort(broken), stalled * 1000);
  };
  try {
    patience();
    const range: Record<string, string> = partial.length > 0 ? { range: `bytes=${partial.length}-` } : {};
    // compression on the way would make the lengths meaningless
    const headers = { ...range, "accept-encoding": "identity" };
    const response = await fetch(url, { signal: control.signal, headers });
    // nothing is left to send, or the file is another one
    if (response.status === 416) return await partial.refused(response);
    if (!response.ok) {
      await response.body?.cancel();
      const message = `HTTP ${response.status} ${response.statusText}`;
      throw response.status < 500 ? new Refused(message) : new Error(message);
    }
    if (response.status !== 206) await partial.remove();
    const total = partial.length + Number(response.headers.get("content-length") ?? 0);
    onProgress(partial.length, total);
    const reader = response.body!.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      patience();
      await partial.add(part.value);
      onProgress(partial.length, total);
    }
    if (partial.length < total) throw new Error(`the connection ended after ${partial.length} of ${total} bytes`);
  } catch (error) {
    throw control.signal.aborted ? broken : error;
  } finally {
    clearTimeout(timer);
  }
}

/** The beginning of a file, in memory and, as far as the host has files, on disk. */
class Partial {
  length = 0;
  private readonly path: string | undefined;
  private pieces: Uint8Array[] = [];
  /** pieces from here on are not on disk yet */
  private written = 0;
  private unwritten = 0;

  constructor(path: string | undefined) {
    this.path = path;
  }

  async restore(): Promise<void> {
    if (this.path === undefined || !(await host().exists(this.path))) return;
    const bytes = await host().readFile(this.path);
    this.pieces = [bytes];
    this.length = bytes.length;
    this.written = 1;
  }

  async add(piece: Uint8Array): Promise<void> {
    this.pieces.push(piece);
    this.length += piece.length;
    this.unwritten += piece.length;
    if (this.unwritten >= PIECE) await this.keep();
  }

  /** Brings what has come to disk. */
  async keep(): Promise<void> {
    if (this.path === undefined || this.unwritten === 0) return;
    await host().appendFile!(this.path, joined(this.pieces.slice(this.written)));
    this.written = this.pieces.length;
    this.unwritten = 0;
  }

  async remove(): Promise<void> {
    this.pieces = [];
    this.length = this.written = this.unwritten = 0;
    if (this.path !== undefined) await host().removeFile!(this.path);
  }

  /** What a server says to a range that begins at the file's end or beyond. */
  async refused(response: Response): Promise<void> {
    await response.body?.cancel();
    const total = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
    if (Number(total) === this.length) return;
    await this.remove();
    throw new Error(`HTTP ${response.status} ${response.statusText}`);
  }

  bytes(): Uint8Array {
    const whole = joined(this.pieces);
    this.pieces = [whole];
    this.written = Math.min(this.written, 1);
    return whole;
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
