// Files: what the vectors do not say. Round trips, refusals, damage, and PyTorch itself where it is installed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateRawSync, gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import * as torch from "flambeau";
import { noPytorch, PYTHON } from "../hosts/pytorch.mjs";

const folder = mkdtempSync(join(tmpdir(), "flambeau-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The same as `value()` of files.py. */
function value() {
  const base = torch.arange(24).to("float32").reshape(4, 6).div(4);
  return {
    base,
    column: base.select(1, 2),
    turned: base.t(),
    parameter: new torch.nn.Parameter(base.narrow(0, 1, 2)),
    half: torch.tensor([1.5, -2.25], { dtype: "float16" }),
    brain: torch.tensor([1.5, -2.25], { dtype: "bfloat16" }),
    long: torch.tensor([2n ** 53n + 1n, -1n]),
    flags: torch.tensor([true, false]),
    complex: torch.complex(torch.tensor([1, 0.5]), torch.tensor([2, -3])),
    empty: torch.zeros(0, 3),
    scalar: torch.tensor(7, { dtype: "float64" }),
    numbers: [0, 255, 256, 65536, -1, 2 ** 40, -(2n ** 70n), true, null, 0.5, Infinity],
    tuple: Object.freeze([1, Object.freeze(["a", Object.freeze([])])]),
    text: "modèle \u{1f525}",
    ints: new Map([
      [3, "c"],
      [1, "a"],
    ]),
    bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
    set: new Set([1, 2]),
  };
}

function same(got: any, want: any): void {
  if (want instanceof torch.Tensor) {
    expect(got).toBeInstanceOf(torch.Tensor);
    expect([got.dtype, got.shape, got.stride(), got.requiresGrad]).toEqual([
      want.dtype,
      want.shape,
      want.stride(),
      want.requiresGrad,
    ]);
    expect(got instanceof torch.nn.Parameter).toBe(want instanceof torch.nn.Parameter);
    expect(got.tolist()).toEqual(want.tolist());
  } else if (Array.isArray(want)) {
    expect([got.length, Object.isFrozen(got)]).toEqual([want.length, Object.isFrozen(want)]);
    want.forEach((item, i) => same(got[i], item));
  } else if (want instanceof Map || want instanceof Set || want instanceof Uint8Array || typeof want !== "object") {
    expect(got).toEqual(want);
  } else if (want !== null) {
    expect(Object.keys(got)).toEqual(Object.keys(want));
    for (const name of Object.keys(want)) same(got[name], want[name]);
  } else {
    expect(got).toBeNull();
  }
}

const storages = (tensors: torch.Tensor[]): number => new Set(tensors.map((t) => t.untypedStorage().address)).size;

/** A pickle from text and bytes. */
const bytesOf = (...parts: (string | number)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? Array.from(part, (c) => c.charCodeAt(0)) : part)),
  );

/** A zip file of torch.save with another pickle in it. */
async function withPickle(pickle: Uint8Array): Promise<Uint8Array> {
  const file = await torch.save("x".repeat(pickle.length + 64));
  const view = new DataView(file.buffer);
  // the member of the pickle comes first: its sizes in both headers, then its bytes
  const central = view.getUint32(file.length - 6, true);
  for (const at of [18, 22, central + 20, central + 24]) view.setUint32(at, pickle.length, true);
  file.set(pickle, 30 + view.getUint16(26, true) + view.getUint16(28, true));
  return file;
}

