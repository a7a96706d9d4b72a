import { afterEach, describe, expect, test, vi } from "vitest";
import * as torch from "flambeau";

const stats = () => torch.memoryStats();
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
/** Bytes and tensors that `fn` leaves behind. */
function left(fn: () => void) {
  const before = stats();
  fn();
  const after = stats();
  return { tensors: after.tensors - before.tensors, bytes: after.bytes - before.bytes };
}

describe("torch.scope", () => {
  test("named results escape when they are returned", () => {
    const { values, indices } = torch.scope(() => torch.tensor([[1, 3, 2]]).max(1));
    expect([values.tolist(), indices.tolist()]).toEqual([[3], [1]]);
  });

  test("releases what was made, save what is returned", () => {
    let kept: torch.Tensor | undefined;
    const rest = left(() => {
      kept = torch.scope(() => {
        const x = torch.ones(1000);
        return x.add(1).mul(2).sum();
      });
    });
    expect(rest.tensors).toBe(1);
    expect(kept!.item()).toBe(4000);
  });

  test("owns a tensor that an op has made larger in place", () => {
    const rest = left(() => {
      torch.scope(() => torch.ones(1).addbmm_(torch.ones([2, 3, 4]), torch.ones([2, 4, 5])));
    });
    expect(rest.tensors).toBe(1); // it was returned
    const nothing = left(() => {
      torch.scope(() => void torch.ones(1).addbmm_(torch.ones([2, 3, 4]), torch.ones([2, 4, 5])));
    });
    expect(nothing).toEqual({ tensors: 0, bytes: 0 });
  });

  test("finds tensors in lists, objects, maps and sets", () => {
    const result = torch.scope(() => {
      const x = torch.ones(3);
      return {
        a: [x.add(1)],
        b: new Map([["k", x.add(2)]]),
        c: new Set([x.add(3)]),
        d: { e: x.add(4) },
        lost: x.sum().item(),
      };
    });
    expect(result.a[0]!.at(0).item()).toBe(2);
    expect(result.b.get("k")!.at(0).item()).toBe(3);
    expect([...result.c][0]!.at(0).item()).toBe(4);
    expect(result.d.e.at(0).item()).toBe(5);
  });

  test("scopes nest: what escapes one belongs to the next", () => {
    const rest = left(() => {
      torch.scope(() => {
        const inner = torch.scope(() => torch.ones(10).add(1));
        expect(inner.sum().item()).toBe(20);
      });
    });
    expect(rest).toEqual({ tensors: 0, bytes: 0 });
  });

  test("a tensor of a scope can't be used after it", () => {
    let lost: torch.Tensor | undefined;
    torch.scope(() => void (lost = torch.ones(2)));
    expect(() => lost!.add(1)).toThrow("disposed");
  });

  test("an exception releases, too", () => {
    const rest = left(() => {
      expect(() =>
        torch.scope(() => {
          torch.ones(10);
          throw new Error("mine");
        }),
      ).toThrow("mine");
    });
    expect(rest.tensors).toBe(0);
  });

  test("gradients and kept tensors escape", () => {
    const w = torch.tensor([1, 2], { requiresGrad: true });
    let kept: torch.Tensor | undefined;
    torch.scope(() => {
      kept = torch.keep(torch.ones(2));
      w.mul(kept).sum().backward();
      expect(w.grad!.tolist()).toEqual([1, 1]);
    });
    expect(w.grad!.tolist()).toEqual([1, 1]);
    expect(kept!.tolist()).toEqual([1, 1]);
  });

  test("the tape outlives the wrappers of its tensors", () => {
    const w = torch.tensor([1, 2], { requiresGrad: true });
    const loss = torch.scope(() => w.mul(w).exp().sum());
    loss.backward();
    expect(w.grad).not.toBe(null);
  });

  test("a training loop in scopes holds no more after than before", () => {
    const w = torch.tensor([1, 2, 3], { requiresGrad: true });
    const step = () =>
      torch.scope(() => {
        w.grad = null;
        const loss = w.mul(w).sum();
        loss.backward();
        torch.noGrad(() => w.sub_(w.grad!.mul(0.1)));
        return loss.item();
      });
    step();
    const before = stats();
    for (let i = 0; i < 100; i++) step();
    expect(stats().tensors - before.tensors).toBeLessThanOrEqual(1);
    expect(stats().nodes).toBe(before.nodes);
  });
});

