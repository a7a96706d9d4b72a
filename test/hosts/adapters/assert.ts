// What tests use of node:assert/strict, for hosts that have no such module.
class AssertionError extends Error {
  override name = "AssertionError";
}

function fail(message: string | undefined, what: string): never {
  throw new AssertionError(message === undefined ? what : `${message}: ${what}`);
}

const shown = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? `${item}n` : item)) ?? String(value);

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Map || a instanceof Set) return same([...a], [...(b as Set<unknown>)]);
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => key in b && same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}

type Expected = RegExp | { name?: string; message?: string | RegExp };

function expectError(error: unknown, expected: Expected | undefined): void {
  if (expected === undefined) return;
  if (expected instanceof RegExp) {
    if (!expected.test(String(error))) fail(undefined, `${error} does not match ${expected}`);
    return;
  }
  const { name, message } = error as Error;
  if (expected.name !== undefined && expected.name !== name) fail(undefined, `raised ${name}, want ${expected.name}`);
  if (expected.message instanceof RegExp ? !expected.message.test(message) : (expected.message ?? message) !== message)
    fail(undefined, `raised "${message}", want ${expected.message}`);
}

export function ok(value: unknown, message?: string): void {
  if (!value) fail(message, `${shown(value)} is not true`);
}
export function equal(got: unknown, want: unknown, message?: string): void {
  if (!Object.is(got, want)) fail(message, `got ${shown(got)}, want ${shown(want)}`);
}
export function deepEqual(got: unknown, want: unknown, message?: string): void {
  if (!same(got, want)) fail(message, `got ${shown(got)}, want ${shown(want)}`);
}
export function throws(fn: () => unknown, expected?: Expected): void {
  try {
    fn();
  } catch (error) {
    return expectError(error, expected);
  }
  fail(undefined, "raised nothing");
}
export async function rejects(
  promise: Promise<unknown> | (() => Promise<unknown>),
  expected?: Expected,
): Promise<void> {
  try {
    await (typeof promise === "function" ? promise() : promise);
  } catch (error) {
    return expectError(error, expected);
  }
  fail(undefined, "raised nothing");
}

export default { ok, equal, deepEqual, throws, rejects };