describe("torch.save and torch.load", () => {
  it("give back values, storages that are shared, strides and parameters", async () => {
    const want = value();
    const bytes = await torch.save(want);
    for (const source of [bytes, bytes.slice().buffer, Buffer.from(bytes), new Blob([bytes as BlobPart])]) {
      const got = await torch.load<typeof want>(source);
      same(got, want);
      expect(storages([got.base, got.column, got.turned, got.parameter])).toBe(1);
      expect(got.base.isLeaf && !got.base.requiresGrad && got.parameter.requiresGrad).toBe(true);
    }
    const path = join(folder, "value.pt");
    await torch.save(want, path);
    same(await torch.load(path), want);
    expect(await torch.save(want)).toEqual(bytes);
  });

  it("keep one object one object, also in cycles", async () => {
    const x = torch.ones(3);
    const list: unknown[] = [x, x];
    list.push(list);
    const got = await torch.load(await torch.save(list));
    expect(got[0]).toBe(got[1]);
    expect(got[2]).toBe(got);
  });

  it("write a storage only as far as it is reached", async () => {
    const bytes = await torch.save(torch.zeros(100_000).narrow(0, 10, 5));
    expect(bytes.length).toBeLessThan(2000);
    expect((await torch.load<torch.Tensor>(bytes)).storageOffset()).toBe(10);
  });

  it("carry a training on", async () => {
    torch.manualSeed(0);
    const make = () => new torch.nn.Linear(3, 2);
    const [model, other] = [make(), make()];
    const optimizers = [model, other].map((m) => new torch.optim.Adam(m.parameters(), { lr: 0.125 }));
    const step = (m: torch.nn.Linear, optimizer: torch.optim.Adam): void => {
      optimizer.zeroGrad();
      m.forward(torch.ones(1, 3)).sum().backward();
      optimizer.step();
    };
    step(model, optimizers[0]!);
    const bytes = await torch.save({ model: model.stateDict(), optimizer: optimizers[0]!.stateDict() });
    const checkpoint = await torch.load(bytes);
    expect(checkpoint.optimizer.state).toBeInstanceOf(Map);
    other.loadStateDict(checkpoint.model);
    optimizers[1]!.loadStateDict(checkpoint.optimizer);
    step(model, optimizers[0]!);
    step(other, optimizers[1]!);
    expect(other.weight.tolist()).toEqual(model.weight.tolist());
  });

  it("refuse what has no place in a file", async () => {
    await expect(torch.save(new torch.nn.Linear(1, 1))).rejects.toThrow(
      "cannot pickle 'Linear' object: save its stateDict()",
    );
    await expect(torch.save({ f: () => 1 })).rejects.toThrow(torch.TypeError);
    await expect(torch.save(new Float32Array(2))).rejects.toThrow("make it a tensor");
    await expect(torch.save(torch.empty(2, { device: "meta" }))).rejects.toThrow(torch.RuntimeError);
  });
});

