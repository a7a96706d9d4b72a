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
