// Typed errors. The names and the wording are PyTorch's, so that a message can be searched for.

/** Base of every error that flambeau throws. */
export class TorchError extends Error {
  static {
    this.prototype.name = "TorchError";
  }
}

/** Shapes, devices, graph state: what PyTorch raises as RuntimeError. */
export class RuntimeError extends TorchError {
  static {
    this.prototype.name = "RuntimeError";
  }
}

/** A dimension or an index out of range. */
export class IndexError extends TorchError {
  static {
    this.prototype.name = "IndexError";
  }
}

/** An argument of the wrong type. */
export class TypeError extends TorchError {
  static {
    this.prototype.name = "TypeError";
  }
}

/** An argument of the right type with a value that is not allowed. */
export class ValueError extends TorchError {
  static {
    this.prototype.name = "ValueError";
  }
}

/** An operation that this dtype or device does not have. */
export class NotImplementedError extends RuntimeError {
  static {
    this.prototype.name = "NotImplementedError";
  }
}

/** Memory ran out. Nothing was changed, and the runtime still works. */
export class OutOfMemoryError extends RuntimeError {
  static {
    this.prototype.name = "OutOfMemoryError";
  }
}

/** A file that holds what torch.load does not load, such as code; Python's pickle.UnpicklingError. */
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
