// The names of Python that a pickle may refer to: what torch.load(weights_only=True) allows, without what tensors here lack.

import { Code, DTYPES, isComplexCode } from "../tensor/dtype.ts";
import { descrOf, scalarOf } from "./numpy.ts";
import {
  brief,
  Dict,
  fail,
  isSize,
  NumpyArray,
  NumpyDtype,
  StorageRef,
  StorageType,
  TensorSpec,
  Tuple,
} from "./python.ts";
import type { Unpickler } from "./unpickle.ts";

/** A function or class of the list. It gets what the pickle gives, which may be anything. */
export class Callable {
  readonly call: (args: readonly unknown[], machine: Unpickler) => unknown;
  constructor(call: (args: readonly unknown[], machine: Unpickler) => unknown) {
    this.call = call;
  }
}

/** The names of the storage classes by the codes of their dtypes. */
export const STORAGES: readonly string[] = [
  "Byte",
  "Char",
  "Short",
  "Int",
  "Long",
  "Half",
  "Float",
  "Double",
  "ComplexFloat",
  "ComplexDouble",
  "Bool",
  "BFloat16",
].map((name) => `${name}Storage`);

const GLOBALS = new Map<string, unknown>();

/** What a name stands for; undefined for names that are not allowed. */
export function findGlobal(name: string): { value: unknown } | undefined {
  return GLOBALS.has(name) ? { value: GLOBALS.get(name) } : undefined;
}

function define(names: string | readonly string[], call: Callable["call"]): void {
  const callable = new Callable(call);
  for (const name of [names].flat()) GLOBALS.set(name, callable);
}

/** The items of an iterable that a class is called with. */
function items(value: unknown, machine: Unpickler): readonly unknown[] {
  const list =
    value === undefined ? [] : value instanceof Tuple ? value.items : value instanceof Set ? [...value] : value;
  if (!Array.isArray(list)) fail("a container is made of something that is none");
  machine.spend(8 * list.length);
  return list;
}

// ---- tensors

STORAGES.forEach((name, code) => {
  for (const module of ["torch", "torch.cuda"]) GLOBALS.set(`${module}.${name}`, new StorageType(code));
});
for (const name of ["torch.UntypedStorage", "torch.storage.UntypedStorage", "torch.storage._UntypedStorage"]) {
  GLOBALS.set(name, new StorageType(Code.Uint8));
}
for (const name of DTYPES) GLOBALS.set(`torch.${name}`, name);
// classes that are only named, as the kind of what a function makes
for (const name of ["torch.Tensor", "numpy.ndarray"]) GLOBALS.set(name, new Tuple([]));

/** more than any tensor has here or in PyTorch */
const MAX_RANK = 64;

function tensorOf([storage, offset, size, stride, requiresGrad = false]: readonly unknown[]): TensorSpec {
  if (!(storage instanceof StorageRef)) fail("a tensor of no storage");
  if (!(size instanceof Tuple) || !(stride instanceof Tuple)) fail("a tensor's sizes and strides must be tuples");
  const sizes = size.items;
  const strides = stride.items;
  if (!isSize(offset) || !sizes.every(isSize) || !strides.every(isSize) || sizes.length !== strides.length) {
    fail("a tensor's sizes, strides and offset must be non-negative integers");
  }
  // the work of a call must not grow with what it only refers to
  if (sizes.length > MAX_RANK) fail(`a tensor of ${sizes.length} dimensions`);
  let last = offset;
  let count = 1;
  sizes.forEach((extent, dim) => {
    last += (extent - 1) * strides[dim]!;
    count *= extent;
  });
  if (count > 0x7fffffff) fail("a tensor of more elements than flambeau counts");
  if (count !== 0 && last >= storage.numel) {
    fail(
      `setStorage: sizes [${sizes.join(", ")}], strides [${strides.join(", ")}], storage offset ${offset} are out of ` +
        `bounds for storage of ${storage.numel} elements`,
    );
  }
  const isGrad = requiresGrad === true;
  return new TensorSpec({ storage, offset, size: sizes, stride: strides, requiresGrad: isGrad, isParameter: false });
}

