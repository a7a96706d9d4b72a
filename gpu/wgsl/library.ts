// WGSL functions for shaders to call, each included with the functions that it calls. A name is the type computed with and
// the micro-op: f32_erf, i32_gcd, i64_add; such names are used for nothing else, so a shader's text tells what it needs.
import { int64 } from "./int64.ts";
import { bessel } from "./math/bessel.ts";
import { bits } from "./math/bits.ts";
import { division } from "./math/division.ts";
import { error } from "./math/error.ts";
import { exponential } from "./math/exponential.ts";
import { gamma } from "./math/gamma.ts";
import { hyperbolic } from "./math/hyperbolic.ts";
import { int32 } from "./math/int32.ts";
import { power } from "./math/power.ts";
import { trigonometric } from "./math/trigonometric.ts";

const NAMES = /\b[fiu](?:32|64)_\w+/g;

let functions: Map<string, string> | undefined;

/** By name; parsed when the first shader is written. */
function all(): Map<string, string> {
  if (!functions) {
    functions = new Map();
    const files = [bits, int32, int64, exponential, power, hyperbolic, trigonometric, division, error, gamma, bessel];
    for (const source of files.flatMap((file) => file.split(/^(?=fn )/m))) {
      const name = /^fn (\w+)/.exec(source)?.[1];
      if (name) functions.set(name, source.trim());
    }
  }
  return functions;
}

export const libraryNames = (): string[] => [...all().keys()];

/** The functions that `code` calls, and those that they call, as WGSL. */
export function libraryFor(code: string): string {
  const found = new Map<string, string>();
  const visit = (text: string): void => {
    for (const [name] of text.matchAll(NAMES)) {
      const source = all().get(name);
      if (source === undefined || found.has(name)) continue;
      found.set(name, source);
      visit(source);
    }
  };
  visit(code);
  return [...found.values()].join("\n");
}
