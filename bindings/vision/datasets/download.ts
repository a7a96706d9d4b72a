// Fetching the files of a dataset: cached, checked, with progress.

import { host } from "../../boot.ts";
import { RuntimeError } from "../../error.ts";
import { md5 } from "../md5.ts";

export interface RemoteFile {
  readonly name: string;
  /** of the file as it is sent */
  readonly md5: string;
}

/**
 * The bytes of `folder`/`file.name`, fetched from the first mirror that gives the right ones unless they are there already.
 * A file whose checksum is wrong is not kept.
 * @throws RuntimeError if no mirror gave the file
 */
export async function fetchFile(file: RemoteFile, mirrors: readonly string[], folder: string): Promise<Uint8Array> {
  const path = `${folder}/${file.name}`;
  if (await host().exists(path)) {
    const cached = await host().readFile(path);
    if (md5(cached) === file.md5) return cached;
  }
  const reasons: string[] = [];
  for (const mirror of mirrors) {
    const url = mirror.endsWith("/") ? mirror + file.name : `${mirror}/${file.name}`;
    const progress = host().progress(`Downloading ${file.name}`, 0);
    try {
      const bytes = await host().fetch(url, (received, total) => progress.update(received, total));
      const found = md5(bytes);
      if (found === file.md5) {
        await host().writeFile(path, bytes);
        return bytes;
      }
      reasons.push(`${url}: the checksum is ${found}, not ${file.md5}`);
    } catch (error) {
      reasons.push(`${url}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      progress.done();
    }
  }
  throw new RuntimeError(`Error downloading ${file.name}:\n  ${reasons.join("\n  ")}`);
}
