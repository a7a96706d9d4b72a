// Fits y = a + b x + c x² + d x³ to sin(x), as examples/polynomial.ts does, some steps at a time.
import * as torch from "flambeau";

export interface State {
  step: number;
  loss: number;
  coefficients: number[];
}

class Fit {
  step = 0;
  private readonly x: torch.Tensor;
  private readonly y: torch.Tensor;
  private readonly weights: torch.Tensor[];

  constructor(seed: number, device: torch.Device) {
    torch.manualSeed(seed);
    this.x = torch.linspace(-Math.PI, Math.PI, 2000, { device });
    this.y = torch.sin(this.x);
    this.weights = Array.from({ length: 4 }, () => torch.randn([], { device, requiresGrad: true }));
  }

  // #region step
  /** One step of gradient descent, the weights updated by hand. */
  private learn(rate: number): Promise<number> {
    const { x, y, weights } = this;
    const [a, b, c, d] = weights as [torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor];
    const { value } = torch.scope(() => {
      const prediction = a
        .add(b.mul(x))
        .add(c.mul(x.pow(2)))
        .add(d.mul(x.pow(3)));
      const loss = prediction.sub(y).pow(2).sum();
      loss.backward();
      torch.noGrad(() => {
        for (const w of weights) {
          w.sub_(w.grad!.mul(rate));
          w.grad = null;
        }
      });
      return { value: loss.itemAsync<number>() };
    });
    this.step++;
    return value;
  }
  // #endregion

  async advance(steps: number, rate: number): Promise<State> {
    let loss = Promise.resolve(NaN);
    for (let i = 0; i < steps; i++) loss = this.learn(rate);
    const coefficients = await Promise.all(this.weights.map((w) => w.detach().itemAsync<number>()));
    return { step: this.step, loss: await loss, coefficients };
  }

  dispose(): void {
    for (const tensor of [this.x, this.y, ...this.weights]) tensor.dispose();
  }
}

let fit: Fit | undefined;

export const calls = {
  /** Begins anew, with other random numbers. @returns where it begins */
  async begin({ seed, device }: { seed: number; device: "cpu" | "webgpu" }): Promise<State> {
    if (device === "webgpu") await torch.webgpu.init();
    fit?.dispose();
    fit = new Fit(seed, device);
    return fit.advance(0, 0);
  },
  advance: ({ steps, rate }: { steps: number; rate: number }): Promise<State> => fit!.advance(steps, rate),
};
export type PolynomialCalls = typeof calls;
