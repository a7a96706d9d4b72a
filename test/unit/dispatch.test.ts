// Dispatch without data: on the null device ("meta") every op validates, promotes, broadcasts, allocates and is recorded, and no
// kernel runs.
import { expect, test } from "vitest";
import * as torch from "flambeau";

const meta = { device: "meta" } as const;

test("an op on the null device has the shape, dtype and device that it would have", () => {
  const a = torch.empty([2, 1, 3], meta);
  const b = torch.empty([4, 3], { ...meta, dtype: "int64" });
  const sum = a.add(b);
  expect([sum.shape, sum.dtype, sum.device]).toEqual([[2, 4, 3], "float32", "meta"]);
  expect(torch.matmul(a, b.to("float32").t()).shape).toEqual([2, 1, 4]);
  expect(sum.sum(1).shape).toEqual([2, 3]);
  expect(sum.argmax(-1).dtype).toBe("int64");
  expect(sum.permute([2, 0, 1]).stride()).toEqual([1, 12, 3]);
});

test("errors are those of any device", () => {
  const a = torch.empty([2, 3], meta);
  expect(() => a.add(torch.empty([4], meta))).toThrow(
    "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1",
  );
  expect(() => torch.mm(a, a)).toThrow("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");
  expect(() => a.add(torch.zeros([2, 3]))).toThrow("Expected all tensors to be on the same device");
});

test("a backward pass goes through the graph and gives gradients their shapes", () => {
  const w = torch.empty([3, 4], { ...meta, requiresGrad: true });
  const b = torch.empty([4], { ...meta, requiresGrad: true });
  const x = torch.empty([2, 3], meta);
  const loss = torch.tanh(torch.matmul(x, w).add(b)).sum();
  loss.backward();
  expect([w.grad!.shape, b.grad!.shape, w.grad!.device]).toEqual([[3, 4], [4], "meta"]);
});

test("a tensor of any size costs no memory there", () => {
  const before = torch.memoryStats().reservedBytes;
  using large = torch.empty([60_000, 10_000], meta);
  expect(large.mul(2).numel()).toBe(600_000_000);
  expect(torch.memoryStats().reservedBytes - before).toBeLessThan(1_000_000);
});
