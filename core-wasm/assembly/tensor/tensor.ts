// The tensor: metadata over a shared storage. JavaScript's handle is the address of this struct; its first bytes are part of
// the contract with the bindings (bindings/core.ts), so fields keep their places.
//
//  0 refs  4 dtype  5 device  6 ndim  7 flags  8 storage  12 offset  16 numel  20 gradFn  24 outputNr  28 grad  32 base
// 36 hooks  40 viewVersion  44 reserved  48 shape[ndim], strides[ndim]
import { allocate, free } from "../memory/allocator";
import { Storage } from "../memory/storage";
import { Node, releaseNode, tensorDied } from "../autograd/node";
import { Hook, releaseHooks } from "../autograd/hooks";
import { Device } from "../dispatch/device";
import { itemSize } from "./dtype";

export const enum Flag {
  RequiresGrad = 1,
  /** came from a plain number: weak in type promotion */
  Wrapped = 2,
  /** made in inference mode */
  Inference = 4,
  RetainsGrad = 8,
}

const HEADER: usize = 48;

export let liveTensors: i32 = 0;
export let deviceTensors: i32 = 0;


@unmanaged
export class Tensor {
  refs: i32;
  dtype: u8;
  device: u8;
  ndim: u8;
  flags: u8;
  storage: Storage;
  /** elements from the storage's start to element 0 */
  offset: i32;
  numel: i32;
  /** the tape node that made this tensor; null for leaves */
  gradFn: Node | null;
  outputNr: i32;
  grad: Tensor | null;
  /** the tensor this is a differentiable view of */
  base: Tensor | null;
  hooks: Hook | null;
  /** the storage's version for which gradFn of a view is up to date */
  viewVersion: i32;
  reserved: i32;

  // @ts-ignore: decorator
  @inline shape(i: i32): i32 {
    return load<i32>(changetype<usize>(this) + ((<usize>i) << 2), HEADER);
  }
  // @ts-ignore: decorator
  @inline stride(i: i32): i32 {
    return load<i32>(changetype<usize>(this) + ((<usize>(i + <i32>this.ndim)) << 2), HEADER);
  }
  // @ts-ignore: decorator
  @inline setShape(i: i32, value: i32): void {
    store<i32>(changetype<usize>(this) + ((<usize>i) << 2), value, HEADER);
  }
  // @ts-ignore: decorator
  @inline setStride(i: i32, value: i32): void {
    store<i32>(changetype<usize>(this) + ((<usize>(i + <i32>this.ndim)) << 2), value, HEADER);
  }
  /** CPU: the address of element 0. Other devices: the buffer's id. */
  // @ts-ignore: decorator
  @inline dataPtr(): usize {
    return this.device == 0 ? this.storage.data + <usize>this.offset * <usize>itemSize(this.dtype) : this.storage.data;
  }
  // @ts-ignore: decorator
  @inline has(flag: i32): bool {
    return (this.flags & (<u8>flag)) != 0;
  }
  // @ts-ignore: decorator
  @inline set(flag: i32, on: bool): void {
    this.flags = on ? this.flags | (<u8>flag) : this.flags & ~(<u8>flag);
  }
  /** bytes of the elements, were they contiguous */
  get nbytes(): f64 {
    return <f64>this.numel * <f64>itemSize(this.dtype);
  }
  /** Whether a gradient flows through this tensor (a view's history may have to be brought up to date first). */
  get requiresGrad(): bool {
    if (this.has(Flag.RequiresGrad)) return true;
    const base = this.base;
    return base !== null && base.has(Flag.RequiresGrad);
  }

  isContiguous(): bool {
    if (this.numel == 0) return true;
    let expected = 1;
    for (let i = <i32>this.ndim - 1; i >= 0; i--) {
      const size = this.shape(i);
      if (size == 1) continue;
      if (this.stride(i) != expected) return false;
      expected *= size;
    }
    return true;
  }

  // @ts-ignore: decorator
  @inline retain(): void {
    this.refs++;
  }

  release(): void {
    if (--this.refs > 0) return;
    this.destroy();
  }

  private destroy(): void {
    const node = this.gradFn;
    if (node !== null) {
      if (this.has(Flag.RetainsGrad)) tensorDied(node, this);
      releaseNode(node);
    }
    const grad = this.grad;
    if (grad !== null) grad.release();
    const hooks = this.hooks;
    if (hooks !== null) releaseHooks(hooks);
    const base = this.base;
    this.storage.release();
    liveTensors--;
    if (this.device == Device.WebGpu) deviceTensors--;
    free(changetype<usize>(this), HEADER + ((<usize>this.ndim) << 3));
    if (base !== null) base.release();
  }
}

/** A tensor struct with one reference; takes over the caller's reference to `storage`. Shape and strides are still to be set. */
export function newTensor(storage: Storage, dtype: i32, ndim: i32): Tensor {
  const t = changetype<Tensor>(allocate(HEADER + ((<usize>ndim) << 3)));
  t.refs = 1;
  t.dtype = <u8>dtype;
  t.device = <u8>storage.device;
  t.ndim = <u8>ndim;
  t.flags = 0;
  t.storage = storage;
  t.offset = 0;
  t.numel = 1;
  t.gradFn = null;
  t.outputNr = 0;
  t.grad = null;
  t.base = null;
  t.hooks = null;
  t.viewVersion = 0;
  t.reserved = 0;
  liveTensors++;
  if (storage.device == Device.WebGpu) deviceTensors++;
  return t;
}
