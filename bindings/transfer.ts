// Tensors between threads: runtimes share no objects, but the bytes of a tensor can be handed over.

import { RuntimeError } from "./error.ts";
import { fromBytes } from "./tensor/bytes.ts";
import { dtypeCode, ITEM_SIZES, type DType } from "./tensor/dtype.ts";
import { Tensor } from "./tensor/tensor.ts";

/** Marks a packed tensor: [bytes, shape, dtype, requiresGrad]. */
const TENSOR = "\0tensor";
type Packed = { [TENSOR]: [bytes: Uint8Array, shape: number[], dtype: DType, requiresGrad: boolean] };

/**
 * What `postMessage` takes to send tensors to another thread, a worker, a page: the message and the list of what is
 * transferred. Tensors may stand inside of arrays and plain objects, as in a state dict; their bytes are copied out of the
 * runtime's memory once, and moved from there on. `fromTransferable` makes tensors of the message again.
 * Follows torch.multiprocessing, which sends tensors through queues.
 * @throws RuntimeError for tensors that are not on the CPU, or that the tape made
 * @example
 * const [message, transfer] = torch.toTransferable({ x: torch.ones(2), step: 1 });
 * const received = structuredClone(message, { transfer }); // worker.postMessage(message, transfer)
 * torch.fromTransferable(received); // { x: tensor([1., 1.]), step: 1 }
 */
export function toTransferable(value: unknown): [message: unknown, transfer: ArrayBuffer[]] {
  const transfer: ArrayBuffer[] = [];
  return [pack(value, transfer), transfer];
}

/**
 * Makes tensors of a message that `toTransferable` made, on the CPU.
 * Follows torch.multiprocessing, which receives tensors from queues.
 * @returns what `toTransferable` was given, with leaves that require gradients where they did
 * @throws RuntimeError if the bytes of a tensor are not as many as its shape and dtype want
 * @example
 * const [message, transfer] = torch.toTransferable([torch.zeros(2)]);
 * torch.fromTransferable(structuredClone(message, { transfer })); // [tensor([0., 0.])]
 */
// oxlint-disable-next-line typescript/no-explicit-any -- whatever was sent
export function fromTransferable<T = any>(message: unknown): T {
  return unpack(message) as T;
}

/** Tensors inside of arrays and plain objects become what structured cloning takes; their buffers go into `transfer`. */
export function pack(value: unknown, transfer: ArrayBuffer[]): unknown {
  if (value instanceof Tensor) {
    if (value.requiresGrad && !value.isLeaf)
      throw new RuntimeError(
        "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support crossing " +
          "process boundaries.  If you just want to transfer the data, call detach() on the tensor before serializing " +
          "(e.g., putting it on the queue).",
      );
    // a copy, alone in its buffer
    const bytes = new Uint8Array(value.data().buffer);
    transfer.push(bytes.buffer as ArrayBuffer);
    return { [TENSOR]: [bytes, value.shape, value.dtype, value.requiresGrad] } satisfies Packed;
  }
  return inside(value, (item) => pack(item, transfer));
}

/** The opposite of `pack`. */
export function unpack(value: unknown): unknown {
  if (typeof value === "object" && value !== null && TENSOR in value) {
    const [bytes, shape, dtype, requiresGrad] = (value as Packed)[TENSOR];
    if (bytes.length !== shape.reduce((numel, size) => numel * size, ITEM_SIZES[dtypeCode(dtype)]!))
      throw new RuntimeError(
        `a message holds ${bytes.length} bytes for a tensor of shape [${shape}] and dtype ${dtype}`,
      );
    const tensor = fromBytes(bytes, shape, dtype);
    return requiresGrad ? tensor.requiresGrad_() : tensor;
  }
  return inside(value, unpack);
}

/** A copy of an array or a plain object with its values replaced; anything else as it is. */
function inside(value: unknown, fn: (item: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(fn);
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fn(item)]))
    : value;
}
