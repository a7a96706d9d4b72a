import { describe, expect, test } from "vitest";
import * as torch from "flambeau";

const grid = () => torch.arange(6, { dtype: "float32" }).reshape(2, 3);

describe("properties", () => {
  test("shape, strides and sizes", () => {
    const x = grid();
    expect(x.shape).toEqual([2, 3]);
    expect(x.size()).toEqual([2, 3]);
    expect(x.size(-1)).toBe(3);
    expect(x.stride()).toEqual([3, 1]);
    expect(x.transpose(0, 1).stride()).toEqual([1, 3]);
    expect([x.ndim, x.dim(), x.numel(), x.nelement()]).toEqual([2, 2, 6, 6]);
    expect([x.dtype, x.device, x.itemsize, x.elementSize(), x.nbytes]).toEqual(["float32", "cpu", 4, 4, 24]);
  });

  test("a size out of range is PyTorch's IndexError", () => {
    expect(() => grid().size(2)).toThrow("Dimension out of range (expected to be in range of [-2, 1], but got 2)");
    expect(() => torch.tensor(1).size(0)).toThrow("Dimension specified as 0 but tensor has no dimensions");
    expect(() => grid().size(2)).toThrow(torch.IndexError);
  });

  test("a view shares storage with its base", () => {
    const x = grid();
    const row = x.at(1);
    expect(row.storageOffset()).toBe(3);
    expect(row.untypedStorage().is(x.untypedStorage())).toBe(true);
    expect(row.dataPtr() - x.dataPtr()).toBe(12);
    row.fill_(7);
    expect(x.tolist()).toEqual([
      [0, 1, 2],
      [7, 7, 7],
    ]);
    expect(x.clone().untypedStorage().is(x.untypedStorage())).toBe(false);
  });

  test("in-place writes count up the version that views share", () => {
    const x = grid();
    const before = x.version;
    x.at(0).add_(1);
    expect(x.version).toBe(before + 1);
  });

  test("contiguity", () => {
    const x = grid();
    expect(x.isContiguous()).toBe(true);
    expect(x.transpose(0, 1).isContiguous()).toBe(false);
    expect(x.at(":", "0:1").isContiguous()).toBe(false);
    expect(torch.zeros(0, 3).isContiguous()).toBe(true);
  });
});

describe("reading", () => {
  test("data gives a typed array of the dtype, in row-major order", () => {
    expect(grid().transpose(0, 1).data()).toEqual(new Float32Array([0, 3, 1, 4, 2, 5]));
    expect(torch.tensor([1, 2], { dtype: "int64" }).data()).toEqual(new BigInt64Array([1n, 2n]));
    expect(torch.tensor([true, false]).data()).toEqual(new Uint8Array([1, 0]));
    expect(torch.tensor([1], { dtype: "float16" }).data()).toEqual(new Uint16Array([0x3c00]));
    expect(torch.tensor([1], { dtype: "bfloat16" }).data()).toEqual(new Uint16Array([0x3f80]));
    expect(grid().at(1).data()).toEqual(new Float32Array([3, 4, 5]));
  });

  test("data without a copy is the tensor's own memory", () => {
    const x = grid();
    (x.at(1).data({ copy: false }) as Float32Array)[0] = 42;
    expect(x.at(1, 0).item()).toBe(42);
    expect(() => x.transpose(0, 1).data({ copy: false })).toThrow("contiguous");
  });

  test("int64 reads back as a number where that is exact", () => {
    const x = torch.tensor([9007199254740991n, 9007199254740993n, -5n]);
    expect(x.tolist()).toEqual([9007199254740991, 9007199254740993n, -5]);
    expect(x.at(1).item()).toBe(9007199254740993n);
  });

  test("item wants one element", () => {
    expect(torch.tensor([[2.5]]).item()).toBe(2.5);
    expect(torch.tensor([true]).item()).toBe(true);
    expect(() => torch.tensor([1, 2]).item()).toThrow("only one element tensors can be converted to Python scalars");
  });

  test("half types read as their values", () => {
    for (const dtype of ["float16", "bfloat16"] as const) {
      expect(torch.tensor([1.5, -2, 0, Infinity], { dtype }).tolist()).toEqual([1.5, -2, 0, Infinity]);
    }
    expect(torch.tensor([2 ** -24, 65504], { dtype: "float16" }).tolist()).toEqual([2 ** -24, 65504]);
  });

  test("the asynchronous forms give the same", async () => {
    const x = grid();
    expect(await x.dataAsync()).toEqual(x.data());
    expect(await x.tolistAsync()).toEqual(x.tolist());
    expect(await x.sum().itemAsync()).toBe(15);
  });

  test("iterating goes over dimension 0", () => {
    expect([...grid()].map((row) => row.tolist())).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    const [a, b] = torch.tensor([5, 6]);
    expect([a!.item(), b!.item()]).toEqual([5, 6]);
    expect(() => [...torch.tensor(1)]).toThrow("iteration over a 0-d tensor");
  });
});

