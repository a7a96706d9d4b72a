// Indexing as in Python: `x.at(0, "1:3", null, "...", mask)` reads, `x.put(0, "1:3", value)` writes.
//
// Numbers, slices, null and "..." make a view (select, slice, unsqueeze). Tensors and lists of numbers or booleans then
// gather from that view with the `index` op. Everything here works on handles; those made on the way are released.

import { core, word } from "../core.ts";
import { canRead, reading } from "../device.ts";
import { IndexError, TypeError, ValueError } from "../error.ts";
import { defineMethods, isScalar, mutated, NONE, optionalTensors, scalarHandle, typeName, wrap } from "./call.ts";
import { tensor, type TensorData } from "./create.ts";
import { Code, DTYPES, SCALAR_TYPES } from "./dtype.ts";
import { isBatched } from "./read.ts";
import type { Scalar } from "./scalar.ts";
import { live, Tensor } from "./tensor.ts";

/**
 * One index: a number selects, `"start:stop:step"` slices (each part may be missing), null adds a dimension, "..." stands
 * for as many ":" as fit, true and false add a dimension of size 1 or 0, lists and tensors gather, bool ones are masks.
 */
export type Index = number | bigint | boolean | string | null | Tensor | ArrayBufferView | readonly unknown[];

/** The methods that this file adds to Tensor. */
export interface TensorIndexing {
  /**
   * Reads as `x[...]` does in Python: a view where all indices are numbers, slices, null or "...", else a copy.
   * Follows torch.Tensor.__getitem__.
   * @throws IndexError for indices out of range, too many of them, or of a wrong kind; ValueError for steps below 1
   * @example
   * const x = torch.tensor([[1, 2, 3], [4, 5, 6]]);
   * x.at(0); // tensor([1., 2., 3.])
   * x.at(":", -1); // tensor([3., 6.])
   * x.at("...", ":2"); // tensor([[1., 2.], [4., 5.]])
   * x.at(x.gt(3)); // tensor([4., 5., 6.])
   */
  at(...indices: Index[]): Tensor;
  /**
   * Writes as `x[...] = value` does in Python: the indices as `at` takes them, then the value, a number or a tensor that
   * broadcasts. Without an index everything is written.
   * Follows torch.Tensor.__setitem__.
   * @returns the tensor itself
   * @throws IndexError as `at`; RuntimeError when the value's shape doesn't fit
   * @example
   * const x = torch.zeros(2, 3);
   * x.put(0, ":2", torch.tensor([1, 2]));
   * x; // tensor([[1., 2., 0.], [0., 0., 0.]])
   */
  put(...indicesAndValue: [...Index[], Index | Scalar | Tensor]): this;
}

/** A view on the way: its handle, the next dimension to index, and the index tensors so far by dimension. */
interface State {
  handle: number;
  dim: number;
  gather: (Tensor | null)[];
  /** handles and tensors to release at the end */
  handles: number[];
  tensors: Tensor[];
}

const ndimOf = (handle: number): number => (word(handle + 4) >>> 16) & 0xff;
const sizeOf = (handle: number, dim: number): number => word(handle + 48 + 4 * dim);

function at(this: Tensor, ...indices: unknown[]): Tensor {
  const handle = live(this);
  // the commonest case without detours
  if (indices.length === 1 && typeof indices[0] === "number" && Number.isInteger(indices[0])) {
    return wrap(select(handle, 0, indices[0]));
  }
  const state = begin(handle);
  try {
    applyAll(state, indices);
    if (state.gather.length > 0) {
      return wrap(core.op_index(state.handle, optionalTensors(state.gather, "index", "indices", 2)));
    }
    core.retain(state.handle); // also where nothing was indexed: then it is the tensor itself
    return wrap(state.handle);
  } finally {
    end(state);
  }
}

function put(this: Tensor, ...args: unknown[]): Tensor {
  const handle = live(this);
  if (args.length === 0) throw new TypeError("put() needs the value as its last argument");
  const value = args.pop();
  const state = begin(handle);
  try {
    if (fillWhere(state, args, value)) return mutated(this);
    applyAll(state, args);
    if (state.gather.length === 0) {
      core.op_copy_(state.handle, valueFor(state, value, false));
    } else {
      const source = valueFor(state, value, true);
      core.op_indexPut_(state.handle, optionalTensors(state.gather, "put", "indices", 1), source, 0);
    }
    return mutated(this);
  } finally {
    end(state);
  }
}

