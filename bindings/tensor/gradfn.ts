// What `tensor.gradFn` gives.

import { core, textAt, word } from "../core.ts";

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

/** The node that made the tensor of this handle, null for a leaf. */
export function gradFnOf(handle: number): GradFn | null {
  if (word(handle + 20) === 0) return null;
  const length = core.gradFnName(handle);
  return new GradFn(textAt(core.messageText(), length));
}
