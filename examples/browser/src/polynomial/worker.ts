// Fits a polynomial to the sine, as examples/polynomial.ts does, some steps at a time.
import * as torch from "flambeau";
import { begin, type Fit as Parts, step } from "../../../lib/polynomial.ts";

export interface State {
  step: number;
  loss: number;
  coefficients: number[];
}

class Fit {
  step = 0;
  private readonly parts: Parts;

  constructor(seed: number, device: torch.Device) {
    this.parts = begin(seed, device);
  }

  async advance(steps: number, rate: number): Promise<State> {
    let loss = Promise.resolve(NaN);
    for (let i = 0; i < steps; i++) {
      const newest = step(this.parts, rate);
      loss = newest.itemAsync<number>();
      newest.dispose();
    }
    this.step += steps;
    const coefficients = await Promise.all(this.parts.weights.map((w) => w.detach().itemAsync<number>()));
    return { step: this.step, loss: await loss, coefficients };
  }

  dispose(): void {
    const { x, y, weights } = this.parts;
    for (const tensor of [x, y, ...weights]) tensor.dispose();
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
