// Anomaly mode: every node's place in the program is kept, and a backward that gives NaN ends the pass with its name.
import { isFloating } from "../tensor/dtype";
import { ErrorKind, msg, msgInt, raise } from "../tensor/error";
import { NONE } from "../tensor/ints";
import { Tensor } from "../tensor/tensor";
import { readBack } from "../tensor/transfer";
import { msgNodeName } from "../gen/programs";
import * as ops from "../gen/ops";
import { gradMode, setGradMode } from "./mode";
import { Node } from "./node";

// @ts-ignore: decorator
@external("env", "nodeCreated")
declare function hostNodeCreated(node: usize): void;
// @ts-ignore: decorator
@external("env", "nodeFailed")
declare function hostNodeFailed(node: usize): void;

export let detecting: bool = false;

export function setDetecting(on: bool): void {
  detecting = on;
}

/** JavaScript keeps the stack that leads here. */
export function noteNode(node: usize): void {
  hostNodeCreated(node);
}

/** Raises if the gradient that a node gives to its input `i` has a NaN. */
export function checkGradient(node: Node, i: i32, grad: Tensor): void {
  if (!isFloating(grad.dtype)) return;
  const mode = gradMode;
  setGradMode(0);
  const found = readBack(ops.any(ops.isnan(grad), NONE, false));
  setGradMode(mode);
  if (load<u8>(found.dataPtr()) == 0) return;
  hostNodeFailed(changetype<usize>(node));
  msg("Function '");
  msgNodeName(node.op);
  msg("' returned nan values in its ");
  msgInt(i);
  msg("th output.");
  raise(ErrorKind.Runtime);
}
