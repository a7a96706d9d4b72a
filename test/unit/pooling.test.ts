import { describe, expect, test } from "vitest";
import * as torch from "flambeau";

const F = torch.nn.functional;
const nested = (x: torch.Tensor) => (x.tolist() as number[]).flat(9);

describe("max pooling", () => {
  test("finds four windows at a time what it finds one by one", () => {
    torch.manualSeed(4);
    // float32 goes four at a time, float64 does not; few distinct values make ties
    for (const [kernel, stride, padding, dilation] of [
      [2, 2, 0, 1],
      [3, 1, 1, 1],
      [3, 2, 1, 1],
      [3, 3, 0, 2],
      [4, 4, 2, 1],
    ] as const) {
      for (const width of [7, 8, 13, 30]) {
        const x = torch.randint(0, 6, [2, 3, 9, width]).float();
        const [values, indices] = F.maxPool2d(x, kernel, stride, padding, dilation, false, true);
        const [want, places] = F.maxPool2d(x.double(), kernel, stride, padding, dilation, false, true);
        expect(nested(values!)).toEqual(nested(want!));
        expect(nested(indices!)).toEqual(nested(places!));
      }
    }
  });

  test("hands a NaN on", () => {
    const row = torch.tensor([[[1, NaN, 3, 4, 5, 6, 7, 8, 9, 10]]]);
    const pooled = (F.maxPool1d(row, 2).tolist() as number[][][])[0]![0]!;
    expect(pooled).toEqual([NaN, 4, 6, 8, 10]);
  });

  test("and back again: maxUnpool puts the maxima where they were", () => {
    const x = torch.tensor([[[1, 5, 2, 3, 9, 4]]]);
    const [values, indices] = F.maxPool1d(x, 2, { returnIndices: true });
    expect(F.maxUnpool1d(values!, indices!, 2).tolist()).toEqual([[[0, 5, 0, 3, 9, 0]]]);
    expect(() => F.maxUnpool1d(values!, indices!.add(10), 2)).toThrow("Found an invalid max index");
  });
});

describe("average pooling", () => {
  test("counts the padding or not", () => {
    const x = torch.ones(1, 1, 4);
    expect(nested(F.avgPool1d(x, 2, 2, 1))).toEqual([0.5, 1, 0.5]);
    expect(nested(F.avgPool1d(x, 2, 2, 1, false, false))).toEqual([1, 1, 1]);
    expect(nested(F.avgPool2d(torch.ones(1, 2, 4), 2, { divisorOverride: 1 }))).toEqual([4, 4]);
  });

  test("adaptive sizes may be left to the input", () => {
    expect(F.adaptiveAvgPool2d(torch.ones(1, 2, 6, 7), [3, null]).shape).toEqual([1, 2, 3, 7]);
    expect(nested(F.adaptiveAvgPool1d(torch.tensor([[[1, 2, 3, 4, 5]]]), 2))).toEqual([2, 4]);
  });
});

// Without a gradient to come, float32 is pooled by other loops than where places are wanted, and than float64.
test("pooling gives the same with and without indices, NaNs included, in all geometries", () => {
  const same = (a: torch.Tensor, b: torch.Tensor): void =>
    expect(torch.allclose(a, b.to("float32"), { rtol: 1e-5, atol: 1e-6, equalNan: true })).toBe(true);
  for (const kernel of [1, 2, 3, 4])
    for (const stride of [1, 2, 3])
      for (const padding of [0, 1])
        for (const dilation of [1, 2])
          for (const width of [3, 8, 9, 12, 23])
            torch.scope(() => {
              const reach = dilation * (kernel - 1) + 1 - 2 * padding;
              if (padding > kernel / 2 || reach > Math.min(width, 7)) return;
              const x = torch.randn([2, 2, 7, width]);
              for (const [row, value] of [3, 6].entries()) if (width % 2 === row) x.put(1, row, value, width - 1, NaN);
              const ceil = width % 3 === 0;
              const [values] = torch.nn.functional.maxPool2dWithIndices(x, kernel, stride, padding, dilation, ceil);
              same(torch.nn.functional.maxPool2d(x, kernel, stride, padding, dilation, ceil), values!);
              if (dilation > 1) return;
              const means = torch.nn.functional.avgPool2d(x.double(), kernel, stride, padding, ceil);
              same(torch.nn.functional.avgPool2d(x, kernel, stride, padding, ceil), means);
            });
});
