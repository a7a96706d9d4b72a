// Progress on a terminal. Not beside that of pages: bundlers would give these Node's `process`.
import type { Progress } from "./host.ts";

const WIDTH = 24;
const REDRAW_MS = 100;

/** Draws on stderr, so that a program's own output stays clean. */
export function terminalProgress(label: string, total: number): Progress {
  const out = process.stderr;
  let value = 0;
  let drawnAt = 0;
  let tenths = 0;
  let drawn = 0;
  let line: string | undefined;
  const fraction = (): number => (total > 0 ? Math.min(1, value / total) : 0);
  const bar = (): string => {
    if (line !== undefined) return line;
    const full = Math.round(fraction() * WIDTH);
    return `${label} ${"█".repeat(full)}${"░".repeat(WIDTH - full)} ${Math.floor(fraction() * 100)}%`;
  };
  const draw = (): void => {
    const text = bar().slice(0, Math.max(20, (out.columns || 80) - 1));
    // blanks over what a longer line has left
    out.write(`\r${text.padEnd(drawn)}`);
    drawn = text.length;
  };
  return {
    update(next, nextTotal, text) {
      value = next;
      line = text;
      if (nextTotal) total = nextTotal;
      if (out.isTTY) {
        const now = performance.now();
        if (now - drawnAt < REDRAW_MS) return;
        drawnAt = now;
        draw();
      } else if (Math.floor(fraction() * 10) > tenths) {
        tenths = Math.floor(fraction() * 10);
        out.write(`${text ?? `${label} ${tenths * 10}%`}\n`);
      }
    },
    done() {
      if (out.isTTY) {
        draw();
        out.write("\n");
      } else if (line !== undefined && total <= 0) out.write(`${line}\n`);
    },
  };
}
