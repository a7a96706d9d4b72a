// torch.utils.checkpoint: memory for time. What lies between is computed again when the gradient comes.

import { backward } from "../autograd/backward.ts";
import { Function, type FunctionContext } from "../autograd/function.ts";
import { enableGrad } from "../autograd/mode.ts";
import { NotImplementedError } from "../error.ts";
import { getRngState, setRngState } from "../random.ts";
import { camelCase, checkOptions, isOptions } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";

type Outputs = Tensor | readonly Tensor[];
const listOf = (value: Outputs): readonly Tensor[] => (value instanceof Tensor ? [value] : value);

/** PyTorch's. */
export interface CheckpointOptions {
  /** of no effect: there is one way to do it */
  useReentrant?: boolean | null;
  /** only true */
  preserveRngState?: true;
}

const NAMES = ["useReentrant", "preserveRngState"];
const KEEPS = "checkpoint(): preserveRngState can only be true: the random state is always kept";

class Checkpoint extends Function {
  static override forward(ctx: FunctionContext, run: (...args: unknown[]) => Outputs, ...args: unknown[]): Outputs {
    ctx["run"] = run;
    ctx["random"] = getRngState();
    const tensors = args.filter((arg): arg is Tensor => arg instanceof Tensor);
    ctx["plain"] = args.map((arg) => (arg instanceof Tensor ? undefined : arg));
    ctx["isTensor"] = args.map((arg) => arg instanceof Tensor);
    ctx.saveForBackward(...tensors);
    const outputs = run(...args);
    return outputs instanceof Tensor ? outputs : [...outputs];
  }

  static override backward(ctx: FunctionContext, ...grads: Tensor[]): (Tensor | null)[] {
    const saved = [...ctx.savedTensors];
    const plain = ctx["plain"] as unknown[];
    const leaves: (Tensor | null)[] = [];
    const args = (ctx["isTensor"] as boolean[]).map((isTensor, i) => {
      if (!isTensor) {
        leaves.push(null);
        return plain[i];
      }
      const leaf = saved.shift()!.detach();
      leaves.push(ctx.needsInputGrad[i + 1] ? leaf.requiresGrad_() : null);
      return leaf;
    });
    const now = getRngState();
    setRngState(ctx["random"] as Tensor);
    try {
      enableGrad(() => {
        const outputs = listOf((ctx["run"] as (...all: unknown[]) => Outputs)(...args));
        const pairs = outputs
          .map((output, i) => [output, grads[i]!] as const)
          .filter(([output]) => output.requiresGrad);
        if (pairs.length > 0) {
          backward(
            pairs.map(([output]) => output),
            pairs.map(([, grad]) => grad),
          );
        }
      });
    } finally {
      setRngState(now);
    }
    return [null, ...leaves.map((leaf) => leaf?.grad ?? null)];
  }
}

/**
 * `run(...args)` without keeping what its backward needs: it runs again, from the same random state, when the gradient
 * comes. Some argument must require a gradient. Follows torch.utils.checkpoint.checkpoint.
 * A last object that names options is not an argument of `run`.
 * @throws TypeError for options written as in Python
 * @example
 * const x = torch.ones(2, { requiresGrad: true });
 * torch.utils.checkpoint((x) => x.exp().sum(), x).backward();
 * x.grad; // tensor([2.7183, 2.7183])
 */
export function checkpoint<Out extends Outputs, Args extends unknown[]>(
  run: (...args: Args) => Out,
  ...args: [...Args] | [...Args, CheckpointOptions]
): Out {
  const last = args.at(-1);
  if (!isOptions(last) || !Object.keys(last).some((key) => NAMES.includes(camelCase(key))))
    return Checkpoint.apply(run, ...args) as Out;
  checkOptions(last, NAMES, "checkpoint");
  if (last["preserveRngState"] === false) throw new NotImplementedError(KEEPS);
  return Checkpoint.apply(run, ...args.slice(0, -1)) as Out;
}
