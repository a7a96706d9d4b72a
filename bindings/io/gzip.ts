// gzip's files, unpacked no further than they say.

import { host } from "../boot.ts";
import { RuntimeError } from "../error.ts";
import { plain } from "./source.ts";
import { MAX_RATIO } from "./zip.ts";

/** Whether the bytes begin as a gzip file does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes.length >= 18 && bytes[0] === 0x1f && bytes[1] === 0x8b;

/** The content of a gzip file of one member. @throws RuntimeError when it is damaged, or is larger than its last bytes say */
export async function gunzip(bytes: Uint8Array): Promise<Uint8Array> {
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(bytes.length - 4, true);
  if (size <= bytes.length * MAX_RATIO) {
    const content = await host()
      .gunzip(bytes, size)
      .catch(() => undefined);
    if (content?.length === size) return plain(content);
  }
  throw new RuntimeError("the gzip file is damaged, or larger than it claims");
}
