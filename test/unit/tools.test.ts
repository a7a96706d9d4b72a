import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import * as torch from "flambeau";

const { nn } = torch;
const folder = mkdtempSync(join(tmpdir(), "flambeau-tools-"));
afterAll(() => rmSync(folder, { recursive: true }));

class Net extends nn.Module {
  features = new nn.Sequential(new nn.Conv2d(1, 4, 3, { padding: 1 }), new nn.ReLU(), new nn.MaxPool2d(2));
  head = new nn.Linear(4 * 4 * 4, 5);
  forward(x: torch.Tensor): torch.Tensor {
    return this.head(this.features(x).flatten(1));
  }
}

test("the summary counts parameters and multiply-adds, and leaves the model as it was", async () => {
  const model = new Net();
  model.features[1]!.eval();
  const summary = await torch.utils.summary(model, [2, 1, 8, 8]);
  expect(summary.totalParams).toBe(4 * 9 + 4 + 64 * 5 + 5);
  expect(summary.multiplyAdds).toBe(2 * 64 * 4 * 9 + 2 * 64 * 5);
  expect([model.training, model.features[1]!.training]).toEqual([true, false]);
  expect(String(summary)).toBe(
    `
==============================================================
Layer (type:depth-idx)  Output Shape  Param #  Mult-Adds
==============================================================
Net                     [2, 5]        365      5,248
├─Sequential: 1-1       [2, 4, 4, 4]  40       4,608
│   ├─Conv2d: 2-1       [2, 4, 8, 8]  40       4,608
│   ├─ReLU: 2-2         [2, 4, 8, 8]  --       --
│   └─MaxPool2d: 2-3    [2, 4, 4, 4]  --       --
└─Linear: 1-2           [2, 5]        325      640
==============================================================
Total params: 365
Trainable params: 365
Non-trainable params: 0
Total mult-adds: 5,248
==============================================================
Input size (MB): 0.00
Forward pass size (MB): 0.00
Params size (MB): 0.00
Estimated Total Size (MB): 0.01
==============================================================`
      .trim()
      .replaceAll("==============================================================", "=".repeat(58)),
  );
  // attention's products and tensors as inputs
  const layer = new nn.TransformerEncoderLayer(8, 2, 16, { batchFirst: true });
  const attention = await torch.utils.summary(layer, torch.randn([1, 5, 8]), { depth: 1 });
  expect(attention.multiplyAdds).toBe(5 * 8 * 24 + 2 * 2 * 5 * 5 * 4 + 5 * 8 * 8 + 2 * 5 * 8 * 16);
  await expect(torch.utils.summary(model, [1, 2, 8, 8])).rejects.toThrow("expected input");
  expect(model(torch.zeros([1, 1, 8, 8])).shape).toEqual([1, 5]);
});

