// class Tensor: a handle of the core with PyTorch's properties. All state (shape, strides, dtype, storage, gradient) lives
// in wasm and is read from the tensor's header there; nothing is cached here that could go stale. Methods that are ops
// are generated (gen/methods.ts), indexing is in index.ts, conversions are in convert.ts.

import { core, i32, u8, word } from "../core.ts";
import { canRead, holding } from "../device.ts";
import { IndexError, RuntimeError, TypeError, ValueError } from "../error.ts";
import type { TensorBackward } from "../autograd/backward.ts";
import type { TensorHooks } from "../autograd/hooks.ts";
import type { FactoryMethods } from "../factories.ts";
import type { RandomMethods } from "../random.ts";
import type { TensorMethods } from "../gen/methods.ts";
import type { ShapeMethods } from "./shapes.ts";
import { adopt, dispose, type Token } from "../memory/finalize.ts";
import { keep, unkeep } from "../memory/scope.ts";
import { positional } from "../functional/arguments.ts";
import { checkOptions } from "./call.ts";
import { wrapDim } from "./dims.ts";
import { DTYPES, deviceOf, ITEM_SIZES, type Device, type DType, type TypedArray } from "./dtype.ts";
import { gradFnOf, type GradFn } from "./gradfn.ts";
import type { TensorStft } from "../fft/stft.ts";
import type { TensorLinalg } from "../linalg/toplevel.ts";
import type { TensorConversions } from "./convert.ts";
import type { TensorIndexing } from "./index.ts";
import type { TensorMatrices } from "./matrices.ts";
import type { LaterMethods } from "./later.ts";
import type { OverloadedReductions } from "./reductions.ts";
import { isInFormat, type MemoryFormat } from "./memory-format.ts";
import { formatTensor } from "./print.ts";
import {
  arrayConstructor,
  deviceCodeOf,
  elementsOf,
  itemsPerElement,
  nested,
  requireCpu,
  storageArray,
  type Element,
  type Nested,
} from "./read.ts";
import { UntypedStorage } from "./storage.ts";

// offsets into a tensor's header, in words
const META = 1; // bytes: dtype, device, ndim, flags
const STORAGE = 2;
const OFFSET = 3;
const NUMEL = 4;
const BASE = 8;
const SHAPE = 12;
// into a storage's header
const VERSION = 3;

const INFERENCE = 4;
const RETAINS_GRAD = 8;

/** The core's tables lie below this address, and no tensor does. */
const LOWEST = 4096;

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface Tensor
  extends
    TensorMethods,
    TensorIndexing,
    LaterMethods,
    TensorConversions,
    TensorLinalg,
    TensorMatrices,
    TensorStft,
    TensorBackward,
    TensorHooks,
    OverloadedReductions,
    FactoryMethods,
    RandomMethods,
    ShapeMethods {}

/**
 * A multi-dimensional array of one dtype on one device. Made by `torch.tensor`, the factories, and ops.
 * @example
 * const x = torch.tensor([[1, 2], [3, 4]]);
 * x.mul(2).sum(0); // tensor([8., 12.])
 */
export class Tensor {
  /** @internal the core's tensor; 0 after dispose */
  handle: number;
  /** @internal */
  token!: Token;
  /** @internal */
  slot = 0;
  /** the wrapper that `grad` gave last, so that it is one object as long as it is one tensor */
  private gradWrapper: Tensor | undefined = undefined;

  /** @internal Wraps an owned handle. */
  constructor(handle: number) {
    // PyTorch's constructor takes sizes or values; as an address they would corrupt the memory
    if (typeof handle !== "number" || (handle & 7) !== 0 || handle >>> 0 < LOWEST || arguments.length > 1)
      throw new TypeError("Tensor() is no way to make a tensor: call torch.tensor(data), or torch.empty(size)");
    this.handle = handle;
    adopt(this);
  }

  /** The sizes, outermost first. */
  get shape(): number[] {
    return this.#ints(SHAPE);
  }

