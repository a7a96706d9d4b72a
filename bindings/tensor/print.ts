// Tensors as text, as PyTorch prints them (torch/_tensor_str.py): a width and one notation for the whole tensor, large
// tensors summarised by their edges, then what is not the default: device, dtype, grad_fn.

import { ValueError } from "../error.ts";
import { positional } from "../functional/arguments.ts";
import { Code, isComplexCode, isFloatingCode } from "./dtype.ts";
import { batchedText, elementsOf, isBatched, type Element, type Elements } from "./read.ts";
import type { Tensor } from "./tensor.ts";
import { getDefaultDtype } from "./defaults.ts";

/** How tensors are printed. */
export interface PrintOptions {
  /** digits after the point (4) */
  precision: number;
  /** more elements than this are summarised (1000) */
  threshold: number;
  /** elements at either edge of a summarised dimension (3) */
  edgeitems: number;
  /** characters per line (80) */
  linewidth: number;
  /** scientific notation: always, never, or null for PyTorch's choice */
  sciMode: boolean | null;
}

const DEFAULTS: PrintOptions = { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80, sciMode: null };
const PROFILES: Record<string, PrintOptions> = {
  default: DEFAULTS,
  short: { ...DEFAULTS, precision: 2, edgeitems: 2 },
  full: { ...DEFAULTS, threshold: Infinity },
};
const settings: PrintOptions = { ...DEFAULTS };
type Profile = "default" | "short" | "full";

/**
 * Sets how tensors print, for the whole program; follows torch.set_printoptions. `sciMode` returns to automatic when it is not given.
 * @param options any of PrintOptions, and `profile`: "default", "short" or "full"
 * @throws ValueError for an unknown profile
 * @example
 * torch.setPrintOptions({ precision: 2 });
 * String(torch.tensor(Math.PI)); // "tensor(3.14)"
 */
export function setPrintOptions(options?: Partial<PrintOptions> & { profile?: Profile }): void;
export function setPrintOptions(
  precision?: number | null,
  threshold?: number | null,
  edgeitems?: number | null,
  linewidth?: number | null,
  profile?: Profile | null,
  sciMode?: boolean | null,
): void;
export function setPrintOptions(...args: unknown[]): void {
  const names = ["precision", "threshold", "edgeitems", "linewidth", "profile", "sciMode"];
  const given = positional(args, names, "setPrintOptions");
  const profile = given[4] as Profile | null | undefined;
  if (profile !== undefined && profile !== null) {
    const preset = PROFILES[profile];
    if (preset === undefined) throw new ValueError(`unknown print profile '${String(profile)}'`);
    Object.assign(settings, preset);
  }
  names.forEach((name, i) => {
    const value = given[i] ?? null;
    if (name === "sciMode" || (name !== "profile" && value !== null)) Object.assign(settings, { [name]: value });
  });
}

/** The text of a tensor; `prefix` is what stands before its elements, which are those of `values`, a tensor of the CPU. */
export function formatTensor(tensor: Tensor, prefix = "tensor(", values = tensor): string {
  if (isBatched(tensor.handle)) return batchedText.print(tensor.handle);
  const code = tensor.dtypeCode;
  const device = tensor.device;
  const fallback = getDefaultDtype();
  const dtypeText = `dtype=torch.${tensor.dtype}`;
  const suffixes: string[] = [];
  let body: string;
  if (device !== "cpu") suffixes.push(`device='${device === "webgpu" ? "webgpu:0" : device}'`);
  if (values.device !== "cpu") {
    // the elements can't be read synchronously
    suffixes.push(`size=${tuple(tensor.shape)}`);
    if (tensor.dtype !== fallback) suffixes.push(dtypeText);
    body = device === "webgpu" ? "<await x.cpu() reads the values>" : "...";
  } else if (tensor.numel() === 0) {
    if (tensor.ndim !== 1) suffixes.push(`size=${tuple(tensor.shape)}`);
    if (tensor.dtype !== fallback) suffixes.push(dtypeText);
    body = "[]";
  } else {
    const defaultComplex = fallback === "float64" ? "complex128" : "complex64";
    const plain = [fallback, defaultComplex, "int64", "bool"].includes(tensor.dtype);
    if (!plain) suffixes.push(dtypeText);
    body = elementsText(elementsOf(values.handle, values.shape, values.stride()), code, prefix.length, tensor.numel());
  }
  const gradFn = tensor.gradFn;
  if (gradFn !== null) suffixes.push(`grad_fn=${gradFn.toString()}`);
  else if (tensor.requiresGrad) suffixes.push("requires_grad=True");
  return addSuffixes(prefix + body, suffixes, prefix.length);
}

/** A shape as Python prints a tuple. */
export function tuple(sizes: readonly number[]): string {
  return sizes.length === 1 ? `(${sizes[0]},)` : `(${sizes.join(", ")})`;
}

function addSuffixes(text: string, suffixes: string[], indent: number): string {
  let lineLength = text.length - text.lastIndexOf("\n") + 1;
  for (const suffix of suffixes) {
    if (lineLength + suffix.length + 2 > settings.linewidth) {
      text += ",\n" + " ".repeat(indent) + suffix;
      lineLength = indent + suffix.length;
    } else {
      text += ", " + suffix;
      lineLength += suffix.length + 2;
    }
  }
  return text + ")";
}

function elementsText(elements: Elements, code: number, indent: number, numel: number): string {
  const summarize = numel > settings.threshold;
  const shown: Element[] = [];
  collect(elements, 0, elements.offset, summarize, shown);
  const format = isComplexCode(code)
    ? complexFormatter(shown as [number, number][])
    : isFloatingCode(code)
      ? floatFormatter(shown as number[])
      : integerFormatter(shown, code);
  return dimensionText(elements, 0, elements.offset, indent, summarize, format);
}