test("a progress line counts what it hands on, and is drawn on stderr", async () => {
  const bar = torch.utils.progress([1, 2, 3, 4], { desc: "train", disable: true });
  const seen: number[] = [];
  for (const item of bar) {
    seen.push(item);
    bar.setPostfix({ loss: 0.123456, step: item });
  }
  expect(seen).toEqual([1, 2, 3, 4]);
  expect(String(bar)).toMatch(/^train: 100%\|█{20}\| 4\/4 \[00:00<00:00, .*it\/s, loss=0\.123, step=4\]$/);
  async function* endless(): AsyncGenerator<number> {
    for (let i = 0; ; i++) yield i;
  }
  const other = torch.utils.progress(endless(), { unit: "batch", disable: true });
  for await (const item of other) if (item === 2) break;
  expect(String(other)).toMatch(/^2batch \[00:00, /);
  const program =
    `import { utils } from ${JSON.stringify(join(process.cwd(), "dist/node.js"))};` +
    `for (const i of utils.progress({ length: 20, *[Symbol.iterator]() { for (let i = 0; i < 20; i++) yield i; } }, ` +
    `{ desc: "rows" })) { const end = performance.now() + 15; while (performance.now() < end); }`;
  const output = execFileSync("sh", ["-c", 'node --input-type=module -e "$0" 2>&1 >/dev/null', program], {
    encoding: "utf8",
  });
  expect(output).toMatch(/^rows: +\d+%\|.*\n/);
  expect(output.trimEnd().split("\n").at(-1)).toMatch(/^rows: 100%\|█{20}\| 20\/20 /);
});

/** CRC-32C, bit by bit. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
const masked = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

type Fields = Map<number, (number | bigint | Uint8Array)[]>;
/** The fields of a message, by the wire format's documentation. */
function parse(bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    let value: number | bigint | Uint8Array;
    if ((key & 7) === 0) value = varint();
    else if ((key & 7) === 1) value = view.getFloat64((at += 8) - 8, true);
    else if ((key & 7) === 5) value = view.getFloat32((at += 4) - 4, true);
    else {
      const length = Number(varint());
      value = bytes.subarray(at, (at += length));
    }
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}
const text = (bytes: unknown): string => new TextDecoder().decode(bytes as Uint8Array);
const doubles = (bytes: unknown): number[] => {
  const copy = (bytes as Uint8Array).slice();
  return [...new Float64Array(copy.buffer)];
};

/** The events of a file: step, tag, and the fields of the value. */
function events(path: string): { step: number; tag: string; value: Fields }[] {
  const bytes = new Uint8Array(readFileSync(path));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found: { step: number; tag: string; value: Fields }[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(masked(bytes.subarray(at, at + 8)));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(masked(data));
    at += length + 16;
    const event = parse(data);
    expect(event.get(1)![0]).toBeGreaterThan(1.7e9);
    if (event.has(3)) expect(text(event.get(3)![0])).toBe("brain.Event:2");
    for (const summary of event.get(5) ?? []) {
      const value = parse(parse(summary as Uint8Array).get(1)![0] as Uint8Array);
      found.push({ step: Number(event.get(2)?.[0] ?? 0), tag: text(value.get(1)![0]), value });
    }
  }
  return found;
}
const filesIn = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [join(path, entry.name)] : []));

