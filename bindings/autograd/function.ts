// autograd.Function: a forward and a backward written in JavaScript.

import { BATCHED_ELSEWHERE, core, i32 } from "../core.ts";
import { RuntimeError, TypeError } from "../error.ts";
import { enter, leave, newToken } from "../memory/finalize.ts";
import { ints, optionalTensors, resultHandles, scalarWord, typeName } from "../tensor/call.ts";
import { functionNames } from "../tensor/gradfn.ts";
import { isBatched } from "../tensor/read.ts";
import { live, Tensor } from "../tensor/tensor.ts";
import { registerFunction } from "./hooks.ts";
import { isGradEnabled, noGrad } from "./mode.ts";

/** A tensor that was saved, as the context keeps it: alive whatever happens to its wrappers. */
interface Saved {
  tensor: Tensor;
  version: number;
  /** the number of the output that it is, or -1 */
  output: number;
}

/** What a missing gradient of an output is filled up from. */
interface Description {
  shape: number[];
  dtype: number;
  device: number;
}

const FREED =
  "Trying to backward through the graph a second time (or directly access saved tensors after they have already been " +
  "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify " +
  "retainGraph: true if you need to backward through the graph a second time or if you need to access saved tensors " +
  "after calling backward.";

/**
 * What connects a Function's forward with its backward; the Function may put fields of its own on it.
 * Follows torch.autograd.function.FunctionCtx.
 * @example
 * class Scale extends torch.autograd.Function {
 *   static forward(ctx, x, factor) {
 *     ctx.factor = factor;
 *     return x.mul(factor);
 *   }
 *   static backward(ctx, grad) {
 *     return [grad.mul(ctx.factor), null];
 *   }
 * }
 * Scale.apply(torch.ones(2), 3); // tensor([3., 3.])
 */
export class FunctionContext {
  /** whether each argument of forward requires a gradient */
  needsInputGrad: boolean[] = [];
  private saving: (Tensor | null)[] = [];
  private saved: (Saved | null)[] = [];
  private freed = false;
  /** @internal */
  nonDifferentiable = new Set<unknown>();
  /** @internal */
  dirty = new Set<unknown>();
  /** @internal */
  materialize = true;
  /** @internal */
  node = 0;
  [field: string]: unknown;

  /**
   * Keeps tensors for backward: inputs or outputs of this Function. Follows ctx.save_for_backward.
   * Follows torch.autograd.FunctionContext.save_for_backward.
   * @example
   * class Exp extends torch.autograd.Function {
   *   static forward(ctx, x) {
   *     const result = x.exp();
   *     ctx.saveForBackward(result);
   *     return result;
   *   }
   *   static backward(ctx, grad) {
   *     return grad.mul(ctx.savedTensors[0]);
   *   }
   * }
   * const x = torch.zeros(1, { requiresGrad: true });
   * Exp.apply(x).backward();
   * x.grad; // tensor([1.])
   */
  saveForBackward(...list: (Tensor | null | undefined)[]): void {
    this.saving = list.map((tensor) => tensor ?? null);
  }

  /**
   * What `saveForBackward` was given.
   * @throws RuntimeError when the graph was freed, or one of them was changed in place since
   */
  get savedTensors(): Tensor[] {
    if (this.freed) throw new RuntimeError(FREED);
    return this.saved.map((entry) => (entry === null ? (null as unknown as Tensor) : this.restore(entry)));
  }

