// What `tensor.gradFn` gives.

import { core, textAt } from "../core.ts";

/** A node of the tape, as far as programs see it. */
export class GradFn {
  private readonly label: string;
  /** @internal */
  constructor(label: string) {
    this.label = label;
  }
  /** PyTorch's name of the node, such as `AddBackward0`. */
  name(): string {
    return this.label;
  }
  toString(): string {
    return `<${this.label}>`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

/** The names of the nodes that user-defined Functions have made, by callback (autograd/function.ts). */
export const functionNames = new Map<number, string>();

/** The node that made the tensor of this handle, null for a leaf. */
export function gradFnOf(handle: number): GradFn | null {
  const name = functionNames.get(core.gradFnCallback(handle));
  if (name !== undefined) return new GradFn(name);
  const length = core.gradFnName(handle);
  return length === 0 ? null : new GradFn(textAt(core.messageText(), length));
}