test("SummaryWriter's files hold what was logged, with good checksums", async () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
  const logDir = join(folder, "run");
  const writer = new torch.utils.tensorboard.SummaryWriter(logDir);
  for (let step = 0; step < 3; step++) writer.addScalar("loss", torch.tensor(1 / (step + 1)), step);
  const changing = torch.tensor([1, 2]);
  writer.addHistogram("weights", changing, 1, 4);
  changing.fill_(100);
  writer.addHistogram("normal", torch.randn([1000]), 2);
  writer.addImage("grey", torch.tensor([[0, 0.5, 1]]), 0, null, "HW");
  const batch = torch
    .arange(2 * 3 * 2 * 2)
    .reshape([2, 3, 2, 2])
    .to("uint8") as torch.Tensor;
  writer.addImages("grid", batch, 0);
  writer.addText("note", "hello **world**", 7);
  writer.addScalars("both", { train: 1, test: 2.5 }, 4);
  await writer.flush();
  const path = filesIn(logDir)[0]!;
  expect(path).toContain("events.out.tfevents.");
  const found = events(path);
  expect(found.map(({ step, tag }) => `${tag}@${step}`)).toEqual([
    "loss@0",
    "loss@1",
    "loss@2",
    "weights@1",
    "normal@2",
    "grey@0",
    "grid@0",
    "note/text_summary@7",
  ]);
  expect(found[1]!.value.get(2)).toEqual([0.5]);
  const weights = parse(found[3]!.value.get(5)![0] as Uint8Array);
  expect([1, 2, 3, 4, 5].map((field) => weights.get(field)![0])).toEqual([1, 2, 2, 3, 5]);
  expect(doubles(weights.get(6)![0])).toEqual([1, 1.25, 1.5, 1.75, 2]);
  expect(doubles(weights.get(7)![0])).toEqual([0, 1, 0, 0, 1]);
  const normal = parse(found[4]!.value.get(5)![0] as Uint8Array);
  const buckets = doubles(normal.get(7)![0]);
  expect(buckets.reduce((sum, count) => sum + count)).toBe(1000);
  expect(doubles(normal.get(6)![0]).length).toBe(buckets.length);

  const pixels = (value: Fields): [number, number, number, number[]] => {
    const proto = parse(value.get(4)![0] as Uint8Array);
    const png = Buffer.from(proto.get(4)![0] as Uint8Array);
    expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
    const start = png.indexOf("IDAT");
    const rows = inflateSync(png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)));
    const [height, width, channels] = [1, 2, 3].map((field) => Number(proto.get(field)![0])) as [
      number,
      number,
      number,
    ];
    const stride = width * channels + 1;
    return [height, width, channels, [...rows].filter((_, i) => i % stride !== 0)];
  };
  expect(pixels(found[5]!.value)).toEqual([1, 3, 3, [0, 0, 0, 127, 127, 127, 255, 255, 255]]);
  const [height, width, channels, bytes] = pixels(found[6]!.value);
  expect([height, width, channels]).toEqual([2, 4, 3]);
  expect(bytes.slice(0, 9)).toEqual([0, 4, 8, 1, 5, 9, 12, 16, 20]);
  const note = parse(found[7]!.value.get(8)![0] as Uint8Array);
  expect([note.get(1)![0], text(note.get(8)![0])]).toEqual([7n, "hello **world**"]);
  expect(text(parse(parse(found[7]!.value.get(9)![0] as Uint8Array).get(1)![0] as Uint8Array).get(1)![0])).toBe("text");
  const others = events(filesIn(join(logDir, "both_test"))[0]!);
  expect(others.map(({ tag, value }) => [tag, value.get(2)![0]])).toEqual([["both", 2.5]]);

  writer.addScalar("wrong", torch.ones([2]), 0);
  await expect(writer.close()).rejects.toThrow("scalar should be 0D");
  expect(() => writer.addScalar("late", 1)).toThrow("the writer is closed");
});

test("a sink takes the bytes in place of files", async () => {
  const taken: [string, number][] = [];
  const options = {
    logDir: "somewhere",
    sink: (path: string, bytes: Uint8Array) => void taken.push([path, bytes.length]),
  };
  const writer = new torch.utils.tensorboard.SummaryWriter(options);
  writer.addScalar("x", 1, 1);
  await writer.flush();
  await writer.close();
  expect(taken.length).toBe(1);
  expect(taken[0]![0]).toMatch(/^somewhere\/events\.out\.tfevents\./);
});