describe("a pickle", () => {
  it("cannot call functions", async () => {
    const calls = [
      bytesOf(0x80, 2, "cposix\nsystem\nX", 2, 0, 0, 0, "id\x85R."),
      bytesOf(0x80, 4, 0x8c, 5, "posix", 0x8c, 6, "system", 0x93, 0x8c, 2, "id", 0x85, "R."),
      bytesOf("(S'id'\niposix\nsystem\n."),
      bytesOf("cbuiltins\neval\n(S'1'\ntR."),
    ];
    for (const [i, pickle] of calls.entries()) {
      const loading = torch.load(await withPickle(pickle));
      await expect(loading).rejects.toThrow(torch.UnpicklingError);
      if (i < 2) {
        await expect(loading).rejects.toThrow(
          "Weights only load failed. WeightsUnpickler error: Unsupported global: GLOBAL posix.system was not an allowed global",
        );
      }
      await expect(torch.load(pickle)).rejects.toThrow(torch.TorchError);
    }
  });

  it("has the old protocols' spellings", async () => {
    const load = async (...parts: (string | number)[]): Promise<unknown> =>
      torch.load(await withPickle(bytesOf(...parts)));
    expect(await load("(lp0\nI1\naI01\naL-3L\naF1.5\naV\\u00e9\nap1\nS'a\\x41\\n'\na.")).toEqual([
      1,
      true,
      -3,
      1.5,
      "é",
      "aA\n",
    ]);
    expect(await load("(dp0\nS'a'\nI1\nsI2\nNs.")).toEqual(
      new Map<unknown, unknown>([
        ["a", 1],
        [2, null],
      ]),
    );
    expect(await load("(lFnan\naF-inf\naF2e3\na.")).toEqual([NaN, -Infinity, 2000]);
    await expect(load("Fconstructor\n.")).rejects.toThrow("could not convert string to float");
    expect(Object.keys((await load(0x80, 2, "}U", 9, "__proto__K", 1, "s.")) as object)).toEqual(["__proto__"]);
  });

  it("takes no more memory and depth than its bytes stand for", async () => {
    const failing = async (pickle: Uint8Array): Promise<unknown> =>
      expect(torch.load(await withPickle(pickle))).rejects.toThrow(torch.UnpicklingError);
    await failing(bytesOf("]".repeat(1), ..."]a".repeat(0), "B", 255, 255, 255, 127));
    await failing(bytesOf(...Array.from({ length: 3000 }, () => "]"), ...Array.from({ length: 2999 }, () => "a"), "."));
    // a text of 1000 characters made bytes again and again
    const text = [
      "X",
      0xe8,
      3,
      0,
      0,
      "a".repeat(1000),
      "q",
      0,
      "0X",
      6,
      0,
      0,
      0,
      "latin1q",
      1,
      "0c_codecs\nencode\nq",
      2,
      "0](",
    ];
    const again = Array.from({ length: 3000 }, () => ["h", 2, "h", 0, "h", 1, 0x86, "R"]).flat();
    await failing(bytesOf(...text, ...again, "e."));
  });
});

describe("the place of tensors", () => {
  it("is the CPU, one device, or found by where they were saved", async () => {
    const file = await torch.save([torch.ones(2), torch.zeros(3)]);
    const devices = async (mapLocation: torch.LoadOptions["mapLocation"]): Promise<string[]> =>
      (await torch.load<torch.Tensor[]>(file, { mapLocation })).map(({ device }) => device);
    expect(await devices(undefined)).toEqual(["cpu", "cpu"]);
    expect(await devices("cpu")).toEqual(["cpu", "cpu"]);
    expect(await devices("meta")).toEqual(["meta", "meta"]);
    expect(await devices({ cpu: "meta" })).toEqual(["meta", "meta"]);
    expect(await devices({ "cuda:0": "meta" })).toEqual(["cpu", "cpu"]);
    const heard: string[] = [];
    expect(await devices((location) => (heard.push(location), heard.length > 1 ? "meta" : null))).toEqual([
      "cpu",
      "meta",
    ]);
    expect(heard).toEqual(["cpu", "cpu"]);
    for (const wrong of ["cuda", "gpu", 5, { cpu: "tpu" }] as never[]) {
      await expect(devices(wrong)).rejects.toThrow(torch.TorchError);
    }
    await expect(torch.load(file, { weightsOnly: false as never })).rejects.toThrow("no code of a file is run");
  });
});

