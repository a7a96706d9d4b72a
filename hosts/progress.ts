import type { Progress } from "./host.ts";

const WIDTH = 24;
const REDRAW_MS = 100;

/** Draws on stderr, so that a program's own output stays clean. */
export function terminalProgress(label: string, total: number): Progress {
  const out = process.stderr;
  let value = 0;
  let drawnAt = 0;
  let tenths = 0;
  const fraction = (): number => (total > 0 ? Math.min(1, value / total) : 0);
  const bar = (): string => {
    const full = Math.round(fraction() * WIDTH);
    return `${label} ${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${Math.floor(fraction() * 100)}%`;
  };
  return {
    update(next, nextTotal) {
      value = next;
      if (nextTotal) total = nextTotal;
      if (out.isTTY) {
        const now = performance.now();
        if (now - drawnAt < REDRAW_MS) return;
        drawnAt = now;
        out.write(`\r${bar()}`);
      } else if (Math.floor(fraction() * 10) > tenths) {
        tenths = Math.floor(fraction() * 10);
        out.write(`${label} ${tenths * 10}%\n`);
      }
    },
    done() {
      if (out.isTTY) out.write(`\r${bar()}\n`);
    },
  };
}

export const silentProgress = (): Progress => ({ update() {}, done() {} });
