// L-BFGS.

import { enableGrad, noGrad } from "../autograd/mode.ts";
import { RuntimeError, ValueError } from "../error.ts";
import * as torch from "../gen/functions.ts";
import { keep } from "../memory/scope.ts";
import { take, type Rest } from "../nn/arguments.ts";
import { full } from "../nn/factory.ts";
import { Tensor } from "../tensor/tensor.ts";
import { strongWolfe, type Point } from "./line-search.ts";
import { Optimizer, type Closure, type Params } from "./optimizer.ts";

export interface LBFGSOptions {
  lr: number;
  /** Iterations of a step (default 20). */
  maxIter: number;
  /** Evaluations of a step (default: maxIter · 1.25). */
  maxEval: number | null;
  toleranceGrad: number;
  toleranceChange: number;
  /** Pairs of steps and gradient changes that are kept (default 100). */
  historySize: number;
  lineSearchFn: "strong_wolfe" | null;
}

/** What one step leaves to the next. */
interface History {
  func_evals: number;
  n_iter: number;
  d?: Tensor;
  t?: number;
  old_dirs: Tensor[];
  old_stps: Tensor[];
  ro: number[];
  H_diag: number;
  prev_flat_grad?: Tensor;
  prev_loss?: number;
}

/** PyTorch keeps these numbers in float32 tensors; near convergence the rounding decides where it ends. */
const f32 = Math.fround;

/** A computation that asks for the values of tensors: the same code serves tensors that are read now and later. */
export type Reading<T> = Generator<Tensor, T, number>;

function* largest(tensor: Tensor): Reading<number> {
  return yield tensor.abs().max() as Tensor;
}

/** Off the tape, up to the next value that is asked for. */
const advance = <T>(reading: Reading<T>, value: number): IteratorResult<Tensor, T> => noGrad(() => reading.next(value));

function readNow<T>(reading: Reading<T>): T {
  let step = advance(reading, 0);
  while (!step.done) step = advance(reading, step.value.item() as number);
  return step.value;
}

async function readLater<T>(reading: Reading<T>): Promise<T> {
  let step = advance(reading, 0);
  while (!step.done) step = advance(reading, (await step.value.itemAsync()) as number);
  return step.value;
}

/**
 * Limited-memory BFGS over all parameters together; follows torch.optim.LBFGS. `step` needs a closure that clears the gradients,
 * computes the loss, calls `backward` and returns the loss.
 * @example
 * const x = new nn.Parameter(torch.tensor([1]));
 * const optimizer = new optim.LBFGS([x]);
 * optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const loss = x.sub(3).square().sum();
 *   loss.backward();
 *   return loss;
 * });
 * x.detach(); // tensor([3.])
 */
export class LBFGS extends Optimizer<LBFGSOptions> {
  constructor(params: Params<LBFGSOptions>, ...rest: Rest<[lr: number, maxIter: number], Partial<LBFGSOptions>>) {
    const options = take<LBFGSOptions>("LBFGS", rest, {
      lr: 1,
      maxIter: 20,
      maxEval: null,
      toleranceGrad: 1e-7,
      toleranceChange: 1e-9,
      historySize: 100,
      lineSearchFn: null,
    });
    super(params, { ...options, maxEval: options.maxEval ?? Math.floor((options.maxIter * 5) / 4) });
    if (this.paramGroups.length !== 1) {
      throw new ValueError("LBFGS doesn't support per-parameter options (parameter groups)");
    }
  }

  protected update(): void {
    throw new RuntimeError("LBFGS changes all parameters together");
  }

  private get params(): Tensor[] {
    return this.paramGroups[0]!.params;
  }

  private flatGrad(): Tensor {
    return torch.cat(this.params.map((param) => param.grad?.reshape([-1]) ?? full([param.numel()], 0, param)));
  }

  /** Moves all parameters along `direction`. */
  private move(size: number, direction: Tensor): void {
    let at = 0;
    for (const param of this.params) {
      const count = param.numel();
      param.add_(direction.narrow(0, at, count).view(param.shape), size);
      at += count;
    }
  }

  override step(): void;
  override step<T>(closure: Closure<T>): T;
  override step<T>(closure?: Closure<T>): T {
    if (closure === undefined) throw new RuntimeError("LBFGS.step() missing 1 required positional argument: 'closure'");
    return readNow(this.iterate(closure));
  }

  /**
   * `step` for parameters of any device: the search looks at values, which WebGPU gives asynchronously.
   * Follows torch.optim.LBFGS.step.
   * @example
   * const x = new nn.Parameter(torch.tensor([1]));
   * const optimizer = new optim.LBFGS([x]);
   * await optimizer.stepAsync(() => {
   *   optimizer.zeroGrad();
   *   const loss = x.sub(3).square().sum();
   *   loss.backward();
   *   return loss;
   * });
   * x.detach(); // tensor([3.])
   */
  stepAsync<T>(closure: Closure<T>): Promise<T> {
    return readLater(this.iterate(closure));
  }

