// vmap(f) is the stack of f over the samples, for the ops of the conformance vectors: values, gradients, in-place forms, with
// all tensors mapped, only the first, and all but the first. FUNC_CASES says how many cases of an op are taken.
import { describe, expect, it } from "vitest";
/* eslint-disable @typescript-eslint/no-explicit-any */
import * as torch from "flambeau";
import { execute, type Arguments } from "../conformance/call.ts";
import { openHost } from "../conformance/host.ts";
import { Runtime } from "../conformance/runtime.ts";
import { camelCase } from "../conformance/value.ts";
import { openVectors } from "../conformance/vectors.ts";

type T = torch.Tensor;
type Call = (tensors: T[]) => unknown;

const LIMIT = Number(process.env.FUNC_CASES ?? 3);
const ONLY = process.env.FUNC_ONLY;
const DTYPES = new Set(["float32", "float64", "int64", "bool", "complex64"]);
/** what vmap refuses, as PyTorch does */
const REFUSED =
  /dynamic shape|data-dependent|randomness|\.item\(\)|\.tolist\(\)|inplace arithmetic|mapped over a dim of size 0|not batched/;
/** results that are not unique */
const AMBIGUOUS =
  /^(as_strided|new_empty|linalg\.(svd|eigh|qr)|svd|empty|sort|argsort|topk|mode|median|nanmedian|kthvalue|lstsq|linalg\.lstsq)/;

const runtime = new Runtime(torch, "cpu");

/** The tensors in arguments, in order, and the arguments with others in their places. */
function tensorsIn(value: unknown, found: T[] = []): T[] {
  if (value instanceof torch.Tensor) found.push(value);
  else if (Array.isArray(value)) for (const item of value) tensorsIn(item, found);
  else if (Object.getPrototypeOf(value ?? 0) === Object.prototype) tensorsIn(Object.values(value as object), found);
  return found;
}
function withTensors(value: unknown, next: () => T): unknown {
  if (value instanceof torch.Tensor) return next();
  if (Array.isArray(value)) return value.map((item) => withTensors(item, next));
  if (Object.getPrototypeOf(value ?? 0) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, withTensors(item, next)]));
}

/** Two samples: the tensor and another one near by, of the same kind. */
function samplesOf(tensor: T, whole: boolean): T {
  const plain = tensor.detach();
  let other = plain;
  if (plain.isFloatingPoint() || plain.isComplex()) other = whole ? plain.mul(0.75).to(plain.dtype) : plain;
  else if (plain.dtype === "bool" && plain.ndim > 0) other = plain.flip([0]);
  return torch.stack([plain, other]);
}

const outputsOf = (result: unknown): T[] =>
  tensorsIn(result instanceof torch.Tensor || Array.isArray(result) ? result : Object.values(result ?? {}));

function close(got: T, want: T): string | null {
  if (got.dtype !== want.dtype) return `dtype ${got.dtype}, want ${want.dtype}`;
  if (String(got.shape) !== String(want.shape)) return `shape [${got.shape}], want [${want.shape}]`;
  if (got.isComplex()) return close(torch.viewAsReal(got), torch.viewAsReal(want));
  const near = torch.isclose(got, want, {
    rtol: got.dtype === "float64" ? 1e-7 : 1e-3,
    atol: got.dtype === "float64" ? 1e-9 : 1e-4,
    equalNan: true,
  });
  return near.all().item() ? null : `values differ:\n${got}\nwant\n${want}`;
}

/** A number for every element of an output, so that no part of a gradient cancels. */
const weights = (like: T): T => torch.arange(like.numel(), { dtype: like.dtype }).add(1).cos().view(like.shape);

function scalarOf(outputs: T[]): T | null {
  const used = outputs.filter((output) => output.requiresGrad && output.isFloatingPoint());
  return used.length === 0 ? null : used.map((output) => output.mul(weights(output)).sum()).reduce((a, b) => a.add(b));
}

