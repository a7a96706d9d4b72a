import { describe, expect, test } from "vitest";
import * as torch from "flambeau";

const x = torch.arange(24).reshape(2, 3, 4);
const full = x.tolist() as number[][][];

describe("at", () => {
  test("numbers select, from the end when negative", () => {
    expect(x.at(1).tolist()).toEqual(full[1]);
    expect(x.at(-1, 2, -2).item()).toBe(22);
    expect(x.at(1n).tolist()).toEqual(full[1]);
  });

  test("slices are written as in Python", () => {
    expect(x.at(":", "1:").shape).toEqual([2, 2, 4]);
    expect(x.at(0, 0, "::2").tolist()).toEqual([0, 2]);
    expect(x.at(0, 0, "-3:-1").tolist()).toEqual([1, 2]);
    expect(x.at("5:2").shape).toEqual([0, 3, 4]);
    expect(x.at("...", "1:3").shape).toEqual([2, 3, 2]);
    expect(x.at("0:100000000000").shape).toEqual([2, 3, 4]);
  });

  test("null adds a dimension, dots stand for the rest", () => {
    expect(x.at(null).shape).toEqual([1, 2, 3, 4]);
    expect(x.at("...", null).shape).toEqual([2, 3, 4, 1]);
    expect(x.at(0, "...", 1).tolist()).toEqual([1, 5, 9]);
    expect(x.at(":", null, 2).shape).toEqual([2, 1, 4]);
  });

  test("these are views, also as a tuple in one list", () => {
    const y = x.clone();
    y.at(0, "1:").fill_(0);
    expect(y.sum().item()).toBe(276 - 60);
    expect(x.at([0, "1:"]).shape).toEqual([2, 4]);
  });

  test("lists and tensors gather", () => {
    expect(x.at([1, 0, 1]).shape).toEqual([3, 3, 4]);
    expect(x.at(torch.tensor([1n, 0n]), [0, 2]).tolist()).toEqual([full[1]![0], full[0]![2]]);
    expect(x.at(new Int32Array([1])).shape).toEqual([1, 3, 4]);
    expect(
      x.at([
        [0, 1],
        [1, 0],
      ]).shape,
    ).toEqual([2, 2, 3, 4]);
    expect(x.at([]).shape).toEqual([0, 3, 4]);
  });

  test("gathered dimensions stay in place when adjacent, else they come first", () => {
    expect(x.at(":", [0, 1], [1, 2]).shape).toEqual([2, 2]);
    expect(x.at([0, 1], ":", [1, 2]).shape).toEqual([2, 3]);
    expect(x.at(":", [0, 1, 2]).shape).toEqual([2, 3, 4]);
    expect(x.at(0, ":", [1, 2, 3]).shape).toEqual([3, 3]);
  });

  test("masks take as many dimensions as they have", () => {
    expect(x.at(x.gt(20)).tolist()).toEqual([21, 22, 23]);
    expect(x.at([true, false]).shape).toEqual([1, 3, 4]);
    const mask = torch.tensor([
      [true, false, true],
      [false, true, false],
    ]);
    expect(x.at(mask, "1:3").tolist()).toEqual([
      [1, 2],
      [9, 10],
      [17, 18],
    ]);
    expect(x.at(":", torch.tensor([false, true, false]), 0).tolist()).toEqual([[4], [16]]);
  });

  test("true and false add a dimension of size 1 and 0", () => {
    expect(x.at(true).shape).toEqual([1, 2, 3, 4]);
    expect(x.at(false).shape).toEqual([0, 2, 3, 4]);
    expect(x.at(torch.tensor(true)).shape).toEqual([1, 2, 3, 4]);
  });

  test("gradients scatter back", () => {
    const w = torch.tensor([1, 2, 3], { requiresGrad: true });
    w.at([0, 0, 2]).sum().backward();
    expect(w.grad!.tolist()).toEqual([2, 0, 1]);
    const v = torch.tensor([1, 2, 3], { requiresGrad: true });
    v.at("1:").mul(2).sum().backward();
    expect(v.grad!.tolist()).toEqual([0, 2, 2]);
  });

  const refusals: [torch.Index[], typeof torch.TorchError, string][] = [
    [[5], torch.IndexError, "index 5 is out of bounds for dimension 0 with size 2"],
    [[-3], torch.IndexError, "index -3 is out of bounds for dimension 0 with size 2"],
    [[0, 7], torch.IndexError, "index 7 is out of bounds for dimension"],
    [[[0, 5]], torch.IndexError, "index 5 is out of bounds for dimension 0 with size 2"],
    [[0, 0, 0, 0], torch.IndexError, "too many indices for tensor of dimension 3"],
    [
      [
        [0, 1],
        [0, 1, 2],
      ],
      torch.IndexError,
      "indexing tensors could not be broadcast together with shapes [2], [3]",
    ],
    [[torch.tensor([0, 1])], torch.IndexError, "tensors used as indices must be long, byte or bool tensors"],
    [[[0.5]], torch.IndexError, "tensors used as indices must be long, byte or bool tensors"],
    [
      [0.5],
      torch.IndexError,
      "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid",
    ],
    [["::-1"], torch.ValueError, "step must be greater than zero"],
    [["a"], torch.IndexError, "invalid index 'a'"],
    [[torch.ones(2, 2).gt(0)], torch.IndexError, "The shape of the mask [2, 2] at index 1 does not match the shape"],
  ];
  test.each(refusals)("refuses %j", (indices, type, message) => {
    const before = torch.memoryStats();
    expect(() => x.at(...indices)).toThrow(message);
    expect(() => x.at(...indices)).toThrow(type);
    expect(torch.memoryStats().tensors).toBe(before.tensors);
  });

  test("a 0-d tensor has nothing to index", () => {
    expect(() => torch.tensor(5).at(0)).toThrow("invalid index of a 0-dim tensor");
    expect(() => torch.tensor(5).at("0:1")).toThrow("slice() cannot be applied to a 0-dim tensor.");
    expect(torch.tensor(5).at("...").item()).toBe(5);
    expect(torch.tensor(5).at(null).shape).toEqual([1]);
  });
});

