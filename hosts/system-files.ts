// The package's own files in the hosts with Node's modules.
import { builtin } from "./builtin.ts";

/** What lies beside this module, in a form in which bundlers leave it alone. */
export const beside = (file: string): URL => new URL(import.meta.url.replace(/[^/]*$/, file));

/** `address` as a bundler leaves it may be no URL, and no file's. */
const found = (name: string, address: URL): URL | undefined =>
  [address, beside(name)].find(
    (url) => url instanceof URL && url.protocol === "file:" && builtin("node:fs").existsSync(url),
  );

/** Whether the package has been built with it. */
export const isThere = (name: string, address: URL): boolean => found(name, address) !== undefined;

/**
 * The bytes of a .wasm file. Where a bundler has put it elsewhere, `address` is there; that of Next.js is a path below its server's
 * address, and the file is found beside the module's source.
 * @throws Error that says what to do
 */
export function readWasm(name: string, address: URL): Uint8Array<ArrayBuffer> {
  try {
    return builtin("node:fs").readFileSync(found(name, address) ?? beside(name));
  } catch (cause) {
    const help =
      "The .wasm files lie beside flambeau's JavaScript. Where a bundler has moved the one without the other, leave flambeau out of " +
      "the bundle (external, serverExternalPackages), copy node_modules/flambeau/dist/*.wasm beside the bundle, or import " +
      '"flambeau/inline".';
    throw new Error(`flambeau could not read ${name}, which was looked for at ${address.href}. ${help}`, { cause });
  }
}