/** The indices of a dimension that are printed; -1 stands for the dots. */
function shownIndices(size: number, summarize: boolean): number[] {
  const edge = settings.edgeitems;
  const all = Array.from({ length: size }, (_, i) => i);
  return summarize && size > 2 * edge ? [...all.slice(0, edge), -1, ...all.slice(size - edge)] : all;
}

function collect(elements: Elements, dim: number, offset: number, summarize: boolean, into: Element[]): void {
  if (dim === elements.shape.length) {
    into.push(elements.at(offset));
    return;
  }
  for (const i of shownIndices(elements.shape[dim]!, summarize)) {
    if (i >= 0) collect(elements, dim + 1, offset + i * elements.strides[dim]!, summarize, into);
  }
}

interface Formatter {
  /** characters of an element, without the separator */
  width: number;
  format(value: Element): string;
}

function dimensionText(
  elements: Elements,
  dim: number,
  offset: number,
  indent: number,
  summarize: boolean,
  formatter: Formatter,
): string {
  const rest = elements.shape.length - dim;
  if (rest === 0) return formatter.format(elements.at(offset));
  const stride = elements.strides[dim]!;
  const indices = shownIndices(elements.shape[dim]!, summarize);
  if (rest === 1) {
    const items = indices.map((i) => (i < 0 ? " ..." : formatter.format(elements.at(offset + i * stride))));
    const perLine = Math.max(1, Math.floor((settings.linewidth - indent) / (formatter.width + 2)));
    const lines: string[] = [];
    for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(", "));
    return "[" + lines.join(",\n" + " ".repeat(indent + 1)) + "]";
  }
  const slices = indices.map((i) =>
    i < 0 ? "..." : dimensionText(elements, dim + 1, offset + i * stride, indent + 1, summarize, formatter),
  );
  return "[" + slices.join("," + "\n".repeat(rest - 1) + " ".repeat(indent + 1)) + "]";
}

function integerFormatter(shown: Element[], code: number): Formatter {
  const text = code === Code.Bool ? (value: Element) => (value ? "True" : "False") : String;
  const width = shown.reduce<number>((most, value) => Math.max(most, text(value).length), 1);
  return { width, format: (value) => text(value).padStart(width) };
}

function floatFormatter(shown: number[]): Formatter {
  const finite = shown.filter((value) => Number.isFinite(value) && value !== 0);
  const { precision } = settings;
  let integral = true;
  let scientific = false;
  let width = 1;
  if (finite.length > 0) {
    let least = Infinity;
    let most = 0;
    for (const value of finite) {
      least = Math.min(least, Math.abs(value));
      most = Math.max(most, Math.abs(value));
      if (!Number.isInteger(value)) integral = false;
    }
    scientific = most / least > 1000 || most > 1e8 || (!integral && least < 1e-4);
    for (const value of finite) {
      const text = scientific ? exponential(value, precision) : fixed(value, integral ? 0 : precision);
      width = Math.max(width, text.length + (integral && !scientific ? 1 : 0));
    }
  }
  if (settings.sciMode !== null) scientific = settings.sciMode;
  const format = (element: Element): string => {
    const value = element as number;
    if (!Number.isFinite(value)) return nonFinite(value).padStart(width);
    if (scientific) return exponential(value, precision).padStart(width);
    return (integral ? fixed(value, 0) + "." : fixed(value, precision)).padStart(width);
  };
  return { width, format };
}

function complexFormatter(shown: [number, number][]): Formatter {
  const real = floatFormatter(shown.map(([re]) => re));
  const imaginary = floatFormatter(shown.map(([, im]) => im));
  return {
    width: real.width + imaginary.width + 1,
    format: (element) => {
      const [re, im] = element as [number, number];
      const second = imaginary.format(im).trimStart() + "j";
      return real.format(re) + (/^[+-]/.test(second) ? "" : "+") + second;
    },
  };
}

function nonFinite(value: number): string {
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

/** Python's `{:.Nf}`: as toFixed, but ties go to the even digit, and zero keeps its sign. */
export function fixed(value: number, digits: number): string {
  const magnitude = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  if (magnitude >= 1e21) return sign + BigInt(magnitude).toString() + (digits > 0 ? "." + "0".repeat(digits) : "");
  // an exact tie has at most digits + 1 binary digits after the point
  const scaled = magnitude * 2 ** (digits + 1);
  if (scaled <= Number.MAX_SAFE_INTEGER && Number.isInteger(scaled)) {
    const tenfold = BigInt(scaled) * 5n ** BigInt(digits + 1);
    if (tenfold % 10n === 5n && (tenfold / 10n) % 2n === 0n) {
      const text = (tenfold / 10n).toString().padStart(digits + 1, "0");
      return sign + (digits === 0 ? text : text.slice(0, -digits) + "." + text.slice(-digits));
    }
  }
  return sign + magnitude.toFixed(digits);
}

/** Python's `{:.Ne}`: at least two digits of exponent, ties to the even digit. */
export function exponential(value: number, digits: number): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  let [mantissa, exponent] = Math.abs(value).toExponential(digits).split("e") as [string, string];
  // toExponential rounds ties up: the exact digits end in a lone 5 there
  const exact = Math.abs(value).toExponential(100).split("e")[0]!.replace(".", "");
  if (/^50*$/.test(exact.slice(digits + 1)) && Number(exact[digits]) % 2 === 0) {
    mantissa = exact[0]! + (digits > 0 ? "." + exact.slice(1, digits + 1) : "");
    exponent = Math.abs(value).toExponential(100).split("e")[1]!;
  }
  const power = Number(exponent);
  return `${sign}${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
