// Arguments and results of functions as trees: lists and plain objects, nested as deep as one likes, with tensors (and
// anything else) as leaves. PyTorch's name for them is pytree.

import { Tensor } from "../tensor/tensor.ts";

/** A tensor, or lists and plain objects of them. */
export type Tree = unknown;

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The leaves in order. */
export function leavesOf(tree: Tree, into: unknown[] = []): unknown[] {
  if (isList(tree)) for (const item of tree) leavesOf(item, into);
  else if (isRecord(tree)) for (const item of Object.values(tree)) leavesOf(item, into);
  else into.push(tree);
  return into;
}

/** The tensors among the leaves. */
export function tensorsOf(tree: Tree): Tensor[] {
  return leavesOf(tree).filter((leaf) => leaf instanceof Tensor);
}

/** The tree with every leaf replaced; lists whose items also have names keep these. */
export function mapTree(tree: Tree, fn: (leaf: unknown) => unknown): Tree {
  if (isList(tree)) {
    const list = tree.map((item) => mapTree(item, fn));
    for (const [key, value] of Object.entries(tree)) {
      if (!(key in list)) (list as unknown as Record<string, unknown>)[key] = list[tree.indexOf(value)];
    }
    return list;
  }
  if (isRecord(tree)) return Object.fromEntries(Object.entries(tree).map(([key, item]) => [key, mapTree(item, fn)]));
  return fn(tree);
}

/** The tree with its tensors replaced. */
export function mapTensors(tree: Tree, fn: (tensor: Tensor) => unknown): Tree {
  return mapTree(tree, (leaf) => (leaf instanceof Tensor ? fn(leaf) : leaf));
}

/** The tree with its tensors replaced by those of a list. */
export function withTensors(tree: Tree, list: readonly Tensor[]): Tree {
  let at = 0;
  return mapTensors(tree, () => list[at++]);
}

/** The tree's structure with the items of `leaves` in it, from the first on. */
export function inFormOf(tree: Tree, leaves: readonly unknown[]): Tree {
  let at = 0;
  return mapTree(tree, () => leaves[at++]);
}

/**
 * For every leaf of `tree` the one of `prefix` at its place or above: what stands for a whole list or object in `prefix`
 * holds for all that is in it. Undefined where the structures don't fit.
 */
export function broadcastLeaves(prefix: Tree, tree: Tree): unknown[] | undefined {
  if (isList(prefix)) {
    if (!isList(tree) || tree.length !== prefix.length) return undefined;
    return joined(prefix.map((item, i) => broadcastLeaves(item, tree[i])));
  }
  if (isRecord(prefix)) {
    if (!isRecord(tree)) return undefined;
    const keys = Object.keys(tree);
    if (keys.length !== Object.keys(prefix).length || !keys.every((key) => key in prefix)) return undefined;
    return joined(keys.map((key) => broadcastLeaves(prefix[key], tree[key])));
  }
  return leavesOf(tree).map(() => prefix);
}

function joined(parts: readonly (unknown[] | undefined)[]): unknown[] | undefined {
  return parts.includes(undefined) ? undefined : parts.flatMap((part) => part!);
}

/** A structure as messages show it: `[*, { a: * }]`. */
export function describe(tree: Tree): string {
  if (isList(tree)) return `[${tree.map(describe).join(", ")}]`;
  if (isRecord(tree))
    return `{ ${Object.entries(tree)
      .map(([key, item]) => `${key}: ${describe(item)}`)
      .join(", ")} }`;
  return "*";
}
