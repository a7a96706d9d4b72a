// The formats' code is a chunk of its own, loaded at the first use.

import type * as formats from "./formats.ts";

/** A function of formats.ts that loads it. */
export const lazy =
  (name: keyof typeof formats) =>
  async (...args: unknown[]): Promise<never> =>
    ((await import("./formats.ts"))[name] as (...args: unknown[]) => Promise<never>)(...args);
