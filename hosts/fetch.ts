/** Fetches a URL whole, reporting progress as the bytes come in. */
export async function fetchBytes(
  url: string | URL,
  onProgress?: (received: number, total: number) => void,
): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status} ${response.statusText}`);
  if (!onProgress || !response.body) return new Uint8Array(await response.arrayBuffer());
  const total = Number(response.headers.get("content-length") ?? 0);
  return collect(response.body, (received) => onProgress(received, total));
}

/** Runs data through a web stream such as DecompressionStream. @throws Error for a result of more than `limit` bytes */
export async function transform(
  data: Uint8Array,
  stream: GenericTransformStream,
  limit = Infinity,
): Promise<Uint8Array> {
  const body = new Blob([data as Uint8Array<ArrayBuffer>]).stream().pipeThrough(stream as DecompressionStream);
  return collect(body, (received) => {
    if (received > limit) throw new Error(`more than ${limit} bytes`);
  });
}

/** All chunks of a stream; what `onChunk` throws ends it. */
async function collect(body: ReadableStream<Uint8Array>, onChunk: (received: number) => void): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  const reader = body.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      received += part.value.length;
      onChunk(received);
    }
  } catch (error) {
    await reader.cancel().catch(() => {});
    throw error;
  }
  return concat(chunks, received);
}

function concat(chunks: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
