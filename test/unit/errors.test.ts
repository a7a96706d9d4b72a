// Calls that must fail: each throws a typed error in PyTorch's words, and leaves the runtime as it was.
import { expect, test } from "vitest";
import * as torch from "flambeau";

const { nn, optim } = torch;
const { data } = torch.utils;
const a = torch.zeros(2, 3);
const layer = new nn.Linear(2, 1);
const b = torch.zeros(4);
const ints = torch.tensor([1n, 2n]);
const wrong = (value: unknown) => value as never;

const calls: [string, () => unknown, typeof torch.TorchError, string | RegExp][] = [
  [
    "shapes that don't broadcast",
    () => a.add(b),
    torch.RuntimeError,
    "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1",
  ],
  ["a string for a tensor", () => a.add(wrong("x")), torch.TypeError, "must be Tensor, not str"],
  ["no argument at all", () => a.add(wrong(undefined)), torch.TypeError, /add\(\)/],
  [
    "matrices that don't fit",
    () => torch.mm(a, a),
    torch.RuntimeError,
    "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
  ],
  [
    "a dim out of range",
    () => a.sum(5),
    torch.IndexError,
    "Dimension out of range (expected to be in range of [-2, 1], but got 5)",
  ],
  ["a dim that is no number", () => a.sum(wrong("x")), torch.TypeError, "must be tuple of ints, not str"],
  ["a dim that is no integer", () => a.sum([1.5]), torch.TypeError, "found element of type float at pos 1"],
  [
    "an option that isn't there",
    () => a.sum({ dimension: 1 } as never),
    torch.TypeError,
    "got an unexpected keyword argument 'dimension'",
  ],
  [
    "a reshape of another size",
    () => a.reshape(4, 2),
    torch.RuntimeError,
    "shape '[4, 2]' is invalid for input of size 6",
  ],
  [
    "a view that strides forbid",
    () => a.t().view(6),
    torch.RuntimeError,
    "view size is not compatible with input tensor's size and stride",
  ],
  [
    "joining other sizes",
    () => torch.cat([a, b]),
    torch.RuntimeError,
    /Tensors must have same number of dimensions|Sizes of tensors must match/,
  ],
  [
    "joining what is no tensor",
    () => torch.cat([a, wrong(3)]),
    torch.TypeError,
    "expected Tensor as element 1 in argument 0, but got int",
  ],
  ["joining nothing", () => torch.cat([]), torch.RuntimeError, /expected a non-empty list of Tensors/],
  [
    "an in-place op that grows",
    () => b.add_(torch.zeros(2, 4)),
    torch.RuntimeError,
    "output with shape [4] doesn't match the broadcast shape [2, 4]",
  ],
  [
    "an in-place op whose result doesn't fit the dtype",
    () => ints.add_(1.5),
    torch.RuntimeError,
    "result type Float can't be cast to the desired output type Long",
  ],
  ["an unknown dtype", () => a.sum({ dtype: "float31" as never }), torch.TypeError, "float31"],
  ["a negative size", () => torch.zeros(-1), torch.RuntimeError, "negative dimension -1"],
  ["a size that overflows", () => torch.zeros(100000, 100000, 100000), torch.TorchError, /./],
  ["an index out of range", () => torch.indexSelect(b, 0, torch.tensor([7n])), torch.TorchError, "index out of range"],
  [
    "gather beyond the end",
    () => b.gather(0, torch.tensor([9n])),
    torch.RuntimeError,
    "index 9 is out of bounds for dimension 0 with size 4",
  ],
  [
    "backward of a constant",
    () => a.sum().backward(),
    torch.RuntimeError,
    "does not require grad and does not have a grad_fn",
  ],
  ["hooks on constants", () => a.registerHook(() => {}), torch.RuntimeError, "cannot register a hook"],
  ["item of many", () => a.item(), torch.ValueError, "only one element tensors can be converted to Python scalars"],
  [
    "an option of a factory written as in Python",
    () => torch.zeros(2, { requires_grad: true } as never),
    torch.TypeError,
    "zeros() got an unexpected keyword argument 'requires_grad' (names are camelCase: requiresGrad)",
  ],
  [
    "an option that a range doesn't have",
    () => torch.linspace(0, 1, 3, { device_: "cpu" } as never),
    torch.TypeError,
    "linspace() got an unexpected keyword argument 'device_'",
  ],
  [
    "an option that torch.tensor doesn't have",
    () => torch.tensor([1], { type: "int64" } as never),
    torch.TypeError,
    "tensor() got an unexpected keyword argument 'type'",
  ],
  [
    "sizes for the constructor of Tensor",
    () => new torch.Tensor(...([2, 3] as unknown as [number])),
    torch.TypeError,
    "call torch.tensor",
  ],
  ["values for the constructor of Tensor", () => new torch.Tensor(wrong([2, 3])), torch.TypeError, "call torch.tensor"],
  ["a size for the constructor of Tensor", () => new torch.Tensor(8), torch.TypeError, "call torch.tensor"],
  [
    "a layer without its size",
    () => new nn.Linear(...wrong([3])),
    torch.TypeError,
    "missing required argument: 'outFeatures'",
  ],
  [
    "a convolution without its window",
    () => new nn.Conv2d(...wrong([3, 8])),
    torch.TypeError,
    "Conv2d() missing required argument: 'kernelSize'",
  ],
  [
    "a function in a Sequential",
    () => new nn.Sequential(wrong(torch.relu)),
    torch.TypeError,
    "function is not a Module subclass",
  ],
  [
    "a module for its parameters",
    () => new optim.SGD(wrong(layer), { lr: 1 }),
    torch.TypeError,
    "'Linear' object is not iterable",
  ],
  [
    "a module for an optimizer",
    () => new optim.lrScheduler.StepLR(wrong(layer), 1),
    torch.TypeError,
    "Linear is not an Optimizer",
  ],
  [
    "an option that a loader doesn't have",
    () => new data.DataLoader([1], { batch_size: 2 } as never),
    torch.TypeError,
    "DataLoader() got an unexpected keyword argument 'batch_size' (names are camelCase: batchSize)",
  ],
  [
    "a list of tensors for a dataset",
    () => new data.TensorDataset(wrong([a])),
    torch.TypeError,
    "must be Tensors, not list",
  ],
  ["a sample beyond a list", () => new data.Subset([1, 2], [5]).get(0), torch.IndexError, "list index out of range"],
  ["a seed in words", () => torch.manualSeed(wrong("one")), torch.ValueError, "a seed must be an integer, not one"],
  [
    "clipping to nothing",
    () => nn.utils.clipGradNorm_(layer.parameters(), wrong(undefined)),
    torch.TypeError,
    "clip_grad_norm_() missing 1 required positional argument: 'max_norm'",
  ],
  [
    "many elements where a number stands",
    () => Number(a),
    torch.ValueError,
    "only one element tensors can be converted",
  ],
  ["a dtype without its name", () => torch.tensor([1], "int64" as never), torch.TypeError, "not by str"],
  [
    "a list for a parameter",
    () => new nn.Parameter(wrong([1])),
    torch.TypeError,
    "argument 'data' (position 1) must be Tensor, not list",
  ],
  [
    "a number in a ModuleList",
    () => new nn.ModuleList(wrong([layer, 3])),
    torch.TypeError,
    "int is not a Module subclass",
  ],
  [
    "a number in a ModuleDict",
    () => new nn.ModuleDict({ a: wrong(3) }),
    torch.TypeError,
    "int is not a Module subclass",
  ],
  [
    "text for a dataset",
    () => new data.DataLoader(wrong("abc")),
    torch.TypeError,
    "must be a dataset or a list, not str",
  ],
  [
    "a plateau without a metric",
    () => new optim.lrScheduler.ReduceLROnPlateau(new optim.SGD(layer.parameters(), { lr: 1 })).step(wrong(undefined)),
    torch.TypeError,
    "step() missing 1 required positional argument: 'metrics'",
  ],
];

