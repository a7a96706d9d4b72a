// Ops that give positions of elements, of which several may be equal: PyTorch leaves open which of them is meant. The CPU
// gives those that PyTorch's CPU gives, a device the first.
import { compareElements, expectedElements, type Tolerance } from "./compare.ts";
import type { Runtime } from "./runtime.ts";

const OPS = new Set(["topk", "kthvalue"]);

/** Whether a device's values are the expected ones, and its positions, whatever they are, lead to those values. */
export async function isTie(
  runtime: Runtime,
  file: any,
  testCase: any,
  built: any,
  result: any,
  tolerance: Tolerance,
): Promise<boolean> {
  if (runtime.device === "cpu" || !OPS.has(file.op)) return false;
  const { torch } = runtime;
  const [values, positions] = runtime.flatten(result);
  const [input] = built.args;
  const want = testCase.out.$tuple[0].$t;
  if (input.shape.length === 0) return false;
  const dim: number = built.args[2] ?? built.kwargs.dim ?? -1;
  const keepsDim = positions.shape.length === input.shape.length;
  const found = torch.gather(input, dim, keepsDim ? positions : positions.unsqueeze(dim));
  for (const got of [values, keepsDim ? found : found.squeeze(dim)]) {
    if (String(got.shape) !== String(want.shape)) return false;
    const elements = await runtime.read(got);
    if (compareElements(elements, expectedElements(want), want.dtype, [...got.shape], tolerance)) return false;
  }
  return true;
}
