import { describe, expect, test, vi } from "vitest";
import * as torch from "flambeau";

const leaf = (...values: number[]) => torch.tensor(values, { requiresGrad: true });
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("leaves and gradients", () => {
  test("gradients accumulate, and grad is one object", () => {
    const x = leaf(1, 2);
    x.mul(x).sum().backward();
    const grad = x.grad!;
    expect(grad.tolist()).toEqual([2, 4]);
    x.mul(3).sum().backward();
    expect(x.grad === grad).toBe(true);
    expect(grad.tolist()).toEqual([5, 7]);
    x.grad = null;
    expect(x.grad).toBe(null);
  });

  test("gradFn names the node", () => {
    const x = leaf(1, 2);
    const y = x.mul(2).sum();
    expect(String(y.gradFn)).toBe("<SumBackward0>");
    expect(y.gradFn!.name()).toBe("SumBackward0");
    expect([x.gradFn, x.isLeaf, y.isLeaf, y.requiresGrad]).toEqual([null, true, false, true]);
    expect(y.detach().requiresGrad).toBe(false);
  });

  test("a gradient must fit its tensor", () => {
    const x = leaf(1, 2);
    expect(() => (x.grad = torch.ones(3))).toThrow("assigned grad has data of a different size");
    expect(() => (x.grad = torch.ones(2).double())).toThrow("assigned grad has data of a different type");
    expect(() => (x.grad = 3 as never)).toThrow("assigned grad expected to be a Tensor or None");
    x.grad = torch.ones(2);
    expect(x.grad.tolist()).toEqual([1, 1]);
  });

  test("retainGrad keeps the gradient of a non-leaf", () => {
    const x = leaf(1, 2);
    const y = x.mul(2);
    y.retainGrad();
    y.mul(y).sum().backward();
    expect(y.grad!.tolist()).toEqual([4, 8]);
    expect(() => torch.ones(1).retainGrad()).toThrow("can't retain_grad on Tensor that has requires_grad=False");
  });

  test("requiresGrad changes on leaves only", () => {
    const y = leaf(1).mul(2);
    expect(() => (y.requiresGrad = false)).toThrow("you can only change requires_grad flags of leaf variables");
    expect(() => torch.tensor([1n]).requiresGrad_()).toThrow("floating point and complex dtype can require gradients");
  });
});

describe("backward", () => {
  test("wants a scalar or a gradient", () => {
    const x = leaf(1, 2);
    expect(() => x.mul(2).backward()).toThrow("grad can be implicitly created only for scalar outputs");
    x.mul(2).backward(torch.tensor([1, 10]));
    expect(x.grad!.tolist()).toEqual([2, 20]);
    x.mul(2).backward({ gradient: torch.tensor([1, 1]) });
    expect(x.grad!.tolist()).toEqual([4, 22]);
    expect(() => x.mul(2).backward(torch.ones(3))).toThrow("Mismatch in shape");
    expect(() => torch.ones(2).sum().backward()).toThrow("does not require grad and does not have a grad_fn");
  });

  test("frees the graph unless told to retain it", () => {
    const x = leaf(3);
    const y = x.mul(x).sum();
    y.backward({ retainGraph: true });
    y.backward();
    expect(x.grad!.item()).toBe(12);
    expect(() => y.backward()).toThrow("Trying to backward through the graph a second time");
  });

  test("refuses a saved tensor that was changed in place", () => {
    const x = leaf(3);
    const y = x.mul(1);
    const z = y.mul(y);
    y.add_(1);
    expect(() => z.sum().backward()).toThrow(
      "one of the variables needed for gradient computation has been modified by an inplace operation",
    );
    expect(() => x.add_(1)).toThrow("a leaf Variable that requires grad is being used in an in-place operation.");
  });

  test("only the inputs asked for get gradients", () => {
    const [a, b] = [leaf(2), leaf(3)];
    a.mul(b)
      .sum()
      .backward({ inputs: [a] });
    expect(a.grad!.item()).toBe(3);
    expect(b.grad).toBe(null);
  });

  test("autograd.grad and higher derivatives", () => {
    const x = leaf(2);
    const y = x.pow(3).sum();
    const [dx] = torch.autograd.grad(y, x, { createGraph: true });
    expect(dx!.item()).toBe(12);
    const [dxx] = torch.autograd.grad(dx!.sum(), [x]);
    expect(dxx!.item()).toBe(12);
    expect(x.grad).toBe(null);
    const unused = leaf(1);
    expect(() => torch.autograd.grad(x.sum(), unused)).toThrow("allow_unused");
    expect(torch.autograd.grad(x.sum(), unused, { allowUnused: true })).toEqual([null]);
  });

  test("autograd.backward takes several roots", () => {
    const x = leaf(1, 2);
    torch.autograd.backward([x.sum(), x.mul(2)], [null, torch.tensor([1, 10])]);
    expect(x.grad!.tolist()).toEqual([3, 21]);
  });
});

