import type { Progress } from "./host.ts";

/** Lines that come with a text of their own, one per tenth; downloads stay silent. */
export function consoleProgress(): Progress {
  let tenths = 0;
  let last: string | undefined;
  return {
    update(value, total, text) {
      const now = total ? Math.floor((value / total) * 10) : 0;
      last = text;
      if (text === undefined || now <= tenths) return;
      tenths = now;
      console.info(text);
      last = undefined;
    },
    done() {
      if (last !== undefined) console.info(last);
    },
  };
}
