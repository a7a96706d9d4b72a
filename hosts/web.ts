// The host functions of browsers and workers: URLs instead of files.
import { fetchBytes, transform } from "./fetch.ts";
import { navigatorGpu } from "./webgpu.ts";
import type { Host } from "./host.ts";
import { consoleProgress } from "./progress.ts";

const noFiles = (): never => {
  throw new Error("this host has no file system to write to");
};

export const web: Omit<Host, "name" | "version" | "build"> = {
  readFile: (path) => fetchBytes(path),
  writeFile: noFiles,
  exists: async (path) => (await fetch(path, { method: "HEAD" })).ok,
  cacheDir: noFiles,
  gunzip: (data, limit) => transform(data, new DecompressionStream("gzip"), limit),
  inflateRaw: (data, limit) => transform(data, new DecompressionStream("deflate-raw"), limit),
  fetch: fetchBytes,
  progress: consoleProgress,
  gpu: navigatorGpu,
};