  /**
   * The sizes, or the size of dimension `dim`.
   * Follows torch.Tensor.size.
   * @throws IndexError when `dim` is out of range
   * @example
   * torch.zeros(2, 3).size(); // [2, 3]
   * torch.zeros(2, 3).size(1); // 3
   */
  size(): number[];
  size(dim: number): number;
  size(dim?: number): number | number[] {
    if (dim === undefined) return this.shape;
    return word(live(this) + 4 * (SHAPE + this.#wrapDim(dim)));
  }

  /**
   * The strides in elements, or the stride of dimension `dim`.
   * Follows torch.Tensor.stride.
   * @throws IndexError when `dim` is out of range
   * @example
   * torch.zeros(2, 3).stride(); // [3, 1]
   */
  stride(): number[];
  stride(dim: number): number;
  stride(dim?: number): number | number[] {
    const ndim = this.ndim;
    if (dim === undefined) return this.#ints(SHAPE + ndim);
    return word(live(this) + 4 * (SHAPE + ndim + this.#wrapDim(dim)));
  }

  /** The number of dimensions. */
  get ndim(): number {
    return (word(live(this) + 4 * META) >>> 16) & 0xff;
  }
  /**
   * The number of dimensions.
   * Follows torch.Tensor.dim.
   * @example
   * torch.zeros(2, 3).dim(); // 2
   */
  dim(): number {
    return this.ndim;
  }
  /**
   * The number of elements.
   * Follows torch.Tensor.numel.
   * @example
   * torch.zeros(2, 3).numel(); // 6
   */
  numel(): number {
    return word(live(this) + 4 * NUMEL);
  }
  /**
   * The number of elements.
   * Follows torch.Tensor.nelement.
   * @example
   * torch.zeros(2, 3).nelement(); // 6
   */
  nelement(): number {
    return this.numel();
  }
  /**
   * The dtype, "float32" for instance.
   * Follows torch.Tensor.dtype.
   * @example
   * torch.ones(2).dtype; // "float32"
   */
  get dtype(): DType {
    return DTYPES[this.dtypeCode]!;
  }
  /**
   * The device, "cpu" or "webgpu".
   * Follows torch.Tensor.device.
   * @example
   * torch.ones(2).device; // "cpu"
   */
  get device(): Device {
    return deviceOf((word(live(this) + 4 * META) >>> 8) & 0xff);
  }
  /** @internal the core's number of the dtype */
  get dtypeCode(): number {
    return word(live(this) + 4 * META) & 0xff;
  }
  /** Bytes of one element. */
  get itemsize(): number {
    return ITEM_SIZES[this.dtypeCode]!;
  }
  /**
   * Bytes of one element.
   * Follows torch.Tensor.element_size.
   * @example
   * torch.zeros(2, 3).elementSize(); // 4
   */
  elementSize(): number {
    return this.itemsize;
  }
  /** Bytes of all elements (not of the storage). */
  get nbytes(): number {
    return this.numel() * this.itemsize;
  }
  /**
   * Elements from the start of the storage to the first element.
   * Follows torch.Tensor.storage_offset.
   * @example
   * torch.arange(4).narrow(0, 1, 2).storageOffset(); // 1
   */
  storageOffset(): number {
    return word(live(this) + 4 * OFFSET);
  }
  /**
   * The storage, to ask what is shared.
   * Follows torch.Tensor.untyped_storage.
   * @example
   * torch.zeros(2, 3).untypedStorage().nbytes(); // 24
   */
  untypedStorage(): UntypedStorage {
    return new UntypedStorage(word(live(this) + 4 * STORAGE));
  }
  /**
   * The address of the first element in the wasm memory; equal addresses mean shared storage.
   * Follows torch.Tensor.data_ptr.
   * @example
   * const x = torch.zeros(2);
   * x.view(2, 1).dataPtr() === x.dataPtr(); // true
   */
  dataPtr(): number {
    const storage = word(live(this) + 4 * STORAGE) >>> 2;
    return (i32[storage + 1]! >>> 0) + this.storageOffset() * this.itemsize;
  }
  /** Counts the in-place writes to the storage. */
  get version(): number {
    return i32[(word(live(this) + 4 * STORAGE) >>> 2) + VERSION]!;
  }
  /** PyTorch's name of `version`. */
  get _version(): number {
    return this.version;
  }

  /**
   * True when the elements lie in row-major order, or in that of the format, without gaps.
   * Follows torch.Tensor.is_contiguous.
   * @example
   * torch.zeros(2, 3).t().isContiguous(); // false
   */
  isContiguous(memoryFormat: MemoryFormat | { memoryFormat?: MemoryFormat } = "contiguousFormat"): boolean {
    if (memoryFormat !== "contiguousFormat") {
      const format = positional([memoryFormat], ["memoryFormat"], "isContiguous")[0] ?? "contiguousFormat";
      if (format !== "contiguousFormat") return isInFormat(this, format as MemoryFormat);
    }
    const shape = this.shape;
    const strides = this.stride();
    let expected = 1;
    if (shape.includes(0)) return true;
    for (let i = shape.length - 1; i >= 0; i--) {
      if (shape[i] === 1) continue;
      if (strides[i] !== expected) return false;
      expected *= shape[i]!;
    }
    return true;
  }

  /**
   * Whether the dtype is one of floating-point numbers.
   * Follows torch.Tensor.is_floating_point.
   * @example
   * torch.tensor([1n]).isFloatingPoint(); // false
   */
  isFloatingPoint(): boolean {
    return this.dtype.includes("float");
  }
  /**
   * Whether the dtype is one of complex numbers.
   * Follows torch.Tensor.is_complex.
   * @example
   * torch.complex(torch.tensor([1]), torch.tensor([2])).isComplex(); // true
   */
  isComplex(): boolean {
    return this.dtype.startsWith("complex");
  }
  /**
   * Whether the dtype has negative numbers.
   * Follows torch.Tensor.is_signed.
   * @example
   * torch.zeros(1, { dtype: "uint8" }).isSigned(); // false
   */
  isSigned(): boolean {
    return this.dtype !== "uint8" && this.dtype !== "bool";
  }
  /**
   * Whether the tensor was made in inference mode.
   * Follows torch.Tensor.is_inference.
   * @example
   * torch.inferenceMode(() => torch.ones(1)).isInference(); // true
   */
  isInference(): boolean {
    return (this.#flags & INFERENCE) !== 0;
  }
  get #flags(): number {
    return word(live(this) + 4 * META) >>> 24;
  }

  /** Whether gradients flow to this tensor. */
  get requiresGrad(): boolean {
    return core.requiresGrad(live(this)) !== 0;
  }
  set requiresGrad(value: boolean) {
    core.setRequiresGrad(live(this), value ? 1 : 0);
  }
  /**
   * Sets `requiresGrad` in place.
   * Follows torch.Tensor.requires_grad_.
   * @throws RuntimeError for integer dtypes and non-leaves
   * @example
   * torch.ones(2).requiresGrad_().requiresGrad; // true
   */
  requiresGrad_(value = true): this {
    this.requiresGrad = value;
    return this;
  }

  /** True for a tensor that no recorded op has made. Gradients accumulate in leaves. */
  get isLeaf(): boolean {
    return core.isLeaf(live(this)) !== 0;
  }

  /** The gradient that `backward` has accumulated, or null. */
  get grad(): Tensor | null {
    const handle = core.getGrad(live(this));
    const known = this.gradWrapper;
    if (known !== undefined && known.handle === handle) {
      if (handle !== 0) core.release(handle);
      return known;
    }
    this.#keepGrad(handle === 0 ? undefined : new Tensor(handle));
    return this.gradWrapper ?? null;
  }
  set grad(value: Tensor | null) {
    core.setGrad(live(this), checkedGrad(this, value));
    this.#keepGrad(value ?? undefined);
  }
  /** A gradient outlives scopes; one that is replaced is an ordinary tensor of the scope where that happens. */
  #keepGrad(next: Tensor | undefined): void {
    const previous = this.gradWrapper;
    if (previous !== undefined && previous !== next && previous.handle !== 0) unkeep(previous);
    this.gradWrapper = next === undefined ? undefined : keep(next);
  }
  /**
   * Makes `backward` fill in `grad` although this is not a leaf.
   * Follows torch.Tensor.retain_grad.
   * @example
   * const x = torch.ones(1, { requiresGrad: true });
   * const y = x.mul(2);
   * y.retainGrad();
   * y.square().sum().backward();
   * y.grad; // tensor([4.])
   */
  retainGrad(): void {
    core.retainGrad(live(this));
  }
  /**
   * Whether backward keeps the gradient although the tensor is no leaf.
   * Follows torch.Tensor.retains_grad.
   * @example
   * torch.ones(2).retainsGrad; // false
   */
  get retainsGrad(): boolean {
    return (this.#flags & RETAINS_GRAD) !== 0;
  }

  /** The node of the tape that made this tensor, null for leaves. Prints as `<AddBackward0>`. */
  get gradFn(): GradFn | null {
    return gradFnOf(live(this));
  }

  /**
   * A tensor that shares the storage and is not connected with the tape.
   * Follows torch.Tensor.detach.
   * @example
   * torch.ones(1, { requiresGrad: true }).detach().requiresGrad; // false
   */
  detach(): Tensor {
    return new Tensor(core.detach(live(this)));
  }

  /**
   * Cuts the tensor off from the tape, in place.
   * Follows torch.Tensor.detach_.
   * @throws RuntimeError for views
   * @example
   * torch.ones(1, { requiresGrad: true }).mul(2).detach_().requiresGrad; // false
   */
  detach_(): this {
    core.detach_(live(this));
    return this;
  }

  /**
   * True for a view of another tensor.
   * Follows torch.Tensor._is_view.
   * @example
   * torch.ones(4).view(2, 2).isView(); // true
   */
  isView(): boolean {
    return word(live(this) + 4 * BASE) !== 0;
  }

  /**
   * The elements in row-major order as a typed array of the dtype: BigInt64Array for int64, bytes for bool, the 16 raw bits
   * (Uint16Array) for float16 and bfloat16 (`x.float().data()` gives their values), complex numbers interleaved.
   * It is a copy; `{ copy: false }` gives the tensor's own memory, valid until the next op, for contiguous tensors.
   * Follows torch.Tensor.numpy.
   * @throws RuntimeError for a tensor that is not on the CPU, or not contiguous where no copy is wanted
   * @example
   * torch.tensor([1, 2]).data(); // [1, 2]
   */
  data(options?: { copy?: boolean }): TypedArray {
    checkOptions(options, ["copy"], "data");
    const handle = live(this);
    if (options?.copy !== false && onDevice(handle)) return readNow(handle, (host) => host.data());
    requireCpu(handle, "data");
    if (!this.isContiguous()) {
      if (options?.copy === false)
        throw new RuntimeError("data({ copy: false }) needs a contiguous tensor: use contiguous()");
      const compact = core.op_contiguous(handle);
      const copy = rowMajor(compact, this.numel()).slice();
      core.release(compact);
      return copy;
    }
    const array = rowMajor(handle, this.numel());
    return options?.copy === false ? array : array.slice();
  }
  /**
   * The same on every device.
   * Follows torch.Tensor.numpy.
   * @example
   * await torch.tensor([1, 2]).dataAsync(); // [1, 2]
   */
  dataAsync(): Promise<TypedArray> {
    return readLater(live(this), (host) => host.data());
  }

  /**
   * The value of a tensor with one element: a number, a boolean for bool; int64 as a number where that is exact, else as
   * BigInt.
   * Follows torch.Tensor.item.
   * @throws ValueError when there are more elements
   * @example
   * torch.tensor([2.5]).item(); // 2.5
   */
  item<T = number | bigint | boolean>(): T {
    const handle = live(this);
    if (onDevice(handle)) return readNow(handle, (host) => host.item<T>());
    requireCpu(handle, "item");
    if (this.numel() !== 1) throw new ValueError("only one element tensors can be converted to Python scalars");
    return elementsOf(handle, [], []).at(this.storageOffset()) as T;
  }
  /**
   * The same on every device.
   * Follows torch.Tensor.item.
   * @example
   * await torch.tensor([2.5]).itemAsync(); // 2.5
   */
  itemAsync<T = number | bigint | boolean>(): Promise<T> {
    return readLater(live(this), (host) => host.item<T>());
  }

  /**
   * The elements as nested arrays; a 0-d tensor gives its value. int64 as in `item`.
   * Follows torch.Tensor.tolist.
   * @example
   * torch.tensor([[1, 2], [3, 4]]).tolist(); // [[1, 2], [3, 4]]
   */
  tolist<T = Nested<Element>>(): T {
    const handle = live(this);
    if (onDevice(handle)) return readNow(handle, (host) => host.tolist<T>());
    requireCpu(handle, "tolist");
    return nested(elementsOf(handle, this.shape, this.stride())) as T;
  }
  /**
   * The same on every device.
   * Follows torch.Tensor.tolist.
   * @example
   * await torch.tensor([1, 2]).tolistAsync(); // [1, 2]
   */
  tolistAsync<T = Nested<Element>>(): Promise<T> {
    return readLater(live(this), (host) => host.tolist<T>());
  }

  /**
   * Releases the tensor now. Using it afterwards throws; views of it and the tape are not affected.
   * @example
   * const x = torch.ones(2);
   * x.dispose();
   * x.add(1); // throws RuntimeError: this tensor was disposed (by dispose(), `using`, or the end of a
   */
  dispose(): void {
    dispose(this);
  }
  /** True after `dispose`. */
  get isDisposed(): boolean {
    return this.handle === 0;
  }
  [Symbol.dispose](): void {
    dispose(this);
  }

  /**
   * As PyTorch prints it.
   * @example
   * torch.tensor([1, 2]).toString(); // "tensor([1., 2.])"
   */
  toString(): string {
    return this.handle === 0 ? "tensor(<disposed>)" : formatTensor(this);
  }
  /**
   * The same with the values of a tensor of any device.
   * Follows torch.Tensor.__repr__.
   * @example
   * await torch.tensor([1, 2]).toStringAsync(); // "tensor([1., 2.])"
   */
  toStringAsync(): Promise<string> {
    return readLater(live(this), (host) => formatTensor(this, "tensor(", host));
  }
  /** Python's float(x) where JavaScript wants a number, as in `loss < best`. @throws ValueError for several elements */
  [Symbol.toPrimitive](hint: string): string | number {
    return hint === "number" ? Number(this.item()) : this.toString();
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** Iterates over dimension 0. @throws TypeError for a 0-d tensor */
  *[Symbol.iterator](): Generator<Tensor, void, undefined> {
    if (this.ndim === 0) throw new TypeError("iteration over a 0-d tensor");
    const length = this.size(0);
    for (let i = 0; i < length; i++) yield new Tensor(core.op_select(live(this), 0, i));
  }

  /** `count` words of the header from `from`: ndim of them. */
  #ints(from: number): number[] {
    const handle = live(this);
    const ndim = u8[(handle >>> 0) + 6]!;
    const start = (handle >>> 2) + from;
    const list = new Array<number>(ndim);
    for (let i = 0; i < ndim; i++) list[i] = i32[start + i]!;
    return list;
  }

  #wrapDim(dim: number): number {
    if (this.ndim === 0) throw new IndexError(`Dimension specified as ${String(dim)} but tensor has no dimensions`);
    return wrapDim(dim, this.ndim);
  }
}

const WEBGPU = 1;

/** True for a tensor on a device that may be read now. */
function onDevice(handle: number): boolean {
  return canRead() && deviceCodeOf(handle) === WEBGPU;
}

/** What `use` makes of a tensor's copy on the CPU. */
function readNow<T>(handle: number, use: (host: Tensor) => T): T {
  const host = new Tensor(core.readBack(handle));
  try {
    return use(host);
  } finally {
    host.dispose();
  }
}

async function readLater<T>(handle: number, use: (host: Tensor) => T): Promise<T> {
  return holding(handle, () => readNow(handle, use));
}

/**
 * Whether a value is a Tensor; follows torch.is_tensor.
 * @example
 * torch.isTensor(torch.ones(1)); // true
 */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}

/** The handle of a tensor. @throws RuntimeError after dispose */
export function live(tensor: Tensor): number {
  const handle = tensor.handle;
  if (handle === 0) disposed();
  return handle;
}

export function disposed(): never {
  core.endCall();
  throw new RuntimeError(
    "this tensor was disposed (by dispose(), `using`, or the end of a torch.scope it did not escape from)",
  );
}

/** The handle of what becomes a gradient. */
function checkedGrad(tensor: Tensor, grad: unknown): number {
  if (grad === null || grad === undefined) return 0;
  if (!(grad instanceof Tensor))
    throw new TypeError(`assigned grad expected to be a Tensor or None but got grad of type ${typeof grad}`);
  if (grad === tensor) throw new RuntimeError("can't assign Variable as its own grad");
  if (grad.dtypeCode !== tensor.dtypeCode) throw new RuntimeError("assigned grad has data of a different type");
  if (grad.device !== tensor.device) throw new RuntimeError("assigned grad has data located on a different device");
  const shape = tensor.shape;
  if (grad.ndim !== shape.length || grad.shape.some((size, i) => size !== shape[i])) {
    throw new RuntimeError("assigned grad has data of a different size");
  }
  return live(grad);
}

/** The elements of a contiguous CPU tensor on the wasm memory. */
function rowMajor(handle: number, numel: number): TypedArray {
  const code = word(handle + 4 * META) & 0xff;
  const whole = storageArray(handle);
  const items = itemsPerElement(code);
  const start = whole.byteOffset + word(handle + 4 * OFFSET) * items * whole.BYTES_PER_ELEMENT;
  return new (arrayConstructor(code))(whole.buffer, start, numel * items);
}