test("the profiler sees ops, backward and steps, and costs nothing afterwards", async () => {
  const model = new Net();
  const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const x = torch.randn([2, 1, 8, 8]);
  const prof = await torch.profiler.profile(
    async () => {
      const y = torch.profiler.recordFunction("forward", () => model(x));
      y.sum().backward();
      await torch.profiler.recordFunction("pause", () => new Promise((resolve) => void setTimeout(resolve, 5)));
      optimizer.step();
    },
    { recordShapes: true },
  );
  const names = prof.events.map(({ name }) => name);
  for (const name of [
    "forward",
    "aten::conv2d",
    "aten::relu",
    "aten::max_pool2d",
    "aten::linear",
    "autograd::engine::backward",
    "autograd::engine::evaluate_function: ReluBackward0",
    "Optimizer.step#SGD.step",
    "optimizer::update",
  ]) {
    expect(names, name).toContain(name);
  }
  const linear = prof.events.find(({ name }) => name === "aten::linear")!;
  expect(linear.inputs!.map(({ shape }) => shape)).toEqual([[2, 64], [5, 64], [5]]);
  expect(linear.bytes).toBeGreaterThanOrEqual(40);
  const forward = prof.events.find(({ name }) => name === "forward")!;
  expect(forward.duration).toBeGreaterThan(forward.selfDuration);
  expect(prof.events.find(({ name }) => name === "pause")!.duration).toBeGreaterThan(4000);
  const relu = prof.events.find(({ name }) => name === "aten::relu")!;
  expect(relu.bytesMoved).toBe(2 * 4 * relu.inputs![0]!.shape.reduce((a, b) => a * b));
  const backward = prof.events.findIndex(({ name }) => name === "autograd::engine::backward");
  expect(prof.events[backward]!.depth).toBe(0);
  expect(prof.events[backward + 1]!.depth).toBe(1);
  expect(prof.events[backward]!.duration).toBeGreaterThan(prof.events[backward]!.selfDuration);
  const averages = prof.keyAverages();
  const table = averages.table({ sortBy: "cpu_time_total", rowLimit: 4 });
  expect(table.split("\n")[1]).toMatch(/^ +Name +Self CPU % +Self CPU +CPU total % +CPU total +CPU time avg +CPU Mem/);
  expect(table).toMatch(/Self CPU time total: \d+\.\d{3}(us|ms)\n$/);
  expect(table.split("\n").length).toBe(10);
  expect(prof.keyAverages({ groupByInputShape: true }).table()).toContain("[[2, 64], [5, 64], [5]]");
  const path = join(folder, "trace.json");
  await prof.exportChromeTrace(path);
  const { traceEvents } = JSON.parse(readFileSync(path, "utf8")) as { traceEvents: Record<string, unknown>[] };
  expect(traceEvents.find(({ name }) => name === "aten::linear")).toMatchObject({
    ph: "X",
    cat: "cpu_op",
    args: { "Input Dims": [[2, 64], [5, 64], [5]] },
  });
  const count = prof.events.length;
  model(x).sum().backward();
  optimizer.step();
  expect(prof.events.length).toBe(count);

  const running = await torch.profiler.profile();
  x.add(1);
  expect(running.stop().events.map(({ name }) => name)).toEqual(["aten::add"]);
  await expect(torch.profiler.profile(() => x.matmul(x.t()))).rejects.toThrow();
  const kernels = await torch.profiler.profile(() => x.add(1), { withKernels: true });
  expect(kernels.events.map(({ name }) => name)).toEqual(["aten::add", "kernel::program"]);
  class Twice extends torch.autograd.Function {
    static override forward(_: unknown, input: torch.Tensor): torch.Tensor {
      return input.mul(2);
    }
    static override backward(_: unknown, grad: torch.Tensor): torch.Tensor {
      return grad.mul(2);
    }
  }
  const own = await torch.profiler.profile(() =>
    Twice.apply(torch.ones([2], { requiresGrad: true }))
      .sum()
      .backward(),
  );
  const at = own.events.findIndex(({ name }) => name === "autograd::engine::evaluate_function: TwiceBackward");
  expect(own.events[at + 1]).toMatchObject({ name: "aten::mul", depth: own.events[at]!.depth + 1 });
  const casts = await torch.profiler.profile(() => torch.autocast("cpu", () => model.head(model.head.weight)));
  expect(casts.events.map(({ name }) => name)).toContain("aten::linear");
});

test("Timer measures", async () => {
  const a = torch.randn([20, 20]);
  const timer = new torch.utils.benchmark.Timer({ stmt: () => a.matmul(a), label: "a @ a" });
  const measurement = await timer.blockedAutorange({ minRunTime: 0.02 });
  expect(measurement.median).toBeGreaterThan(1e-7);
  expect(measurement.median).toBeLessThan(1e-2);
  expect(String(measurement)).toMatch(/^a @ a\n {2}Median: [\d.]+ (us|ns|ms)\n {2}IQR: /);
  expect((await timer.timeit(50)).numberPerRun).toBe(50);
});