describe("modes", () => {
  test("noGrad and enableGrad run callbacks and return their results", () => {
    const x = leaf(1);
    expect(torch.noGrad(() => x.mul(2)).requiresGrad).toBe(false);
    torch.noGrad(() => {
      expect(torch.isGradEnabled()).toBe(false);
      expect(torch.enableGrad(() => x.mul(2)).requiresGrad).toBe(true);
    });
    expect(torch.isGradEnabled()).toBe(true);
    expect(() => torch.noGrad(() => x.backward(torch.ones(7)))).toThrow();
    expect(torch.isGradEnabled()).toBe(true);
  });

  test("as guards for using", () => {
    {
      using _ = torch.noGrad();
      expect(torch.isGradEnabled()).toBe(false);
    }
    expect(torch.isGradEnabled()).toBe(true);
    const guard = torch.setGradEnabled(false);
    expect(torch.isGradEnabled()).toBe(false);
    guard.dispose();
    expect(torch.isGradEnabled()).toBe(true);
  });

  test("async callbacks that end in any order leave the mode as it was", async () => {
    const first = torch.noGrad(async () => {
      await turn();
      await turn();
    });
    const second = torch.noGrad(async () => {
      await turn();
    });
    await second;
    expect(torch.isGradEnabled()).toBe(false);
    await first;
    expect(torch.isGradEnabled()).toBe(true);
  });

  test("inference tensors stay out of the tape", () => {
    const x = torch.inferenceMode(() => torch.ones(2).mul(2));
    expect(x.isInference()).toBe(true);
    expect(torch.isInferenceModeEnabled()).toBe(false);
    expect(() => x.requiresGrad_()).toThrow("inference tensor");
  });
});

describe("hooks", () => {
  test("see and replace gradients, until removed", () => {
    const x = leaf(1, 2);
    const seen: unknown[] = [];
    const handle = x.registerHook((grad) => {
      seen.push(grad.tolist());
      return grad.mul(10);
    });
    x.mul(2).sum().backward();
    expect(seen).toEqual([[2, 2]]);
    expect(x.grad!.tolist()).toEqual([20, 20]);
    handle.remove();
    x.mul(2).sum().backward();
    expect(x.grad!.tolist()).toEqual([22, 22]);
    expect(() => torch.ones(1).registerHook(() => {})).toThrow(
      "cannot register a hook on a tensor that doesn't require",
    );
  });

  test("on the way through the graph", () => {
    const x = leaf(1, 2);
    const y = x.mul(3);
    y.registerHook((grad) => grad.mul(2));
    y.sum().backward();
    expect(x.grad!.tolist()).toEqual([6, 6]);
  });

  test("an exception passes through the core, which works on", () => {
    const x = leaf(1);
    const y = x.mul(2);
    y.registerHook(() => {
      throw new RangeError("mine");
    });
    const before = torch.memoryStats().tensors;
    expect(() => y.sum().backward()).toThrow(RangeError);
    expect(torch.isGradEnabled()).toBe(true);
    expect(torch.memoryStats().tensors).toBeLessThanOrEqual(before + 3);
    leaf(1).mul(2).sum().backward();
  });
});

class Square extends torch.autograd.Function {
  static override forward(ctx: torch.autograd.FunctionContext, x: torch.Tensor, scale: number) {
    ctx.saveForBackward(x);
    ctx["scale"] = scale;
    return x.mul(x).mul(scale);
  }
  static override backward(ctx: torch.autograd.FunctionContext, grad: torch.Tensor) {
    const [x] = ctx.savedTensors;
    return [grad.mul(x!).mul(2 * (ctx["scale"] as number)), null];
  }
}

class Exp extends torch.autograd.Function {
  static override forward(ctx: torch.autograd.FunctionContext, x: torch.Tensor) {
    const y = x.exp();
    ctx.saveForBackward(y);
    return y;
  }
  static override backward(ctx: torch.autograd.FunctionContext, grad: torch.Tensor) {
    return grad.mul(ctx.savedTensors[0]!);
  }
}

