// ResNet-18: weights of a file give PyTorch's outputs, and a new head learns as in PyTorch.
import { test } from "#test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as torch from "flambeau";
import { PYTHON } from "../../test/hosts/pytorch.mjs";
import { close, flat, inFolder, reference } from "../lib/check.ts";
import { classify, fineTune, loadResNet18 } from "../resnet18.ts";

const { nn } = torch;

/** The weights of reference.py, written by Debian's PyTorch; where that is not installed, the same ones made and written here. */
async function makeWeights(file: string): Promise<void> {
  const script = fileURLToPath(new URL("reference.py", import.meta.url));
  try {
    execFileSync(PYTHON, [script, "--resnet18", file], { stdio: ["ignore", "ignore", "pipe"] });
    return;
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? "");
    if ((error as { code?: string }).code !== "ENOENT" && !said.includes("No module named 'torch'")) throw error;
  }
  torch.manualSeed(0);
  const model = torch.vision.models.resnet18();
  torch.noGrad(() => {
    for (const module of model.modules()) {
      if (!(module instanceof nn.BatchNorm2d)) continue;
      module.weight!.uniform_(0.5, 1.5);
      module.bias!.normal_(0, 0.1);
      module.runningMean!.normal_(0, 0.1);
      module.runningVar!.uniform_(0.5, 1.5);
    }
  });
  await torch.save(model.stateDict(), file);
}

test("ResNet-18 with the weights of a PyTorch file gives PyTorch's outputs, and learns new classes", () =>
  inFolder(async (folder) => {
    const file = join(folder, "resnet18.pt");
    const want = reference("resnet18");
    await makeWeights(file);
    const model = await loadResNet18(file);
    torch.manualSeed(1);
    const images = torch.randn(2, 3, 64, 64);
    const logits = torch.noGrad(() => model(images));
    close(logits.at("...", "::100").tolist(), want.logits, 1e-4);
    assert.equal((await classify(model, images.narrow(0, 0, 1)))[0]![0], logits.at(0).argmax().item());

    const safetensors = join(folder, "resnet18.safetensors");
    await torch.safetensors.saveFile(model.stateDict(), safetensors);
    const again = await loadResNet18(safetensors);
    assert.deepEqual(torch.noGrad(() => again(images)).tolist(), logits.tolist());

    const tensors: number[] = [];
    const report = () => tensors.push(torch.memoryStats().tensors);
    const { losses, accuracy } = await fineTune(model, { steps: 12, batch: 8, size: 32, lr: 6e-3, report });
    close(losses, want.losses, 1e-3);
    assert.ok(accuracy > 0.7, `${accuracy}, by chance 0.25`);
    flat(tensors);
    await assert.rejects(loadResNet18(fileURLToPath(new URL("reference.json", import.meta.url))), Error);
  }));
