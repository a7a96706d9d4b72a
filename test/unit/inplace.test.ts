// Ops in place give what the ops give, whatever the number of elements: small tensors and whole vectors go ways of their own.
import { expect, test } from "vitest";
import * as torch from "flambeau";

const { nn, optim } = torch;
const SIZES = [1, 15, 16, 48, 64, 100, 128, 512, 513, 2048];
type Op = (...args: unknown[]) => torch.Tensor;
const call = (x: torch.Tensor, name: string, args: unknown[]): torch.Tensor =>
  (x as unknown as Record<string, Op>)[name]!(...args);

const OPS: [name: string, ...args: unknown[]][] = [
  ["addcdiv", "a", "b", 0.5],
  ["addcmul", "a", "b", 0.5],
  ["lerp", "a", 0.3],
  ["lerp", "a", "b"],
  ["add", "a", 2],
  ["sub", "a", 2],
  ["floorDivide", "a"],
  ["remainder", "a"],
  ["fmod", "a"],
  ["xlogy", "a"],
  ["hypot", "a"],
  ["pow", 3],
  ["clamp", 0.2, 0.7],
  ["logit", 0.1],
  ["nanToNum", 0, 1, -1],
  ["copysign", "a"],
  ["heaviside", "a"],
  ["ldexp", "a"],
  ...["sigmoid", "tanh", "sinc", "erfinv", "exp2", "expm1", "log1p", "log2", "asinh", "atanh", "acosh", "digamma"].map(
    (name): [string] => [name],
  ),
  ...["rsqrt", "reciprocal", "frac", "sinh", "cosh", "tan", "lgamma", "sgn", "trunc", "relu", "i0"].map(
    (name): [string] => [name],
  ),
];

test.each(OPS)("%s", (name, ...args) => {
  for (const n of SIZES) {
    torch.manualSeed(n);
    const operands: Record<string, torch.Tensor> = { a: torch.rand(n).add(0.1), b: torch.rand(n).add(0.1) };
    const given = args.map((arg) => (typeof arg === "string" ? operands[arg] : arg));
    const x = torch.rand(n).mul(0.9);
    const apart = call(x, name, given);
    expect(
      torch.allclose(call(x.clone(), `${name}_`, given), apart, { rtol: 1e-6, equalNan: true }),
      `${n} elements`,
    ).toBe(true);
  }
});

// each element's step depends on its gradient alone, so all sizes must agree
test.each([
  "SGD",
  "Adam",
  "AdamW",
  "RMSprop",
  "Adagrad",
  "Adadelta",
  "Adamax",
  "NAdam",
  "RAdam",
  "ASGD",
  "Rprop",
] as const)("steps of %s", (name) => {
  const stepped = (n: number): number[] => {
    const parameter = new nn.Parameter(torch.ones(n));
    const optimizer = new optim[name]([parameter], { lr: 0.01 });
    for (let step = 0; step < 3; step++) {
      parameter.grad = torch.full([n], 0.5 + step);
      optimizer.step();
    }
    return parameter.detach().tolist() as number[];
  };
  const [expected] = stepped(1);
  for (const n of SIZES) for (const value of stepped(n)) expect(value, `${n} elements`).toBeCloseTo(expected!, 5);
});
