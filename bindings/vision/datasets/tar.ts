// Archives of the tar format (POSIX ustar), as far as datasets are packed in them.

import { ValueError } from "../../error.ts";

const BLOCK = 512;

/** The files of an archive by their paths. @throws ValueError for a damaged one */
export function untar(archive: Uint8Array): Map<string, Uint8Array> {
  const text = (from: number, length: number): string => {
    const field = archive.subarray(from, from + length);
    const end = field.indexOf(0);
    return new TextDecoder().decode(field.slice(0, end < 0 ? length : end));
  };
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0;) {
    const size = parseInt(text(at + 124, 12), 8);
    const start = at + BLOCK;
    if (!(size >= 0) || start + size > archive.length) throw new ValueError("the tar archive is cut off or damaged");
    const kind = archive[at + 156];
    // "0" and, in old archives, 0 are files
    if (kind === 0x30 || kind === 0) {
      const prefix = text(at + 345, 155);
      files.set((prefix && `${prefix}/`) + text(at, 100), archive.subarray(start, start + size));
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
