import { afterEach, expect, test } from "vitest";
import * as torch from "flambeau";
import cases from "./printing.json" with { type: "json" };

interface Case {
  dtype: torch.DType;
  shape: number[];
  data: (number | string | boolean)[] | { arange: number; divide: number };
  requiresGrad: boolean;
  options: Record<string, unknown>;
  text: string;
}

const SPECIAL: Record<string, number> = { nan: NaN, inf: Infinity, "-inf": -Infinity };

afterEach(() => torch.setPrintOptions({ profile: "default" }));

function build({ dtype, shape, data, requiresGrad }: Case): torch.Tensor {
  if (dtype.startsWith("complex")) {
    const part = (values: unknown): torch.Tensor =>
      build({ dtype: dtype === "complex64" ? "float32" : "float64", shape, data: values, requiresGrad: false } as Case);
    const [re, im] = data as unknown as [unknown, unknown];
    return torch.complex(part(re), part(im)).requiresGrad_(requiresGrad);
  }
  const list = Array.isArray(data)
    ? data.map((value) => (typeof value === "string" ? SPECIAL[value]! : value))
    : Array.from({ length: data.arange }, (_, i) => i / data.divide);
  return torch.tensor(list, { dtype }).reshape(shape).detach().requiresGrad_(requiresGrad);
}

const rename: Record<string, string> = { sci_mode: "sciMode" };

for (const [i, entry] of (cases as unknown as Case[]).entries()) {
  test(`prints as PyTorch does (${i}): ${entry.text.split("\n")[0]!.slice(0, 60)}`, () => {
    const options = Object.fromEntries(Object.entries(entry.options).map(([k, v]) => [rename[k] ?? k, v]));
    torch.setPrintOptions({ profile: "default", ...options });
    expect(String(build(entry))).toBe(entry.text);
  });
}

test("a result prints with its gradFn", () => {
  const x = torch.tensor([1, 2], { requiresGrad: true });
  expect(String(x.mul(2))).toBe("tensor([2., 4.], grad_fn=<MulBackward0>)");
});

test("long suffixes go on a line of their own", () => {
  const x = torch.tensor(
    Array.from({ length: 7 }, (_, i) => i + 0.5),
    { dtype: "float64", requiresGrad: true },
  );
  expect(String(x.mul(2))).toBe(
    "tensor([ 1.,  3.,  5.,  7.,  9., 11., 13.], dtype=torch.float64,\n       grad_fn=<MulBackward0>)",
  );
});

test("the largest and the smallest int64 print exactly", () => {
  const limits = torch.tensor([-(2n ** 63n), 2n ** 63n - 1n]);
  expect(String(limits)).toBe("tensor([-9223372036854775808,  9223372036854775807])");
});

test("print options also come in PyTorch's order", () => {
  torch.setPrintOptions(2, 5, 1);
  expect(String(torch.arange(6).div(7))).toBe("tensor([0.00,  ..., 0.71])");
  torch.setPrintOptions(null, null, null, null, "default", true);
  expect(String(torch.tensor([1]))).toBe("tensor([1.0000e+00])");
});

test("a disposed tensor still prints", () => {
  const x = torch.tensor([1]);
  x.dispose();
  expect(String(x)).toBe("tensor(<disposed>)");
});
