import { compareTensor, compareValue, exact, type Tolerance } from "./compare.ts";
import { evaluate } from "./expression.ts";
import { needsAbsent } from "./refusal.ts";
import type { Report, Row } from "./report.ts";
import type { Runtime } from "./runtime.ts";

/** What PyTorch draws through log, cos and their like: its AVX2 polynomials are not the C library's, so to ulps only. */
const rounded = /randn|normal|exponential|cauchy|log_normal|multinomial|gumbel|trunc|orthogonal|alpha_dropout|rrelu/;
const polynomial: Tolerance = { rtol: 2e-6, atol: 2.5e-6 };
const doubles: Tolerance = { rtol: 1e-14, atol: 1e-15 };

function toleranceOf(testCase: any): Tolerance {
  if (testCase.what === "multinomial") return exact;
  if (testCase.what.endsWith("64")) return /randn/.test(testCase.what) ? doubles : exact;
  if (rounded.test(testCase.expr)) return polynomial;
  return testCase.what === "module_init" && /Embedding/.test(testCase.expr) ? polynomial : exact;
}

export async function runRng(
  runtime: Runtime,
  report: Report,
  rowOf: (op: string) => Row | null,
  file: any,
): Promise<void> {
  for (const testCase of file.cases) {
    const row = rowOf(testCase.what);
    const refused = runtime.device !== "cpu" && (needsAbsent(testCase.out) || /float64/.test(testCase.expr));
    if (row) await report.run(row, { id: testCase.id, refused }, () => runtime.scope(() => runCase(runtime, testCase)));
  }
  const row = rowOf("generatorState");
  if (row)
    await report.run(row, { id: "generatorState" }, () => runtime.scope(() => runState(runtime, file.generatorState)));
}

async function runCase(runtime: Runtime, testCase: any): Promise<string[]> {
  runtime.call("manualSeed", testCase.manualSeed);
  const parts: string[] = testCase.expr.split(";");
  const results = await runtime.resolve(() => parts.map((part) => evaluate(runtime, part.trim())));
  const afterwards = runtime.call("rand", 4);
  const reasons: string[] = [];
  const tolerance = toleranceOf(testCase);
  let out = testCase.out;
  let got = results[0];
  if (testCase.what === "module_init") {
    got = got.stateDict();
    if (String(Object.keys(got)) !== String(Object.keys(out))) reasons.push(`state dict has [${Object.keys(got)}]`);
    out = { $dict: out };
  } else if (testCase.what === "randn_twice") {
    got = { a: results[0], b: results[1] };
    out = { $dict: out };
  }
  const difference = await compareValue(runtime, got, out, tolerance);
  if (difference) reasons.push(`out: ${difference}`);
  const then = await compareTensor(runtime, afterwards, testCase.then.$t, exact);
  if (then) reasons.push(`the stream afterwards: ${then}`);
  return reasons;
}

async function runState(runtime: Runtime, state: any): Promise<string[]> {
  runtime.call("manualSeed", state.manualSeed);
  runtime.call("rand", 3);
  const bytes = runtime.call("getRngState");
  const first = await compareTensor(runtime, bytes, state.afterRand3.$t, exact);
  runtime.call("manualSeed", 99);
  runtime.call("setRngState", await runtime.value(state.afterRand3).cpu());
  const next = await compareTensor(runtime, runtime.call("rand", 3), state.nextRand3.$t, exact);
  return [first && `state: ${first}`, next && `after setRngState: ${next}`].filter(
    (reason) => typeof reason === "string",
  );
}
