// The op reference is whole: every public name says what it does, which of PyTorch's it follows, and shows a call that
// test/hosts/examples.test.ts runs.
import { expect, test } from "vitest";
import { publicApi, type Entry } from "./docs.ts";

/** What PyTorch has nothing like. */
const OWN =
  /^(\w*Error|FloatScalar|backends|keep|memoryStats|scope|scoped|set(Watermark|MemoryLimit)|sharedArray|float)(\.|$)|^webgpu\.|^(Tensor|nn\.Module)\.(webgpu|dispose|deepCopy)$|^nn\.perDim$|^onnx\.|^utils\.(progress|ProgressBar|summary|SummaryTable)(\.|$)|^utils\.data\.(workerDataset|serveWorkers)$/;

const documented = ({ name, kind, summary, example, file }: Entry): boolean => {
  if (kind === "value" || (kind === "property" && !name.startsWith("Tensor."))) return true;
  if (summary === "") return false;
  if (kind === "property") return true;
  if (file.startsWith("bindings/gen/") && kind === "function" && !/Shapes: |of tensors of any device/.test(summary))
    return false;
  return example && (OWN.test(name) || /torch\.|torchvision|PyTorch|NumPy|numpy|safetensors/.test(summary));
};

test("every public name is documented, with an example and the PyTorch function that it follows, ops with their shapes", () => {
  const missing = publicApi().filter((entry) => !documented(entry));
  expect(missing.map(({ name, file, line }) => `${name} (${file}:${line})`)).toEqual([]);
});
