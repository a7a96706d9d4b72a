import { buildArguments, calledName, execute, lookup, type Arguments } from "./call.ts";
import { compareGradient, compareTensor, compareValue, toleranceOf, type Tolerance } from "./compare.ts";
import { gaugeDifference } from "./gauge.ts";
import { needsAbsent } from "./refusal.ts";
import type { Row, Report } from "./report.ts";
import { Missing, type Runtime, type Tensor } from "./runtime.ts";
import { isTie } from "./ties.ts";
import { camelCase, flattenRecords, numelOf } from "./value.ts";

/** Runs every case of one op file of core, nn, linalg, optional/fft or second_order. */
export async function runOpFile(runtime: Runtime, report: Report, row: Row, file: any): Promise<void> {
  row.calls = calledName(file.call);
  for (const testCase of file.cases) {
    const { id, dtype, args, kwargs, out } = testCase;
    const refused = runtime.device !== "cpu" && needsAbsent([args, kwargs, out]);
    // between two real tensors a transform is complex
    const refusable = runtime.device !== "cpu" && row.category === "optional/fft";
    const info = { id, dtype, hasGradients: "grads" in testCase, refused, refusable };
    await report.run(row, info, () => runtime.scope(() => runCase(runtime, file, testCase)));
  }
}

/** Whether C++ leaves the values open: what a cast out of range gives, and on a device which of two writes to one element wins. */
function isUndefined(runtime: Runtime, { tags = [] }: { tags?: string[] }): boolean {
  return tags.includes("cast_out_of_range") || (runtime.device !== "cpu" && tags.includes("duplicate_indices"));
}

async function runCase(runtime: Runtime, file: any, testCase: any): Promise<string[]> {
  const reasons: string[] = [];
  const note = (part: string, difference: string | null) => {
    if (difference) reasons.push(`${part}: ${difference}`);
  };
  const loose = (part: string) => testCase.illConditioned?.includes(part) === true;
  const outTolerance = toleranceOf(file, testCase, "out");

  const built = buildArguments(runtime, testCase);
  const result = await runtime.resolve(() => execute(runtime, file.call, testCase, built));
  const outputs = runtime.flatten(result);
  note("out", elsewhere(runtime, outputs));
  const open = isUndefined(runtime, testCase);
  const valuesToo = !open && !testCase.undefinedValues && !file.undefinedValues && !loose("out");
  const reference = file.gauge === "svd" || file.gauge === "eigh" ? gaugeDifference : null;
  const difference = await (reference
    ? reference(runtime, file, testCase, result, outTolerance)
    : compareValue(runtime, result, testCase.out, outTolerance, valuesToo));
  // gradients go where the positions lead
  if (difference && (await isTie(runtime, file, testCase, built, result, outTolerance))) return reasons;
  note("out", difference);
  if (reasons.length > 0) return reasons;

  for (const { path, t } of testCase.mutated ?? [])
    note(`mutated ${path}`, await compareTensor(runtime, lookup(built, path), t.$t, outTolerance));
  note("views", viewDifference(runtime, file, built, outputs, testCase));
  if ("grads" in testCase && !open) await checkGradients(runtime, file, testCase, built, outputs, note);
  for (const variant of testCase.variants ?? []) {
    // the method put writes by index, as Python's x[index] = value; torch.put is a function only
    if (variant === "method" && file.op === "put") continue;
    note(variant, await variantDifference(runtime, file, testCase, variant, outTolerance, valuesToo));
  }
  if (testCase.inplaceError) note("in-place", await inplaceErrorDifference(runtime, file, testCase));
  return reasons;
}

/** Results lie on the device that the inputs lie on. */
function elsewhere(runtime: Runtime, outputs: Tensor[]): string | null {
  const index = outputs.findIndex((output) => output.device !== runtime.device);
  return index < 0 ? null : `output ${index} is on ${outputs[index].device}`;
}

/** Outputs that share storage with an input: where they lie, and that they do; the others must have storages of their own. */
function viewDifference(
  runtime: Runtime,
  file: any,
  built: Arguments,
  outputs: Tensor[],
  testCase: any,
): string | null {
  const views: any[] = testCase.views ?? [];
  for (const view of views) {
    const out = outputs[view.out];
    const input = lookup(built, view.of);
    const strides = String(out.stride());
    if (strides !== String(view.strides)) return `output ${view.out} has strides [${strides}], want [${view.strides}]`;
    if (out.storageOffset() !== view.offset)
      return `output ${view.out} has offset ${out.storageOffset()}, want ${view.offset}`;
    if (numelOf(out.shape) > 0 && runtime.storage(out) !== runtime.storage(input))
      return `output ${view.out} does not share storage with ${view.of}`;
    if (view.identity && out !== input) return `output ${view.out} is not the very object ${view.of}`;
  }
  // cloneSelf and setitem return the clone they wrote to.
  if (file.call.kind === "setitem" || file.call.cloneSelf) return null;
  const inputs = new Set(
    runtime
      .flatten([built.args, built.kwargs])
      .filter((x) => x.numel() > 0)
      .map((x) => runtime.storage(x)),
  );
  for (let i = 0; i < outputs.length; i++)
    if (!views.some((view) => view.out === i) && outputs[i].numel() > 0 && inputs.has(runtime.storage(outputs[i])))
      return `output ${i} shares storage with an input`;
  return null;
}

