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

/** What test/hosts/web/start.js gives to programs in hosts without files. */
interface WebProgram {
  arguments: readonly string[];
  /** of the server that has the repository's files */
  address: string;
  exit(code: number): void;
}
const webProgram = (): WebProgram | undefined => (globalThis as { program?: WebProgram }).program;

/** The host that runs this program. */
export const openHost = async (): Promise<Host> => {
  const program = webProgram();
  return program === undefined ? nodeHost() : webHost(program);
};

export function hostName(): string {
  const scope = globalThis as { Deno?: { version: { deno: string } }; Bun?: { version: string } };
  if (scope.Deno) return `deno ${scope.Deno.version.deno}`;
  if (scope.Bun) return `bun ${scope.Bun.version}`;
  if (typeof process !== "undefined" && process.versions?.node) return `node ${process.versions.node}`;
  const [browser, version] = /(Chrome|Firefox)\/[\d.]+/.exec(navigator.userAgent)?.[0].split("/") ?? [];
  const inWorker = typeof document === "undefined" ? " worker" : "";
  return browser ? `${browser.toLowerCase()} ${version}${inWorker}` : navigator.userAgent;
}

/** A page, a worker of it, or workerd. */
function webHost({ arguments: args, address, exit }: WebProgram): Host {
  return {
    name: hostName(),
    async read(path) {
      const response = await fetch(new URL(path, address));
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
    },
    write: () => Promise.reject(new Error("this host writes no files")),
    print: (line) => console.log(line),
    arguments: args,
    exit,
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