describe("a pickle of Python 2", () => {
  const floats = [...new Uint8Array(Float32Array.of(1, 2, 3).buffer)];
  // prettier-ignore
  const array = (data: (string | number)[]): (string | number)[] => [
    "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK", 0, 0x85, "U", 1, "b", 0x87, "R(K", 1, "K", 3, 0x85,
    "cnumpy\ndtype\nU", 2, "f4K", 0, "K", 1, 0x87, "R(K", 3, "U", 1, "<NNNJ", 255, 255, 255, 255, "J", 255, 255, 255, 255,
    "K", 0, "tb", 0x89, ...data, "tb",
  ];

  it("has strings of bytes, and arrays in strings", async () => {
    const short = ["U", 12, ...floats];
    const long = ["T", 12, 0, 0, 0, ...floats];
    const pickle = bytesOf(
      0x80,
      2,
      "(",
      ...array(short),
      ...array(long),
      "T",
      2,
      0,
      0,
      0,
      0xe9,
      "a}U",
      1,
      0xe9,
      "K",
      7,
      "st.",
    );
    for (const source of [pickle, gzipSync(pickle)]) {
      const [a, b, text, dict] = await torch.io.loadPickle(source);
      expect([a.tolist(), b.tolist(), text, dict]).toEqual([[1, 2, 3], [1, 2, 3], "éa", { é: 7 }]);
    }
    const quoted = bytesOf("S'\\xe9'\n.");
    expect(await torch.io.loadPickle(quoted)).toBe("é");
  });

  it("calls nothing, has no storages, and is unpacked no further than it says", async () => {
    await expect(torch.io.loadPickle(bytesOf("cos\nsystem\n(S'id'\ntR."))).rejects.toThrow(
      "Unsupported global: GLOBAL os.system",
    );
    await expect(torch.io.loadPickle(bytesOf(0x80, 2, "Nq", 0, "Q."))).rejects.toThrow(torch.UnpicklingError);
    const bomb = gzipSync(new Uint8Array(1e6));
    new DataView(bomb.buffer, bomb.byteOffset).setUint32(bomb.length - 4, 1000, true);
    await expect(torch.io.loadPickle(bomb)).rejects.toThrow("larger than it claims");
    await expect(torch.io.loadPickle(gzipSync(bytesOf("N.")).subarray(0, 20))).rejects.toThrow(torch.RuntimeError);
  });
});

describe("torch.io", () => {
  const arrays = () => ({
    a: torch.arange(6).view(2, 3),
    b: torch.tensor([[1.5, NaN]], { dtype: "float16" }),
    c: torch.tensor(3, { dtype: "uint8" }),
    d: torch.zeros(0, 2, { dtype: "bool" }),
    e: torch.complex(torch.ones(2), torch.zeros(2)).t(),
  });

  it("gives back arrays", async () => {
    const want = arrays();
    for (const tensor of Object.values(want)) same(await torch.io.loadNpy(await torch.io.saveNpy(tensor)), tensor);
    same(await torch.io.loadNpz(await torch.io.saveNpz(want)), want);
    const path = join(folder, "a.npz");
    await torch.io.saveNpz(want, path);
    same(await torch.io.loadNpz(path), want);
    const { e: _, ...named } = want;
    same(await torch.io.loadSafetensors(await torch.io.saveSafetensors(named, undefined, { by: "test" })), named);
    await expect(torch.io.saveNpy(torch.ones(1, { dtype: "bfloat16" }))).rejects.toThrow(torch.TypeError);
  });

  it("refuses arrays of no numbers by their kind", async () => {
    const file = await torch.io.saveNpy(torch.zeros(1, { dtype: "float32" }));
    for (const [descr, why] of [
      ["<U1", "text"],
      ["|S4", "text"],
      ["<M8", "dates"],
      ["|O8", "Object arrays"],
      ["<g4", "<g4"],
    ] as const) {
      const changed = file.slice();
      changed.set(bytesOf(descr), new TextDecoder("latin1").decode(file).indexOf("<f4"));
      await expect(torch.io.loadNpy(changed)).rejects.toThrow(why);
    }
  });
});

/** seeded: the same damage every time */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

async function mutate(file: Uint8Array, load: (bytes: Uint8Array) => Promise<unknown>, count: number): Promise<void> {
  const next = random(file.length);
  for (let i = 0; i < count; i++) {
    let bytes = file.slice();
    if (i % 4 === 0) bytes = bytes.slice(0, next(bytes.length));
    else for (let flips = 1 + next(3); flips > 0; flips--) bytes[next(bytes.length)]! ^= 1 << next(8);
    try {
      await torch.scope(() => load(bytes));
    } catch (error) {
      expect(error, `${i}: ${String((error as Error).stack)}`).toBeInstanceOf(torch.TorchError);
    }
  }
}

