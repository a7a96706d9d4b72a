// Memory formats: the order in which a tensor's dimensions lie in memory.

import { RuntimeError } from "../error.ts";
import type { Tensor } from "./tensor.ts";

/** channelsLast: 4-d tensors [N, C, H, W] stored as N, H, W, C; channelsLast3d: the same for 5-d ones. */
export type MemoryFormat = "contiguousFormat" | "preserveFormat" | "channelsLast" | "channelsLast3d";

export const contiguousFormat = "contiguousFormat";
export const preserveFormat = "preserveFormat";
export const channelsLast = "channelsLast";
export const channelsLast3d = "channelsLast3d";

const RANKS: Record<string, number> = { channelsLast: 4, channelsLast3d: 5 };

/** The dimensions from the slowest to the fastest: 0, 2, 3, …, 1. @throws RuntimeError for another number of dimensions */
function storageOrder(tensor: Tensor, format: MemoryFormat): number[] {
  const rank = RANKS[format];
  if (rank === undefined) throw new RuntimeError(`unsupported memory format ${String(format)}`);
  if (tensor.ndim !== rank) throw new RuntimeError(`required rank ${rank} tensor to use ${format} format`);
  return [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
}

/** Whether the elements lie in this format without gaps. */
export function isInFormat(tensor: Tensor, format: MemoryFormat): boolean {
  if (format === "preserveFormat") return true;
  if (format === "contiguousFormat") return tensor.isContiguous();
  const { shape } = tensor;
  const strides = tensor.stride();
  if (shape.length !== RANKS[format]) return false;
  if (shape.includes(0)) return true;
  let expected = 1;
  for (const dim of storageOrder(tensor, format).toReversed()) {
    if (shape[dim] === 1) continue;
    if (strides[dim] !== expected) return false;
    expected *= shape[dim]!;
  }
  return true;
}

/** The tensor in a format: itself where it is, unless a copy is wanted. */
export function inFormat(tensor: Tensor, format: MemoryFormat, copy: boolean): Tensor {
  if (format === "preserveFormat") return copy ? tensor.clone() : tensor;
  if (!copy && isInFormat(tensor, format)) return tensor;
  const order = format === "contiguousFormat" ? tensor.shape.map((_, dim) => dim) : storageOrder(tensor, format);
  const back = order.map((_, dim) => order.indexOf(dim));
  const stored = tensor.permute(order);
  // of a permuted tensor contiguous() is a copy, save where the elements lie so already
  const compact = stored.isContiguous() ? stored.clone() : stored.contiguous();
  return compact.permute(back);
}