describe("conversions", () => {
  test("to takes a dtype, a device, a tensor, or options", () => {
    const x = torch.tensor([1.7, -1.7]);
    expect(x.to("int64").tolist()).toEqual([1, -1]);
    expect(x.to(torch.tensor([1n])).dtype).toBe("int64");
    expect(x.to({ dtype: "float64" }).dtype).toBe("float64");
    expect(x.to("cpu") === x).toBe(true);
    expect(x.to("float32") === x).toBe(true);
    expect(x.to({ dtype: "float32", copy: true }) === x).toBe(false);
    expect(x.double().float().half().bfloat16().dtype).toBe("bfloat16");
    expect([x.long().dtype, x.int().dtype, x.short().dtype, x.char().dtype, x.byte().dtype, x.bool().dtype]).toEqual([
      "int64",
      "int32",
      "int16",
      "int8",
      "uint8",
      "bool",
    ]);
    expect(x.type()).toBe("float32");
    expect(x.typeAs(torch.tensor([1n])).dtype).toBe("int64");
  });

  test("an unknown device is refused in PyTorch's words", () => {
    expect(() => grid().to("gpu" as never)).toThrow("device type at start of device string: gpu");
  });

  test("gradients flow through conversions", () => {
    const x = torch.tensor([1, 2], { requiresGrad: true });
    x.double().mul(3).sum().backward();
    expect(x.grad!.dtype).toBe("float32");
    expect(x.grad!.tolist()).toEqual([3, 3]);
  });

  test("meta tensors have a shape and no data", () => {
    const x = torch.zeros(2, 3, { device: "meta" });
    expect(x.shape).toEqual([2, 3]);
    expect(String(x)).toBe("tensor(..., device='meta', size=(2, 3))");
    expect(() => x.tolist()).toThrow("has no data");
  });
});

describe("after dispose", () => {
  test("every use says so", () => {
    const x = grid();
    x.dispose();
    expect(x.isDisposed).toBe(true);
    for (const use of [
      () => x.shape,
      () => x.add(1),
      () => torch.add(grid(), x),
      () => x.item(),
      () => x.at(0),
      () => x.backward(),
      () => torch.stack([grid(), x]),
      () => x.add_(1),
    ]) {
      expect(use).toThrow("this tensor was disposed");
    }
    x.dispose(); // no effect
  });

  test("views and results live on", () => {
    const x = grid();
    const row = x.at(1);
    x.dispose();
    expect(row.tolist()).toEqual([3, 4, 5]);
  });

  test("using releases at the end of the block", () => {
    const before = torch.memoryStats().tensors;
    {
      using x = grid();
      using y = x.add(1);
      expect(y.sum().item()).toBe(21);
    }
    expect(torch.memoryStats().tensors).toBeLessThanOrEqual(before + 3);
  });
});