define("torch._utils._rebuild_tensor_v2", (args) => tensorOf(args));
define("torch._utils._rebuild_tensor", ([storage, offset, size, stride]) => tensorOf([storage, offset, size, stride]));
define(["torch._utils._rebuild_parameter", "torch.nn.parameter.Parameter"], ([data, requiresGrad = true]) => {
  if (!(data instanceof TensorSpec)) fail("a parameter of no tensor");
  return new TensorSpec({ ...data.layout, requiresGrad: requiresGrad === true, isParameter: true });
});
define("torch._tensor._rebuild_from_type_v2", ([callee, type, args], machine) => {
  // subclasses of Tensor other than Parameter have been refused by name
  if (!(callee instanceof Callable) || !(args instanceof Tuple)) fail("a tensor of no known kind");
  return type === undefined ? fail("a tensor of no type") : callee.call(args.items, machine);
});

define("torch.Size", ([sizes], machine) => new Tuple(items(sizes, machine)));
define("torch.device", ([type, index]) => {
  if (typeof type !== "string") fail("a device without a name");
  return isSize(index) ? `${type}:${index}` : type;
});
define("torch.serialization._get_layout", ([name]) => brief(name).replace(/^torch\./, ""));

// ---- Python's own types

define("collections.OrderedDict", ([pairs], machine) => {
  const dict = new Dict();
  for (const pair of items(pairs, machine)) {
    const [key, value] = pair instanceof Tuple ? pair.items : Array.isArray(pair) ? pair : fail("a dict of no pairs");
    dict.entries.set(key, value);
  }
  return dict;
});

// in the state of a MultiStepLR
define("collections.Counter", ([counts = new Dict()]) =>
  counts instanceof Dict ? counts : fail("a Counter of no counts"),
);

for (const module of ["builtins", "__builtin__"]) {
  define([`${module}.set`, `${module}.frozenset`], ([members], machine) => new Set(items(members, machine)));
  define([`${module}.bytes`, `${module}.bytearray`], ([content, encoding], machine) => {
    if (content === undefined) return new Uint8Array(0);
    if (typeof content === "string" && encoding === "latin-1") return encodeLatin1(content, machine);
    if (!(content instanceof Uint8Array)) fail("bytes can only be made of bytes");
    machine.spend(content.length);
    return content.slice();
  });
}

/** How protocol 2 writes bytes: as the text of the same codes. */
function encodeLatin1(text: string, machine: Unpickler): Uint8Array {
  machine.spend(text.length);
  return Uint8Array.from(text, (char) => {
    const code = char.charCodeAt(0);
    return code < 256 && char.length === 1 ? code : fail("a text of bytes has other characters");
  });
}

define("_codecs.encode", ([text, encoding], machine) => {
  if (typeof text !== "string" || (encoding !== "latin1" && encoding !== "latin-1")) {
    fail("_codecs.encode is for bytes written as latin1");
  }
  return encodeLatin1(text, machine);
});

// ---- NumPy: arrays and scalars of numbers

define("numpy.dtype", ([type]) => {
  if (typeof type !== "string" || descrOf(`<${type}`) === undefined) fail(`unsupported NumPy dtype ${brief(type)}`);
  return new NumpyDtype(type);
});
for (const module of ["numpy.core.multiarray", "numpy._core.multiarray"]) {
  define(`${module}._reconstruct`, () => new NumpyArray());
  define(`${module}.scalar`, ([dtype, data]) => {
    if (!(dtype instanceof NumpyDtype) || !(data instanceof Uint8Array)) fail("a NumPy scalar of no number");
    const complex = isComplexCode(descrOf(dtype.descr)?.code ?? -1);
    if (complex) return Object.assign(new NumpyArray(), { shape: [], descr: dtype.descr, data });
    return scalarOf(dtype.descr, data) ?? fail("a NumPy scalar of the wrong length");
  });
}
for (const module of ["numpy.core.numeric", "numpy._core.numeric"]) {
  define(`${module}._frombuffer`, ([data, dtype, shape, order], machine) => {
    if (!(dtype instanceof NumpyDtype) || !(data instanceof Uint8Array) || !(shape instanceof Tuple)) {
      fail("a NumPy array of no numbers");
    }
    machine.spend(data.length + 8 * shape.items.length);
    return Object.assign(new NumpyArray(), { shape: shape.items, descr: dtype.descr, fortran: order === "F", data });
  });
}