describe("put", () => {
  const written = (...args: Parameters<torch.Tensor["put"]>) => x.clone().put(...args);

  test("writes through views, with broadcasting", () => {
    expect(written(0, -1).sum().item()).toBe(276 - 66 - 12);
    expect(
      written("...", 0, torch.tensor([1n, 2n, 3n]))
        .at("...", 0)
        .tolist(),
    ).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(written(0, 0, 0, 2.9).at(0, 0, 0).item()).toBe(2);
    expect(written(0).sum().item()).toBe(0);
  });

  test("writes through lists and masks", () => {
    expect(written([0, 1], [0, 1], -7).at([0, 1], [0, 1]).tolist()).toEqual([
      [-7, -7, -7, -7],
      [-7, -7, -7, -7],
    ]);
    expect(written(x.lt(20), 0).sum().item()).toBe(20 + 21 + 22 + 23);
    expect(
      written(x.gt(20), torch.tensor([1n, 2n, 3n]))
        .at(1, 2)
        .tolist(),
    ).toEqual([20, 1, 2, 3]);
  });

  test("gradients flow to the value and around what was overwritten", () => {
    const base = torch.tensor([1, 2, 3], { requiresGrad: true });
    const value = torch.tensor(5, { requiresGrad: true });
    const y = base.mul(2);
    y.put(1, value);
    y.sum().backward();
    expect(base.grad!.tolist()).toEqual([2, 0, 2]);
    expect(value.grad!.item()).toBe(1);
  });

  test("refuses what does not fit", () => {
    expect(() => written(0, torch.zeros(3))).toThrow(
      "The expanded size of the tensor (4) must match the existing size (3) at non-singleton dimension 1",
    );
    expect(() => written([0, 1], torch.zeros(3, { dtype: "int64" }))).toThrow(
      "shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result of shape [2, 3, 4]",
    );
    expect(() => written(0, "a")).toThrow("can't assign a str to a torch.LongTensor");
    expect(() => written([0, 1], torch.zeros(4))).toThrow(
      "Index put requires the source and destination dtypes match, got Long for the destination and Float for the source.",
    );
  });
});
