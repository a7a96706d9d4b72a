// Fits y = a + b x + c x² + d x³ to sin(x) by gradient descent, weights updated by hand.
//   node --import tsx examples/polynomial.ts [--seed 0] [--device webgpu]
import * as torch from "flambeau";
import { chosenDevice } from "./lib/device.ts";
import { option, runAsProgram } from "./lib/main.ts";

const LEARNING_RATE = 1e-6;
const STEPS = 2000;

export interface Fit {
  /** the loss at steps 99, 199, … 1999 */
  losses: Map<number, number>;
  coefficients: [a: number, b: number, c: number, d: number];
}

export async function fitPolynomial(
  seed: number,
  report: (step: number, loss: number) => void = () => {},
  device: torch.Device = "cpu",
): Promise<Fit> {
  torch.manualSeed(seed);
  const x = torch.linspace(-Math.PI, Math.PI, 2000, { device });
  const y = torch.sin(x);
  const weights = Array.from({ length: 4 }, () => torch.randn([], { device, requiresGrad: true }));
  const [a, b, c, d] = weights as [torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor];
  const losses = new Map<number, number>();
  for (let step = 0; step < STEPS; step++) {
    const { value } = torch.scope(() => {
      const prediction = a
        .add(b.mul(x))
        .add(c.mul(x.pow(2)))
        .add(d.mul(x.pow(3)));
      const loss = prediction.sub(y).pow(2).sum();
      loss.backward();
      torch.noGrad(() => {
        for (const w of weights) {
          w.sub_(w.grad!.mul(LEARNING_RATE));
          w.grad = null;
        }
      });
      return { value: step % 100 === 99 ? loss.itemAsync<number>() : undefined };
    });
    if (value === undefined) continue;
    losses.set(step, await value);
    report(step, losses.get(step)!);
  }
  return { losses, coefficients: (await Promise.all(weights.map((w) => w.itemAsync()))) as Fit["coefficients"] };
}

runAsProgram(import.meta, async () => {
  const report = (step: number, loss: number) => console.log(step, loss.toFixed(4));
  const { coefficients } = await fitPolynomial(Number(option("seed") ?? 0), report, await chosenDevice());
  const [a, b, c, d] = coefficients.map((w) => w.toFixed(6));
  console.log(`Result: y = ${a} + ${b} x + ${c} x^2 + ${d} x^3`);
});
