// ONNX Runtime Web runs models: flambeau writes them. Every run copies its result back, as the API does.
import type { Tensor } from "flambeau";
import type * as Ort from "onnxruntime-web";
import { type Case, type Opening, type Sizes, type System, filled, meanSquare } from "../workloads.ts";

/** A graph of one call, as bytes of an ONNX file. */
async function model(which: "matmul" | "conv2d", { matmul: n, images, channels, side }: Sizes): Promise<Uint8Array> {
  const torch = await import("flambeau");
  const options = { inputNames: ["a", "b"], outputNames: ["c"] };
  if (which === "matmul")
    return torch.onnx.export(
      (a: Tensor, b: Tensor) => torch.matmul(a, b),
      [torch.ones(n, n), torch.ones(n, n)],
      options,
    );
  const args = [torch.ones(images, channels, side, side), torch.ones(channels, channels, 3, 3)];
  return torch.onnx.export(
    (a: Tensor, b: Tensor) => torch.nn.functional.conv2d(a, b, null, { padding: 1 }),
    args,
    options,
  );
}

export async function open({ device, threads, pages }: Opening): Promise<System> {
  const files = new URL("onnxruntime/", pages).href;
  const ort: typeof Ort = await import(
    /* @vite-ignore */ `${files}ort.${device === "cpu" ? "wasm" : "webgpu"}.min.mjs`
  );
  ort.env.wasm.wasmPaths = files;
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = threads;
  const prepare = async (which: "matmul" | "conv2d", sizes: Sizes, shapes: number[][]): Promise<Case> => {
    const session = await ort.InferenceSession.create(await model(which, sizes), {
      executionProviders: [device === "cpu" ? "wasm" : "webgpu"],
      graphOptimizationLevel: "all",
    });
    const [a, b] = shapes.map((shape, i) => new ort.Tensor("float32", filled(shape, i + 1), shape));
    const run = (): Promise<Ort.InferenceSession.ReturnType> => session.run({ a: a!, b: b! });
    return { run, check: async () => meanSquare((await run())["c"]!.data as Float32Array) };
  };
  return {
    note: device === "cpu" ? `wasm, ${threads} ${threads === 1 ? "thread" : "threads"}` : "with copies",
    sync: async () => {},
    cases: {
      matmul: (sizes) => prepare("matmul", sizes, [[sizes.matmul, sizes.matmul], [sizes.matmul, sizes.matmul]]), // prettier-ignore
      conv2d: (sizes) =>
        prepare("conv2d", sizes, [
          [sizes.images, sizes.channels, sizes.side, sizes.side],
          [sizes.channels, sizes.channels, 3, 3],
        ]),
      step: () => "it does not train",
    },
  };
}
