// The core and the numerics module of a page or worker, by their addresses.

const HELP =
  "The .wasm files lie beside flambeau's JavaScript and must be served with it. Where a bundler has moved the one without the " +
  'other, copy node_modules/flambeau/dist/*.wasm beside its output; with Vite\'s dev server add optimizeDeps: { exclude: ["flambeau"] }; ' +
  'or import "flambeau/inline", which fetches nothing, or "flambeau/manual" and await init({ wasm }).';

async function get(url: URL): Promise<Response> {
  let response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw new Error(`flambeau could not load ${url.href}: ${String(cause)}. ${HELP}`, { cause });
  }
  return response;
}

/** Compiles while the file comes in. @throws Error that names the address and what to do */
export async function compileAt(url: URL): Promise<WebAssembly.Module> {
  return compileResponse(await get(url), url.href);
}

/** Whatever MIME type the server gives. */
export async function compileResponse(response: Response, name = response.url): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`flambeau could not load ${name}: HTTP ${response.status}. ${HELP}`);
  if (response.headers.get("content-type") === "application/wasm") return WebAssembly.compileStreaming(response);
  const bytes = await response.arrayBuffer();
  // a server that answers any address with its start page
  if (new Uint8Array(bytes.slice(0, 4)).join() !== "0,97,115,109")
    throw new Error(`flambeau could not load ${name}: what came is no WebAssembly. ${HELP}`);
  return WebAssembly.compile(bytes);
}
