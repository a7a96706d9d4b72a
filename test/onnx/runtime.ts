// ONNX Runtime, which is a second opinion on what is exported. It is with the hosts for their size (test/hosts/binaries).
import { createRequire } from "node:module";
import * as torch from "flambeau";

interface RuntimeTensor {
  type: string;
  dims: readonly number[];
  data: ArrayBufferView;
}
interface Session {
  inputNames: string[];
  outputNames: string[];
  run(feeds: Record<string, RuntimeTensor>): Promise<Record<string, RuntimeTensor>>;
}
interface Runtime {
  InferenceSession: { create(bytes: Uint8Array, options: object): Promise<Session> };
  Tensor: new (type: string, data: ArrayBufferView, dims: number[]) => RuntimeTensor;
}

/** undefined where it is not installed. */
export function runtime(): Runtime | undefined {
  try {
    return createRequire(new URL("../hosts/binaries/package.json", import.meta.url))("onnxruntime-node") as Runtime;
  } catch {
    return undefined;
  }
}

/** Runs a model in ONNX Runtime, on inputs by name. */
export async function runIn(
  { InferenceSession, Tensor }: Runtime,
  model: Uint8Array,
): Promise<(inputs: Record<string, torch.Tensor>) => Promise<torch.Tensor[]>> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  return async (inputs) => {
    const feeds = Object.entries(inputs).filter(([name]) => session.inputNames.includes(name));
    const results = await session.run(
      Object.fromEntries(feeds.map(([name, x]) => [name, new Tensor(x.dtype, x.data(), x.shape)])),
    );
    return session.outputNames.map((name) => {
      const { type, dims, data } = results[name]!;
      const flat = torch.tensor(data as Float32Array);
      return (type === "bool" ? flat.to("bool") : flat).reshape([...dims]);
    });
  };
}
