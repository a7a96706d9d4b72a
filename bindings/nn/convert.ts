// Moving a module's tensors: the wrappers stay, so that optimizers and hooks keep what they hold, and get other storages.

import { noGrad } from "../autograd/mode.ts";
import { exchange } from "../memory/finalize.ts";
import { codeOf, type Device, type DType } from "../tensor/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";

export type Target = Device | DType | Tensor | { device?: Device; dtype?: DType };

/** Gives `tensor` (and its gradient) the device and, if it is floating, the dtype that `target` names. */
export function convert(tensor: Tensor, target: readonly Target[]): void {
  const { device, dtype } = goal(target);
  const kind = dtype !== undefined && tensor.isFloatingPoint() ? dtype : tensor.dtype;
  const place = device ?? tensor.device;
  if (kind === tensor.dtype && place === tensor.device) return;
  noGrad(() => {
    const grad = tensor.grad;
    const { requiresGrad } = tensor;
    exchange(tensor, tensor.detach().to({ dtype: kind, device: place }));
    if (requiresGrad) tensor.requiresGrad = true;
    if (grad) tensor.grad = grad.to({ dtype: kind, device: place });
  });
}

function goal(target: readonly Target[]): { device?: Device; dtype?: DType } {
  const result: { device?: Device; dtype?: DType } = {};
  for (const part of target) {
    if (part instanceof Tensor || typeof part === "object") {
      if (part.device !== undefined) result.device = part.device;
      if (part.dtype !== undefined) result.dtype = part.dtype;
    } else if (codeOf(part) >= 0) result.dtype = part as DType;
    else result.device = part as Device;
  }
  return result;
}
