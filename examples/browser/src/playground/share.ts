// A program in the page's address, packed: #code=…

const through = async (bytes: BlobPart, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> =>
  new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());

export async function toHash(code: string): Promise<string> {
  const packed = await through(code, new CompressionStream("deflate-raw"));
  const text = btoa(String.fromCharCode(...packed));
  return `#code=${text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** @returns the program in an address, or undefined if there is none that can be read */
export async function fromHash(hash: string): Promise<string | undefined> {
  const text = /^#code=([\w-]+)$/.exec(hash)?.[1];
  if (text === undefined) return undefined;
  try {
    const packed = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    return new TextDecoder().decode(await through(packed, new DecompressionStream("deflate-raw")));
  } catch {
    return undefined;
  }
}
