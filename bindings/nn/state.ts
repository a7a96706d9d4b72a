// Loading state dicts, with PyTorch's words for what does not fit.

import { noGrad } from "../autograd/mode.ts";
import { RuntimeError } from "../error.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { AnyModule } from "./module.ts";

/** Names that a state dict lacked, and names that it had besides. */
export interface IncompatibleKeys {
  missingKeys: string[];
  unexpectedKeys: string[];
}

const size = (tensor: Tensor): string => `torch.Size([${tensor.shape.join(", ")}])`;
const quoted = (names: string[]): string => names.map((name) => `"${name}"`).join(", ");

export function loadInto(
  module: AnyModule,
  state: Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>,
  strict: boolean,
): IncompatibleKeys {
  const given = new Map<string, unknown>(state instanceof Map ? state : Object.entries(state));
  const own = new Map(module.stateEntries());
  const missingKeys = [...own.keys()].filter((name) => !given.has(name));
  const unexpectedKeys = [...given.keys()].filter((name) => !own.has(name));
  const problems: string[] = [];
  if (strict && unexpectedKeys.length > 0)
    problems.push(`Unexpected key(s) in state_dict: ${quoted(unexpectedKeys)}. `);
  if (strict && missingKeys.length > 0) problems.push(`Missing key(s) in state_dict: ${quoted(missingKeys)}. `);

  const copies: [to: Tensor, from: Tensor][] = [];
  for (const [name, tensor] of own) {
    if (!given.has(name)) continue;
    const value = given.get(name);
    if (!(value instanceof Tensor)) {
      problems.push(
        `While copying the parameter named "${name}", expected torch.Tensor or Tensor-like object from checkpoint ` +
          `but received ${typeof value}`,
      );
    } else if (
      String(value.shape) !== String(tensor.shape) &&
      !(value.ndim === 1 && value.numel() === 1 && tensor.ndim === 0)
    ) {
      problems.push(
        `size mismatch for ${name}: copying a param with shape ${size(value)} from checkpoint, ` +
          `the shape in current model is ${size(tensor)}.`,
      );
    } else copies.push([tensor, value]);
  }
  if (problems.length > 0) {
    throw new RuntimeError(
      `Error(s) in loading state_dict for ${module.constructor.name}:\n\t${problems.join("\n\t")}`,
    );
  }
  noGrad(() => {
    for (const [to, from] of copies) to.copy_(from.ndim === to.ndim ? from : from.view([]));
  });
  return { missingKeys, unexpectedKeys };
}