  private restore({ tensor, version, output }: Saved): Tensor {
    if (tensor.version !== version) {
      throw new RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: " +
          `[torch.${tensor.dtype} [${tensor.shape.join(", ")}]] is at version ${tensor.version}; ` +
          `expected version ${version} instead.`,
      );
    }
    if (output < 0 || !isGradEnabled()) return tensor;
    const again = new Tensor(core.alias(live(tensor)));
    core.functionOutput(this.node, output, again.handle);
    return again;
  }

  /**
   * Declares outputs that no gradient flows through. Follows ctx.mark_non_differentiable.
   * Follows torch.autograd.FunctionContext.mark_non_differentiable.
   * @example
   * class Sign extends torch.autograd.Function {
   *   static forward(ctx, x) {
   *     const sign = x.sign();
   *     ctx.markNonDifferentiable(sign);
   *     return sign;
   *   }
   * }
   * Sign.apply(torch.ones(2, { requiresGrad: true })).requiresGrad; // false
   */
  markNonDifferentiable(...outputs: Tensor[]): void {
    for (const output of outputs) this.nonDifferentiable.add(output);
  }
  /**
   * Declares inputs that forward has changed in place. Follows ctx.mark_dirty.
   * Follows torch.autograd.FunctionContext.mark_dirty.
   * @example
   * class AddOne extends torch.autograd.Function {
   *   static forward(ctx, x) {
   *     ctx.markDirty(x);
   *     return x.add_(1);
   *   }
   *   static backward(ctx, grad) {
   *     return grad;
   *   }
   * }
   * const x = torch.zeros(2);
   * AddOne.apply(x) === x; // true
   */
  markDirty(...inputs: Tensor[]): void {
    for (const input of inputs) this.dirty.add(input);
  }
  /**
   * Whether missing gradients reach backward as zeros (the default) or as null. Follows ctx.set_materialize_grads.
   * Follows torch.autograd.FunctionContext.set_materialize_grads.
   * @example
   * class Both extends torch.autograd.Function {
   *   static forward(ctx, x) {
   *     ctx.setMaterializeGrads(false);
   *     return [x.mul(2), x.mul(3)];
   *   }
   *   static backward(ctx, first, second) {
   *     return second === null ? first.mul(2) : first;
   *   }
   * }
   * const x = torch.ones(1, { requiresGrad: true });
   * Both.apply(x)[0].backward();
   * x.grad; // tensor([2.])
   */
  setMaterializeGrads(value: boolean): void {
    this.materialize = value;
  }

  /**
   * @internal Takes a hold of its own on what is saved: independent of scopes, and for outputs without their history, which
   * would hold this very node.
   */
  keepSaved(outputs: readonly unknown[]): void {
    const token = newToken([], false);
    this.saved = this.saving.map((tensor) => {
      if (tensor === null) return null;
      const output = outputs.indexOf(tensor);
      const handle = live(tensor);
      if (output < 0) core.retain(handle);
      const own = new Tensor(output < 0 ? handle : core.alias(handle));
      leave(own);
      enter(own, token);
      return { tensor: own, version: tensor.version, output };
    });
    this.saving = [];
  }
  /** @internal */
  release(): void {
    for (const entry of this.saved) entry?.tensor.dispose();
    this.saved = [];
    this.freed = true;
  }
}

/**
 * Base of ops that are written in JavaScript, with their own derivative. Follows torch.autograd.Function.
 * @example
 * class Square extends torch.autograd.Function {
 *   static forward(ctx, x) {
 *     ctx.saveForBackward(x);
 *     return x.mul(x);
 *   }
 *   static backward(ctx, grad) {
 *     const [x] = ctx.savedTensors;
 *     return grad.mul(x).mul(2);
 *   }
 * }
 * const x = torch.tensor([3], { requiresGrad: true });
 * Square.apply(x).backward();
 * x.grad; // tensor([6.])
 */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- static methods are PyTorch's interface here
export class Function {
  /** Computes the result, a tensor or a list; what it does is not recorded. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  static forward(_ctx: any, ..._args: any[]): any {
    throw new RuntimeError("You must implement the forward function for custom autograd.Function.");
  }
  /** Gives a gradient, or null, for every argument of forward. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  static backward(_ctx: any, ..._grads: any[]): any {
    throw new RuntimeError("You must implement the backward function for use with backward mode AD.");
  }

  /** Whether forward and backward treat all leading dims of all tensors alike, so that vmap may add one. */
  static leadingDims = false;

