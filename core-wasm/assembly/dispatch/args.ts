// The argument block: all that a kernel is told. Op functions fill it, a backend runs it: the CPU by a direct call, the
// others by reading the block out of wasm memory. One static block serves every call, since kernels never nest.

/** The most dimensions a tensor may have. */
export const MAX_DIMS: i32 = 16;
const MAX_OPERANDS: i32 = 16;
const MAX_PARAMS: i32 = 32;
const MAX_INTS: i32 = 128;

const OPERAND_HEADER: usize = 32;
const OPERAND_SIZE: usize = OPERAND_HEADER + 2 * 4 * 16;

/**
 * One tensor as a kernel sees it.
 * Bytes: 0 data, 4 offset, 8 dtype, 12 ndim, 16 numel, 20 device, 32 shape[16], 96 strides[16] (in elements).
 */
@unmanaged
export class Operand {
  /** CPU: address of element 0 (offset included). Other devices: the buffer's id. */
  data: usize;
  /** elements from the buffer's start to element 0; already contained in `data` on the CPU */
  offset: i32;
  dtype: i32;
  ndim: i32;
  numel: i32;
  device: i32;

  // @ts-ignore: decorator
  @inline shape(i: i32): i32 {
    return load<i32>(changetype<usize>(this) + ((<usize>i) << 2), 32);
  }
  // @ts-ignore: decorator
  @inline stride(i: i32): i32 {
    return load<i32>(changetype<usize>(this) + ((<usize>i) << 2), 96);
  }
  // @ts-ignore: decorator
  @inline setShape(i: i32, value: i32): void {
    store<i32>(changetype<usize>(this) + ((<usize>i) << 2), value, 32);
  }
  // @ts-ignore: decorator
  @inline setStride(i: i32, value: i32): void {
    store<i32>(changetype<usize>(this) + ((<usize>i) << 2), value, 96);
  }
}

const HEADER: usize = 32;
const PARAMS: usize = HEADER;
const INTS: usize = PARAMS + 8 * 32;
const OPERANDS: usize = INTS + 4 * 128;

/**
 * Bytes: 0 kernel, 4 operand count, 8 program, 12 compute type, 16 workspace, 20 workspace bytes, 24 op id (for error
 * messages and profiles), 32 params f64[32], 288 ints i32[128], 800 operands.
 * Operand 0 (and as many more as the kernel says) is the output.
 */
@unmanaged
export class Args {
  kernel: i32;
  count: i32;
  /** address of an encoded elementwise program, or 0 */
  program: usize;
  /** Compute: the type elements are converted to */
  compute: i32;
  /** scratch memory for packing and the like, if the kernel asked for it */
  workspace: usize;
  workspaceBytes: usize;
  op: i32;

  // @ts-ignore: decorator
  @inline param(i: i32): f64 {
    return load<f64>(changetype<usize>(this) + ((<usize>i) << 3), 32);
  }
  // @ts-ignore: decorator
  @inline setParam(i: i32, value: f64): void {
    store<f64>(changetype<usize>(this) + ((<usize>i) << 3), value, 32);
  }
  // @ts-ignore: decorator
  @inline int(i: i32): i32 {
    return load<i32>(changetype<usize>(this) + ((<usize>i) << 2), 288);
  }
  // @ts-ignore: decorator
  @inline setInt(i: i32, value: i32): void {
    store<i32>(changetype<usize>(this) + ((<usize>i) << 2), value, 288);
  }
  // @ts-ignore: decorator
  @inline operand(i: i32): Operand {
    return changetype<Operand>(changetype<usize>(this) + 800 + <usize>i * OPERAND_SIZE);
  }
}

export const ARGS_SIZE: usize = OPERANDS + <usize>MAX_OPERANDS * OPERAND_SIZE;
export const args = changetype<Args>(memory.data(800 + 16 * (32 + 128), 16));