describe("archives that lie", () => {
  /** An .npz of one deflated member, whose header may say what it likes. */
  function deflated(content: Uint8Array, claimed = content.length): Uint8Array {
    const packed = deflateRawSync(content);
    const [local, central, end] = [
      new DataView(new ArrayBuffer(35)),
      new DataView(new ArrayBuffer(51)),
      new DataView(new ArrayBuffer(22)),
    ];
    for (const [view, at] of [
      [local, 6],
      [central, 8],
    ] as const) {
      view.setUint16(at + 2, 8, true);
      view.setUint32(at + 8, crc32(content), true);
      view.setUint32(at + 12, packed.length, true);
      view.setUint32(at + 16, claimed, true);
      view.setUint16(at + 20, 5, true);
    }
    local.setUint32(0, 0x04034b50, true);
    central.setUint32(0, 0x02014b50, true);
    end.setUint32(0, 0x06054b50, true);
    end.setUint16(10, 1, true);
    end.setUint32(12, 51, true);
    end.setUint32(16, 35 + packed.length, true);
    const parts = [local, packed, central, end].map(
      (part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
    );
    for (const head of [parts[0]!.subarray(30), parts[2]!.subarray(46)]) head.set(bytesOf("a.npy"));
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  }

  it("are unpacked no further than they say, and say no more than they can hold", async () => {
    const npy = await torch.io.saveNpy(torch.zeros(10_000));
    expect((await torch.io.loadNpz(deflated(npy))).a!.shape).toEqual([10_000]);
    await expect(torch.io.loadNpz(deflated(npy, 5000))).rejects.toThrow("larger than it claims");
    await expect(torch.io.loadNpz(deflated(npy, 50_000))).rejects.toThrow("were expected");
    await expect(torch.io.loadNpz(deflated(npy, 3e9))).rejects.toThrow("claims more than it can hold");
    const damaged = await torch.io.saveNpz({ a: torch.ones(3) });
    damaged[165]! ^= 1;
    await expect(torch.io.loadNpz(damaged)).rejects.toThrow("bad CRC-32");
  });

  it("share no bytes between members", async () => {
    const file = await torch.save([torch.ones(3), torch.zeros(3)]);
    const view = new DataView(file.buffer);
    let at = view.getUint32(file.length - 6, true);
    const offsets: number[] = [];
    for (; view.getUint32(at, true) === 0x02014b50; at += 46 + view.getUint16(at + 28, true)) offsets.push(at + 42);
    view.setUint32(offsets[3]!, view.getUint32(offsets[2]!, true), true);
    await expect(torch.load(file)).rejects.toThrow("members overlap");
  });

  it("cannot make tensors larger than their storage or than can be counted", async () => {
    const size = (...sizes: number[][]): (string | number)[] => [
      "(",
      ...sizes.flatMap((bytes) => [0x8a, bytes.length, ...bytes]),
      "t",
    ];
    const load = async (...parts: (string | number)[]): Promise<unknown> => {
      const storage = ["((U", 7, "storagectorch\nFloatStorage\nU", 1, "0U", 3, "cpuK", 0, "tQ"];
      return torch.load(
        await withPickle(bytesOf(0x80, 2, "ctorch._utils\n_rebuild_tensor_v2\n", ...storage, ...parts, 0x89, "}tR.")),
      );
    };
    const large = [255, 255, 255, 127];
    await expect(load("K", 0, ...size([2]), ...size([1]))).rejects.toThrow("out of bounds for storage");
    await expect(load("K", 0, ...size(large, large), ...size([0], [0]))).rejects.toThrow(torch.UnpicklingError);
    await expect(load("K", 0, ...size([0], [...large, 0]), ...size([1], [1]))).rejects.toThrow(torch.TorchError);
    await expect(load("K", 0, ...size([255]), ...size([1]))).rejects.toThrow("non-negative");
    const many = Array.from({ length: 40 }, () => [1]);
    await expect(load("K", 0, ...size(...many, [0]), ...size(...many, [1]))).rejects.toThrow(torch.TorchError);
    const npy = await torch.io.saveNpy(torch.zeros(0, 1000));
    npy.set(bytesOf("(0, 99999999999)"), new TextDecoder("latin1").decode(npy).indexOf("(0, 1000)"));
    await expect(torch.io.loadNpy(npy)).rejects.toThrow(torch.TorchError);
  });
});

describe("damaged files", () => {
  it("give typed errors or other values, never anything else", async () => {
    const state = { w: torch.randn(3, 4), b: torch.ones(2).t(), n: [1, "two", 3.5], m: new Map([[1, torch.zeros(1)]]) };
    const zip = await torch.save(state);
    await mutate(zip, (bytes) => torch.load(bytes), 400);
    // the pickle alone, where most of the bytes decide something
    const start = 30 + new DataView(zip.buffer).getUint16(26, true) + new DataView(zip.buffer).getUint16(28, true);
    const pickle = zip.slice(start, start + new DataView(zip.buffer).getUint32(18, true));
    await mutate(pickle, async (bytes) => torch.load(await withPickle(bytes)), 400);
    const arrays = { a: torch.randn(3), b: torch.ones(2, 2, { dtype: "int16" }) };
    await mutate(await torch.io.saveNpz(arrays), (bytes) => torch.io.loadNpz(bytes), 200);
    await mutate(await torch.io.saveNpy(arrays.b), (bytes) => torch.io.loadNpy(bytes), 200);
    await mutate(await torch.io.saveSafetensors(arrays), (bytes) => torch.io.loadSafetensors(bytes), 200);
    await expect(torch.load(new Uint8Array(0))).rejects.toThrow("Ran out of input");
  });
});

const script = join(import.meta.dirname, "files.py");
const run = (...args: string[]): string => execFileSync(PYTHON, [script, ...args], { encoding: "utf8" });

const reason = noPytorch();
if (reason !== null) console.warn(`PyTorch is not asked about our files: ${reason}`);

describe.skipIf(reason !== null)("PyTorch", () => {
  it("writes what is loaded here, in all its formats", async () => {
    run("write", folder);
    for (const name of ["zip", "legacy", "proto4"]) {
      const got = await torch.load(join(folder, `${name}.pt`));
      same(got, value());
      expect(storages([got.base, got.column, got.turned, got.parameter]), name).toBe(1);
    }
    await mutate(Uint8Array.from(readFileSync(join(folder, "legacy.pt"))), (bytes) => torch.load(bytes), 400);
  });

  it("writes states that are loaded here, and loads them back with weights_only=True", async () => {
    for (const name of ["state.pt", "state-legacy.pt"]) {
      const got = await torch.load(join(folder, name));
      expect(Object.entries<torch.Tensor>(got.dtypes).map(([dtype, tensor]) => [dtype, tensor.dtype])).toEqual(
        Object.keys(got.dtypes).map((dtype) => [dtype, dtype]),
      );
      expect(got.dtypes.bfloat16.tolist()).toEqual([
        [1, 0],
        [1, 1],
      ]);
      expect(got.tied[0]).toBe(got.tied[1]);
      expect(storages([got.tied[0], got.views.row, got.views.step])).toBe(1);
      expect(got.views.step.stride()).toEqual([2]);
      expect(got.optimizer.state.get(2)).toEqual({ momentum_buffer: null });
      expect([got.epoch, got.note]).toEqual([12, ""]);
      expect(got.floats).toEqual([[0.5, -0, 1e300], [], [0.9, 0.999], Infinity]);
      await torch.save(got, join(folder, `ours-${name}`));
      await torch.save({ ...got, floats: undefined }, join(folder, `whole-${name}`));
      await torch.save(torch.arange(3), join(folder, `bare-${name}`));
    }
    run("weights", folder, "state.pt", "state-legacy.pt");
    for (const [name, want] of [
      ["number", 5],
      ["none", null],
      ["list", []],
    ] as const) {
      expect(await torch.load(join(folder, `bare-${name}.pt`))).toEqual(want);
    }
    expect((await torch.load<torch.Tensor>(join(folder, "bare-tensor.pt"))).tolist()).toEqual([0, 1, 2]);
  });

  it("puts other things into checkpoints, which come as what JavaScript has", async () => {
    const got = await torch.load(join(folder, "kinds.pt"));
    expect(got.optimizer.param_groups[0].momentum).toBe(0.9);
    expect(got.optimizer.state.get(0).momentum_buffer.tolist()).toEqual([1, 1]);
    expect(got.scheduler.milestones).toEqual(new Map([[3, 1], [5, 1]])); // prettier-ignore
    expect([got.size, got.device, got.dtype, got.scalar]).toEqual([[2, 3], "cpu", "float16", 0.5]);
    expect(got.array.tolist()).toEqual([[0, 1, 2], [3, 4, 5]]); // prettier-ignore
    expect(got.fortran.tolist()).toEqual([[0, 1], [2, 3]]); // prettier-ignore
    expect([got.bytearray, got.frozen]).toEqual([Uint8Array.of(97, 98), new Set([1])]);
    expect([...got.keys.values()]).toEqual([1, 2, 3]);
    expect(got.long).toBe(10n ** 40n);
    expect(Object.keys(got.model)).toEqual([
      "0.weight",
      "0.bias",
      "1.weight",
      "1.bias",
      "1.running_mean",
      "1.running_var",
      "1.num_batches_tracked",
    ]);
    const model = new torch.nn.Linear(2, 1);
    const optimizer = new torch.optim.SGD([new torch.nn.Parameter(torch.ones(2))], { lr: 1, momentum: 0.5 });
    optimizer.loadStateDict(got.optimizer);
    expect(optimizer.paramGroups[0]!.lr).toBe(0.5);
    expect(() => model.loadStateDict(got.model)).toThrow("Unexpected key(s) in state_dict");
    await expect(torch.load(join(folder, "module.pt"))).rejects.toThrow(
      "Unsupported global: GLOBAL torch.nn.modules.linear.Linear was not an allowed global",
    );
  });

  it("is not needed for the pickles of the nn tutorial", async () => {
    for (let protocol = 0; protocol < 6; protocol++) {
      const [[images, labels], [valid], { name }] = await torch.io.loadPickle(join(folder, `mnist${protocol}.pkl.gz`));
      expect([images.dtype, images.shape, images.at(2, 3).item()]).toEqual(["float32", [3, 4], 11]);
      expect([labels.tolist(), valid.shape, name]).toEqual([[1, 0, 2], [1, 4], "mnist"]);
    }
  });

  it("loads what is written here", async () => {
    await torch.save(value(), join(folder, "ours.pt"));
    run("read", join(folder, "ours.pt"));
  });

  it("carries on a training begun here", async () => {
    torch.manualSeed(0);
    const model = new torch.nn.Linear(3, 2);
    const optimizer = new torch.optim.Adam(model.parameters(), { lr: 0.125 });
    const step = (): void => {
      optimizer.zeroGrad();
      model.forward(torch.ones(1, 3)).sum().backward();
      optimizer.step();
    };
    step();
    const [checkpoint, weights] = [join(folder, "checkpoint.pt"), join(folder, "weights.pt")];
    await torch.save({ model: model.stateDict(), optimizer: optimizer.stateDict() }, checkpoint);
    await torch.save(model.stateDict(), weights);
    const theirs = (JSON.parse(run("train", checkpoint, weights)) as number[][]).flat(2);
    step();
    const ours = [...model.parameters()].flatMap((parameter) => Array.from(parameter.detach().data() as Float32Array));
    ours.forEach((number, i) => expect(number).toBeCloseTo(theirs[i]!, 5));
  });
});
