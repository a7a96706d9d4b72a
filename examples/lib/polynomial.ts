// The fit of y = a + b x + c x² + d x³ to sin(x), which examples/polynomial.ts runs, and a page of examples/browser.
import * as torch from "flambeau";

export type Coefficients<T> = [a: T, b: T, c: T, d: T];

export interface Fit {
  x: torch.Tensor;
  y: torch.Tensor;
  weights: Coefficients<torch.Tensor>;
}

/** The points of the sine, and four random numbers. */
export function begin(seed: number, device: torch.Device): Fit {
  torch.manualSeed(seed);
  const x = torch.linspace(-Math.PI, Math.PI, 2000, { device });
  const y = torch.sin(x);
  const weights = Array.from({ length: 4 }, () => torch.randn([], { device, requiresGrad: true }));
  return { x, y, weights: weights as Coefficients<torch.Tensor> };
}

// #region step
/** One step of gradient descent, the weights updated by hand. Returns the loss. */
export function step({ x, y, weights }: Fit, rate: number): torch.Tensor {
  return torch.scope(() => {
    const [a, b, c, d] = weights;
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
    return loss.detach();
  });
}
// #endregion
