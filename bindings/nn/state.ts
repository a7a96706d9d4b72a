// Loading state dicts, with PyTorch's words for what does not fit.

import { noGrad } from "../autograd/mode.ts";
import { RuntimeError, TypeError } from "../error.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { AnyModule } from "./module.ts";

/** Names that a state dict lacked, and names that it had besides. */
export interface IncompatibleKeys {
  missingKeys: string[];
  unexpectedKeys: string[];
}

const size = (tensor: Tensor): string => `torch.Size([${tensor.shape.join(", ")}])`;
const quoted = (names: string[]): string => names.map((name) => `"${name}"`).join(", ");

/** The last part of the name under which a module keeps what is no tensor. */
export const EXTRA_STATE = "_extra_state";

export function loadInto(
  module: AnyModule,
  state: Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>,
  strict: boolean,
): IncompatibleKeys {
  if (typeof state !== "object" || state === null) {
    throw new TypeError(`Expected state_dict to be dict-like, got ${typeof state}.`);
  }
  const given = new Map<string, unknown>(state instanceof Map ? state : Object.entries(state));
  const keys: IncompatibleKeys = { missingKeys: [], unexpectedKeys: [] };
  const { missingKeys, unexpectedKeys } = keys;
  const problems: string[] = [];
  const copies: [to: Tensor, from: Tensor][] = [];
  const extras: (() => void)[] = [];
  const known = new Set<string>();

  const expect = (name: string): boolean => {
    known.add(name);
    if (!given.has(name)) missingKeys.push(name);
    return given.has(name);
  };
  const match = (name: string, tensor: Tensor): void => {
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
  };
  const visit = (current: AnyModule, prefix: string): void => {
    const hooks = current.ownHooks;
    for (const hook of hooks?.loadPre.values() ?? []) hook(current, given, prefix);
    for (const [name, tensor] of current.ownState()) if (expect(prefix + name)) match(prefix + name, tensor);
    const extra = prefix + EXTRA_STATE;
    if (current.setExtraState && expect(extra)) extras.push(() => current.setExtraState!(given.get(extra)));
    for (const [name, child] of current.namedEntries()) visit(child, `${prefix}${name}.`);
    if (prefix === "") unexpectedKeys.push(...[...given.keys()].filter((name) => !known.has(name)));
    for (const hook of hooks?.loadPost.values() ?? []) hook(current, keys);
  };
  visit(module, "");

  if (strict && unexpectedKeys.length > 0) {
    problems.unshift(`Unexpected key(s) in state_dict: ${quoted(unexpectedKeys)}. `);
  }
  if (strict && missingKeys.length > 0) problems.unshift(`Missing key(s) in state_dict: ${quoted(missingKeys)}. `);
  if (problems.length > 0) {
    throw new RuntimeError(
      `Error(s) in loading state_dict for ${module.constructor.name}:\n\t${problems.join("\n\t")}`,
    );
  }
  noGrad(() => {
    for (const [to, from] of copies) to.copy_(from.ndim === to.ndim ? from : from.view([]));
  });
  for (const load of extras) load();
  return keys;
}
