/**
 * Signatures of ops: `name(input: Tensor, dim: int[]? = null, reduction: "none"|"mean" = "mean") -> (values: Tensor, indices: Tensor)`.
 * Without `->` the result is one Tensor.
 */
export type BaseType = "Tensor" | "TensorOrScalar" | "Scalar" | "int" | "float" | "bool" | "dtype" | "enum";

export interface Type {
  readonly base: BaseType;
  readonly list: boolean;
  readonly optional: boolean;
  /** the alternatives of a string enum */
  readonly choices: readonly string[];
}

export type DefaultValue = number | boolean | string | null | readonly number[];

export interface Parameter {
  readonly name: string;
  readonly type: Type;
  /** undefined: required */
  readonly default: DefaultValue | undefined;
  /** a default written with a point (`1.0`): Python's float */
  readonly floatDefault: boolean;
}

export interface Result {
  readonly name: string;
  readonly list: boolean;
}

export interface Signature {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly results: readonly Result[];
  /** true if the op returns a list of tensors whose length is known at run time only */
  readonly listResult: boolean;
  /** the result is a plain value instead of a tensor */
  readonly plainResult: "bool" | "int" | "float" | null;
}

const BASES: Record<string, BaseType> = {
  Tensor: "Tensor",
  TensorOrScalar: "TensorOrScalar",
  Scalar: "Scalar",
  int: "int",
  float: "float",
  number: "float",
  bool: "bool",
  dtype: "dtype",
};

export function parseSignature(text: string): Signature {
  const fail = (why: string): never => {
    throw new Error(`signature "${text}": ${why}`);
  };
  const match = /^([A-Za-z_]\w*)\((.*?)\)(?:\s*->\s*(.+))?$/s.exec(text.trim());
  if (!match) return fail("expected name(parameters)");
  const [, name, inside, returns] = match as unknown as [string, string, string, string | undefined];
  const parameters = splitTop(inside).map((part) => parseParameter(part, fail));
  const seen = new Set<string>();
  let optionalSeen = false;
  for (const p of parameters) {
    if (seen.has(p.name)) fail(`parameter ${p.name} is declared twice`);
    seen.add(p.name);
    if (p.default !== undefined) optionalSeen = true;
    else if (optionalSeen) fail(`required parameter ${p.name} follows an optional one`);
  }
  return { name, parameters, ...parseResults(returns, fail) };
}

function parseResults(
  text: string | undefined,
  fail: (why: string) => never,
): Pick<Signature, "results" | "listResult" | "plainResult"> {
  if (text === undefined || text === "Tensor")
    return { results: [{ name: "result", list: false }], listResult: false, plainResult: null };
  if (text === "bool" || text === "int" || text === "float")
    return { results: [], listResult: false, plainResult: text };
  if (text === "Tensor[]") return { results: [{ name: "result", list: true }], listResult: true, plainResult: null };
  const match = /^\((.*)\)$/.exec(text);
  if (!match) return fail(`unknown result ${text}`);
  const results = splitTop(match[1]!).map((part) => {
    const field = /^(\w+)\s*:\s*Tensor$/.exec(part);
    if (!field) return fail(`unknown result ${part}`);
    return { name: field[1]!, list: false };
  });
  return { results, listResult: false, plainResult: null };
}

function parseParameter(text: string, fail: (why: string) => never): Parameter {
  const match = /^(\w+)\s*:\s*([^=]+?)\s*(?:=\s*(.+))?$/s.exec(text);
  if (!match) return fail(`cannot read parameter "${text}"`);
  const [, name, typeText, defaultText] = match as unknown as [string, string, string, string | undefined];
  const type = parseType(typeText, fail);
  let value: DefaultValue | undefined;
  if (defaultText !== undefined) value = parseDefault(defaultText, type, fail);
  return {
    name,
    type,
    default: value,
    floatDefault: defaultText !== undefined && /^-?\d*\.\d|^-?\d+(\.\d+)?e|inf$/.test(defaultText),
  };
}

function parseType(text: string, fail: (why: string) => never): Type {
  if (text.includes('"')) {
    const optional = text.endsWith("?");
    const choices = (optional ? text.slice(0, -1) : text).split("|").map((part) => {
      const quoted = /^\s*"([^"]*)"\s*$/.exec(part);
      return quoted ? quoted[1]! : fail(`cannot read alternative ${part}`);
    });
    return { base: "enum", list: false, optional, choices };
  }
  const match = /^(\w+)(\[\])?(\?)?$/.exec(text);
  const base = match && BASES[match[1]!];
  if (!match || !base) return fail(`unknown type ${text}`);
  return { base, list: match[2] !== undefined, optional: match[3] !== undefined, choices: [] };
}

function parseDefault(text: string, type: Type, fail: (why: string) => never): DefaultValue {
  if (text === "null") return type.optional ? null : fail("null is the default of a type that is not optional");
  if (type.base === "enum") {
    const quoted = /^"([^"]*)"$/.exec(text);
    if (!quoted || !type.choices.includes(quoted[1]!)) return fail(`${text} is not an alternative`);
    return quoted[1]!;
  }
  if (text === "true" || text === "false") return text === "true";
  if (text.startsWith("[") && text.endsWith("]")) return splitTop(text.slice(1, -1)).map(Number);
  if (text === "inf" || text === "-inf") return text === "inf" ? Infinity : -Infinity;
  const value = Number(text);
  if (Number.isNaN(value)) return fail(`cannot read default ${text}`);
  return type.list ? [value] : value;
}

/** Splits at commas that stand outside brackets and quotes. */
function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (c === '"') quoted = !quoted;
    else if (quoted) continue;
    else if ("([".includes(c)) depth++;
    else if (")]".includes(c)) depth--;
    else if (c === "," && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  const last = text.slice(start).trim();
  if (last) parts.push(last);
  return parts;
}
