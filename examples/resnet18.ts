// ResNet-18 with weights that torchvision, or anything with its names, saved; then a new head learns classes of its own.
//   node --import tsx examples/resnet18.ts [IMAGE.jpg|png …] [--weights resnet18.pt|resnet18.safetensors]
//     [--steps 40] [--batch 16] [--size 64] [--lr 0.005] [--tune head|all] [--seed 0] [--device webgpu]
// Pictures are classified with the weights as they came. The new classes are stripes of four directions, made here.
import * as torch from "flambeau";
import { chosenDevice } from "./lib/device.ts";
import { numberOption, operands, option, runAsProgram } from "./lib/main.ts";

const { nn, optim } = torch;
const { models, transforms } = torch.vision;
const F = nn.functional;

type ResNet = torch.vision.models.ResNet;

/** A model with the weights of a file: of PyTorch's format a state dict, or a checkpoint with one, or safetensors. */
export async function loadResNet18(file: string): Promise<ResNet> {
  const saved = file.endsWith(".safetensors") ? await torch.safetensors.loadFile(file) : await torch.load(file);
  const state: torch.nn.StateDict = saved.state_dict ?? saved.model ?? saved;
  if (!(state["fc.weight"] instanceof torch.Tensor)) throw new Error(`${file} has no weights of a ResNet`);
  const model = models.resnet18({ numClasses: state["fc.weight"].shape[0]! });
  model.loadStateDict(state);
  return model.eval();
}

/** A picture as the weights expect it: [1, 3, 224, 224]. */
async function prepared(file: string): Promise<torch.Tensor> {
  const picture = new torch.vision.Image(await torch.vision.io.readImage(file, "rgb"));
  const steps = new transforms.Compose([
    new transforms.Resize(256),
    new transforms.CenterCrop(224),
    new transforms.ToTensor(),
    new transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
  ]);
  return (steps(picture) as torch.Tensor).unsqueeze(0);
}

/** The likeliest classes of one picture. */
export async function classify(model: ResNet, image: torch.Tensor, count = 5): Promise<[number, number][]> {
  const probabilities = await torch.noGrad(() => torch.softmax(model(image), 1)).cpu();
  const { values, indices } = torch.topk(probabilities.squeeze(0), count);
  const shares = values.tolist() as number[];
  return (indices.tolist() as number[]).map((index, i) => [index, shares[i]!]);
}

export const DIRECTIONS = ["horizontal", "vertical", "rising", "falling"];
const SLOPES = [
  [0, 1],
  [1, 0],
  [1, 1],
  [1, -1],
];

/** Noisy stripes [count, 3, size, size], and which direction they have. */
export function stripes(count: number, size: number): [images: torch.Tensor, labels: torch.Tensor] {
  const labels = torch.randint(0, SLOPES.length, [count]);
  const phase = torch.rand(count, 1, 1).mul(2 * Math.PI);
  const noise = torch.randn(count, 3, size, size);
  const [a, b] = torch.tensor(SLOPES, { dtype: "float32" }).indexSelect(0, labels).view([count, 2, 1, 1]).unbind(1);
  const places = torch.arange(size, { dtype: "float32" });
  const along = a!.mul(places).add(b!.mul(places.unsqueeze(1)));
  return [along.mul(0.8).add(phase).sin().unsqueeze(1).add(noise.mul(0.3)), labels];
}

export interface Options {
  steps: number;
  batch?: number;
  /** of the images' sides */
  size?: number;
  /** default 0.005 for the head, 0.001 for all weights */
  lr?: number;
  /** the new head alone, or all weights, batch norm's statistics with them */
  tune?: "head" | "all";
  seed?: number;
  device?: torch.Device;
  report?: (step: number, loss: number, ms: number) => void;
}

/** Gives a model a head for stripes, and trains. @returns the losses, and the accuracy on stripes it has not seen */
export async function fineTune(model: ResNet, options: Options): Promise<{ losses: number[]; accuracy: number }> {
  const { steps, batch = 16, size = 64, tune = "head", seed = 0, device = "cpu" } = options;
  const lr = options.lr ?? (tune === "head" ? 5e-3 : 1e-3);
  torch.manualSeed(seed);
  model.requiresGrad_(tune === "all");
  model.fc = new nn.Linear((model.fc as torch.nn.Linear).inFeatures, DIRECTIONS.length);
  model.to(device);
  model.train(tune === "all");
  const tuned = Array.from(model.parameters()).filter((parameter) => parameter.requiresGrad);
  const optimizer = new optim.Adam(tuned, { lr });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const started = performance.now();
    const { value } = torch.scope(() => {
      const [images, labels] = stripes(batch, size);
      const loss = F.crossEntropy(model(images.to(device)), labels.to(device));
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return { value: loss.itemAsync<number>() };
    });
    losses.push(await value);
    options.report?.(step, losses.at(-1)!, performance.now() - started);
  }
  model.eval();
  const { value } = torch.scope(() =>
    torch.noGrad(() => {
      const [images, labels] = stripes(4 * batch, size);
      const hits = model(images.to(device)).argmax(1).eq(labels.to(device));
      return { value: hits.to("float32").mean().itemAsync<number>() };
    }),
  );
  return { losses, accuracy: await value };
}

runAsProgram(import.meta, async () => {
  const device = await chosenDevice();
  const weights = option("weights");
  torch.manualSeed(numberOption("seed", 0));
  const model = weights === undefined ? models.resnet18().eval() : await loadResNet18(weights);
  console.log(weights === undefined ? "random weights (--weights FILE takes others)" : `weights of ${weights}`);
  model.to(device);
  for (const file of operands()) {
    console.log(file);
    for (const [index, share] of await classify(model, (await prepared(file)).to(device)))
      console.log(`  class ${String(index).padStart(3)}: ${(100 * share).toFixed(1)} %`);
  }
  const tune = option("tune") ?? "head";
  if (tune !== "head" && tune !== "all") throw new Error(`--tune ${tune}: there are head and all`);
  const { accuracy } = await fineTune(model, {
    steps: numberOption("steps", 40),
    batch: numberOption("batch", 16),
    size: numberOption("size", 64),
    lr: option("lr") === undefined ? undefined : numberOption("lr", 0),
    tune,
    seed: numberOption("seed", 0),
    device,
    report: (step, loss, ms) =>
      console.log(
        `step ${step + 1}: loss ${loss.toFixed(4)}, ${ms.toFixed(0)} ms, ${torch.memoryStats().tensors} tensors`,
      ),
  });
  console.log(`stripes told apart: ${(100 * accuracy).toFixed(1)} % (${DIRECTIONS.join(", ")})`);
});
