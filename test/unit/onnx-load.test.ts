// torch.onnx.load: models that PyTorch exported give what PyTorch gives; what is damaged is refused.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import * as torch from "flambeau";
import { readModel, writeModel, type ModelProto } from "../../bindings/onnx/schema.ts";
import { distance, exported, fixtures } from "../onnx/cases.ts";

const small = fixtures();
const all = exported() ?? small;

const folder = mkdtempSync(join(tmpdir(), "flambeau-onnx-"));
afterAll(() => rmSync(folder, { recursive: true }));

const listed = (result: torch.Tensor | torch.Tensor[]): torch.Tensor[] => (Array.isArray(result) ? result : [result]);

describe("models of PyTorch's exporter", () => {
  it.each([...new Set([...small.keys(), ...all.keys()])])("%s", async (name) => {
    const { model: bytes, inputs, outputs } = all.get(name) ?? small.get(name)!;
    const model = await torch.onnx.load<torch.Tensor[]>(bytes);
    const results = listed(model(...inputs));
    expect(results.length).toBe(outputs.length);
    results.forEach((result, i) => expect(distance(result, outputs[i]!), `output ${i}`).toBeLessThan(1e-5));
  });
});

describe("a loaded model", () => {
  it("describes its inputs and outputs, sizes that vary by their names", async () => {
    const model = await torch.onnx.load(small.get("mlp.17")!.model);
    expect(model.opset).toBe(17);
    expect(model.inputs).toEqual([{ name: "input", dtype: "float32", shape: ["batch", 4] }]);
    expect(model.outputs).toHaveLength(1);
    expect(String(model)).toContain("input: float32[batch, 4]");
    expect(model(torch.randn(7, 4)).shape).toEqual([7, 3]);
  });

  it("takes inputs by name and gives outputs by name", async () => {
    const { model: bytes, inputs, outputs } = small.get("attention.17")!;
    const model = await torch.onnx.load(bytes);
    const [input, second, third] = inputs as [torch.Tensor, torch.Tensor, torch.Tensor];
    const results = model.run({ third, input, second });
    expect(distance(results[model.outputs[0]!.name]!, outputs[0]!)).toBeLessThan(1e-5);
    expect(() => model.run({ input, second })).toThrow(torch.TypeError);
    expect(() => model.run({ input, second, third, fourth: third })).toThrow(/no input 'fourth'/);
    expect(() => model(input, second, third.double())).toThrow(/'third' is float32, but a tensor of float64/);
    expect(() => model(input, second, third.narrow(0, 0, 2))).toThrow(/has the shape \[4, 2, 8\]/);
  });

  it("is a module with PyTorch's names, and can be trained", async () => {
    const { model: bytes, inputs } = small.get("mlp.17")!;
    const model = await torch.onnx.load(bytes);
    expect(Object.keys(model.stateDict())).toEqual(["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"]);
    expect(model(...inputs).requiresGrad).toBe(false);
    const copy = model.deepCopy();
    model.requiresGrad_();
    const optimizer = new torch.optim.SGD(model.parameters(), { lr: 0.5 });
    const target = torch.tensor([0n, 1n, 2n]);
    const losses = Array.from({ length: 20 }, () => {
      optimizer.zeroGrad();
      const loss = torch.nn.functional.nllLoss(torch.log(model(...inputs)), target);
      loss.backward();
      optimizer.step();
      return loss.item() as number;
    });
    expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.8);
    const before = copy(...inputs);
    expect(distance(before, small.get("mlp.17")!.outputs[0]!)).toBeLessThan(1e-5);
    copy.loadStateDict(model.stateDict());
    expect(distance(copy(...inputs), model(...inputs))).toBe(0);
  });

  it("keeps a batch norm's statistics as buffers", async () => {
    const model = await torch.onnx.load(small.get("norms.17")!.model);
    const buffers = [...model.namedBuffers()].map(([name]) => name);
    expect(buffers).toEqual(["0.running_mean", "0.running_var"]);
    expect([...model.namedParameters()].map(([name]) => name)).toEqual([
      "0.weight",
      "0.bias",
      "1.weight",
      "1.bias",
      "2.weight",
      "3.weight",
      "3.bias",
    ]);
  });

  it("can be released", async () => {
    using model = await torch.onnx.load(small.get("mlp.17")!.model);
    model.dispose();
    expect(() => model(torch.randn(1, 4))).toThrow(/was disposed/);
  });

  it("runs without leaving tensors behind", async () => {
    const { model: bytes, inputs } = small.get("gru-packed.13")!;
    const model = await torch.onnx.load(bytes);
    const release = (result: torch.Tensor | torch.Tensor[]): void => listed(result).forEach((t) => t.dispose());
    release(model(...inputs));
    const before = torch.memoryStats().tensors;
    for (let i = 0; i < 5; i++) release(model(...inputs));
    expect(torch.memoryStats().tensors).toBeLessThanOrEqual(before);
  });
});

/** A model of the fixtures with something changed. */
function fixture(change: (proto: ModelProto) => unknown): Uint8Array {
  const proto = readModel(small.get("mlp.17")!.model);
  change(proto);
  return writeModel(proto as never);
}