/** The function of the outputs that cotangents apply to: gauge-invariant for decompositions. */
function postOutputs({ torch }: Runtime, post: string | undefined, op: string, outputs: Tensor[]): Tensor[] {
  if (!post) return outputs;
  if (post === "eigh") return [outputs[0], torch.abs(outputs[1])];
  const [u, s, third] = outputs;
  const k = s.shape[s.shape.length - 1];
  const vh = op === "linalg.svd" ? third : third.transpose(-2, -1);
  const narrowU = u.narrow(-1, 0, k);
  const narrowVh = vh.narrow(-2, 0, k);
  if (post === "svd_U") return [torch.abs(narrowU)];
  if (post === "svd_S") return [s];
  if (post === "svd_Vh") return [s, torch.abs(narrowVh)];
  return [torch.matmul(narrowU, narrowVh), s];
}

type Note = (part: string, difference: string | null) => void;

async function checkGradients(
  runtime: Runtime,
  file: any,
  testCase: any,
  built: Arguments,
  outputs: Tensor[],
  note: Note,
): Promise<void> {
  const secondOrder = "grads2" in testCase;
  const loose = testCase.illConditioned?.includes("grad") === true;
  const records = flattenRecords(testCase.out);
  if (!testCase.post)
    for (let i = 0; i < records.length; i++)
      if (outputs[i].requiresGrad !== (records[i]!.requiresGrad === true))
        note("out", `output ${i} has requiresGrad ${outputs[i].requiresGrad}`);

  const posted = postOutputs(runtime, testCase.post, file.op, outputs);
  const cotangents: (Tensor | null)[] = testCase.cotangents.map((cotangent: any) =>
    cotangent === null ? null : runtime.value(secondOrder ? { $t: { ...cotangent.$t, rg: true } } : cotangent),
  );
  const inputs = testCase.grads.map(({ path }: any) => lookup(built, path));
  const used = posted.filter((_, i) => cotangents[i] !== null);
  const given = cotangents.filter((cotangent) => cotangent !== null);
  const gradients = await runtime.resolve(() => runtime.gradients(used, given, inputs, secondOrder));
  const tolerance = toleranceOf(file, testCase, "grad");
  for (let i = 0; i < gradients.length; i++)
    note(
      `grad ${testCase.grads[i].path}`,
      await compareGradient(runtime, gradients[i]!, testCase.grads[i].grad, tolerance, !loose),
    );
  if (secondOrder) await checkSecondOrder(runtime, file, testCase, inputs, cotangents, gradients, note);
}

async function checkSecondOrder(
  runtime: Runtime,
  file: any,
  testCase: any,
  inputs: Tensor[],
  cotangents: (Tensor | null)[],
  gradients: (Tensor | null)[],
  note: Note,
): Promise<void> {
  const pairs = testCase.v
    .map((v: any, i: number) => [gradients[i], v])
    .filter(([gradient, v]: any) => v !== null && gradient !== null && gradient !== undefined);
  const wants = [
    ...testCase.grads2.map(({ path, grad }: any) => [`grad2 ${path}`, grad]),
    ...testCase.grads2Cotangents.map((grad: any, i: number) => [`grad2 cotangent ${i}`, grad]),
  ].filter((_, i) => i < testCase.grads2.length || cotangents[i - testCase.grads2.length] !== null);
  const targets = [...inputs, ...cotangents.filter((cotangent) => cotangent !== null)];
  const undifferentiable = pairs.filter(([gradient]: any) => !gradient.requiresGrad);
  if (undifferentiable.length > 0)
    return note("grad2", "a gradient that depends differentiably on something does not require grad");
  const second: (Tensor | null)[] =
    pairs.length === 0
      ? targets.map(() => null)
      : await runtime.resolve(() =>
          runtime.gradients(
            pairs.map((pair: any) => pair[0]),
            pairs.map((pair: any) => runtime.value(pair[1])),
            targets,
          ),
        );
  const tolerance = toleranceOf(file, testCase, "grad2");
  for (let i = 0; i < wants.length; i++)
    note(wants[i][0], await compareGradient(runtime, second[i]!, wants[i][1], tolerance));
}

/** The method, in-place and inplace: true forms give the same value. */
async function variantDifference(
  runtime: Runtime,
  file: any,
  testCase: any,
  variant: string,
  tolerance: Tolerance,
  valuesToo: boolean,
): Promise<string | null> {
  const built = buildArguments(runtime, testCase);
  const result = await runtime.resolve(() => callVariant(runtime, file, testCase, variant, built));
  const difference = await compareValue(runtime, result, testCase.out, tolerance, valuesToo);
  if (difference || variant === "method") return difference;
  if (variant === "inplace" && built.args[0] !== result) return "the result is not the tensor itself";
  return compareValue(runtime, built.args[0], testCase.out, tolerance, valuesToo);
}

function callVariant(runtime: Runtime, file: any, testCase: any, variant: string, built: Arguments): any {
  return runtime.torch.noGrad(() => {
    if (variant === "inplace_kwarg") {
      const kwargs = { ...built.kwargs, inplace: true };
      return execute(runtime, file.call, testCase, { args: built.args, kwargs });
    }
    const last = Object.keys(built.kwargs).length > 0 ? [built.kwargs] : [];
    const name = camelCase(file.op) + (variant === "inplace" ? "_" : "");
    return runtime.method(built.args[0], name, [...built.args.slice(1), ...last]);
  });
}

async function inplaceErrorDifference(runtime: Runtime, file: any, testCase: any): Promise<string | null> {
  const built = buildArguments(runtime, testCase);
  try {
    await runtime.resolve(() => callVariant(runtime, file, testCase, "inplace", built));
  } catch (error) {
    if (error instanceof Missing) return error.message;
    const { name, message } = error as Error;
    return name === testCase.inplaceError.type
      ? null
      : `raised ${name}: ${message}, want ${testCase.inplaceError.type}`;
  }
  return `raised nothing, want ${testCase.inplaceError.type}: ${testCase.inplaceError.message}`;
}
