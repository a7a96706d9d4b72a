// Several runtimes side by side, and tensors between them.
import assert from "node:assert/strict";
import { test } from "#test";
import * as torch from "flambeau";

const sent = (value: unknown): any => {
  const [message, transfer] = torch.toTransferable(value);
  return torch.fromTransferable(structuredClone(message, { transfer }));
};

test("tensors of every dtype, views and scalars survive a message", () => {
  const dtypes = "uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 bool".split(" ") as torch.DType[];
  for (const dtype of dtypes) {
    const x = torch.randint(0, 2, [3, 4], { dtype: "int64" }).to(dtype).t();
    const y = sent(x) as torch.Tensor;
    assert.equal(y.dtype, dtype);
    assert.deepEqual([...y.shape], [4, 3]);
    assert.equal(torch.equal(x, y), true);
  }
  assert.deepEqual([...sent(torch.zeros(0, 3)).shape], [0, 3]);
  assert.equal(sent(torch.tensor(2.5)).item(), 2.5);
  assert.equal(sent(torch.complex(torch.ones(2), torch.ones(2))).dtype, "complex64");
});

test("a state dict and what stands beside it survive a message; gradients are wanted where they were", () => {
  const model = new torch.nn.Linear(3, 2);
  const { state, step, list } = sent({ state: model.stateDict(), step: 7, list: [torch.ones(1), "text", null] });
  const other = new torch.nn.Linear(3, 2);
  other.loadStateDict(state);
  const x = torch.randn(4, 3);
  assert.equal(torch.equal(model.forward(x), other.forward(x)), true);
  assert.equal(step, 7);
  assert.deepEqual(list.slice(1), ["text", null]);
  assert.equal(sent(model.weight).requiresGrad, true);
});

test("buffers are moved, and the tensor keeps its values", () => {
  const x = torch.arange(4);
  const [message, transfer] = torch.toTransferable(x);
  assert.equal(transfer.length, 1);
  structuredClone(message, { transfer });
  assert.equal(transfer[0]!.byteLength, 0);
  assert.deepEqual(x.tolist(), [0, 1, 2, 3]);
});

test("what the tape made is refused, and so is a message whose bytes are too few or too many", () => {
  assert.throws(() => torch.toTransferable(torch.ones(2, { requiresGrad: true }).mul(2)), /Cowardly refusing/);
  const [message] = torch.toTransferable(torch.ones(2));
  const packed = Object.values(message as object)[0] as unknown[];
  for (const shape of [[1], [3], [2 ** 20]]) {
    packed[1] = shape;
    assert.throws(() => torch.fromTransferable(message), /a message holds 8 bytes for a tensor of shape/);
  }
});

interface Peer {
  ask(message: unknown, transfer: ArrayBuffer[]): Promise<unknown>;
  end(): unknown;
}
/** Set where programs are served: in pages and their workers, and in workerd. */
const served = (globalThis as { program?: { address: string } }).program;
const PROGRAM =
  served === undefined
    ? new URL("./workers/runtime-thread.mjs", import.meta.url)
    : new URL("/test/hosts/workers/runtime-web.js", served.address);

async function thread(): Promise<Peer> {
  const { Worker: NodeWorker } = await import("node:worker_threads");
  const worker = new NodeWorker(PROGRAM);
  return {
    ask: (message, transfer) =>
      new Promise((resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
        worker.postMessage(message, transfer);
      }),
    end: () => worker.terminate(),
  };
}

function webWorker(): Peer {
  const worker = new Worker(PROGRAM, { type: "module" });
  return {
    ask: (message, transfer) =>
      new Promise((resolve, reject) => {
        worker.addEventListener("message", ({ data }) => resolve(data), { once: true });
        worker.addEventListener("error", (event) => reject(new Error(event.message)), { once: true });
        worker.postMessage(message, transfer);
      }),
    end: () => worker.terminate(),
  };
}

const sideBySide = (make: () => Peer | Promise<Peer>): Promise<void> => askAll([0, 1, 2].map(make));

const equal = (a: torch.Tensor, b: torch.Tensor): boolean => torch.equal(a, b);

/** @param same what holds between the peers' numbers and those of this runtime: all bits, where the builds are the same */
async function askAll(started: (Peer | Promise<Peer>)[], same = equal): Promise<void> {
  const peers = await Promise.all(started);
  try {
    const x = torch.randn(64, 5);
    const answers = peers.map(async (peer, i) => peer.ask(...torch.toTransferable({ x, seed: i % 2 })));
    // this one works, too
    const own = torch.mm(x, torch.ones(5, 3));
    const results = (await Promise.all(answers)).map((message) => torch.fromTransferable(message));
    for (const { y, weights, gradient, seed } of results) {
      torch.manualSeed(seed);
      assert.equal(same(weights, torch.randn(5, 3)), true);
      assert.equal(same(y, x.matmul(weights)), true);
      assert.equal(torch.allclose(gradient, x.sum(0).unsqueeze(1).expand(5, 3)), true);
    }
    assert.equal(torch.equal(own, x.mm(torch.ones(5, 3))), true);
  } finally {
    await Promise.all(peers.map((peer) => peer.end()));
  }
}

if (served === undefined) test("three runtimes of worker_threads beside this one", () => sideBySide(thread));

// neither Node nor workerd has web workers
if (typeof Worker !== "undefined") test("three runtimes in web workers beside this one", () => sideBySide(webWorker));

/** In the inline build, since modules of service workers can neither wait at their top level nor import later. */
async function serviceWorker(): Promise<Peer> {
  const { serviceWorker: container } = navigator;
  const address = new URL("/test/hosts/workers/runtime-service.js", served!.address);
  const registration = await container.register(address, { type: "module" });
  const worker = (registration.installing ?? registration.waiting ?? registration.active)!;
  if (worker.state !== "activated")
    await new Promise<void>((resolve, reject) =>
      worker.addEventListener("statechange", () => {
        if (worker.state === "activated") resolve();
        if (worker.state === "redundant") reject(new Error("the service worker could not be installed"));
      }),
    );
  return {
    ask: (message, transfer) =>
      new Promise((resolve) => {
        container.addEventListener("message", ({ data }) => resolve(data), { once: true });
        container.startMessages();
        worker.postMessage(message, transfer);
      }),
    end: () => registration.unregister(),
  };
}

// the inline build has no fused multiply-adds, which the page's may have
const near = (a: torch.Tensor, b: torch.Tensor): boolean => torch.allclose(a, b, { atol: 1e-6 });
if (typeof document !== "undefined")
  test("a runtime in a service worker of the page", () => askAll([serviceWorker()], near));
