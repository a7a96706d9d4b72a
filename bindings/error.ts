// Typed errors. The names and the wording are PyTorch's, so that a message can be searched for.

/**
 * Base of every error that flambeau throws.
 * @example
 * try {
 *   torch.ones(2).add(torch.ones(3));
 * } catch (error) {
 *   error instanceof torch.TorchError; // the errors of every op are
 * }
 */
export class TorchError extends Error {
  static {
    this.prototype.name = "TorchError";
  }
}

/**
 * Shapes, devices, graph state: what PyTorch raises as RuntimeError.
 * @example
 * torch.ones(2).add(torch.ones(3)); // throws RuntimeError: The size of tensor a (2) must match the size of tensor b (3) at
 */
export class RuntimeError extends TorchError {
  static {
    this.prototype.name = "RuntimeError";
  }
}

/**
 * A dimension or an index out of range.
 * @example
 * torch.tensor([1, 2]).select(0, 5); // throws IndexError: select(): index 5 out of range for tensor of size [2] at dimension 0
 */
export class IndexError extends TorchError {
  static {
    this.prototype.name = "IndexError";
  }
}

/**
 * An argument of the wrong type.
 * @example
 * torch.abs("one"); // throws TypeError: abs(): argument 'input' (position 1) must be Tensor, not str
 */
export class TypeError extends TorchError {
  static {
    this.prototype.name = "TypeError";
  }
}

/**
 * An argument of the right type with a value that is not allowed.
 * @example
 * new optim.SGD([torch.ones(1)], { lr: -1 }); // throws ValueError: Invalid learning rate: -1.0
 */
export class ValueError extends TorchError {
  static {
    this.prototype.name = "ValueError";
  }
}

/**
 * An operation that this dtype or device does not have.
 * @example
 * const { BasicBlock, ResNet } = torch.vision.models;
 * new ResNet(BasicBlock, [1, 1, 1, 1], { replaceStrideWithDilation: [true, true, true] }); // throws NotImplementedError: Dilation > 1 not supported in BasicBlock
 */
export class NotImplementedError extends RuntimeError {
  static {
    this.prototype.name = "NotImplementedError";
  }
}

/**
 * Memory ran out. Nothing was changed, and the runtime still works.
 * @example
 * torch.empty(1e9, 1e3); // throws OutOfMemoryError: DefaultCPUAllocator: can't allocate memory: you tried to allocate
 */
export class OutOfMemoryError extends RuntimeError {
  static {
    this.prototype.name = "OutOfMemoryError";
  }
}

/**
 * A file that holds what torch.load does not load, such as code; Python's pickle.UnpicklingError.
 * @example
 * await torch.load(new Uint8Array([1, 2, 3])); // throws RuntimeError: Invalid magic number; corrupt file?
 */
export class UnpicklingError extends TorchError {
  static {
    this.prototype.name = "UnpicklingError";
  }
}

/** In the order of the core's error kinds. */
const KINDS = [RuntimeError, IndexError, TypeError, ValueError, NotImplementedError, OutOfMemoryError];

/** The error that the core's kind number stands for. */
export function errorOfKind(kind: number, message: string): TorchError {
  return new (KINDS[kind] ?? RuntimeError)(message);
}

/** Not in every engine: how many frames a stack has, and how it gets one that begins below a function. */
const engine = Error as { stackTraceLimit?: number; captureStackTrace?: (error: Error, above: unknown) => void };
/** Engines keep ten frames, and an op's in wasm would be all of them. */
const FRAMES = 60;
const WASM_FRAMES = /^.*\bwasm(:\/\/|-function).*\n?/gm;

/** As `errorOfKind`, for what the core throws by `thrower`: its stack shows the line of the program that called the op, and no wasm. */
export function errorOfCore(kind: number, message: string, thrower: unknown): TorchError {
  const limit = engine.stackTraceLimit;
  // not by =, which throws where Error is frozen
  if (limit) Reflect.set(Error, "stackTraceLimit", FRAMES);
  const error = errorOfKind(kind, message);
  // JavaScriptCore, whose errors have a line, leaves wasm out by itself, unless the stack was looked at
  if (!("line" in new Error())) {
    engine.captureStackTrace?.(error, thrower);
    if (error.stack) error.stack = error.stack.replace(WASM_FRAMES, "");
  }
  if (limit) Reflect.set(Error, "stackTraceLimit", limit);
  return error;
}
