import { buildArguments, execute } from "./call.ts";
import { isRefusal, needsAbsent } from "./refusal.ts";
import type { Report, Row } from "./report.ts";
import { Missing, type Runtime } from "./runtime.ts";

/** Python's regular expressions of OpInfo are JavaScript's too, but for the possessive look of an unescaped brace. */
function matches(pattern: string, message: string): boolean {
  try {
    return new RegExp(pattern).test(message);
  } catch {
    return message.includes(pattern.replace(/\\/g, ""));
  }
}

/** Errors of Python's argument parser: a TypeError is wanted, its words (which name Python's overloads) are not. */
const fromArgumentParser = (message: string) =>
  /invalid combination of arguments|must be Tensor, not|got NoneType/.test(message);

export async function runErrors(
  runtime: Runtime,
  report: Report,
  rowOf: (op: string) => Row | null,
  file: any,
): Promise<void> {
  for (const testCase of file.cases) {
    const row = rowOf(testCase.variant ? `${testCase.op}.${testCase.variant}` : testCase.op);
    if (!row) continue;
    await report.run(row, { id: testCase.id }, () => runtime.scope(() => runCase(runtime, testCase)));
  }
}

async function runCase(runtime: Runtime, testCase: any): Promise<string[]> {
  try {
    const built = buildArguments(runtime, testCase);
    await runtime.resolve(() => execute(runtime, testCase.call, testCase, built));
    // an index that only a kernel sees out of range is told by the next read
    await runtime.settle();
  } catch (error) {
    if (error instanceof Missing) throw error;
    const { args, kwargs } = testCase;
    if (runtime.device !== "cpu" && isRefusal(error) && needsAbsent([args, kwargs])) return [];
    return differences(testCase, error as Error);
  }
  return [`raised nothing, want ${testCase.raised}: ${testCase.message}`];
}

function differences(testCase: any, error: Error): string[] {
  const names: string[] = testCase.errorType.includes("Exception")
    ? [testCase.raised]
    : [...testCase.errorType, testCase.raised];
  if (!names.includes(error.name))
    return [`raised ${error.name}: ${error.message}, want ${names[0]}: ${testCase.message}`];
  if (error.constructor === TypeError) return [`the host's own TypeError: ${error.message}`];
  if (fromArgumentParser(testCase.message)) return [];
  return matches(testCase.errorRegex, error.message)
    ? []
    : [`message ${JSON.stringify(error.message)} does not match /${testCase.errorRegex}/`];
}