describe("autograd.Function", () => {
  test("joins the tape as one node", () => {
    const x = leaf(1, 2);
    const y = Square.apply(x, 3) as torch.Tensor;
    expect(y.tolist()).toEqual([3, 12]);
    expect(String(y.gradFn)).toBe("<SquareBackward>");
    y.sum().backward();
    expect(x.grad!.tolist()).toEqual([6, 12]);
    expect((Square.apply(torch.ones(1), 1) as torch.Tensor).requiresGrad).toBe(false);
  });

  test("its backward is differentiated in turn", () => {
    const x = leaf(1.5);
    const [dx] = torch.autograd.grad((Exp.apply(x) as torch.Tensor).sum(), x, { createGraph: true });
    const [dxx] = torch.autograd.grad(dx!.sum(), x);
    expect(dxx!.item()).toBeCloseTo(Math.exp(1.5), 5);
  });

  test("saved outputs don't keep their own node alive", () => {
    const before = torch.memoryStats();
    torch.scope(() => {
      const x = leaf(1, 2);
      for (let i = 0; i < 10; i++) Exp.apply(x);
    });
    expect(torch.memoryStats().nodes).toBe(before.nodes);
    expect(torch.memoryStats().tensors).toBe(before.tensors);
  });

  test("refuses a wrong number of gradients", () => {
    class Wrong extends torch.autograd.Function {
      static override forward(_ctx: unknown, x: torch.Tensor, y: torch.Tensor) {
        return x.add(y);
      }
      static override backward(_ctx: unknown, grad: torch.Tensor) {
        return grad;
      }
    }
    const y = Wrong.apply(leaf(1), leaf(2)) as torch.Tensor;
    expect(() => y.sum().backward()).toThrow(
      "function WrongBackward returned an incorrect number of gradients (expected 2, got 1)",
    );
  });

  test("several outputs, some without a gradient", () => {
    class Two extends torch.autograd.Function {
      static override forward(ctx: torch.autograd.FunctionContext, x: torch.Tensor) {
        const signs = x.sign();
        ctx.markNonDifferentiable(signs);
        return [x.mul(2), x.mul(3), signs];
      }
      static override backward(_ctx: unknown, a: torch.Tensor, b: torch.Tensor) {
        return a.mul(2).add(b.mul(3));
      }
    }
    const x = leaf(1, -2);
    const [doubled, tripled, signs] = Two.apply(x) as [torch.Tensor, torch.Tensor, torch.Tensor];
    expect([doubled.requiresGrad, tripled.requiresGrad, signs.requiresGrad]).toEqual([true, true, false]);
    doubled.sum().backward();
    expect(x.grad!.tolist()).toEqual([2, 2]);
  });
});

test("a view of a view whose base was written to is differentiated through the base", () => {
  const x = torch.ones(2, 3, 2, { requiresGrad: true });
  const base = x.clone();
  const column = base.select(2, 1);
  for (const row of [0, 1]) column.select(0, row).put([0, 2], 0);
  const [gradient] = torch.autograd.grad(base.sum(), x);
  expect(gradient!.select(2, 1).tolist()).toEqual([
    [0, 1, 0],
    [0, 1, 0],
  ]);
});

test("an in-place op whose derivative reads its input goes on with the input as it was", () => {
  const x = torch.zeros([4]);
  const w = torch.tensor(2, { requiresGrad: true });
  x.at(1).add_(w);
  x.at(1).mul_(w);
  expect(x.requiresGrad).toBe(true);
  x.sum().backward();
  expect(w.grad!.item()).toBe(4);

  const a = torch.tensor([1, 2], { requiresGrad: true });
  const b = a.mul(1).mul_(torch.tensor([3, 4], { requiresGrad: true }));
  b.pow_(2);
  b.sum().backward();
  expect(a.grad!.tolist()).toEqual([18, 64]);
});

describe("anomaly mode", () => {
  test("names the op whose gradient is NaN, and warns with the forward call's stack", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const x = torch.tensor([0, 4]).requiresGrad_();
    const theCall = () => x.sqrt();
    expect(() =>
      torch.autograd.detectAnomaly(() =>
        theCall()
          .mul(torch.tensor([0, 1]))
          .sum()
          .backward(),
      ),
    ).toThrow("Function 'SqrtBackward0' returned nan values in its 0th output.");
    expect(String(warn.mock.calls[0])).toContain("theCall");
    warn.mockRestore();
    // without it the NaN goes through
    x.sqrt()
      .mul(torch.tensor([0, 1]))
      .sum()
      .backward();
    expect(x.grad!.tolist()).toEqual([NaN, 0.25]);
  });
});
