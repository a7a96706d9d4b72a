/** How a parameter is spelled in AssemblyScript, in the exports, and in TypeScript. */
import type { Parameter } from "../ops/signature.ts";

export type Role = "tensor" | "tensors" | "scalar" | "int" | "ints" | "float" | "bool" | "dtype" | "enum";

export function roleOf(p: Parameter): Role {
  switch (p.type.base) {
    case "Tensor":
    case "TensorOrScalar":
      return p.type.list ? "tensors" : "tensor";
    case "Scalar":
      return "scalar";
    case "int":
      return p.type.list ? "ints" : "int";
    case "float":
      // an optional number needs its presence beside its value, as an optional Scalar does
      return p.type.optional ? "scalar" : "float";
    default:
      return p.type.base;
  }
}

/** Params of elementwise programs are plain numbers in the core. */
export function coreType(p: Parameter, elementwise: boolean): string {
  const nullable = p.type.optional ? " | null" : "";
  switch (roleOf(p)) {
    case "tensor":
      return `Tensor${nullable}`;
    case "tensors":
      return `Tensors${nullable}`;
    case "scalar":
      return elementwise && !p.type.optional ? "f64" : `Scalar${nullable}`;
    case "int":
      return elementwise && !p.type.optional ? "f64" : "i32";
    case "ints":
      return `Ints${nullable}`;
    case "float":
      return "f64";
    case "bool":
      return p.type.optional ? "i32" : "bool";
    case "dtype":
    case "enum":
      return "i32";
  }
}

/** The default as an AssemblyScript expression, or undefined if the parameter is required. */
export function coreDefault(p: Parameter, elementwise: boolean): string | undefined {
  const value = p.default;
  if (value === undefined) return undefined;
  const number = (x: number): string => (Number.isFinite(x) ? String(x) : x > 0 ? "Infinity" : "-Infinity");
  switch (roleOf(p)) {
    case "tensor":
      if (value !== null) throw new Error(`the default of tensor ${p.name} can only be null`);
      return "null";
    case "tensors":
      return "null";
    case "scalar":
      if (value === null) return "null";
      if (typeof value === "boolean") return `newScalar(${value ? 1 : 0}, ScalarKind.Bool)`;
      if (elementwise && !p.type.optional) return number(value as number);
      return p.floatDefault || !Number.isInteger(value)
        ? `floatScalar(${number(value as number)})`
        : `intScalar(${value})`;
    case "int":
      return value === null ? "NONE" : String(value);
    case "ints":
      if (value === null) return "null";
      return intsLiteral(value as readonly number[]);
    case "float":
      return number(value as number);
    case "bool":
      return p.type.optional ? (value === null ? "-1" : value ? "1" : "0") : String(value);
    case "dtype":
      return "NO_DTYPE";
    case "enum":
      return value === null ? "-1" : String(p.type.choices.indexOf(value as string));
  }
}

function intsLiteral(values: readonly number[]): string {
  if (values.length === 0) return "newInts(0)";
  if (values.length > 4) throw new Error("a default list has at most 4 ints");
  return `ints${values.length}(${values.join(", ")})`;
}

/** Parameter `p` of a generated export: a handle, the address of a list, a number, or a scalar as scalar.ts reads it. */
export function exportParameter(p: Parameter): string {
  switch (roleOf(p)) {
    case "tensor":
      return `${p.name}: usize`;
    case "tensors":
    case "ints":
      return `${p.name}: usize`;
    case "float":
      return `${p.name}: f64`;
    default:
      return `${p.name}: i32`;
  }
}

/** From what the export gets to what the recorded op takes. */
export function exportArgument(p: Parameter, elementwise: boolean): string {
  switch (roleOf(p)) {
    case "tensor":
      return p.type.optional ? `changetype<Tensor | null>(${p.name})` : `changetype<Tensor>(${p.name})`;
    case "tensors":
      return `changetype<Tensors${p.type.optional ? " | null" : ""}>(${p.name})`;
    case "scalar":
      if (elementwise && !p.type.optional) return `scalarValue(${p.name})`;
      return p.type.optional ? `scalarFrom(${p.name})` : `scalarFrom(${p.name})!`;
    case "int":
      return elementwise && !p.type.optional ? `<f64>${p.name}` : p.name;
    case "ints":
      return `changetype<Ints${p.type.optional ? " | null" : ""}>(${p.name})`;
    case "bool":
      return p.type.optional ? p.name : `${p.name} != 0`;
    default:
      return p.name;
  }
}

/** The TypeScript type of an argument. */
export function scriptType(p: Parameter): string {
  const nullable = p.type.optional ? " | null" : "";
  switch (p.type.base) {
    case "Tensor":
      return p.type.list ? `readonly Tensor[]${nullable}` : `Tensor${nullable}`;
    case "TensorOrScalar":
      return `Tensor | Scalar${nullable}`;
    case "Scalar":
      return `Scalar${nullable}`;
    case "int":
      return p.type.list ? `number | readonly number[]${nullable}` : `number${nullable}`;
    case "float":
      return `number${nullable}`;
    case "bool":
      return `boolean${nullable}`;
    case "dtype":
      return "DType | null";
    case "enum":
      return p.type.choices.map((c) => JSON.stringify(c)).join(" | ") + nullable;
  }
}
