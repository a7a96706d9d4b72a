// Debian's PyTorch, which test/hosts/pytorch.sh installs.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const PYTHON = "/usr/bin/python3";
const NOTE = fileURLToPath(new URL("../../.cache/no-pytorch", import.meta.url));

/** Why there is no PyTorch here, or null. */
export function noPytorch() {
  try {
    execFileSync(PYTHON, ["-c", "import torch"], { stdio: "ignore" });
    return null;
  } catch {
    return existsSync(NOTE) ? readFileSync(NOTE, "utf8").trim() : "make pytorch has not installed it";
  }
}
