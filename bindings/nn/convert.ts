// Moving a module's tensors: the wrappers stay, so that optimizers and hooks keep what they hold, and get other storages.

import { noGrad } from "../autograd/mode.ts";
import { exchange } from "../memory/finalize.ts";
import { checkOptions } from "../tensor/call.ts";
import { codeOf, type Device, type DType } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { empty } from "./factory.ts";

export type Target = Device | DType | Tensor | { device?: Device; dtype?: DType; nonBlocking?: boolean };

/**
 * Gives tensors (and their gradients) the device and, if they are floating, the dtype that `target` names. From WebGPU to
 * the CPU all are read together, and the promise of that is returned. `blank` leaves the values behind.
 */
export function convertAll(
  tensors: readonly Tensor[],
  target: readonly Target[],
  blank = false,
): Promise<void> | undefined {
  const { device, dtype } = goal(target);
  const pending: Promise<void>[] = [];
  noGrad(() => {
    for (const tensor of tensors) {
      const kind = dtype !== undefined && tensor.isFloatingPoint() ? dtype : tensor.dtype;
      const place = device ?? tensor.device;
      if (kind === tensor.dtype && place === tensor.device) continue;
      const move = (from: Tensor): Tensor | Promise<Tensor> =>
        blank ? empty(from.shape, { dtype: kind, device: place }) : from.to({ dtype: kind, device: place });
      const { grad } = tensor;
      const moved = [move(tensor.detach()), grad === null ? null : move(grad)] as const;
      const [value, gradient] = moved;
      if (value instanceof Promise || gradient instanceof Promise) {
        pending.push(Promise.all(moved).then(([value, gradient]) => noGrad(() => put(tensor, value, gradient))));
      } else {
        put(tensor, value, gradient);
      }
    }
  });
  return pending.length === 0 ? undefined : Promise.all(pending).then(() => undefined);
}

/** Lets the wrapper `tensor` be `value`, with a gradient. */
function put(tensor: Tensor, value: Tensor, grad: Tensor | null): void {
  const { requiresGrad } = tensor;
  exchange(tensor, value);
  if (requiresGrad) tensor.requiresGrad = true;
  if (grad !== null) tensor.grad = grad;
}

function goal(target: readonly Target[]): { device?: Device; dtype?: DType } {
  const result: { device?: Device; dtype?: DType } = {};
  for (const part of target) {
    if (typeof part === "object") {
      if (!(part instanceof Tensor)) checkOptions(part, ["device", "dtype", "nonBlocking"], "to");
      if (part.device !== undefined) result.device = part.device;
      if (part.dtype !== undefined) result.dtype = part.dtype;
    } else if (codeOf(part) >= 0) result.dtype = part as DType;
    else result.device = part as Device;
  }
  return result;
}
