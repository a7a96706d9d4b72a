// Tests in pages, their workers and workerd: test/hosts/web/tests.ts is a program of test/hosts/launch.mjs like any other.
import { openHost } from "../../conformance/host.ts";

const tests: { name: string; fn: () => void | Promise<void> }[] = [];

export const test = (name: string, fn: () => void | Promise<void>): void => void tests.push({ name, fn });

/** Runs the tests of the files that have been imported, and ends with their counts. */
export async function runTests(): Promise<void> {
  const host = await openHost();
  let failed = 0;
  for (const { name, fn } of tests) {
    try {
      await fn();
    } catch (error) {
      failed++;
      host.print(`FAILED ${name}: ${error instanceof Error ? `${error}\n${error.stack}` : error}`);
    }
    // a turn, so that the page can say that it lives
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  host.print(`${tests.length - failed} passed, ${failed} failed`);
  host.exit(failed > 0 || tests.length === 0 ? 1 : 0);
}
