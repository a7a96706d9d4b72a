// Every function and method with arguments drawn at random, most of them wrong: a call may refuse, by a typed error, and
// nothing else. It never traps, never leaks, never leaves the grad mode switched. A failure prints the seed and the call.
import { afterAll, beforeAll, expect, test } from "vitest";
import * as torch from "flambeau";

const CALLS = Number(process.env["FUZZ_CALLS"] ?? 12);
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);

let state = 0;
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

const tensors: (() => torch.Tensor)[] = [
  () => torch.ones(2, 3),
  () => torch.tensor([1n, 2n, 0n]),
  () => torch.tensor([-1n, 100n]),
  () => torch.tensor(1.5),
  () => torch.zeros(0),
  () => torch.zeros(2, 0, 3),
  () =>
    torch.tensor([
      [true, false],
      [true, true],
    ]),
  () => torch.ones(3, 4, 5).transpose(0, 2),
  () => torch.ones(2, 3, { dtype: "float64" }),
  () => torch.ones(2, 2, { dtype: "float16" }),
  () => torch.ones(3, { dtype: "uint8" }),
  () => torch.ones(1, 1).expand(4, 4),
  () => torch.ones(2, 3, 8, 8),
  () => torch.ones(4, 4, { requiresGrad: true }),
  () => torch.tensor([NaN, Infinity]),
];
const numbers = [0, 1, 2, -1, -5, 3, 100, 1.5, NaN, Infinity, 2 ** 40, -(2 ** 31), 3n, torch.float(2)];
const lists = [[], [0], [1, 2], [-1], [0, 0], [1.5], ["a"], [2, 3], [1000000, 1000000], [null]];
const others = [null, undefined, true, "x", "mean", "int64", {}, { dim: 1 }, { foo: 1 }, { keepdim: "x" }];
const odd = [() => 1, Symbol.iterator, new Float32Array(2)];
const argument = (): unknown =>
  pick([
    () => pick(tensors)(),
    () => pick(tensors)(),
    () => pick(tensors)(),
    () => pick(numbers),
    () => pick(lists),
    () => pick(others),
    () => pick(odd),
    () => [pick(tensors)(), pick(tensors)()],
    () => [pick(tensors)(), 3],
  ])();

function show(value: unknown): string {
  if (value instanceof torch.Tensor) return `${value.dtype}[${value.shape.join(",")}]`;
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

/** What is not a computation: settings, files, and what keeps tensors alive on purpose. */
const NOT_CALLED = /^(set|save$|load$|seed$|scope|keep|manualSeed|noGrad|enableGrad|inferenceMode|sharedArray)/;
type Target = [name: string, call: (args: unknown[]) => unknown];

function functionsOf(namespace: object, prefix: string): Target[] {
  return Object.entries(namespace).flatMap(([name, value]): Target[] => {
    if (typeof value !== "function" || String(value).startsWith("class") || NOT_CALLED.test(name)) return [];
    return [[`${prefix}.${name}`, (args) => (value as (...args: unknown[]) => unknown)(...args)]];
  });
}

const methods = Object.getOwnPropertyNames(torch.Tensor.prototype).flatMap((name): Target[] => {
  const { value } = Object.getOwnPropertyDescriptor(torch.Tensor.prototype, name)!;
  if (typeof value !== "function" || name === "constructor") return [];
  return [[`Tensor.${name}`, (args) => (value as (...args: unknown[]) => unknown).call(pick(tensors)(), ...args)]];
});

const targets: Target[] = [
  ...functionsOf(torch, "torch"),
  ...functionsOf(torch.nn.functional, "nn.functional"),
  ...functionsOf(torch.special, "special"),
  ...functionsOf(torch.linalg, "linalg"),
  ...functionsOf(torch.fft, "fft"),
  ...methods,
];

beforeAll(() => torch.setMemoryLimit(256e6));
afterAll(() => torch.setMemoryLimit(0));

/** Calls once; returns what is wrong with how that went. */
async function attempt(call: Target[1]): Promise<string | undefined> {
  const before = torch.memoryStats();
  let described = "";
  let error: unknown;
  let pending: Promise<unknown> | undefined;
  try {
    torch.scope(() => {
      const args = Array.from({ length: Math.floor(random() * 5) }, argument);
      described = args.map(show).join(", ");
      const result = call(args) as Partial<Iterable<unknown>> & Partial<Promise<unknown>>;
      if (typeof result?.then === "function") pending = result as Promise<unknown>;
    });
    const settled = await pending;
    for (const item of [settled].flat(1)) if (item instanceof torch.Tensor) item.dispose();
  } catch (caught) {
    error = caught;
  }
  const after = torch.memoryStats();
  const outcome = error === undefined ? "success" : String(error).split("\n")[0];
  if (error !== undefined && !(error instanceof torch.TorchError)) return `(${described}) threw ${outcome}`;
  for (const what of ["tensors", "storages", "nodes"] as const) {
    if (after[what] !== before[what])
      return `(${described}) left ${after[what] - before[what]} ${what} after ${outcome}`;
  }
  return torch.isGradEnabled() ? undefined : `(${described}) left the grad mode off after ${outcome}`;
}

test.each(targets)("%s", async (name, call) => {
  state = SEED;
  for (const letter of name) state = (Math.imul(state, 31) + letter.charCodeAt(0)) >>> 0;
  const problems: string[] = [];
  for (let i = 0; i < CALLS; i++) {
    const problem = await attempt(call);
    if (problem !== undefined) problems.push(problem);
  }
  expect(problems).toEqual([]);
});