/** x[mask] = number on a device: which places those are need not be known. False where it is something else. */
function fillWhere(state: State, indices: readonly unknown[], value: unknown): boolean {
  const [mask] = indices;
  if (!(mask instanceof Tensor) || mask.device === "cpu" || indices.length > 1 || !isScalar(value)) return false;
  const shape = mask.shape;
  const fits = isMask(mask) && shape.length > 0 && shape.every((size, i) => size === sizeOf(state.handle, i));
  if (!fits || shape.length > ndimOf(state.handle)) return false;
  let flags = live(mask);
  for (let i = shape.length; i < ndimOf(state.handle); i++) {
    flags = core.op_unsqueeze(flags, -1);
    state.handles.push(flags);
  }
  core.op_maskedFill_(state.handle, flags, scalarHandle(value));
  return true;
}

function begin(handle: number): State {
  return { handle, dim: 0, gather: [], handles: [], tensors: [] };
}

function end(state: State): void {
  for (const handle of state.handles) core.release(handle);
  for (const made of state.tensors) made.dispose();
}

/** Goes on with the view `handle`, which the state owns from now on. */
function proceed(state: State, handle: number): void {
  state.handles.push(handle);
  state.handle = handle;
}

function applyAll(state: State, indices: readonly unknown[]): void {
  const list = indices.length === 1 && isTuple(indices[0]) ? (indices[0] as readonly unknown[]) : indices;
  const prepared = list.map((index) => prepare(state, index));
  const specified = prepared.reduce<number>((sum, index) => sum + dimsTaken(index), 0);
  const ndim = ndimOf(state.handle);
  if (specified > ndim) {
    if (ndim === 0) refuseZeroDim(prepared.find((index) => dimsTaken(index) > 0));
    throw new IndexError(`too many indices for tensor of dimension ${ndim}`);
  }
  let dots = ndim - specified;
  for (const index of prepared) {
    if (index === "...") {
      state.dim += dots;
      dots = 0;
    } else {
      apply(state, index);
    }
  }
}

/** A list with anything but numbers or booleans in it is a tuple of indices, as PyTorch takes it. */
function isTuple(index: unknown): boolean {
  return (
    Array.isArray(index) &&
    index.some((item) => item === null || typeof item === "string" || (item instanceof Tensor && item.ndim > 0))
  );
}

interface Slice {
  start: number;
  stop: number;
  step: number;
}

type Prepared = number | boolean | null | "..." | Slice | Tensor;

function prepare(state: State, index: unknown): Prepared {
  switch (typeof index) {
    case "number":
      if (Number.isInteger(index)) return index;
      break;
    case "bigint":
      return Number(index);
    case "boolean":
      return index;
    case "string":
      return parseSlice(index);
    default:
      if (index === null) return null;
      if (index instanceof Tensor) return checkIndexTensor(index);
      if (Array.isArray(index) || ArrayBuffer.isView(index)) return listIndex(state, index);
  }
  throw new IndexError(
    "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices " +
      `(got ${typeName(index)})`,
  );
}

function checkIndexTensor(index: Tensor): Tensor {
  const code = index.dtypeCode;
  if (code !== Code.Int64 && code !== Code.Bool && code !== Code.Uint8) {
    throw new IndexError("tensors used as indices must be long, byte or bool tensors");
  }
  return index;
}

function listIndex(state: State, index: TensorData): Tensor {
  const natural = tensor(index);
  state.tensors.push(natural);
  if (natural.dtype === "bool" || natural.dtype === "int64") return natural;
  if (!Array.isArray(index) && natural.isFloatingPoint()) return checkIndexTensor(natural);
  const whole = tensor(index, { dtype: "int64" });
  state.tensors.push(whole);
  if (natural.isFloatingPoint() && (index as unknown[]).flat(64).some((item) => !Number.isInteger(Number(item)))) {
    return checkIndexTensor(natural);
  }
  return whole;
}

/** "1:3", "::2", "-3:", "..." */
function parseSlice(text: string): Slice | "..." | number {
  const trimmed = text.trim();
  if (trimmed === "...") return "...";
  const parts = trimmed.split(":").map((part) => part.trim());
  if (parts.length > 3 || parts.some((part) => part !== "" && !/^[+-]?\d+$/.test(part)) || trimmed === "") {
    throw new IndexError(`invalid index '${text}': a slice is written "start:stop:step", as in Python`);
  }
  if (parts.length === 1) return Number(parts[0]);
  const part = (i: number, absent: number): number => {
    const word = parts[i];
    if (word === undefined || word === "") return absent;
    return Math.max(-2147483647, Math.min(2147483647, Number(word)));
  };
  const step = part(2, 1);
  if (step <= 0) throw new ValueError("step must be greater than zero");
  return { start: part(0, NONE), stop: part(1, NONE), step };
}

