// Errors. A message is composed piece by piece in a static buffer; `raise` gives back what the call had allocated and calls
// an import that throws, which unwinds the wasm frames: it never returns. Wording follows PyTorch's, so that it can be searched for.
// A `string` is a literal, and that is the address of Latin-1 text with a zero at its end (core-wasm/text.mjs).
import { abandonCall } from "../dispatch/entry";
import { DType } from "./dtype";
import { Ints } from "./ints";
import { Tensor } from "./tensor";

export const enum ErrorKind {
  Runtime = 0,
  Index = 1,
  Type = 2,
  Value = 3,
  NotImplemented = 4,
  OutOfMemory = 5,
}

// @ts-ignore: decorator
@external("env", "raise")
declare function hostRaise(kind: i32, text: usize, length: i32): void;

// @ts-ignore: decorator
@external("env", "warn")
declare function hostWarn(text: usize, length: i32): void;

const CAPACITY: i32 = 4096;
const text: usize = memory.data(4096 * 2, 16);
let length: i32 = 0;

export function messageText(): usize {
  return text;
}

// @ts-ignore: decorator
@inline function put(unit: i32): void {
  if (length == CAPACITY) return;
  store<u16>(text + ((<usize>length) << 1), <u16>unit);
  length++;
}

export function msg(piece: string): void {
  for (let at = changetype<usize>(piece); load<u8>(at) != 0; at++) put(load<u8>(at));
}

/** A message about a dtype, whose name replaces the `%`. */
export function msgAbout(dtype: i32, template: string): void {
  for (let at = changetype<usize>(template); load<u8>(at) != 0; at++) {
    if (load<u8>(at) == 37) msgDType(dtype);
    else put(load<u8>(at));
  }
}

/** Word `index` of a list of words with a space between. */
export function msgWord(words: string, index: i32): void {
  let at = changetype<usize>(words);
  for (; index > 0; at++) if (load<u8>(at) == 32) index--;
  for (; load<u8>(at) > 32; at++) put(load<u8>(at));
}

/** The name of a tape node of the op that is word `index`: AddBackward0 for add. */
export function msgNode(ops: string, index: i32): void {
  const start = text + ((<usize>length) << 1);
  msgWord(ops, index);
  store<u16>(start, load<u16>(start) & ~32);
  msg("Backward0");
}

/** One UTF-16 code unit. */
export function msgUnit(unit: i32): void {
  put(unit);
}

export function msgInt(value: i64): void {
  let rest: u64 = value < 0 ? <u64>-value : <u64>value;
  if (value < 0) put(45);
  let digits = 1;
  for (let power: u64 = 10; digits < 20 && rest >= power; power *= 10) digits++;
  if (length + digits > CAPACITY) return;
  for (let i = digits - 1; i >= 0; i--) {
    store<u16>(text + ((<usize>(length + i)) << 1), <u16>(48 + (rest % 10)));
    rest /= 10;
  }
  length += digits;
}

/** As C++ streams print a double: six significant digits. */
export function msgFloat(value: f64): void {
  if (value != value) return msg("nan");
  if (value < 0) {
    put(45);
    value = -value;
  }
  if (value == Infinity) return msg("inf");
  if (value == 0) return put(48);
  let exponent = <i32>Math.floor(Math.log10(value));
  let digits = <i64>nearest(value * Math.pow(10, <f64>(5 - exponent)));
  if (digits >= 1000000) {
    digits /= 10;
    exponent++;
  }
  let count = 6;
  while (count > 1 && digits % 10 == 0) {
    digits /= 10;
    count--;
  }
  const scientific = exponent < -4 || exponent >= 6;
  const pointAfter = scientific ? 1 : exponent + 1;
  if (pointAfter <= 0) {
    msg("0.");
    for (let i = pointAfter; i < 0; i++) put(48);
  }
  let power: i64 = 1;
  for (let i = 1; i < count; i++) power *= 10;
  for (let i = 0; i < max(count, pointAfter); i++) {
    if (i == pointAfter && pointAfter > 0) put(46);
    put(48 + <i32>(i < count ? (digits / power) % 10 : 0));
    power /= 10;
    if (power == 0) power = 1;
  }
  if (scientific) {
    msg(exponent < 0 ? "e-" : "e+");
    if (abs(exponent) < 10) put(48);
    msgInt(abs(exponent));
  }
}

export function msgInts(list: Ints): void {
  put(91);
  for (let i = 0; i < list.length; i++) {
    if (i > 0) msg(", ");
    msgInt(list.get(i));
  }
  put(93);
}

/** [2, 3] */
export function msgShape(t: Tensor): void {
  put(91);
  for (let i = 0; i < <i32>t.ndim; i++) {
    if (i > 0) msg(", ");
    msgInt(t.shape(i));
  }
  put(93);
}

/** PyTorch's ScalarType name: Float, Long, … */
export function dtypeName(dtype: i32): string {
  switch (dtype) {
    case DType.Uint8:
      return "Byte";
    case DType.Int8:
      return "Char";
    case DType.Int16:
      return "Short";
    case DType.Int32:
      return "Int";
    case DType.Int64:
      return "Long";
    case DType.Float16:
      return "Half";
    case DType.Float32:
      return "Float";
    case DType.Float64:
      return "Double";
    case DType.Complex64:
      return "ComplexFloat";
    case DType.Complex128:
      return "ComplexDouble";
    case DType.Bool:
      return "Bool";
    default:
      return "BFloat16";
  }
}

export function msgDType(dtype: i32): void {
  msg(dtypeName(dtype));
}

/** float, long int, unsigned char: the C++ type names of PyTorch's "expected … but got …" messages */
export function cppTypeName(dtype: i32): string {
  switch (dtype) {
    case DType.Uint8:
      return "unsigned char";
    case DType.Int8:
      return "signed char";
    case DType.Int16:
      return "short int";
    case DType.Int32:
      return "int";
    case DType.Int64:
      return "long int";
    case DType.Float16:
      return "c10::Half";
    case DType.Float32:
      return "float";
    case DType.Float64:
      return "double";
    case DType.Complex64:
      return "c10::complex<float>";
    case DType.Complex128:
      return "c10::complex<double>";
    case DType.Bool:
      return "bool";
    default:
      return "c10::BFloat16";
  }
}

/** Throws the composed message as a typed error; what this call created is released. */
export function raise(kind: i32): void {
  const n = length;
  length = 0;
  abandonCall();
  hostRaise(kind, text, n);
  unreachable();
}

/** Raises with a whole message. */
export function fail(kind: i32, message: string): void {
  length = 0;
  msg(message);
  raise(kind);
}

export function warn(message: string): void {
  length = 0;
  msg(message);
  hostWarn(text, takeMessage());
}

/** Ends a message that JavaScript reads rather than throws; returns its length. */
export function takeMessage(): i32 {
  const n = length;
  length = 0;
  return n;
}

export function outOfMemory(bytes: f64): void {
  length = 0;
  msg("DefaultCPUAllocator: can't allocate memory: you tried to allocate ");
  msgInt(<i64>bytes);
  msg(" bytes.");
  raise(ErrorKind.OutOfMemory);
}
