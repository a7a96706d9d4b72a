import { describe, expect, test } from "vitest";
import * as torch from "flambeau";

const made = (data: torch.TensorData, options?: torch.TensorOptions) => {
  const x = torch.tensor(data, options);
  return [x.dtype, x.shape, x.tolist()];
};

describe("torch.tensor", () => {
  test("the dtype follows the kind of the elements, never their values", () => {
    expect(made(3)).toEqual(["float32", [], 3]);
    expect(made([1, 2])).toEqual(["float32", [2], [1, 2]]);
    expect(made(true)).toEqual(["bool", [], true]);
    expect(made([[true], [false]])).toEqual(["bool", [2, 1], [[true], [false]]]);
    expect(made(5n)).toEqual(["int64", [], 5]);
    expect(made([true, 2n])).toEqual(["int64", [2], [1, 2]]);
    expect(made([true, 2])).toEqual(["float32", [2], [1, 2]]);
    expect(made([1n, 2.5])).toEqual(["float32", [2], [1, 2.5]]);
    expect(made(torch.float(2))).toEqual(["float32", [], 2]);
    expect(made([])).toEqual(["float32", [0], []]);
    expect(made([[], []])).toEqual(["float32", [2, 0], [[], []]]);
  });

  test("typed arrays keep their type", () => {
    expect(made(new Float64Array([1, 2]))).toEqual(["float64", [2], [1, 2]]);
    expect(made(new Uint8Array([1, 255]))).toEqual(["uint8", [2], [1, 255]]);
    expect(made(new Uint8ClampedArray([7]))).toEqual(["uint8", [1], [7]]);
    expect(made(new Int8Array([-1]))).toEqual(["int8", [1], [-1]]);
    expect(made(new Int16Array([-300]))).toEqual(["int16", [1], [-300]]);
    expect(made(new Uint16Array([65535]))).toEqual(["int32", [1], [65535]]);
    expect(made(new Uint32Array([4294967295]))).toEqual(["int64", [1], [4294967295]]);
    expect(made(new BigInt64Array([-2n]))).toEqual(["int64", [1], [-2]]);
    expect(made([new Float32Array([1, 2]), new Float32Array([3, 4])])).toEqual([
      "float32",
      [2, 2],
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(made(new Uint8Array([1, 2]), { dtype: "float32" })).toEqual(["float32", [2], [1, 2]]);
  });

  test("a dtype overrides", () => {
    expect(made([1.7, -1.7], { dtype: "int64" })).toEqual(["int64", [2], [1, -1]]);
    expect(made([0, 0.5, NaN], { dtype: "bool" })).toEqual(["bool", [3], [false, true, true]]);
    expect(made([1, 2], { dtype: "float64" })).toEqual(["float64", [2], [1, 2]]);
    expect(made([-1], { dtype: "uint8" })).toEqual(["uint8", [1], [255]]);
    expect(made([1e39], { dtype: "float32" })).toEqual(["float32", [1], [Infinity]]);
  });

  test("0-d tensors stand for their values, and tensors stack", () => {
    expect(made([torch.tensor(1), torch.tensor(2)])).toEqual(["float32", [2], [1, 2]]);
    expect(made([torch.tensor([1n, 2n]), torch.tensor([3n, 4n])])).toEqual([
      "int64",
      [2, 2],
      [
        [1, 2],
        [3, 4],
      ],
    ]);
  });

  test("copies a tensor without its history", () => {
    const x = torch.tensor([1, 2], { requiresGrad: true });
    const y = torch.tensor(x);
    expect(y.requiresGrad).toBe(false);
    y.fill_(0);
    expect(x.tolist()).toEqual([1, 2]);
  });

  const refusals: [unknown, torch.TensorOptions | undefined, unknown, string][] = [
    [
      [
        [1, 2, 3],
        [1, 2],
      ],
      undefined,
      torch.ValueError,
      "expected sequence of length 3 at dim 1 (got 2)",
    ],
    [[[1], 2], undefined, torch.TypeError, "not a sequence"],
    [[1, [2]], undefined, torch.TypeError, "'list' object cannot be interpreted as an integer"],
    [["a"], undefined, torch.ValueError, "too many dimensions 'str'"],
    [[null], undefined, torch.RuntimeError, "Could not infer dtype of NoneType"],
    [[{}], undefined, torch.RuntimeError, "Could not infer dtype of dict"],
    [[300], { dtype: "uint8" }, torch.RuntimeError, "value cannot be converted to type uint8 without overflow"],
    [[300], { dtype: "int8" }, torch.RuntimeError, "value cannot be converted to type int8 without overflow"],
    [[NaN], { dtype: "int64" }, torch.RuntimeError, "value cannot be converted to type int64 without overflow"],
    [[1e10], { dtype: "int32" }, torch.RuntimeError, "value cannot be converted to type int32 without overflow"],
    [[1], { dtype: "int64", requiresGrad: true }, torch.RuntimeError, "Only Tensors of floating point"],
    [[1], { dtype: "float31" as never }, torch.TypeError, "float31"],
  ];
  test.each(refusals)("refuses %j with %j", (data, options, type, message) => {
    const before = torch.memoryStats();
    const attempt = () => torch.tensor(data as torch.TensorData, options);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(type as typeof torch.TorchError);
    expect(torch.memoryStats().tensors).toBe(before.tensors);
    expect(torch.memoryStats().bytes).toBe(before.bytes);
  });
});

describe("sharing", () => {
  test("asTensor returns a tensor as it is", () => {
    const x = torch.tensor([1]);
    expect(torch.asTensor(x) === x).toBe(true);
    expect(torch.asTensor(x, { dtype: "int64" }).dtype).toBe("int64");
    expect(torch.asTensor([1, 2]).shape).toEqual([2]);
  });

  test("fromNumpy shares what lies in the wasm memory and copies the rest", () => {
    const own = torch.sharedArray(3) as Float32Array;
    own.set([1, 2, 3]);
    const x = torch.fromNumpy(own, { share: true });
    own[0] = 10;
    expect(x.tolist()).toEqual([10, 2, 3]);
    const foreign = new Float32Array([1, 2]);
    const y = torch.fromNumpy(foreign);
    foreign[0] = 9;
    expect(y.tolist()).toEqual([1, 2]);
    expect(() => torch.fromNumpy(foreign, { share: true })).toThrow("outside the wasm memory");
  });

  test("fromBuffer reads bytes", () => {
    const bytes = new Uint8Array(new Float32Array([1, 2, 3]).buffer);
    expect(torch.fromBuffer(bytes, { dtype: "float32" }).tolist()).toEqual([1, 2, 3]);
    expect(torch.fromBuffer(bytes, { dtype: "float32", offset: 4, count: 1 }).tolist()).toEqual([2]);
    expect(torch.fromBuffer(new Uint8Array([0x80, 0x3f]), { dtype: "bfloat16" }).item()).toBe(1);
    expect(() => torch.fromBuffer(new Uint8Array(10), { dtype: "float32" })).toThrow(
      "buffer length (10 bytes) after offset (0 bytes) must be a multiple of element size (4)",
    );
    expect(() => torch.fromBuffer(new Uint8Array(8), { dtype: "float32", count: 3 })).toThrow(
      "requested buffer length (3 * 4 bytes) after offset (0 bytes) must not be greater than actual buffer length (8 bytes)",
    );
  });
});

describe("dtypes", () => {
  test("constants are their names", () => {
    expect([torch.float32, torch.int64, torch.bool, torch.long, torch.half]).toEqual([
      "float32",
      "int64",
      "bool",
      "int64",
      "float16",
    ]);
  });

  test("promotion", () => {
    expect(torch.promoteTypes("uint8", "int8")).toBe("int16");
    expect(torch.promoteTypes("float16", "bfloat16")).toBe("float32");
    expect(torch.canCast("float32", "int64")).toBe(false);
    expect(torch.canCast("int64", "float32")).toBe(true);
    const ints = torch.tensor([1n]);
    expect(torch.resultType(ints, 2.5)).toBe("float32");
    expect(torch.resultType(ints, 2)).toBe("int64");
    expect(torch.resultType(ints, torch.float(2))).toBe("float32");
    expect(torch.resultType(torch.tensor([1], { dtype: "float16" }), torch.tensor(1, { dtype: "float64" }))).toBe(
      "float16",
    );
  });

  test("finfo and iinfo", () => {
    expect(torch.finfo("float32").eps).toBe(2 ** -23);
    expect(torch.finfo("bfloat16").max).toBe(3.3895313892515355e38);
    expect(torch.iinfo("int64").max).toBe(9223372036854775807n);
    expect(torch.iinfo("uint8")).toMatchObject({ min: 0, max: 255, bits: 8 });
    expect(() => torch.finfo("int32")).toThrow("torch.finfo() requires a floating point input type");
    expect(() => torch.iinfo("float32")).toThrow("torch.iinfo() requires an integer input type");
  });

  test("the default dtype is what numbers become", () => {
    torch.setDefaultDtype("float64");
    try {
      expect(torch.tensor([1]).dtype).toBe("float64");
      expect(torch.zeros(1).dtype).toBe("float64");
      expect(String(torch.tensor([1], { dtype: "float32" }))).toBe("tensor([1.], dtype=torch.float32)");
    } finally {
      torch.setDefaultDtype("float32");
    }
    expect(() => torch.setDefaultDtype("int64")).toThrow("only floating-point types are supported as the default type");
  });
});
