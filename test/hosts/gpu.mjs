// The driver that WebGPU runs on in the tests: the machine's own or, without a GPU, the software adapter that `make hosts` has
// installed, unless VK_ICD_FILENAMES names another one.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const software = fileURLToPath(new URL("../../.cache/lavapipe", import.meta.url));

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
