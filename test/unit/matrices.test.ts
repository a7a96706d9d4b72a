// The adjoint, fill and questions about a tensor; the numbers and messages are PyTorch 1.13's.
import { expect, test } from "vitest";
import * as torch from "flambeau";

test("H and adjoint exchange the last two dims and conjugate", () => {
  const z = torch.complex(torch.tensor([[1, 3]]), torch.tensor([[2, 0]]));
  expect(String(z.H)).toBe("tensor([[1.-2.j],\n        [3.-0.j]])");
  expect(String(z.adjoint())).toBe(String(z.H));
  expect(torch.adjoint(torch.ones(4, 2, 3)).shape).toEqual([4, 3, 2]);
  expect(torch.tensor(1).H.item()).toBe(1);
  expect(() => torch.ones(3).H).toThrow("tensor.H is only supported on matrices (2-D tensors). Got 1-D tensor.");
  expect(() => torch.ones(2, 2, 2).H).toThrow("For batches of matrices, consider using tensor.mH");
  expect(() => torch.ones(3).adjoint()).toThrow(
    "tensor.adjoint() is only supported on matrices or batches of matrices.",
  );
});

test("isNonzero is the truth of one element", () => {
  expect([torch.isNonzero(torch.tensor([0])), torch.tensor(2).isNonzero()]).toEqual([false, true]);
  expect(() => torch.isNonzero(torch.ones(2))).toThrow("Boolean value of Tensor with more than one value is ambiguous");
  expect(() => torch.isNonzero(torch.ones(0))).toThrow("Boolean value of Tensor with no values is ambiguous");
  expect(torch.ones(2).isCpu).toBe(true);
});

test("fill leaves its input, whose gradient is zero, as the value's is the sum", () => {
  const input = torch.ones(3, { requiresGrad: true });
  const value = torch.tensor(2, { requiresGrad: true });
  const filled = torch.fill(input, value);
  filled.sum().backward();
  expect(filled.tolist()).toEqual([2, 2, 2]);
  expect([input.tolist(), input.grad!.tolist(), value.grad!.item()]).toEqual([[1, 1, 1], [0, 0, 0], 3]);
  expect(() => torch.fill(input, torch.ones(2))).toThrow(
    "fill_ only supports 0-dimension value tensor but got tensor with 1 dimensions.",
  );
});
