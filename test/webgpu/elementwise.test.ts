// Elementwise programs on the WebGPU device against the CPU: every way to walk through operands, all dtypes, in place.
import { test } from "#test";
import assert from "node:assert/strict";
import * as torch from "flambeau";
import { same, start } from "./lib.ts";

type Place = (x: torch.Tensor) => torch.Tensor;

/** Compares a computation on both devices; it moves its tensors by the function it is given. */
async function agrees(compute: (place: Place) => torch.Tensor, tolerance = 0): Promise<void> {
  await same(
    await compute((x) => x.to("webgpu")).cpu(),
    compute((x) => x),
    tolerance,
  );
}

const x = torch.randn([37, 53]);
const y = torch.randn([37, 53]);
const row = torch.randn([53]);
const column = torch.randn([37, 1]);
const long = torch.randint(-1000, 1000, [37, 53]);

test("operands are broadcast, transposed and sliced", async () => {
  await start();
  await agrees((d) => d(x).add(d(y)));
  await agrees((d) => d(x).add(d(y), 0.5));
  await agrees((d) => d(x).mul(d(row)));
  await agrees((d) => d(column).mul(d(row)));
  await agrees((d) => d(x).t().add(d(y).t()));
  await agrees((d) => d(x).t().sub(d(column).squeeze(1)));
  await agrees((d) => torch.maximum(d(x).at(":", "1:50"), d(y).at(":", "3:52")));
  await agrees((d) => d(x).flatten().at("3:").mul(d(y).flatten().at("3:")));
  await agrees((d) =>
    d(torch.ones([2, 3, 4, 5]))
      .permute(0, 2, 3, 1)
      .sub(d(torch.arange(3))),
  );
});

test("numbers and 0-d tensors of either device take part", async () => {
  await start();
  await agrees((d) => d(x).mul(3).add(torch.tensor(2.5)));
  await agrees((d) => d(x).mul(d(torch.tensor(2.5))));
  await agrees((d) => d(torch.tensor(3.5)).add(d(torch.tensor(1))));
  await agrees((d) => d(long).add(2n ** 40n));
  await agrees((d) => d(long).to("int32").mul(-7));
  await agrees((d) => torch.where(d(x).gt(0), d(y), torch.tensor(NaN)));
});

test("every length is served, four at a time or not", async () => {
  await start();
  for (const n of [1, 2, 3, 4, 5, 7, 8, 1023, 1024, 1025]) {
    const whole = torch.randn([n + 8]);
    await agrees((d) => {
      const t = d(whole).clone();
      // what lies behind the view stays
      t.at(`4:${4 + n}`).mul_(2);
      return t;
    });
  }
});

test("dtypes are promoted, wrapped and rounded", async () => {
  await start();
  const byte = torch.randint(0, 255, [37, 53]).to("uint8");
  const small = torch.randint(-100, 100, [37, 53]).to("int8");
  await agrees((d) => d(byte).add(200));
  await agrees((d) => d(small).mul(d(small)));
  await agrees((d) => d(byte).add(d(small)));
  await agrees((d) => d(x.bfloat16()).mul(d(y.bfloat16())));
  await agrees((d) => d(x.half()).mul(d(y.half())));
  await agrees((d) => d(x).gt(0).logicalXor(d(y).gt(0)));
  await agrees((d) => d(x).gt(0).add(d(long)));
  await agrees((d) => torch.logicalAnd(d(x).gt(0), d(long)));
  await agrees((d) => d(long).div(7), 1e-6);
});

test("comparisons with NaN and infinities are IEEE's", async () => {
  await start();
  const edges = torch.tensor([NaN, Infinity, -Infinity, 0, -0, 1]);
  for (const op of [torch.eq, torch.ne, torch.lt, torch.le, torch.gt, torch.ge]) {
    await agrees((d) => op(d(edges), d(edges.unsqueeze(1))));
  }
  for (const op of [torch.maximum, torch.minimum]) {
    await agrees((d) => op(d(edges), d(edges.unsqueeze(1))).add(0));
  }
});

test("int64 is exact", async () => {
  await start();
  await agrees((d) => d(long).mul(d(long)).mul(1234567891));
  await agrees((d) => d(long).mul(123456789123).remainder(1000007));
  await agrees((d) => torch.div(d(long).mul(123456789123), -7919, { roundingMode: "floor" }));
  await agrees((d) =>
    d(long)
      .mul(2n ** 40n)
      .gt(2n ** 45n),
  );
  await agrees((d) => torch.gcd(d(long), d(long.add(30))));
});

test("writes in place, over views too", async () => {
  await start();
  await agrees((d) => {
    const z = d(x).clone();
    z.add_(d(y)).mul_(2);
    z.at(":", "1:3").neg_();
    z.t().at("7").add_(1);
    return z;
  });
});

test("derivatives are programs like others", async () => {
  await start();
  await agrees((d) => {
    const z = d(x).clone().requiresGrad_();
    torch.sigmoid(z).mul(d(row)).backward(d(y));
    return z.grad!;
  }, 1e-6);
});

test("a program costs one dispatch", async () => {
  await start();
  const a = x.to("webgpu");
  const before = torch.webgpu.stats().dispatches;
  torch.nn.functional.softplus(a);
  assert.equal(torch.webgpu.stats().dispatches, before + 1);
});