  /** Runs forward and records the Function as one node. @returns what forward returns */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  static apply(...args: any[]): any {
    if (args.some((arg) => arg instanceof Tensor && isBatched(arg.handle))) return mapping.apply(this, args);
    const ctx = new FunctionContext();
    const inputs = args.map((arg: unknown) => (arg instanceof Tensor ? arg : null));
    ctx.needsInputGrad = inputs.map((input) => input !== null && input.requiresGrad);
    const result: unknown = noGrad(() => this.forward(ctx, ...args));
    if (!isGradEnabled() || !ctx.needsInputGrad.includes(true)) return result;
    const values: unknown[] = Array.isArray(result) ? result : [result];
    const outputs = values.map((value) => ownOutput(ctx, value, inputs));
    record(this, ctx, inputs, values, outputs);
    return Array.isArray(result) ? outputs : outputs[0];
  }
}

/** How vmap applies a Function to tensors that it maps over (func/custom.ts). */
export const mapping = {
  apply(_type: typeof Function, _args: readonly unknown[]): unknown {
    throw new RuntimeError(BATCHED_ELSEWHERE);
  },
};

function record(
  type: typeof Function,
  ctx: FunctionContext,
  inputs: readonly (Tensor | null)[],
  values: readonly unknown[],
  outputs: readonly unknown[],
): void {
  const name = `${type.name}Backward`;
  const descriptions = outputs.map((output): Description | null =>
    output instanceof Tensor
      ? { shape: output.shape, dtype: output.dtypeCode, device: ["cpu", "webgpu", "meta"].indexOf(output.device) }
      : null,
  );
  const tensorAt = inputs.map((input) => input !== null);
  const id = registerFunction((own) => ({
    run: (count) => giveBack(name, ctx, tensorAt, type.backward(ctx, ...incoming(ctx, count, descriptions))),
    released: () => {
      functionNames.delete(own);
      ctx.release();
    },
  }));
  functionNames.set(id, name);
  const node = core.functionNode(id, optionalTensors(inputs, "apply", "args", 1), outputs.length);
  outputs.forEach((output, i) => {
    const differentiable = output instanceof Tensor && (output.isFloatingPoint() || output.isComplex());
    if (differentiable && !ctx.nonDifferentiable.has(values[i])) core.functionOutput(node, i, live(output));
  });
  ctx.node = node;
  ctx.keepSaved(values);
  core.functionDone(node);
}

/** An output that is an input itself becomes another tensor on the same storage, unless forward has declared it dirty. */
function ownOutput(ctx: FunctionContext, output: unknown, inputs: readonly (Tensor | null)[]): unknown {
  if (!(output instanceof Tensor) || !inputs.includes(output) || ctx.dirty.has(output)) return output;
  return new Tensor(core.alias(live(output)));
}

/** The gradients of the outputs, from the core's result block. */
function incoming(ctx: FunctionContext, count: number, outputs: readonly (Description | null)[]): (Tensor | null)[] {
  const handles = resultHandles(count);
  return handles.map((handle, i) => {
    if (handle !== 0) return new Tensor(handle);
    const output = outputs[i];
    if (!ctx.materialize || !output) return null;
    const { shape, dtype, device } = output;
    return new Tensor(core.op_full(ints(shape, "zeros", "size", 1), scalarWord(0), dtype, device));
  });
}

/** Lays the gradients of the inputs down in the core's result block. */
function giveBack(name: string, ctx: FunctionContext, tensorAt: readonly boolean[], returned: unknown): void {
  const grads: readonly unknown[] = Array.isArray(returned) ? returned : [returned];
  const absent = (grad: unknown): boolean => grad === null || grad === undefined;
  if (grads.length < tensorAt.length || !grads.slice(tensorAt.length).every(absent)) {
    throw new RuntimeError(
      `function ${name} returned an incorrect number of gradients (expected ${tensorAt.length}, got ${grads.length})`,
    );
  }
  const handles = tensorAt.map((isTensor, i) => {
    const grad = grads[i];
    if (absent(grad)) return 0;
    if (!(grad instanceof Tensor)) throw new TypeError(`expected Variable or None (got ${typeName(grad)})`);
    if (!isTensor) {
      throw new RuntimeError(
        `function ${name} returned a gradient different than None at position ${i + 1}, ` +
          "but the corresponding forward input was not a Variable",
      );
    }
    return ctx.needsInputGrad[i] ? live(grad) : 0;
  });
  const at = core.results() >>> 2;
  for (let i = 0; i < handles.length; i++) i32[at + i] = handles[i]!;
}
