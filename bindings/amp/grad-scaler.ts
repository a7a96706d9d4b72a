// torch.amp.GradScaler: gradients of float16 would vanish, so the loss is scaled up before backward and the gradients down before
// the step, which is left out where the scale was too much.

import { noGrad } from "../autograd/mode.ts";
import { RuntimeError, ValueError } from "../error.ts";
import { type Rest, take } from "../nn/arguments.ts";
import type { Device } from "../tensor/dtype.ts";
import * as torch from "../gen/functions.ts";
import { keep } from "../memory/scope.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { Tensor } from "../tensor/tensor.ts";

export interface GradScalerOptions {
  /** The first scale (default 65536). */
  initScale?: number;
  /** What the scale is multiplied by after `growthInterval` steps without infinities (default 2). */
  growthFactor?: number;
  /** What it is multiplied by after a step with them (default 0.5). */
  backoffFactor?: number;
  /** Default 2000. */
  growthInterval?: number;
  /** Off: everything passes as it is (default true). */
  enabled?: boolean;
}

/** The state as PyTorch saves it. */
export interface GradScalerState {
  scale: number;
  growth_factor: number;
  backoff_factor: number;
  growth_interval: number;
  _growth_tracker: number;
}

type AnyOptimizer = Pick<Optimizer<object>, "paramGroups" | "step">;
type Scalable = Tensor | readonly Scalable[];

/** What became of an optimizer since the last update. */
interface Progress {
  unscaled: boolean;
  stepped: boolean;
  /** 0-d: zero, or NaN where a gradient is infinite or NaN */
  check: Tensor | undefined;
  foundInf: boolean | undefined;
}

/**
 * Scales losses; follows torch.cuda.amp.GradScaler. Whether a gradient is infinite is known to the device alone: on WebGPU
 * `step` is `await stepAsync`.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.SGD([x], { lr: 0.5 });
 * const scaler = new torch.amp.GradScaler();
 * scaler.scale(x.square().sum()).backward();
 * scaler.unscale_(optimizer); // where gradients are clipped next
 * scaler.step(optimizer);
 * scaler.update();
 * x.detach(); // tensor([0.])
 */
export class GradScaler {
  private readonly enabled: boolean;
  private factor: number;
  private growthFactor: number;
  private backoffFactor: number;
  private growthInterval: number;
  private growthTracker = 0;
  private readonly optimizers = new Map<AnyOptimizer, Progress>();

  /** @param device any: the scale is a number of the program's */
  constructor(...rest: Rest<[device: Device], GradScalerOptions & { device?: Device }>) {
    const { initScale, growthFactor, backoffFactor, growthInterval, enabled } = take("GradScaler", rest, {
      device: "webgpu" as Device,
      initScale: 65536,
      growthFactor: 2,
      backoffFactor: 0.5,
      growthInterval: 2000,
      enabled: true,
    });
    if (enabled && !(growthFactor > 1)) throw new ValueError("The growth factor must be > 1.0.");
    if (enabled && !(backoffFactor < 1)) throw new ValueError("The backoff factor must be < 1.0.");
    this.enabled = enabled;
    this.factor = initScale;
    this.growthFactor = growthFactor;
    this.backoffFactor = backoffFactor;
    this.growthInterval = growthInterval;
  }

  /**
   * A tensor, or tensors in lists, times the scale.
   * Follows torch.cuda.amp.GradScaler.scale.
   * @example
   * const scaler = new torch.amp.GradScaler({ initScale: 4 });
   * scaler.scale(torch.tensor([1, 2])); // tensor([4., 8.])
   */
  scale<T extends Scalable>(outputs: T): T {
    if (!this.enabled) return outputs;
    if (outputs instanceof Tensor) return outputs.mul(this.factor) as unknown as T;
    if (Array.isArray(outputs)) return outputs.map((output: Scalable) => this.scale(output)) as unknown as T;
    throw new ValueError("outputs must be a Tensor or an iterable of Tensors");
  }

  private progress(optimizer: AnyOptimizer): Progress {
    let progress = this.optimizers.get(optimizer);
    if (progress === undefined) {
      progress = { unscaled: false, stepped: false, check: undefined, foundInf: undefined };
      this.optimizers.set(optimizer, progress);
    }
    return progress;
  }

