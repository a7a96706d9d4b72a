// The page of the polynomial: it asks the worker for some steps, draws, and asks again at the next frame.
import { Runtime, describe } from "../lib/channel.ts";
import { byId, calm, count, fail, parameter } from "../lib/dom.ts";
import { Plot } from "../lib/plot.ts";
import { deviceSwitch, start } from "../lib/status.ts";
import type { PolynomialCalls, State as FitState } from "./worker.ts";

const STEPS = parameter("steps", 2000);
const SPEEDS = [1, 2, 5, 10, 20, 50, 100];
const RATES = [1e-7, 3e-7, 1e-6, 2e-6, 4e-6];
const NAMES = ["a", "b", "c", "d"];

type State = "loading" | "ready" | "training" | "paused" | "done";
const runtime = new Runtime<PolynomialCalls, object>("polynomial");
const button = byId<HTMLButtonElement>("train");
const resetButton = byId<HTMLButtonElement>("reset");
const speed = byId<HTMLInputElement>("speed");
const rate = byId<HTMLInputElement>("rate");
let state: State = "loading";
let device: "cpu" | "webgpu" = "cpu";
let seed = 0;
/** counts the loops, of which only the newest goes on */
let run = 0;
let losses: [step: number, loss: number][] = [];

const xs = Array.from({ length: 129 }, (_, i) => -Math.PI + (i * Math.PI) / 64);
const sine = xs.map(Math.sin);
const curvePlot = new Plot(byId("curvePlot"), {
  label: "The sine and the polynomial",
  x: "x",
  height: 300,
  xRange: [-Math.PI, Math.PI],
  yRange: [-2, 2],
  curves: [
    { label: "sine", colour: "edge" },
    { label: "polynomial", colour: "accent", width: 3 },
  ],
});
const lossPlot = new Plot(byId("lossPlot"), {
  label: "Loss",
  x: "step",
  height: 300,
  logarithmic: true,
  // 100K: the axis has no room for more
  format: new Intl.NumberFormat("en", { notation: "compact" }).format,
  curves: [{ label: "loss", colour: "accent" }],
});
curvePlot.set(xs, sine, []);

function enter(next: State): void {
  state = next;
  byId("state").textContent = next;
  button.textContent = { loading: "Start", ready: "Start", training: "Pause", paused: "Resume", done: "Go on" }[next];
  button.disabled = resetButton.disabled = next === "loading";
}

function show({ step, loss, coefficients }: FitState): void {
  const [a, b, c, d] = coefficients as [number, number, number, number];
  curvePlot.set(
    xs,
    sine,
    xs.map((x) => a + b * x + c * x * x + d * x ** 3),
  );
  NAMES.forEach((name, i) => (byId(name).textContent = coefficients[i]!.toFixed(4).replace(/^-(0\.0*)$/, "$1")));
  byId("step").textContent = count(step);
  byId<HTMLProgressElement>("progress").value = Math.min(1, step / STEPS);
  if (step === 0) return;
  byId("loss").textContent = Number.isFinite(loss) ? loss.toPrecision(5) : "∞";
  losses.push([step, loss]);
  // a thousand points are enough for a curve
  if (losses.length > 1000) losses = losses.filter((_, i) => i % 2 === 0);
  lossPlot.set(
    losses.map(([step]) => step),
    losses.map(([, loss]) => (Number.isFinite(loss) ? loss : null)),
  );
  lossPlot.describe(`${loss.toFixed(2)} after ${step} steps`);
}

const nextFrame = (): Promise<unknown> =>
  new Promise((resolve) => (calm.matches ? setTimeout(resolve, 500) : requestAnimationFrame(resolve)));

async function train(): Promise<void> {
  enter("training");
  const mine = ++run;
  let reached = losses.at(-1)?.[0] ?? 0;
  const end = reached < STEPS ? STEPS : Infinity;
  try {
    while (mine === run && state === "training" && reached < end) {
      // where motion is to be reduced, pictures are fewer and steps between them more
      const steps = SPEEDS[Number(speed.value)]! * (calm.matches ? 30 : 1);
      const argument = { steps: Math.min(steps, end - reached), rate: RATES[Number(rate.value)]! };
      const [next] = await Promise.all([runtime.call("advance", argument), nextFrame()]);
      if (mine !== run) return;
      show(next);
      reached = next.step;
      if (!Number.isFinite(next.loss)) {
        fail("The steps were too long, and the numbers ran away. Take other numbers, or a smaller learning rate.");
        return enter("done");
      }
    }
    if (mine === run && reached >= end) enter("done");
  } catch (error) {
    fail(`The training ended: ${describe(error)}`);
    enter("paused");
  }
}

async function begin(): Promise<void> {
  enter("loading");
  run++;
  losses = [];
  lossPlot.set([], []);
  byId("loss").textContent = "–";
  show(await runtime.call("begin", { seed, device }));
  enter("ready");
}

button.addEventListener("click", () => {
  fail("");
  if (state === "training") enter("paused");
  else void train();
});
resetButton.addEventListener("click", () => {
  fail("");
  seed++;
  void begin();
});
const label = (): void => {
  byId("speedText").textContent = String(SPEEDS[Number(speed.value)]);
  byId("rateText").textContent = RATES[Number(rate.value)]!.toExponential().replace("e-", "e−");
};
speed.addEventListener("input", label);
rate.addEventListener("input", label);
label();

start(runtime)
  .then((environment) => {
    deviceSwitch(environment, async (choice) => {
      device = choice.device;
      try {
        await begin();
      } catch (error) {
        fail(`WebGPU could not be started: ${describe(error)}.`);
      }
    });
    return begin();
  })
  .catch((error: unknown) => fail(`The page could not start: ${describe(error)}`));
