// Starts examples/edge in a server of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { bun, command, deno, node24 } from "../hosts/launch.mjs";
import { workerd } from "../hosts/workerd.mjs";

const example = (file: string): string => fileURLToPath(new URL(`../../examples/edge/${file}`, import.meta.url));
const edgeRuntime = fileURLToPath(new URL("edge-runtime.mjs", import.meta.url));

export const SERVERS = ["workerd", "node", "node24", "deno", "bun", "edge-light"] as const;
export type ServerName = (typeof SERVERS)[number];

/** The command that serves on a free port. `built` is the folder that examples/edge/build.mjs has filled. */
function commandOf(name: ServerName, built: string): [program: string, args: string[]] {
  switch (name) {
    case "workerd":
      return [workerd(), serveArguments(join(built, "workerd/config.capnp"))];
    case "edge-light":
      return [process.execPath, [edgeRuntime, join(built, "edge-light/main.js")]];
    case "node":
      return command("node", example("node.ts"), ["--port", "0"]);
    case "node24":
      return [node24(), [example("node.ts"), "--port", "0"]];
    case "deno":
      return [deno(), ["run", "--no-remote", "--no-check", "--allow-net", "--allow-read", example("deno.ts"), "--port", "0"]]; // prettier-ignore
    case "bun":
      return [bun(), ["run", example("bun.ts"), "--port", "0"]];
  }
}

const serveArguments = (config: string): string[] => [
  "serve",
  config,
  "--socket-addr=http=127.0.0.1:0",
  "--control-fd=3",
];

const START_MS = 120_000;

export interface Server {
  readonly url: string;
  /** all that it has printed */
  readonly output: () => string;
  /** resident memory of the process in MB; NaN where there is no /proc */
  rss(): number;
  /** processor time that it has used in ms; NaN where there is no /proc */
  cpu(): number;
  stop(): Promise<void>;
}

/** Starts a server and waits until it listens. */
export const start = (name: ServerName, built: string): Promise<Server> => started(...commandOf(name, built));

/** workerd with a configuration. */
export const startWorkerd = (config: string): Promise<Server> => started(workerd(), serveArguments(config));

async function started(program: string, args: string[]): Promise<Server> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (data) => (output += data));
  const port = await Promise.race([
    portOf(child),
    sleep(START_MS, undefined, { ref: false }).then(() =>
      Promise.reject(new Error(`${program} does not listen\n${output}`)),
    ),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`${program} ended with ${code}\n${output}`))),
    once(child, "error").then(([error]) => Promise.reject(error)),
  ]).catch((error) => {
    child.kill("SIGKILL");
    throw error;
  });
  return {
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    rss: () => rssOf(child.pid!),
    cpu: () => cpuOf(child.pid!),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** workerd tells it on file descriptor 3, the others print it. */
async function portOf(child: ChildProcess): Promise<number> {
  const lines = [child.stdout!, child.stderr!, child.stdio[3] as Readable].map((input) => createInterface({ input }));
  return new Promise((resolve) => {
    for (const line of lines)
      line.on("line", (text) => {
        const found = /"port":\s*(\d+)|http:\/\/[^/\s]*:(\d+)/.exec(text);
        if (found) resolve(Number(found[1] ?? found[2]));
      });
  });
}

/** The sum of its threads' times, which the scheduler counts in ns. */
function cpuOf(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const times = threads.map((id) => Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, "utf8").split(" ")[0]));
    return times.reduce((sum, time) => sum + time, 0) / 1e6;
  } catch {
    return NaN;
  }
}

function rssOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;
  } catch {
    return NaN;
  }
}
