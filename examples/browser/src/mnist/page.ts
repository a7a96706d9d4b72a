// The page of the digits: buttons, curves, and what the worker tells.
import { Runtime, describe } from "../lib/channel.ts";
import { byId, count, eachFrame, fail, parameter } from "../lib/dom.ts";
import { Plot } from "../lib/plot.ts";
import { deviceSwitch, start } from "../lib/status.ts";
import { Training } from "../lib/training.ts";
import { Confusion } from "./confusion.ts";
import { Drawing } from "./drawing.ts";
import { Samples } from "./samples.ts";
import { Verdict } from "./verdict.ts";
import type { Events, MnistCalls } from "./worker.ts";

/** For a shorter course: mnist.html?epochs=1&images=6000&tests=1000 */
const EPOCHS = parameter("epochs", 3);
const IMAGES = parameter("images", 60_000);
/** two hundred of them are shown, or offered to be read */
const TESTS = Math.max(200, parameter("tests", 10_000));
const STEPS = EPOCHS * Math.ceil(IMAGES / 64);

const runtime = new Runtime<MnistCalls, Events>("mnist");

const training = new Training({
  train: () => {
    byId("state").textContent = "loading data";
    return runtime.call("train", { epochs: EPOCHS, images: IMAGES });
  },
  hold: () => runtime.call("hold"),
  resume: () => runtime.call("resume"),
  failed: (error) => explain("The training ended", error),
  further: "Train further",
});

const lossPlot = new Plot(byId("lossPlot"), {
  label: "Loss",
  x: "step",
  curves: [
    { label: "each step", colour: "edge", width: 1, opacity: 0.35 },
    { label: "averaged", colour: "accent" },
  ],
});
const accuracyPlot = new Plot(byId("accuracyPlot"), {
  label: "Accuracy on test images",
  x: "step",
  yRange: [0, 1],
  format: (y) => `${Math.round(100 * y)} %`,
  curves: [{ label: "accuracy", colour: "second" }],
});
const confusion = new Confusion(byId("matrix"));
const samples = new Samples(byId("sampleList"));
const verdict = new Verdict();

let steps: number[] = [];
let losses: number[] = [];
let averages: number[] = [];
let checks: { step: number; accuracy: number }[] = [];

const drawLosses = eachFrame(() => {
  lossPlot.set(steps, losses, averages);
  if (steps.length === 0) return;
  lossPlot.describe(`${averages.at(-1)!.toFixed(3)} after ${steps.at(-1)} steps`);
});

runtime.on("loading", (bytes) => (byId("state").textContent = `data: ${(bytes / 1e6).toFixed(1)} MB`));

runtime.on("progress", ({ step, losses: recent, rate }) => {
  recent.forEach((loss, i) => {
    steps.push(step - recent.length + 1 + i);
    losses.push(loss);
    // the mean of all at first, then of the newest twenty or so
    const before = averages.at(-1) ?? 0;
    averages.push(before + (loss - before) * Math.max(0.05, 1 / (averages.length + 1)));
  });
  byId("step").textContent = count(step);
  byId("loss").textContent = averages.at(-1)!.toFixed(3);
  byId("rate").textContent = count(rate);
  if (training.state === "training") byId("state").textContent = "training";
  byId<HTMLProgressElement>("progress").value = Math.min(1, step / STEPS);
  drawLosses(undefined);
});

runtime.on("check", ({ step, accuracy, confusion: counts, samples: probabilities, images }) => {
  checks = [...checks.filter((other) => other.step !== step), { step, accuracy }];
  const percent = `${(100 * accuracy).toFixed(images > 1000 ? 2 : 1)} %`;
  byId("accuracy").textContent = percent;
  accuracyPlot.set(
    checks.map((check) => check.step),
    checks.map((check) => check.accuracy),
  );
  accuracyPlot.describe(`${percent} after ${step} steps`);
  confusion.show(counts);
  samples.show(probabilities);
  void drawing.ask();
});

/** Says what failed. If that was the graphics device, the page goes on with the CPU, from the newest copy of the weights. */
async function explain(what: string, error: unknown): Promise<void> {
  const kept = await runtime.call("rescue");
  if (kept === undefined) return fail(`${what}: ${describe(error)}`);
  document.querySelector<HTMLInputElement>("input[value=cpu]")!.checked = true;
  const length = steps.filter((step) => step <= kept).length;
  for (const list of [steps, losses, averages]) list.length = length;
  drawLosses(undefined);
  byId("step").textContent = count(kept);
  const [reason] = describe(error).split(";");
  fail(`${what}: ${reason}. The page computes on the CPU from now on, with the weights of step ${kept}.`);
}

training.resetButton.addEventListener("click", async () => {
  training.enter("loading");
  await runtime.call("reset");
  steps = [];
  losses = [];
  averages = [];
  checks = [];
  drawLosses(undefined);
  accuracyPlot.set([], []);
  for (const id of ["step", "loss", "accuracy", "rate"]) byId(id).textContent = "–";
  byId<HTMLProgressElement>("progress").value = 0;
  training.enter("ready");
});

const drawing = new Drawing(byId<HTMLCanvasElement>("paper"), async (image) => {
  if (image === undefined) return verdict.clear();
  if (training.state === "loading") return;
  try {
    verdict.show(await runtime.call("classify", image), checks.length === 0);
  } catch (error) {
    await explain("The digit could not be read", error);
  }
});
byId("clear").addEventListener("click", () => drawing.clear());

function download(bytes: Uint8Array): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "application/octet-stream" }));
  link.download = "mnist.safetensors";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const note = byId("weightsNote");
byId("download").addEventListener("click", async () => {
  try {
    const bytes = await runtime.call("weights");
    download(bytes);
    note.textContent = `mnist.safetensors, ${count(bytes.length)} bytes.`;
  } catch (error) {
    await explain("There are no weights to be had", error);
  }
});
byId<HTMLInputElement>("upload").addEventListener("change", async ({ target }) => {
  const input = target as HTMLInputElement;
  const file = input.files?.[0];
  input.value = "";
  if (file === undefined) return;
  note.textContent = `Reading ${file.name} …`;
  try {
    await runtime.call("loadWeights", file);
    note.textContent = `The weights of ${file.name} are in use; all test images were asked about.`;
  } catch (error) {
    note.textContent = `${file.name} cannot be used: ${describe(error)}`;
  }
});

async function begin(): Promise<void> {
  const environment = await start(runtime);
  deviceSwitch(environment, async (choice) => {
    try {
      await runtime.call("use", choice);
    } catch (error) {
      if (choice.device === "cpu") return explain("The training could not be moved", error);
      document.querySelector<HTMLInputElement>("input[value=cpu]")!.checked = true;
      fail(`WebGPU could not be started: ${describe(error)}. The training stays on the CPU.`);
    }
  });
  const images = await runtime.call("open", { address: location.href, images: TESTS });
  samples.open(images);
  training.enter("ready");
  for (const id of ["download", "upload", "another"]) byId<HTMLButtonElement>(id).disabled = false;
  let next = 0;
  byId("another").addEventListener("click", () => {
    drawing.put(images.subarray(784 * next, 784 * (next + 1)));
    next = (next + 1) % (images.length / 784);
  });
  void drawing.ask();
}

begin().catch((error: unknown) => fail(`The page could not start: ${describe(error)}`));
