/**
 * What the bindings ask of the machine they run on. Each host file makes one and hands it to `boot` of
 * bindings/boot.ts together with the compiled core; nothing in bindings imports from here but types.
 */
export interface Host {
  readonly name: "node" | "deno" | "bun" | "browser" | "workerd" | "edge-light";
  /** version of the host, as it gives it itself */
  readonly version: string;
  /** the build of the core that was loaded: with fused multiply-add (relaxed SIMD) or without */
  readonly build: CoreBuild;

  /** The bytes of a file; in browsers and workers `path` is a URL. */
  readFile(path: string | URL): Promise<Uint8Array>;
  /** Absent where the host has no synchronous files. */
  readFileSync?(path: string | URL): Uint8Array;
  /** Writes a file whole, making the folders above it; a reader sees the old content or the new, never a part. */
  writeFile(path: string | URL, data: Uint8Array): Promise<void>;
  writeFileSync?(path: string | URL, data: Uint8Array): void;
  /** Writes at the end of a file, making it and the folders above it. Absent where the host has no files. */
  appendFile?(path: string | URL, data: Uint8Array): Promise<void>;
  /** Removes a file if it is there. Absent where the host has no files. */
  removeFile?(path: string | URL): Promise<void>;
  /** All files below a folder, by their paths from there, as "a/b.png". Absent where the host has no files. */
  listFiles?(folder: string | URL): string[];
  /** Opens a file to be read in places. Absent where the host has no files. */
  openFile?(path: string | URL): Promise<OpenFile>;
  /** Begins a file that is written piece by piece, as `writeFile` writes it whole. Absent where the host has no files. */
  createFile?(path: string | URL): Promise<FileWriter>;
  exists(path: string | URL): Promise<boolean>;
  existsSync?(path: string | URL): boolean;
  /** The folder for downloads that may be fetched again. */
  cacheDir(): string;

  /** Rejects when there would be more than `limit` bytes. */
  gunzip(data: Uint8Array, limit?: number): Promise<Uint8Array>;
  gunzipSync?(data: Uint8Array): Uint8Array;
  /** Raw deflate streams, as ZIP files hold them. Rejects when there would be more than `limit` bytes. */
  inflateRaw(data: Uint8Array, limit?: number): Promise<Uint8Array>;
  inflateRawSync?(data: Uint8Array): Uint8Array;

  /** The body of a URL. `onProgress` hears the bytes so far and the total, which is 0 if the server did not say. */
  fetch(url: string | URL, onProgress?: (received: number, total: number) => void): Promise<Uint8Array>;
  /** A progress line for people: a bar on a terminal, a line per tenth elsewhere, in a browser only lines that have a text. */
  progress(label: string, total: number): Progress;

  /** Decodes and encodes image files, where the host itself knows how: rows of RGBA pixels. `quality` is of JPEG, 0 to 1. */
  decodeImage?(bytes: Uint8Array): Promise<RgbaImage>;
  encodeImage?(image: RgbaImage, type: string, quality?: number): Promise<Uint8Array>;

  /** Imports an optional package that decodes and encodes images. Absent where the host does so itself. */
  optionalPackage?(name: string): Promise<unknown>;

  /** The host's WebGPU. @throws Error saying what is missing where there is none */
  gpu(): Promise<GPU>;

  /** The compiled module of core-wasm/numerics; undefined if this build has none. */
  numerics?(): Promise<WebAssembly.Module | undefined>;
  /** The same at once. Absent where the host has no synchronous files. */
  numericsSync?(): WebAssembly.Module | undefined;

  /**
   * A thread that runs the package beside this one, in the role that hosts/thread.ts knows by that name. `start` makes the
   * worker where the package's own will not do. Absent where the host has no threads.
   */
  spawn?(role: ThreadRole, start?: () => Worker): Thread;

  /**
   * The second module of the core, at once: what plain training and inference do without (core-wasm/split). Absent where the
   * core is one module.
   */
  rest?(): WebAssembly.Module;

  /** KernelThreads for kernels, where the core that was loaded shares its memory. */
  readonly kernelThreads?: KernelThreads;
  /** Why there are none. */
  readonly oneThread?: string;

  /** A full collection now, where the host gives access to its collector. */
  collectGarbage?(): void;
  /** After how many bytes of tensors the collector is pressed, where memory is so scarce that the default is too much. */
  readonly pressure?: number;
  /** Makes a store that follows asynchronous tasks (AsyncLocalStorage). */
  asyncContext?(): AsyncContext<unknown>;
}

/** A file that is open for reading. */
export interface OpenFile {
  /** in bytes */
  readonly size: number;
  /** Fills `target` with the bytes from `position` on. @returns how many there were: fewer only at the end of the file */
  read(target: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

/** A file that is being written. Its readers see it once it is closed. */
export interface FileWriter {
  write(data: Uint8Array): Promise<void>;
  close(): Promise<void>;
  /** Gives up: no file is left. */
  abort(): Promise<void>;
}

export interface KernelThreads {
  /** what the machine has, the main thread's core among them */
  readonly cores: number;
  /** Starts one that runs hosts/kernel-thread.ts; it must not keep the program alive. What goes wrong there is its end, no error. */
  start(task: KernelTask): void;
}

/** What a thread is told: the core, its memory, and the address of the part of it that is the thread's own. */
export interface KernelTask {
  readonly module: WebAssembly.Module;
  /** the second module of a core that is divided */
  readonly rest?: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly own: number;
}

export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer> | Uint8ClampedArray<ArrayBuffer>;
}

export interface AsyncContext<T> {
  run<R>(value: T, fn: () => R): R;
  getStore(): T | undefined;
}

export type ThreadRole = "loader";

/** A thread as the one that made it sees it. Messages are what structured cloning copies. */
export interface Thread {
  post(message: unknown, transfer?: ArrayBuffer[]): void;
  /** `onEnd` hears why the thread has ended, if it was not asked to. To be called once. */
  listen(onMessage: (message: unknown) => void, onEnd: (reason: string) => void): void;
  /** Whether the program goes on as long as the thread lives; at first it does. Browsers have no use for this. */
  hold(alive: boolean): void;
  /** Posts `{ end: true }`, upon which it closes its port; if it still runs after some seconds, it is killed. */
  end(): void;
}

/** The thread's own end. */
export interface ThreadPort {
  post(message: unknown, transfer: ArrayBuffer[]): void;
  close(): void;
}

export type CoreBuild = "simd" | "relaxed";

export interface Progress {
  /** @param text a line that is drawn as it is, in place of the label and a bar */
  update(value: number, total?: number, text?: string): void;
  done(): void;
}