describe("asynchronous scopes", () => {
  test("survive await", async () => {
    const before = stats();
    const value = await torch.scope(async () => {
      const x = torch.ones(100);
      await turn();
      const y = x.add(1);
      await turn();
      return y.sum().item();
    });
    expect(value).toBe(200);
    expect(stats().tensors).toBe(before.tensors);
  });

  test("interleaved ones keep apart", async () => {
    const before = stats();
    const work = (n: number) =>
      torch.scope(async () => {
        const x = torch.full([10], n);
        for (let i = 0; i < n; i++) await turn();
        const y = x.add(1);
        await turn();
        return y.sum();
      });
    const results = await Promise.all([work(3), work(1), work(5)]);
    expect(results.map((r) => r.item())).toEqual([40, 20, 60]);
    expect(stats().tensors).toBe(before.tensors + 3);
    for (const r of results) r.dispose();
  });

  test("a function that returns a promise without being async is handled with care", async () => {
    const before = stats();
    const work = (n: number) =>
      torch.scope(() => {
        const x = torch.full([10], n);
        return turn()
          .then(() => x.add(1))
          .then((y) => turn().then(() => y.sum().item()));
      });
    expect(await Promise.all([work(3), work(1)])).toEqual([40, 20]);
    expect(stats().tensors).toBe(before.tensors);
  });

  test("what other tasks make meanwhile is theirs", async () => {
    let other: torch.Tensor | undefined;
    const task = (async () => {
      await turn();
      other = torch.ones(2);
    })();
    await torch.scope(async () => {
      torch.ones(3);
      await turn();
      await turn();
    });
    await task;
    expect(other!.tolist()).toEqual([1, 1]);
  });

  test("synchronous scopes inside are exact", async () => {
    await torch.scope(async () => {
      await turn();
      const before = stats();
      torch.scope(() => torch.ones(10).add(1).sum().item());
      expect(stats().tensors).toBe(before.tensors);
    });
  });
});

describe("torch.scoped", () => {
  test("gives every iteration a scope", () => {
    const source = function* () {
      for (let i = 0; i < 5; i++) yield torch.full([100], i);
    };
    const before = stats();
    let sum = 0;
    for (const batch of torch.scoped(source())) {
      sum += batch.add(1).sum().item() as number;
      expect(stats().tensors - before.tensors).toBeLessThanOrEqual(3);
    }
    expect(sum).toBe(1500);
    expect(stats().tensors).toBe(before.tensors);
  });

  test("also asynchronously, and after break", async () => {
    const before = stats();
    async function* source() {
      for (let i = 0; ; i++) {
        await turn();
        yield torch.full([100], i);
      }
    }
    let sum = 0;
    for await (const batch of torch.scoped(source())) {
      await turn();
      sum += batch.add(1).sum().item() as number;
      if (sum > 900) break;
    }
    expect(sum).toBe(1000);
    expect(stats().tensors).toBe(before.tensors);
  });
});

describe("garbage collection", () => {
  test("releases dropped tensors, small and large, once the event loop turns", async () => {
    const big = torch.zeros(65536);
    const before = stats();
    let peak = 0;
    for (let i = 0; i < 150; i++) {
      for (let j = 0; j < 20; j++) big.add(1);
      for (let j = 0; j < 50; j++) torch.ones(3);
      await turn();
      peak = Math.max(peak, stats().bytes - before.bytes);
    }
    // 150 × 20 × 256 kB would be 786 MB
    expect(peak).toBeLessThan(500e6);
  });

  test("a small tensor that gains a graph stands alone", () => {
    const w = torch.tensor([1, 2], { requiresGrad: true });
    const rest = left(() => {
      torch.scope(() => {
        const h = torch.zeros(2);
        h.add_(w);
        h.sum().backward();
      });
    });
    expect(rest.tensors).toBeLessThanOrEqual(1); // w.grad
  });
});

describe("running out of memory", () => {
  afterEach(() => torch.setMemoryLimit(0));

  test("is a typed error, after which the runtime works", () => {
    torch.setMemoryLimit(stats().bytes + 1e6);
    const before = stats();
    expect(() => torch.zeros(1e6)).toThrow(torch.OutOfMemoryError);
    expect(() => torch.ones(1000, 1000).add(1)).toThrow("torch.scope");
    expect(stats().tensors).toBe(before.tensors);
    expect(torch.ones(10).sum().item()).toBe(10);
    torch.setMemoryLimit(0);
    expect(torch.zeros(1e6).numel()).toBe(1e6);
  });

  test("a synchronous loop that piles up garbage is warned once", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    torch.setWatermark(200e6);
    try {
      const big = torch.zeros(1_000_000);
      for (let i = 0; i < 120; i++) big.add(1);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]![0]).toContain("torch.scope");
    } finally {
      torch.setWatermark(1024 ** 3);
      warn.mockRestore();
    }
  });
});
