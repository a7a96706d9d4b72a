import * as torch from "flambeau";
import { expect, test } from "vitest";

/** What PyTorch gives for five points, periodic and symmetric. */
const WINDOWS: [(points: number, options: { periodic: boolean }) => torch.Tensor, number[], number[]][] = [
  [torch.hannWindow, [0, 0.34549153, 0.90450853, 0.90450847, 0.34549144], [0, 0.5, 1, 0.49999997, 0]],
  [torch.blackmanWindow, [0, 0.20077014, 0.84922993, 0.8492298, 0.20077005], [0, 0.34, 1, 0.34, 0]],
  [torch.bartlettWindow, [0, 0.4, 0.8, 0.79999995, 0.4], [0, 0.5, 1, 0.5, 0]],
];

test("windows have PyTorch's values, and the lengths and dtypes that are asked for", () => {
  for (const [make, periodic, symmetric] of WINDOWS) {
    for (const [flag, want] of [
      [true, periodic],
      [false, symmetric],
    ] as const) {
      const got = make(5, { periodic: flag }).tolist() as number[];
      got.forEach((value, i) => expect(value).toBeCloseTo(want[i]!, 6));
    }
    expect(make(0, { periodic: true }).shape).toEqual([0]);
    expect(make(1, { periodic: false }).tolist()).toEqual([1]);
  }
  expect(torch.kaiserWindow(4, true, 3, { dtype: "float64" }).dtype).toBe("float64");
  expect(() => torch.hannWindow(-1)).toThrow("hann_window requires non-negative window_length, got window_length=-1");
  expect(() => torch.hannWindow(3, { dtype: "int64" })).toThrow("hann_window expects floating point dtypes");
});