  private *iterate<T>(closure: Closure<T>): Reading<T> {
    const group = this.paramGroups[0]!;
    const { lr, maxIter, toleranceGrad, toleranceChange } = group;
    function* evaluate(): Reading<{ returned: T; loss: number }> {
      const returned = enableGrad(closure);
      return { returned, loss: returned instanceof Tensor ? yield returned : Number(returned) };
    }
    const history = this.history();
    const { returned, loss: first } = yield* evaluate();
    let loss = first;
    let evaluations = 1;
    history.func_evals++;
    let grad = this.flatGrad();
    if ((yield* largest(grad)) <= toleranceGrad) return returned;

    for (let n = 1; n <= maxIter; n++) {
      history.n_iter++;
      const d = yield* this.direction(history, grad, group.historySize);
      history.d = keep(d);
      history.prev_flat_grad = keep(grad.detach().clone());
      const previous = loss;
      history.prev_loss = loss;
      let t = history.n_iter === 1 ? f32(Math.min(1, f32(1 / (yield grad.abs().sum()))) * lr) : lr;
      history.t = t;
      const slope = yield torch.dot(grad, d);
      if (slope > -toleranceChange) break;

      let used = 0;
      if (group.lineSearchFn === null) {
        this.move(t, d);
        if (n !== maxIter) {
          ({ loss } = yield* evaluate());
          grad = this.flatGrad();
          used = 1;
        }
      } else {
        const found = yield* this.search(evaluate, { t: 0, loss, gradient: grad, slope }, t, d);
        ({ t, loss, gradient: grad } = found.point);
        history.t = t;
        used = found.evaluations;
        this.move(t, d);
      }
      evaluations += used;
      history.func_evals += used;
      if (n === maxIter || evaluations >= group.maxEval! || (yield* largest(grad)) <= toleranceGrad) break;
      if ((yield* largest(d)) * Math.abs(t) <= toleranceChange || Math.abs(loss - previous) < toleranceChange) break;
    }
    return returned;
  }

  /** The state stands with the first parameter, as in PyTorch. */
  private history(): History {
    const state = this.stateOf(this.params[0]!) as unknown as History;
    state.func_evals ??= 0;
    state.n_iter ??= 0;
    state.old_dirs ??= [];
    state.old_stps ??= [];
    state.ro ??= [];
    state.H_diag ??= 1;
    return state;
  }

  /** Minus the gradient times the approximate inverse Hessian, after the last step has been taken into it. */
  private *direction(history: History, grad: Tensor, historySize: number): Reading<Tensor> {
    if (history.n_iter === 1) return grad.neg();
    const { old_dirs: changes, old_stps: moves, ro } = history;
    const change = grad.sub(history.prev_flat_grad!);
    const move = history.d!.mul(history.t!);
    const curvature = yield torch.dot(change, move);
    if (curvature > 1e-10) {
      if (changes.length === historySize) for (const list of [changes, moves, ro]) list.shift();
      changes.push(keep(change));
      moves.push(keep(move));
      ro.push(f32(1 / curvature));
      history.H_diag = f32(curvature / (yield torch.dot(change, change)));
    }
    const q = grad.neg();
    const weights: number[] = [];
    for (let i = changes.length - 1; i >= 0; i--) {
      weights[i] = f32((yield torch.dot(moves[i]!, q)) * ro[i]!);
      q.add_(changes[i]!, -weights[i]!);
    }
    const d = q.mul(history.H_diag);
    for (let i = 0; i < changes.length; i++) {
      d.add_(moves[i]!, f32(weights[i]! - f32((yield torch.dot(changes[i]!, d)) * ro[i]!)));
    }
    return d;
  }

  private *search(
    evaluate: () => Reading<{ loss: number }>,
    start: Point,
    t: number,
    d: Tensor,
  ): Reading<{ point: Point; evaluations: number }> {
    if (this.paramGroups[0]!.lineSearchFn !== "strong_wolfe")
      throw new RuntimeError("only 'strong_wolfe' is supported");
    const before = this.params.map((param) => param.detach().clone());
    const { params } = this;
    const move = (size: number) => this.move(size, d);
    const flatGrad = () => this.flatGrad();
    function* pointAt(size: number): Reading<Point> {
      move(size);
      const { loss } = yield* evaluate();
      const gradient = flatGrad();
      params.forEach((param, i) => param.copy_(before[i]!));
      return { t: size, loss, gradient, slope: yield torch.dot(gradient, d) };
    }
    return yield* strongWolfe(pointAt, start, t, yield* largest(d));
  }
}
