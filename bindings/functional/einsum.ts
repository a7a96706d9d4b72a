// The equation of einsum as the core takes it: lists of numbers.

import { RuntimeError, TypeError } from "../error.ts";
import { einsum as contract } from "../gen/functions.ts";
import type { Tensor } from "../tensor/tensor.ts";

const ELLIPSIS = 52;

/**
 * Products of the operands' elements, summed over every subscript that the output does not have. Letters name dims; a letter that an
 * operand has twice takes a diagonal; `...` stands for dims without a name, which broadcast. Without `->` the output has the ellipsis
 * and then every letter that occurs once, in alphabetical order. Several operands are contracted in the order that keeps what is in
 * between smallest.
 *
 * Follows torch.einsum.
 * @throws RuntimeError if the equation does not fit the operands
 * @example
 * torch.einsum("ij,j->i", torch.tensor([[1, 2], [3, 4]]), torch.tensor([1, 1])); // tensor([3., 7.])
 */
export function einsum(equation: string, ...operands: Tensor[] | [readonly Tensor[]]): Tensor {
  if (typeof equation !== "string") throw new TypeError("einsum(): the first argument must be the equation, a string");
  const tensors = (Array.isArray(operands[0]) ? operands[0] : operands) as Tensor[];
  const arrow = equation.indexOf("->");
  const inputs = (arrow < 0 ? equation : equation.slice(0, arrow)).split(",");
  if (tensors.length === 0) throw new RuntimeError("einsum(): must provide at least one operand");
  if (inputs.length !== tensors.length) {
    const which = inputs.length > tensors.length ? "fewer" : "more";
    throw new RuntimeError(`einsum(): ${which} operands were provided than specified in the equation`);
  }
  const subscripts: number[] = [];
  let at = 0;
  inputs.forEach((input, i) => {
    const labels = parse(input, at, `for operand ${i}`);
    subscripts.push(labels.length, ...labels);
    at += input.length + 1;
  });
  if (arrow < 0) {
    subscripts.push(-1);
  } else {
    const output = parse(equation.slice(arrow + 2), arrow + 2, "in the output");
    subscripts.push(output.length, ...output);
  }
  return contract(tensors, subscripts);
}

function parse(text: string, offset: number, where: string): number[] {
  const labels: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === " ") continue;
    if (c === ".") {
      if (labels.includes(ELLIPSIS)) {
        throw new RuntimeError(`einsum(): found '.' ${where} for which an ellipsis was already found`);
      }
      if (text.slice(i, i + 3) !== "...") {
        throw new RuntimeError(`einsum(): found '.' ${where} that is not part of any ellipsis`);
      }
      labels.push(ELLIPSIS);
      i += 2;
      continue;
    }
    if (!/[a-zA-Z]/.test(c)) {
      throw new RuntimeError(
        `einsum(): invalid subscript given at index ${offset + i} in the equation string, subscripts must be in [a-zA-Z]`,
      );
    }
    labels.push(c <= "Z" ? c.charCodeAt(0) - 65 : c.charCodeAt(0) - 71);
  }
  return labels;
}
