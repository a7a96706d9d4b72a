// The worker's part of the playground: runs a program as a module, which may await.
import * as torch from "flambeau";
import { emit } from "../lib/channel.ts";
import type { Names } from "./editor.ts";
import { type Shown, show } from "./show.ts";

export type Events = Shown;

// between a program and the core's complaint lie more calls than engines tell of by themselves
(Error as { stackTraceLimit?: number }).stackTraceLimit = 60;

/** Why a program failed; the line is counted from 1, where the engine tells it. */
export interface Failure {
  message: string;
  line?: number;
  syntax: boolean;
}

/** Lets programs stand here as they would stand in a file: imports of flambeau become names of what is there. */
const withoutImports = (code: string): string =>
  code
    .replace(/import\s+\*\s+as\s+(\w+)\s+from\s+["']flambeau["']/g, (_, name: string) =>
      name === "torch" ? "" : `const ${name} = torch`,
    )
    .replace(
      /import\s+\{([^}]*)\}\s+from\s+["']flambeau["']/g,
      (_, names: string) => `const {${names.replace(/\bas\b/g, ":")}} = torch`,
    );

function lineOf(error: unknown, address: string): number | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const at = stack.indexOf(address);
  const found = at < 0 ? null : /^:(\d+)/.exec(stack.slice(at + address.length));
  return found ? Number(found[1]) : undefined;
}

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : `thrown: ${String(error)}`;

const namesOf = (object: object): string[] => Object.keys(object).sort();
const methodsOf = (prototype: object): string[] =>
  Object.getOwnPropertyNames(prototype).filter((name) => /^[a-z]\w*$/.test(name) && name !== "constructor");

export const calls = {
  names: (): Names => ({
    torch: namesOf(torch),
    nn: namesOf(torch.nn),
    F: namesOf(torch.nn.functional),
    functional: namesOf(torch.nn.functional),
    optim: namesOf(torch.optim),
    linalg: namesOf(torch.linalg),
    fft: namesOf(torch.fft),
    "": methodsOf(torch.Tensor.prototype).sort(),
  }),

  /** Runs a program to its end. @returns why it failed, or null */
  async run(code: string): Promise<Failure | null> {
    const { print, plot, image, finish } = show(emit);
    const { nn, optim } = torch;
    Object.assign(globalThis, { torch, nn, optim, F: nn.functional, print, plot, image });
    for (const name of ["log", "info", "warn", "error"] as const) console[name] = print;
    torch.manualSeed(0);
    const address = URL.createObjectURL(new Blob([withoutImports(code)], { type: "text/javascript" }));
    try {
      await import(/* @vite-ignore */ address);
      return null;
    } catch (error) {
      const line = lineOf(error, address);
      return { message: describe(error), syntax: error instanceof SyntaxError, ...(line && { line }) };
    } finally {
      URL.revokeObjectURL(address);
      await finish();
    }
  },
};
export type PlaygroundCalls = typeof calls;