describe("sources", () => {
  it("may be a path, a URL, a Blob or a Response", async () => {
    const { model: bytes, inputs, outputs } = small.get("mlp.17")!;
    const path = join(folder, "mlp.onnx");
    writeFileSync(path, bytes);
    const data = new Uint8Array(bytes).buffer;
    for (const source of [path, new URL(`file://${path}`), new Blob([data]), new Response(data), data]) {
      const model = await torch.onnx.load(source);
      expect(distance(model(...inputs), outputs[0]!)).toBeLessThan(1e-5);
    }
  });

  it("may have their data in other files", async () => {
    const { inputs, outputs } = small.get("mlp.17")!;
    const parts: Uint8Array[] = [];
    let offset = 0;
    const move =
      (location: string) =>
      ({ graph }: ModelProto): void => {
        for (const tensor of graph!.initializer) {
          const raw = tensor.rawData!;
          const entries = { location, offset, length: raw.length };
          tensor.externalData = Object.entries(entries).map(([key, value]) => ({ key, value: String(value) }));
          tensor.dataLocation = 1;
          delete tensor.rawData;
          parts.push(raw);
          offset += raw.length;
        }
      };
    const bytes = fixture(move("weights/data.bin"));
    const data = Buffer.concat(parts);
    const same = async (model: Promise<torch.onnx.OnnxModel>): Promise<void> => {
      expect(distance((await model)(...inputs), outputs[0]!)).toBeLessThan(1e-5);
    };
    await same(torch.onnx.load(bytes, { externalData: { "weights/data.bin": data } }));
    writeFileSync(join(folder, "split.onnx"), bytes);
    mkdirSync(join(folder, "weights"));
    writeFileSync(join(folder, "weights", "data.bin"), data);
    await same(torch.onnx.load(join(folder, "split.onnx")));
    await expect(torch.onnx.load(bytes)).rejects.toThrow(/give it as externalData/);
    writeFileSync(join(folder, "weights", "data.bin"), data.subarray(0, 40));
    await expect(torch.onnx.load(join(folder, "split.onnx"))).rejects.toThrow(/beyond the end/);
    for (const away of ["../data.bin", "/etc/passwd", "a/../../b", "file:///etc/passwd", "C:\\x"]) {
      offset = 0;
      writeFileSync(join(folder, "away.onnx"), fixture(move(away)));
      await expect(torch.onnx.load(join(folder, "away.onnx"))).rejects.toThrow(/not below its own folder/);
    }
  });
});

describe("refusals", () => {
  it("names all operators that are not supported", async () => {
    const bytes = fixture(({ graph }) => {
      graph!.node[0]!.opType = "NonMaxSuppression";
      graph!.node[1]!.opType = "Attention";
      graph!.node[1]!.domain = "com.microsoft";
    });
    await expect(torch.onnx.load(bytes)).rejects.toThrow(torch.NotImplementedError);
    await expect(torch.onnx.load(bytes)).rejects.toThrow(/NonMaxSuppression, com\.microsoft\.Attention/);
  });

  it("says what is wrong with a graph", async () => {
    const cases: [string, (proto: ModelProto) => unknown][] = [
      ["has no graph", (proto) => delete proto.graph],
      ["names no operator set", (proto) => (proto.opsetImport = [])],
      ["operator set 99", (proto) => (proto.opsetImport[0]!.version = 99)],
      ["before it is made", ({ graph }) => graph!.node.reverse()],
      ["is made twice", ({ graph }) => (graph!.node[1]!.output = graph!.node[0]!.output)],
      ["element type 8", ({ graph }) => (graph!.initializer[0]!.dataType = 8)],
      ["bytes, not", ({ graph }) => (graph!.initializer[0]!.dims = [8, 5])],
      ["has the shape", ({ graph }) => (graph!.initializer[0]!.dims = [-8, 4])],
    ];
    for (const [message, change] of cases) await expect(torch.onnx.load(fixture(change))).rejects.toThrow(message);
    await expect(torch.onnx.load(new Uint8Array(0))).rejects.toThrow(torch.ValueError);
    await expect(torch.onnx.load(Buffer.from("PK no model at all"))).rejects.toThrow(torch.ValueError);
  });

  it("names the operator that fails", async () => {
    const bytes = fixture(({ graph }) => (graph!.initializer[0]!.dims = [4, 8]));
    const model = await torch.onnx.load(bytes);
    expect(() => model(torch.randn(2, 4))).toThrow(/^ONNX operator Gemm '.*': mat1 and mat2 shapes/);
  });

  it("survives damage with typed errors, and keeps no tensor of what it refused", async () => {
    let state = 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    let [refused, ran] = [0, 0];
    for (const [name, { model, inputs }] of small) {
      if (name.startsWith("loop")) continue;
      for (let i = 0; i < 250; i++) {
        let bytes = model.slice();
        if (i % 5 === 0) bytes = bytes.subarray(0, random(bytes.length));
        for (let k = random(3); k >= 0 && bytes.length > 0; k--) bytes[random(bytes.length)]! ^= 1 << random(8);
        const before = torch.memoryStats().tensors;
        let loaded: torch.onnx.OnnxModel;
        try {
          loaded = await torch.onnx.load(bytes);
        } catch (error) {
          refused++;
          expect(error).toBeInstanceOf(torch.TorchError);
          expect(torch.memoryStats().tensors).toBeLessThanOrEqual(before);
          continue;
        }
        try {
          listed(loaded(...inputs)).forEach((result) => result.dispose());
          ran++;
        } catch (error) {
          expect(error).toBeInstanceOf(torch.TorchError);
        }
      }
    }
    expect(refused).toBeGreaterThan(300);
    expect(ran).toBeGreaterThan(100);
  });
});