  /**
   * Divides the gradients of an optimizer's parameters by the scale, before they are clipped for instance; `step` does it otherwise.
   * Follows torch.cuda.amp.GradScaler.unscale_.
   * @throws RuntimeError when it was done since the last update
   * @example
   * const x = new nn.Parameter(torch.tensor([1]));
   * const optimizer = new optim.SGD([x], { lr: 0.5 });
   * const scaler = new torch.amp.GradScaler({ initScale: 4 });
   * scaler.scale(x.square().sum()).backward();
   * scaler.unscale_(optimizer);
   * x.grad; // tensor([2.])
   */
  unscale_(optimizer: AnyOptimizer): void {
    if (!this.enabled) return;
    const progress = this.progress(optimizer);
    if (progress.stepped) throw new RuntimeError("unscale_() is being called after step().");
    if (progress.unscaled) {
      throw new RuntimeError("unscale_() has already been called on this optimizer since the last update().");
    }
    const inverse = 1 / this.factor;
    const parameters = optimizer.paramGroups.flatMap((group) => (group as { params: Tensor[] }).params);
    const grads = parameters.flatMap((parameter) => parameter.grad ?? []);
    if (grads.some((grad) => grad.dtype === "float16")) throw new ValueError("Attempting to unscale FP16 gradients.");
    noGrad(() => {
      const checks = grads.map((grad) => {
        const plain = grad.detach().mul_(inverse);
        // 0·x is NaN for infinities and NaN
        return plain.mul(0).sum().to("float32") as Tensor;
      });
      progress.check = checks.length === 0 ? undefined : keep(torch.stack(checks).sum());
    });
    progress.unscaled = true;
  }

  private prepare(optimizer: AnyOptimizer, args: unknown[]): Progress {
    if (args.length > 0) {
      throw new RuntimeError("Closure use is not currently supported if GradScaler is enabled.");
    }
    const progress = this.progress(optimizer);
    if (progress.stepped) throw new RuntimeError("step() has already been called since the last update().");
    if (!progress.unscaled) this.unscale_(optimizer);
    if (progress.check === undefined) throw new RuntimeError("No inf checks were recorded for this optimizer.");
    return progress;
  }
  private finish(optimizer: AnyOptimizer, progress: Progress, check: unknown): boolean {
    progress.foundInf = Number.isNaN(check);
    progress.check?.dispose();
    progress.check = undefined;
    progress.stepped = true;
    if (!progress.foundInf) optimizer.step();
    return !progress.foundInf;
  }

  /**
   * The optimizer's step with unscaled gradients, unless one of them is infinite or NaN.
   * Follows torch.cuda.amp.GradScaler.step.
   * @returns whether the step was made
   * @throws RuntimeError for gradients on WebGPU, where `stepAsync` waits for the answer
   * @example
   * const x = new nn.Parameter(torch.tensor([1]));
   * const optimizer = new optim.SGD([x], { lr: 0.5 });
   * const scaler = new torch.amp.GradScaler({ initScale: 4 });
   * scaler.scale(x.square().sum()).backward();
   * scaler.step(optimizer);
   * x.detach(); // tensor([0.])
   */
  step(optimizer: AnyOptimizer, ...closure: unknown[]): boolean {
    if (!this.enabled) {
      (optimizer.step as (...args: unknown[]) => void)(...closure);
      return true;
    }
    const progress = this.prepare(optimizer, closure);
    if (progress.check!.device !== "cpu") {
      throw new RuntimeError(
        "GradScaler.step() can't wait for gradients on webgpu: use `await scaler.stepAsync(optimizer)`",
      );
    }
    return this.finish(optimizer, progress, progress.check!.item());
  }

  /**
   * `step` for gradients on any device.
   * Follows torch.cuda.amp.GradScaler.step.
   * @example
   * const x = new nn.Parameter(torch.tensor([1]));
   * const optimizer = new optim.SGD([x], { lr: 0.5 });
   * const scaler = new torch.amp.GradScaler({ initScale: 4 });
   * scaler.scale(x.square().sum()).backward();
   * await scaler.stepAsync(optimizer);
   * x.detach(); // tensor([0.])
   */
  async stepAsync(optimizer: AnyOptimizer, ...closure: unknown[]): Promise<boolean> {
    if (!this.enabled) return this.step(optimizer, ...closure);
    const progress = this.prepare(optimizer, closure);
    return this.finish(optimizer, progress, await progress.check!.itemAsync());
  }

  /**
   * Adapts the scale, after the steps of all optimizers.
   * Follows torch.cuda.amp.GradScaler.update.
   * @param newScale a scale in place of the computed one
   * @throws RuntimeError when there was no step
   * @example
   * const x = new nn.Parameter(torch.tensor([1]));
   * const optimizer = new optim.SGD([x], { lr: 0.5 });
   * const scaler = new torch.amp.GradScaler({ initScale: 4 });
   * scaler.scale(x.square().sum()).backward();
   * scaler.step(optimizer);
   * scaler.update();
   * scaler.getScale(); // 4
   */
  update(newScale?: number | Tensor): void {
    if (!this.enabled) return;
    const all = [...this.optimizers.values()];
    if (newScale !== undefined) this.factor = typeof newScale === "number" ? newScale : Number(newScale.item());
    else {
      for (const progress of all) {
        if (progress.check !== undefined) progress.foundInf = Number.isNaN(progress.check.item());
      }
      if (!all.some((progress) => progress.foundInf !== undefined)) {
        throw new RuntimeError("No inf checks were recorded prior to update.");
      }
      if (all.some((progress) => progress.foundInf)) {
        this.factor *= this.backoffFactor;
        this.growthTracker = 0;
      } else if (++this.growthTracker === this.growthInterval) {
        const grown = this.factor * this.growthFactor;
        if (Number.isFinite(Math.fround(grown))) this.factor = grown;
        this.growthTracker = 0;
      }
    }
    for (const { check } of all) check?.dispose();
    this.optimizers.clear();
  }

