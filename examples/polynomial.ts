// Fits y = a + b x + c x² + d x³ to sin(x) by gradient descent, weights updated by hand.
//   node --import tsx examples/polynomial.ts [--seed 0] [--device webgpu]
import type * as torch from "flambeau";
import { chosenDevice } from "./lib/device.ts";
import { option, runAsProgram } from "./lib/main.ts";
import { begin, type Coefficients, step as learn } from "./lib/polynomial.ts";

const LEARNING_RATE = 1e-6;
const STEPS = 2000;

export interface Fit {
  /** the loss at steps 99, 199, … 1999 */
  losses: Map<number, number>;
  coefficients: Coefficients<number>;
}

export async function fitPolynomial(
  seed: number,
  report: (step: number, loss: number) => void = () => {},
  device: torch.Device = "cpu",
): Promise<Fit> {
  const fit = begin(seed, device);
  const losses = new Map<number, number>();
  for (let step = 0; step < STEPS; step++) {
    const loss = learn(fit, LEARNING_RATE);
    if (step % 100 === 99) {
      losses.set(step, await loss.itemAsync<number>());
      report(step, losses.get(step)!);
    }
    loss.dispose();
  }
  return { losses, coefficients: (await Promise.all(fit.weights.map((w) => w.itemAsync()))) as Coefficients<number> };
}

runAsProgram(import.meta, async () => {
  const report = (step: number, loss: number) => console.log(step, loss.toFixed(4));
  const { coefficients } = await fitPolynomial(Number(option("seed") ?? 0), report, await chosenDevice());
  const [a, b, c, d] = coefficients.map((w) => w.toFixed(6));
  console.log(`Result: y = ${a} + ${b} x + ${c} x^2 + ${d} x^3`);
});
