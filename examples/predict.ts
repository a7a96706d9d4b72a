// Classifies a picture of a digit with the weights that mnist.ts saved.
//   node --import tsx examples/predict.ts digit.png [--weights out/mnist.safetensors] [--device webgpu]
import { readFileSync } from "node:fs";
import * as torch from "flambeau";
import { asDigit, classifier } from "./lib/classifier.ts";
import { chosenDevice } from "./lib/device.ts";
import { readImage } from "./lib/image.ts";
import { commandLine, option, runAsProgram } from "./lib/main.ts";

export interface Prediction {
  digit: number;
  /** of the ten digits */
  probabilities: number[];
}

export async function predict(file: string, weights: string, device: torch.Device = "cpu"): Promise<Prediction> {
  const model = classifier().to(device);
  model.loadStateDict(await torch.safetensors.loadFile(weights));
  model.eval();
  const pixels = readImage(readFileSync(file), file);
  const image = new torch.vision.transforms.Normalize(0.1307, 0.3081)(asDigit(pixels));
  const rows = torch.noGrad(() => torch.softmax(model(image.to(device)), 1));
  const [probabilities] = (await rows.tolistAsync()) as [number[]];
  return { digit: probabilities.indexOf(Math.max(...probabilities)), probabilities };
}

runAsProgram(import.meta, async () => {
  const file = commandLine()[0];
  if (file === undefined || file.startsWith("--")) {
    console.error("usage: predict.ts IMAGE.png|IMAGE.pgm [--weights out/mnist.safetensors]");
    process.exitCode = 2;
    return;
  }
  try {
    const { digit, probabilities } = await predict(
      file,
      option("weights") ?? "out/mnist.safetensors",
      await chosenDevice(),
    );
    console.log(`${file}: ${digit}`);
    probabilities.forEach((p, i) => console.log(`  ${i} ${"█".repeat(Math.round(p * 40))} ${(100 * p).toFixed(1)} %`));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
});