  /**
   * The factor that losses are scaled by.
   * Follows torch.cuda.amp.GradScaler.get_scale.
   * @example
   * const scaler = new torch.amp.GradScaler({ initScale: 4 });
   * scaler.getScale(); // 4
   */
  getScale(): number {
    return this.enabled ? this.factor : 1;
  }
  /**
   * What the scale is multiplied by after growthInterval good steps.
   * Follows torch.cuda.amp.GradScaler.get_growth_factor.
   * @example
   * new torch.amp.GradScaler().getGrowthFactor(); // 2
   */
  getGrowthFactor(): number {
    return this.growthFactor;
  }
  /**
   * Sets what the scale is multiplied by after growthInterval good steps.
   * Follows torch.cuda.amp.GradScaler.set_growth_factor.
   * @example
   * const scaler = new torch.amp.GradScaler();
   * scaler.setGrowthFactor(4);
   * scaler.getGrowthFactor(); // 4
   */
  setGrowthFactor(factor: number): void {
    this.growthFactor = factor;
  }
  /**
   * What the scale is multiplied by after a bad step.
   * Follows torch.cuda.amp.GradScaler.get_backoff_factor.
   * @example
   * new torch.amp.GradScaler().getBackoffFactor(); // 0.5
   */
  getBackoffFactor(): number {
    return this.backoffFactor;
  }
  /**
   * Sets what the scale is multiplied by after a bad step.
   * Follows torch.cuda.amp.GradScaler.set_backoff_factor.
   * @example
   * const scaler = new torch.amp.GradScaler();
   * scaler.setBackoffFactor(0.25);
   * scaler.getBackoffFactor(); // 0.25
   */
  setBackoffFactor(factor: number): void {
    this.backoffFactor = factor;
  }
  /**
   * How many good steps in a row let the scale grow.
   * Follows torch.cuda.amp.GradScaler.get_growth_interval.
   * @example
   * new torch.amp.GradScaler().getGrowthInterval(); // 2000
   */
  getGrowthInterval(): number {
    return this.growthInterval;
  }
  /**
   * Sets how many good steps in a row let the scale grow.
   * Follows torch.cuda.amp.GradScaler.set_growth_interval.
   * @example
   * const scaler = new torch.amp.GradScaler();
   * scaler.setGrowthInterval(100);
   * scaler.getGrowthInterval(); // 100
   */
  setGrowthInterval(interval: number): void {
    this.growthInterval = interval;
  }
  /**
   * Whether losses are scaled at all.
   * Follows torch.cuda.amp.GradScaler.is_enabled.
   * @example
   * new torch.amp.GradScaler({ enabled: false }).isEnabled(); // false
   */
  isEnabled(): boolean {
    return this.enabled;
  }

  /**
   * The state with PyTorch's names; empty if it is not enabled.
   * @example
   * const scaler = new torch.amp.GradScaler({ initScale: 4 });
   * scaler.stateDict().scale; // 4
   */
  stateDict(): GradScalerState | Record<string, never> {
    if (!this.enabled) return {};
    return {
      scale: this.factor,
      growth_factor: this.growthFactor,
      backoff_factor: this.backoffFactor,
      growth_interval: this.growthInterval,
      _growth_tracker: this.growthTracker,
    };
  }
  /**
   * Puts back what stateDict gave.
   * Follows torch.cuda.amp.GradScaler.load_state_dict.
   * @example
   * const scaler = new torch.amp.GradScaler();
   * scaler.loadStateDict(new torch.amp.GradScaler({ initScale: 4 }).stateDict());
   * scaler.getScale(); // 4
   */
  loadStateDict(state: Partial<GradScalerState>): void {
    if (!this.enabled) return;
    if (Object.keys(state).length === 0) {
      throw new RuntimeError(
        "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler.",
      );
    }
    this.factor = state.scale!;
    this.growthFactor = state.growth_factor!;
    this.backoffFactor = state.backoff_factor!;
    this.growthInterval = state.growth_interval!;
    this.growthTracker = state._growth_tracker!;
  }
}
