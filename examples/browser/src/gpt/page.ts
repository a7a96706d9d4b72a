// The page of the GPT: buttons, the curve of its loss, and its texts.
import { Runtime, describe } from "../lib/channel.ts";
import { byId, count, eachFrame, fail, make, parameter } from "../lib/dom.ts";
import { Plot } from "../lib/plot.ts";
import { deviceSwitch, start } from "../lib/status.ts";
import { Training } from "../lib/training.ts";
import type { Events, GptCalls, Options } from "./worker.ts";

/** For a smaller model or a shorter course: gpt.html?steps=100&width=32 */
const OPTIONS: Options = {
  steps: parameter("steps", 1000),
  batch: parameter("batch", 16),
  context: parameter("context", 64),
  width: parameter("width", 96),
  layers: parameter("layers", 3),
  every: parameter("every", 50),
};
const KEPT = 8;
const LENGTH = 320;

const runtime = new Runtime<GptCalls, Events>("gpt");
const writeButton = byId<HTMLButtonElement>("write");
const prompt = byId<HTMLInputElement>("prompt");
const temperature = byId<HTMLInputElement>("temperature");

const training = new Training({
  train: () => runtime.call("train"),
  hold: () => runtime.call("hold"),
  resume: () => runtime.call("resume"),
  failed: (error) => fail(`The training ended: ${describe(error)}`),
  entered: (state) => (writeButton.disabled = state === "loading" || state === "training"),
});

const plot = new Plot(byId("lossPlot"), {
  label: "Loss",
  x: "step",
  height: 260,
  xRange: [0, OPTIONS.steps],
  curves: [
    { label: "letter counts", colour: "edge", width: 1 },
    { label: "training", colour: "accent" },
    { label: "unseen text", colour: "second", dots: true },
  ],
});

let steps: number[] = [];
let averages: number[] = [];
let heldOut = new Map<number, number>();
let letterCounts = NaN;

const drawLosses = eachFrame(() => {
  const counts = steps.map(() => letterCounts);
  plot.set(
    steps,
    counts,
    averages,
    steps.map((step) => heldOut.get(step) ?? null),
  );
  if (steps.length > 0) plot.describe(`${averages.at(-1)!.toFixed(2)} after ${steps.at(-1)} steps`);
});

runtime.on("progress", ({ step, losses, msPerStep }) => {
  losses.forEach((loss, i) => {
    steps.push(step - losses.length + 1 + i);
    const before = averages.at(-1) ?? 0;
    averages.push(before + (loss - before) * Math.max(0.1, 1 / (averages.length + 1)));
  });
  byId("step").textContent = count(step);
  byId("loss").textContent = averages.at(-1)!.toFixed(3);
  byId("time").textContent = msPerStep.toFixed(1);
  byId<HTMLProgressElement>("progress").value = step / OPTIONS.steps;
  drawLosses(undefined);
});
runtime.on("heldOut", ({ step, loss }) => {
  heldOut.set(step, loss);
  byId("heldOut").textContent = loss.toFixed(3);
  drawLosses(undefined);
});

const newest = byId("text");
let written = { step: 0, text: "" };
const showText = eachFrame(() => {
  newest.textContent = written.text;
});

/** Puts the text that was shown so far among the earlier ones. */
function keepText(): void {
  if (written.text === "") return;
  const list = byId("earlier");
  if (list.firstElementChild?.className === "muted") list.replaceChildren();
  const title = make("span", { class: "muted", text: `after ${count(written.step)} steps` });
  list.prepend(make("li", {}, title, make("p", { text: written.text })));
  while (list.childElementCount > KEPT) list.lastElementChild!.remove();
}

runtime.on("text", ({ begins, characters }) => {
  if (begins !== undefined) {
    keepText();
    written = { step: begins, text: "" };
    byId("textNote").textContent = `Written after ${count(begins)} steps.`;
  }
  written.text += characters;
  showText(undefined);
});

async function begin(): Promise<void> {
  training.enter("loading");
  const { parameters, frequencyLoss } = await runtime.call("begin", OPTIONS);
  letterCounts = frequencyLoss;
  steps = [];
  averages = [];
  heldOut = new Map();
  plot.set([], [], [], []);
  byId("parameters").textContent = count(parameters);
  for (const id of ["step", "loss", "heldOut", "time"]) byId(id).textContent = "–";
  byId<HTMLProgressElement>("progress").value = 0;
  training.enter("ready");
}
training.resetButton.addEventListener("click", () => void begin());

/** Hands the prompt and the temperature to the worker. @returns whether they can be used */
async function wish(): Promise<boolean> {
  byId("temperatureText").textContent = Number(temperature.value).toFixed(1);
  try {
    await runtime.call("write", { prompt: prompt.value, temperature: Number(temperature.value) });
    prompt.setCustomValidity("");
    return true;
  } catch (error) {
    prompt.setCustomValidity(describe(error));
    prompt.reportValidity();
    return false;
  }
}
prompt.addEventListener("change", () => void wish());
prompt.addEventListener("input", () => prompt.setCustomValidity(""));
temperature.addEventListener("input", () => void wish());
byId("wish").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (writeButton.disabled || !(await wish())) return;
  writeButton.disabled = training.button.disabled = training.resetButton.disabled = true;
  try {
    await runtime.call("tell", LENGTH);
  } catch (error) {
    fail(`It cannot write: ${describe(error)}`);
  }
  training.enter(training.state);
});

start(runtime)
  .then((environment) => {
    deviceSwitch(environment, async (choice) => {
      try {
        await runtime.call("use", choice);
      } catch (error) {
        fail(`WebGPU could not be started: ${describe(error)}. The training stays on the CPU.`);
        document.querySelector<HTMLInputElement>("input[value=cpu]")!.checked = true;
      }
    });
    return begin();
  })
  .catch((error: unknown) => fail(`The page could not start: ${describe(error)}`));