/** How many dimensions of the tensor an index uses up. */
function dimsTaken(index: Prepared): number {
  if (index === null || index === "..." || typeof index === "boolean") return 0;
  if (index instanceof Tensor && isMask(index)) return index.ndim;
  return 1;
}

const isMask = (index: Tensor): boolean => index.dtypeCode !== Code.Int64;

function apply(state: State, index: Exclude<Prepared, "...">): void {
  if (typeof index === "number") {
    proceed(state, select(state.handle, state.dim, index));
  } else if (index === null) {
    proceed(state, core.op_unsqueeze(state.handle, state.dim++));
  } else if (typeof index === "boolean") {
    proceed(state, core.op_unsqueeze(state.handle, state.dim));
    gatherWith(state, flag(state, index));
  } else if (index instanceof Tensor) {
    applyTensor(state, index);
  } else {
    proceed(state, core.op_slice(state.handle, state.dim, index.start, index.stop, index.step));
    state.dim++;
  }
}

function select(handle: number, dim: number, index: number): number {
  if (ndimOf(handle) === 0) refuseZeroDim(index);
  const size = sizeOf(handle, dim);
  if (index < -size || index >= size) {
    throw new IndexError(`index ${index} is out of bounds for dimension ${dim} with size ${size}`);
  }
  return core.op_select(handle, dim, index);
}

function refuseZeroDim(index: Prepared | undefined): void {
  if (typeof index === "number") {
    throw new IndexError(
      "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number",
    );
  }
  if (typeof index === "object" && !(index instanceof Tensor)) {
    throw new IndexError("slice() cannot be applied to a 0-dim tensor.");
  }
}

function applyTensor(state: State, index: Tensor): void {
  if (index.ndim === 0) {
    if (index.dtypeCode === Code.Int64 && ((index.device !== "cpu" && !canRead()) || isBatched(index.handle))) {
      // a copy in place of the view, since its value is not known
      gatherWith(state, index);
      return;
    }
    const value = reading("x.at", () => index.item());
    if (index.dtypeCode === Code.Int64) {
      proceed(state, select(state.handle, state.dim, Number(value)));
    } else {
      proceed(state, core.op_unsqueeze(state.handle, state.dim));
      gatherWith(state, flag(state, Boolean(value)));
    }
    return;
  }
  if (!isMask(index)) {
    gatherWith(state, index);
    return;
  }
  const shape = index.shape;
  for (let i = 0; i < shape.length; i++) {
    if (shape[i] !== sizeOf(state.handle, state.dim + i)) {
      const whole = Array.from({ length: ndimOf(state.handle) }, (_, dim) => sizeOf(state.handle, dim));
      throw new IndexError(
        `The shape of the mask [${shape.join(", ")}] at index ${i} does not match the shape of the indexed tensor ` +
          `[${whole.join(", ")}] at index ${state.dim + i}`,
      );
    }
  }
  const positions = reading("x.at", () => core.op_nonzero(live(index))); // [n, ndim]
  state.handles.push(positions);
  for (let i = 0; i < shape.length; i++) {
    const column = wrap(core.op_select(positions, 1, i));
    state.tensors.push(column);
    gatherWith(state, column);
  }
}

/** The index tensor that true and false stand for: element 0 of a dimension of size 1, or nothing. */
function flag(state: State, value: boolean): Tensor {
  const index = tensor(value ? [0] : [], { dtype: "int64" });
  state.tensors.push(index);
  return index;
}

/** Gathers with `index` along the current dimension. */
function gatherWith(state: State, index: Tensor): void {
  while (state.gather.length < state.dim) state.gather.push(null);
  state.gather[state.dim++] = index;
}

/** The value of an assignment as a handle that the op may read: broadcastable, of the right dtype where that is required. */
function valueFor(state: State, value: unknown, sameDtype: boolean): number {
  const code = word(state.handle + 4) & 0xff;
  if (isScalar(value)) {
    if (!sameDtype) return scalarHandle(value);
    const made = tensor(value, { dtype: DTYPES[code]! });
    state.tensors.push(made);
    return live(made);
  }
  if (!(value instanceof Tensor)) {
    throw new TypeError(`can't assign a ${typeName(value)} to a torch.${SCALAR_TYPES[code]}Tensor`);
  }
  let source = live(value);
  // sizes of 1 in front are dropped, as PyTorch does
  const most = sameDtype ? 0 : ndimOf(state.handle);
  while (ndimOf(source) > most && sizeOf(source, 0) === 1) {
    source = core.op_select(source, 0, 0);
    state.handles.push(source);
  }
  return source;
}

defineMethods(Tensor, { at, put });