/** What is wrong with vmap of `call` with these tensors mapped; null: nothing; undefined: nothing to compare. */
function difference(call: Call, tensors: T[], mapped: boolean[], withGradients: boolean): string | null | undefined {
  const floats = tensors.map((tensor) => withGradients && tensor.isFloatingPoint());
  const stacks = tensors.map((tensor, i) => {
    const stack = mapped[i] ? samplesOf(tensor, tensor.isFloatingPoint()) : tensor.detach().clone();
    return floats[i] ? stack.requiresGrad_() : stack;
  });
  const run = (b: number): T[] => outputsOf(call(stacks.map((stack, i) => (mapped[i] ? stack.at(b) : stack))));
  let samples: T[][];
  try {
    samples = [run(0), run(1)];
  } catch {
    return undefined;
  }
  if (
    samples[0]!.length === 0 ||
    samples[0]!.some((output, i) => String(output.shape) !== String(samples[1]![i]!.shape))
  ) {
    return undefined;
  }
  const want = samples[0]!.map((output, i) => torch.stack([output, samples[1]![i]!]));
  let got: T[];
  try {
    const mappedCall = (...inside: T[]): T[] => outputsOf(call(inside));
    got = torch.func.vmap(mappedCall, [mapped.map((is) => (is ? 0 : null))].flat())(...stacks) as T[];
  } catch (error) {
    if (REFUSED.test((error as Error).message)) return undefined;
    return `raised ${(error as Error).stack}`;
  }
  for (let i = 0; i < want.length; i++) {
    const differs = close(got[i]!, want[i]!);
    if (differs) return `output ${i}: ${differs}`;
  }
  const [a, b] = [scalarOf(got), scalarOf(want)];
  if ((a === null) !== (b === null)) return `requiresGrad of the outputs differs`;
  // max and min of everything give the gradient at NaN to different elements
  if (a === null || b === null || want.some((output) => output.isnan().any().item())) return null;
  const leaves = stacks.filter((_, i) => floats[i]);
  const gradients = [a, b].map((root) => torch.autograd.grad(root, leaves, { allowUnused: true }));
  for (let i = 0; i < leaves.length; i++) {
    const [one, other] = gradients.map((list) => list[i] ?? torch.zerosLike(leaves[i]!));
    const differs = close(one!, other!);
    if (differs) return `gradient ${i}: ${differs}`;
  }
  return null;
}

/** The ways to map `count` tensors. */
function ways(count: number): boolean[][] {
  const all = Array.from({ length: count }, () => true);
  if (count < 2) return [all];
  return [all, all.map((_, i) => i === 0), all.map((_, i) => i > 0)];
}

const host = await openHost();
const vectors = await openVectors(host, "test/conformance/vectors");
const compared = { calls: 0 };

describe.each(["core", "nn", "linalg", "optional/fft"])("vmap of the ops of %s", async (category) => {
  const files = (await vectors.category(category)).map((file) => file.json());
  const chosen = files.filter((file) => ONLY === undefined || new RegExp(ONLY).test(file.op));
  it.each(chosen.map((file) => [file.op as string, file] as const))("%s", (op, file) => {
    const problems: string[] = [];
    const cases = (file.cases as any[]).filter(({ dtype, tags }) => DTYPES.has(dtype) && !tags?.includes("extremal"));
    // the first cases are of one form: some from all over
    const step = Math.max(1, Math.floor(cases.length / LIMIT));
    for (const record of cases.filter((_, i) => i % step === 0).slice(0, LIMIT)) {
      torch.scope(() => {
        const built: Arguments = {
          args: record.args.map((arg: unknown) => runtime.value(arg)),
          kwargs: Object.assign({}, ...runtime.kwargs(record.kwargs)) as Record<string, unknown>,
        };
        const tensors = tensorsIn([built.args, built.kwargs]);
        if (tensors.length === 0 || tensors.length > 6) return;
        const forms: [string, Call][] = [
          [
            "",
            (inside) => {
              let at = 0;
              const next = (): T => inside[at++]!;
              const args = withTensors(built.args, next) as unknown[];
              return execute(runtime, file.call, record, { args, kwargs: withTensors(built.kwargs, next) as object });
            },
          ],
        ];
        if (record.variants?.includes("inplace")) {
          forms.push([
            " in place",
            (inside) => {
              let at = 0;
              const next = (): T => inside[at++]!;
              const [self, ...args] = withTensors(built.args, next) as [T, ...unknown[]];
              const kwargs = withTensors(built.kwargs, next) as object;
              const copy = self.clone();
              (copy as any)[`${camelCase(op)}_`](...args, ...(Object.keys(kwargs).length > 0 ? [kwargs] : []));
              return copy;
            },
          ]);
        }
        for (const [form, call] of forms) {
          for (const mapped of ways(tensors.length)) {
            const differs = difference(call, tensors, mapped, "grads" in record);
            if (differs === undefined) continue;
            compared.calls++;
            if (differs !== null && !AMBIGUOUS.test(op))
              problems.push(`${record.id}${form}, mapped [${mapped}]: ${differs}`);
          }
        }
      });
    }
    expect(problems).toEqual([]);
  });
});

it.runIf(ONLY === undefined)("compares a thousand calls", () => expect(compared.calls).toBeGreaterThan(1000));
