import { expect, test } from "vitest";
import * as torch from "flambeau";
import { formatterOf } from "../../hosts/devtools.ts";

const formatter = formatterOf(torch.Tensor);
const cells = (markup: unknown): string[] =>
  Array.isArray(markup)
    ? markup[0] === "td"
      ? [markup[2] as string]
      : markup.slice(2).flatMap((child) => cells(child))
    : [];

test("a browser's console shows tensors as tables", () => {
  const x = torch.tensor([
    [1, 2.5],
    [3, 4.123456],
  ]);
  expect(formatter.header(x)).toEqual(["span", { style: "font-family: monospace" }, "Tensor [2, 2] float32"]);
  expect(formatter.header(torch.tensor(7n))![2]).toBe("Tensor [] int64 7");
  expect(formatter.hasBody(x)).toBe(true);
  expect(cells(formatter.body(x))).toEqual(["", "0", "1", "0", "1", "2.5", "1", "3", "4.1235"]);
  expect(cells(formatter.body(torch.tensor([true, false])))).toEqual(["", "0", "1", "0", "true", "false"]);
  expect(formatter.body(torch.zeros([2, 3, 2, 2])).length).toBe(2 + 6);
  expect(formatter.body(torch.zeros([20, 2, 2])).length).toBe(2 + 8);
  expect(cells(formatter.body(torch.zeros([1, 30]))).length).toBe(1 + 20 + 1 + 1 + 20);
  expect(formatter.header({})).toBeNull();
  expect([formatter.hasBody(torch.zeros([0])), formatter.hasBody(torch.tensor(1)), formatter.hasBody(3)]).toEqual([
    false,
    false,
    false,
  ]);
});