test.each(calls)("%s", (_, call, type, message) => {
  const before = torch.memoryStats();
  expect(() => torch.scope(call)).toThrow(message);
  expect(() => torch.scope(call)).toThrow(type);
  const after = torch.memoryStats();
  expect([after.tensors, after.storages, after.nodes]).toEqual([before.tensors, before.storages, before.nodes]);
  expect(torch.isGradEnabled()).toBe(true);
  expect(a.add(1).sum().item()).toBe(6);
});

test("errors are named as in Python and hold their kind", () => {
  const error = (() => {
    try {
      return a.add(b);
    } catch (caught) {
      return caught;
    }
  })() as torch.TorchError;
  expect(error).toBeInstanceOf(torch.RuntimeError);
  expect(error).toBeInstanceOf(torch.TorchError);
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe("RuntimeError");
  expect(new torch.OutOfMemoryError("x")).toBeInstanceOf(torch.RuntimeError);
});

test("ten thousand failing calls leak nothing", () => {
  const before = torch.memoryStats();
  for (let i = 0; i < 10_000; i++) {
    try {
      a.add(b);
    } catch {
      // expected
    }
  }
  expect(torch.memoryStats().bytes).toBe(before.bytes);
  expect(torch.memoryStats().tensors).toBe(before.tensors);
});
