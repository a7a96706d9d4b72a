/**
 * Everything the runner asks of the host it runs in. Hosts with a file system share `nodeFiles`, since Node, Deno and Bun all
 * have `node:fs`; a host without one gives its own `Host`.
 */
export interface Host {
  readonly name: string;
  /** Bytes of a file, or null when it is not there. */
  read(path: string): Promise<Uint8Array | null>;
  write(path: string, text: string): Promise<void>;
  print(line: string): void;
  /** The program's arguments. */
  readonly arguments: readonly string[];
  /** A full collection, where the host lets programs ask for one. */
  collectGarbage?(): void;
  /** Ends the program. */
  exit(code: number): void;
}

/** The host that runs this program. */
export const openHost = (): Promise<Host> => (typeof document === "undefined" ? nodeHost() : browserHost());

export function hostName(): string {
  const scope = globalThis as { Deno?: { version: { deno: string } }; Bun?: { version: string } };
  if (scope.Deno) return `deno ${scope.Deno.version.deno}`;
  if (scope.Bun) return `bun ${scope.Bun.version}`;
  if (typeof process !== "undefined" && process.versions?.node) return `node ${process.versions.node}`;
  return "unknown host";
}

/** A page of test/hosts/chromium.mjs. */
async function browserHost(): Promise<Host> {
  const { exitProgram } = globalThis as unknown as { exitProgram(code: number): void };
  const [version] = /Chrom\w+\/\d+/.exec(navigator.userAgent) ?? ["browser"];
  return {
    name: version.toLowerCase().replace("/", " "),
    async read(path) {
      const response = await fetch(new URL(path, location.origin));
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
    },
    write: () => Promise.reject(new Error("a page writes no files")),
    print: (line) => console.log(line),
    arguments: new URLSearchParams(location.search).getAll("argument"),
    exit: exitProgram,
  };
}

async function garbageCollector(): Promise<() => void> {
  const { Bun } = globalThis as { Bun?: { gc(synchronous: boolean): void } };
  if (Bun) return () => Bun.gc(true);
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([import("node:v8"), import("node:vm")]);
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

async function nodeHost(): Promise<Host> {
  const { readFile, writeFile } = await import("node:fs/promises");
  const collectGarbage = await garbageCollector();
  return {
    name: hostName(),
    async read(path) {
      try {
        return new Uint8Array(await readFile(path));
      } catch (error) {
        if ((error as { code?: string }).code === "ENOENT") return null;
        throw error;
      }
    },
    write: (path, text) => writeFile(path, text),
    print: (line) => console.log(line),
    arguments: process.argv.slice(2),
    collectGarbage,
    exit: (code) => process.exit(code),
  };
}
