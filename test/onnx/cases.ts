// Models with inputs and what PyTorch makes of them.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as torch from "flambeau";

interface Coded {
  dtype: torch.DType;
  shape: number[];
  data: string;
}
export interface Case {
  model: Uint8Array;
  inputs: torch.Tensor[];
  outputs: torch.Tensor[];
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const ARRAYS: Record<string, new (buffer: ArrayBuffer) => ArrayBufferView> = {
  float32: Float32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

function decode({ dtype, shape, data }: Coded): torch.Tensor {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  const flat = torch.tensor(new ARRAYS[dtype]!(bytes.buffer));
  return torch.keep(flat.to(dtype).reshape(shape));
}

function read(file: string): Map<string, Case> {
  const cases = JSON.parse(readFileSync(file, "utf8")) as Record<
    string,
    { model: string; inputs: Coded[]; outputs: Coded[] }
  >;
  return new Map(
    Object.entries(cases).map(([name, { model, inputs, outputs }]) => [
      name,
      {
        model: Uint8Array.from(Buffer.from(model, "base64")),
        inputs: inputs.map(decode),
        outputs: outputs.map(decode),
      },
    ]),
  );
}

/** A handful of small models that are always there. */
export const fixtures = (): Map<string, Case> => read(path("fixtures.json"));

/** What PyTorch exports now; undefined where it is not installed. */
export function exported(): Map<string, Case> | undefined {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-onnx-"));
  try {
    execFileSync("/usr/bin/python3", ["-c", "import torch"], { stdio: "ignore" });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  try {
    execFileSync("/usr/bin/python3", [path("models.py"), join(folder, "models.json")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    return read(join(folder, "models.json"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The largest difference between two tensors, which must have one dtype and shape. */
export function distance(got: torch.Tensor, want: torch.Tensor): number {
  if (got.dtype !== want.dtype || String(got.shape) !== String(want.shape))
    throw new Error(`${got.dtype}[${got.shape.join()}] in place of ${want.dtype}[${want.shape.join()}]`);
  if (got.numel() === 0) return 0;
  // NaN where PyTorch has NaN
  const [a, b] = [got.to("float64"), want.to("float64")];
  const off = torch.where(a.eq(b).logicalOr(a.isnan().logicalAnd(b.isnan())), 0, a.sub(b).abs());
  return off.max().item() as number;
}
