// DataLoaders with worker threads, in whichever host runs this file.
import { test } from "#test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as torch from "flambeau";

const { DataLoader, Subset, workerDataset } = torch.utils.data;
type Loader = InstanceType<typeof DataLoader>;

const module = (name = ""): URL => new URL(`./workers/datasets.mjs${name && `#${name}`}`, import.meta.url);
const batches = async (loader: Loader): Promise<unknown[]> => {
  const list: unknown[] = [];
  for await (const batch of loader) list.push(batch);
  return list;
};
const values = (list: unknown[]): unknown[] => list.map((batch) => (batch as torch.Tensor).tolist());
interface Batch {
  x: torch.Tensor;
  label: torch.Tensor;
  worker: torch.Tensor;
  name: string[];
}

test("two workers take turns and their batches come in order, shuffled as without workers", async () => {
  const dataset = await workerDataset(module(), 10);
  torch.manualSeed(5);
  const alone = (await batches(new DataLoader(dataset, { batchSize: 3, shuffle: true }))) as Batch[];
  torch.manualSeed(5);
  const loader = new DataLoader(dataset, { batchSize: 3, shuffle: true, numWorkers: 2 });
  assert.equal(loader.length, 4);
  const got = (await batches(loader)) as Batch[];
  assert.deepEqual(values(got.map((b) => b.label)), values(alone.map((b) => b.label)));
  assert.deepEqual(values(got.map((b) => b.x)), values(alone.map((b) => b.x)));
  assert.deepEqual(values(got.map((b) => b.worker)), [[0, 0, 0], [1, 1, 1], [0, 0, 0], [1]]);
  assert.deepEqual(got[0]!.name, alone[0]!.name);
  assert.equal(got[0]!.label.dtype, "int64");
  assert.equal(torch.utils.data.getWorkerInfo(), null);
});

test("workers are seeded with the base seed and their id, as PyTorch's", async () => {
  torch.manualSeed(0);
  const facts = await workerDataset(module("Facts"));
  const got = (await batches(new DataLoader(facts, { batchSize: null, numWorkers: 2 }))) as {
    id: number;
    numWorkers: number;
    seed: bigint;
    own: boolean;
    drawn: torch.Tensor;
    initial: bigint;
  }[];
  // torch.manual_seed(0); torch.empty((), dtype=torch.int64).random_()
  const base = 900450186894289455n;
  assert.deepEqual(
    got.map(({ id, numWorkers, seed, own, initial }) => [id, numWorkers, seed, own, initial]),
    [0n, 1n, 0n, 1n].map((id) => [Number(id), 2, base + id, true, base + id]),
  );
  torch.manualSeed(base);
  assert.equal(got[0]!.drawn.item(), torch.rand(1).item());
});

test("an error in a worker is raised where the batch would have come, with PyTorch's wording", async () => {
  const loader = new DataLoader(await workerDataset(module("Failing")), { numWorkers: 2 });
  const seen: unknown[] = [];
  await assert.rejects(
    async () => {
      for await (const batch of loader) seen.push((batch as torch.Tensor).item());
    },
    (error: Error) => {
      assert.ok(error instanceof torch.RuntimeError);
      assert.match(
        error.message,
        /^Caught RuntimeError in DataLoader worker process 1\.\nOriginal RuntimeError: mat1 and mat2 shapes cannot be multiplied/,
      );
      assert.match(error.message, /datasets\.mjs/);
      return true;
    },
  );
  assert.deepEqual(seen, [0, 1, 2]);
  const broken = new DataLoader(await workerDataset(module("broken")), { numWorkers: 1 });
  await assert.rejects(
    batches(broken),
    /^RuntimeError: Caught RangeError in .* process 0\.\nOriginal RangeError: no such folder/,
  );
  const unsendable = new DataLoader(await workerDataset(module("Unsendable")), { numWorkers: 1, batchSize: null });
  await assert.rejects(batches(unsendable), /Cowardly refusing to serialize non-leaf tensor which requires_grad/);
});

test("iterable datasets are shared by getWorkerInfo, and each worker ends for itself", async () => {
  const counting = await workerDataset<torch.utils.data.IterableDataset>(module("Counting"), 7);
  const options = { batchSize: 2, numWorkers: 2, persistentWorkers: true };
  const loader = new DataLoader(counting, options);
  for (let epoch = 0; epoch < 2; epoch++)
    assert.deepEqual(values(await batches(loader)), [[0, 2], [1, 3], [4, 6], [5]]);
  loader.close();
  const streaming = await workerDataset<torch.utils.data.IterableDataset>(module("Streaming"), 5);
  assert.deepEqual(values(await batches(new DataLoader(streaming, { batchSize: 2, dropLast: true, numWorkers: 1 }))), [
    [0, 1],
    [2, 3],
  ]);
});

test("persistent workers go on after an early end; subsets, collation and initialisation by name", async () => {
  const dataset = await workerDataset(module(), 12);
  const part = new Subset(dataset, [11, 3, 5, 7]);
  const collated = { batchSize: 2, numWorkers: 2, persistentWorkers: true, collateFn: "sumOf" };
  const loader = new DataLoader(part, collated);
  for await (const sum of loader) {
    assert.equal(sum, 14);
    break;
  }
  assert.deepEqual(await batches(loader), [14, 12]);
  const other = loader[Symbol.asyncIterator]();
  await other.next();
  assert.deepEqual(await batches(loader), [14, 12]);
  loader.close();
  const here = new DataLoader(part, {
    batchSize: 4,
    numWorkers: 1,
    collateFn: (s: { label: number }[]) => s.map((x) => x.label),
  });
  assert.deepEqual(await batches(here), [[11, 3, 5, 7]]);
  const greeted = new DataLoader(await workerDataset(module("Greetings")), {
    numWorkers: 2,
    workerInitFn: "greet",
    batchSize: null,
  });
  assert.deepEqual(await batches(greeted), ["hello from 0", "hello from 1"]);
});

test("a batch that does not come in time, a worker that dies, a dataset that no worker can make", async () => {
  const slow = new DataLoader(await workerDataset(module("slow"), 30), { numWorkers: 1, timeout: 1.5 });
  await assert.rejects(batches(slow), /^RuntimeError: DataLoader timed out after 1.5 seconds/);
  const dying = new DataLoader(await workerDataset(module("Dying")), { numWorkers: 2 });
  await assert.rejects(batches(dying), /^RuntimeError: DataLoader worker \(id 1\) exited unexpectedly/);
  const plain = new torch.utils.data.TensorDataset(torch.zeros(3));
  await assert.rejects(
    batches(new DataLoader(plain, { numWorkers: 1 })),
    /needs a dataset made by torch.utils.data.workerDataset/,
  );
  await assert.rejects(workerDataset(module("nothing")), /no function or class nothing among its exports/);
  assert.throws(() => [...new DataLoader(plain, { numWorkers: 1 })], /for await/);
});

test("a program with workers ends by itself, be they persistent or left in the middle", async () => {
  const launch = new URL("./launch.mjs", import.meta.url).pathname;
  const program = new URL("./workers/program.mjs", import.meta.url).pathname;
  const bun = "Bun" in globalThis;
  const host = bun
    ? "bun"
    : "Deno" in globalThis
      ? "deno"
      : process.versions.node.startsWith("20.")
        ? "node"
        : "node24";
  const node = process.env.npm_node_execpath ?? "node";
  const { stdout } = await promisify(execFile)(host === "node" || host === "node24" ? process.execPath : node, [
    launch,
    host,
    program,
  ]);
  assert.equal(stdout.trim(), "done 3");
});
