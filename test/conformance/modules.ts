import { buildArguments, lookup } from "./call.ts";
import { compareGradient, compareTensor, compareValue, toleranceOf } from "./compare.ts";
import { needsAbsent } from "./refusal.ts";
import type { Report, Row } from "./report.ts";
import type { Runtime, Tensor } from "./runtime.ts";

export async function runModuleFile(runtime: Runtime, report: Report, row: Row, file: any): Promise<void> {
  for (const testCase of file.cases) {
    const refused = runtime.device !== "cpu" && needsAbsent([testCase.args, testCase.kwargs, testCase.out]);
    const info = { id: testCase.id, dtype: "float32", hasGradients: "cotangents" in testCase, refused };
    await report.run(row, info, () => runtime.scope(() => runCase(runtime, file, testCase)));
  }
}

async function runCase(runtime: Runtime, file: any, testCase: any): Promise<string[]> {
  const reasons: string[] = [];
  const note = (part: string, difference: string | null) => {
    if (difference) reasons.push(`${part}: ${difference}`);
  };
  const loose = (part: string) => testCase.illConditioned?.includes(part) === true;
  const { args, kwargs } = testCase.constructor;
  const module = runtime.construct(["nn", testCase.module], args, kwargs);
  module.train(testCase.training);
  if (runtime.device !== "cpu") module.to(runtime.device);

  const names = testCase.stateDict.map((entry: any) => entry.name);
  const found = Object.keys(module.stateDict());
  if (String(found) !== String(names)) return [`state dict has [${found}], want [${names}]`];
  module.loadStateDict(
    Object.fromEntries(testCase.stateDict.map((entry: any) => [entry.name, runtime.value(entry.t)])),
  );

  const built = buildArguments(runtime, testCase);
  // Required arguments are positional in JavaScript.
  const { input, ...named } = built.kwargs;
  const first = input !== undefined && built.args.length === 0 ? [input] : built.args;
  const result = await runtime.resolve(() => module(...first, ...(Object.keys(named).length > 0 ? [named] : [])));
  note("out", await compareValue(runtime, result, testCase.out, toleranceOf(file, testCase, "out"), !loose("out")));
  if (reasons.length > 0) return reasons;
  if (testCase.cotangents)
    await checkGradients(runtime, file, testCase, module, built, runtime.flatten(result), note, !loose("grad"));
  const after = testCase.stateDictAfter?.length ? module.stateDict() : {};
  for (const { name, t } of testCase.stateDictAfter ?? [])
    note(`after ${name}`, await compareTensor(runtime, after[name], t.$t, toleranceOf(file, testCase, "out")));
  return reasons;
}

async function checkGradients(
  runtime: Runtime,
  file: any,
  testCase: any,
  module: any,
  built: any,
  outputs: Tensor[],
  note: (part: string, difference: string | null) => void,
  valuesToo: boolean,
): Promise<void> {
  const parameters = new Map<string, Tensor>(module.namedParameters());
  const wanted = [
    ...testCase.paramGrads.map(({ name, grad }: any) => ({ name, grad, of: parameters.get(name) })),
    ...testCase.inputGrads.map(({ path, grad }: any) => ({ name: path, grad, of: lookup(built, path) })),
  ];
  const absent = wanted.filter(({ of }) => !of).map(({ name }) => name);
  if (absent.length > 0) return note("parameters", `no ${absent}`);
  const cotangents = testCase.cotangents.map((cotangent: any) => cotangent && runtime.value(cotangent));
  const used = outputs.filter((_, i) => cotangents[i]);
  const gradients = await runtime.resolve(() =>
    runtime.gradients(
      used,
      cotangents.filter(Boolean),
      wanted.map(({ of }) => of),
    ),
  );
  const tolerance = toleranceOf(file, testCase, "grad");
  for (let i = 0; i < wanted.length; i++)
    note(
      `grad ${wanted[i]!.name}`,
      await compareGradient(runtime, gradients[i]!, wanted[i]!.grad, tolerance, valuesToo),
    );
}
