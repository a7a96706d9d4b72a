// The functions and methods that are ops, made from their signatures (gen/signatures.ts). What is made here is on the path of
// every op: the commonest numbers of arguments have a closure each, the others and whatever is
// out of the ordinary (arguments by name, `out`, `inplace`) go through `general`.

import { core } from "../core.ts";
import { reading, resolve } from "../device.ts";
import { CHOICE_ERRORS } from "../gen/signatures.ts";
import { headOf, lines } from "../signatures.ts";
import * as call from "./call.ts";
import { into, replace } from "./out.ts";
import { FloatScalar } from "./scalar.ts";
import { live, Tensor } from "./tensor.ts";

export interface Parameter {
  readonly name: string;
  /** see CONVERT */
  readonly kind: string;
  readonly required: boolean;
  /** the default, unless it is null */
  readonly value: unknown;
  readonly choices: readonly string[];
}

export interface Signature {
  readonly op: string;
  /**
   * E: elementwise, O: takes `out`, I: the core has an in-place form, F: nn.functional takes `inplace`, N: all tensors may be
   * numbers, R: reads values (record.ts), W: the result is never the input itself, X: a method whose list may be given as single arguments, a digit: the
   * receiver's place, if not 0
   */
  readonly flags: string;
  readonly parameters: readonly Parameter[];
  /** `*`: a list of tensors; `bool`, `number`: a plain value; names of several results; undefined: one tensor */
  readonly results: readonly string[] | undefined;
}

type Convert = (value: unknown, op: string, name: string, position: number) => number;

/** How one argument of a form becomes the word that the core gets. */
interface Argument {
  readonly op: string;
  readonly name: string;
  readonly position: number;
  readonly isTensor: boolean;
  /** the word for an absent argument; undefined where `convert` must be asked */
  readonly absent: number | undefined;
  readonly convert: Convert;
}

/** What becomes of the core's answer: a fresh tensor, perhaps the input, the input overwritten by the core or here, or as `results` say. */
type Answer = "fresh" | "tensor" | "mutated" | "replaced" | "results";

/** An op as the function or method of one name. */
interface Form {
  /** as messages name it */
  readonly name: string;
  readonly signature: Signature;
  /** a method's receiver is the first */
  readonly arguments: readonly Argument[];
  /** the first four of them, for short calls */
  readonly p: Argument;
  readonly q: Argument;
  readonly r: Argument;
  readonly s: Argument;
  /** the arguments' names, then `extra` */
  readonly names: readonly string[];
  /** `out` or `inplace`, which may follow the arguments */
  readonly extra: string | undefined;
  /** from which place on arguments can be given by name */
  readonly first: number;
  /** the receiver's place among the core's arguments, -1 for functions */
  readonly receiver: number;
  /** "t", "o": where numbers may stand for tensors, the kind of the first; undefined: there is nothing to check */
  readonly mixed: string | undefined;
  readonly answers: Answer;
  /** The export of the core; found at the first call, since the core is there later than this module. */
  run(...words: number[]): number;
}

// ---- signatures: see signatures.ts

const parsed = new Map<string, Signature>();

/** How an op of the core is called. */
export function signatureOf(op: string): Signature {
  let signature = parsed.get(op);
  if (signature === undefined) {
    const [count, flags] = headOf(op);
    const parts = lines.get(op)!.split(" ");
    const end = count + 2;
    const results = end < parts.length ? parts.slice(end + 1) : undefined;
    signature = { op, flags, parameters: parts.slice(2, end).map(parameterOf), results };
    parsed.set(op, signature);
  }
  return signature;
}

/** "input", "dim:I?", "alpha:s=1", "reduction:e=mean(none|mean|sum)": the kind, then the default; `?`: it is null. */
function parameterOf(text: string): Parameter {
  const [, name, kind = "t", isNull, usual, list] = /^(\w+)(?::(\w)(\?)?(?:=([^(]*))?(?:\((.*)\))?)?$/.exec(text)!;
  const required = isNull === undefined && usual === undefined;
  const value = usual === undefined ? undefined : defaultOf(kind, usual);
  return { name: name!, kind, required, value, choices: list?.split("|") ?? [] };
}

function defaultOf(kind: string, text: string): unknown {
  if (kind === "e" || kind === "E") return text;
  if (kind === "v" || kind === "V") return text === "" ? [] : text.split(",").map(Number);
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return (kind === "s" || kind === "S") && text.includes(".") && Number.isInteger(number)
    ? new FloatScalar(number)
    : number;
}

// ---- arguments

/** By kind; capitals: may be null. */
const CONVERT: Record<string, Convert> = {
  t: call.tensorArg,
  T: call.optionalTensorArg,
  o: call.operandArg,
  O: call.optionalOperandArg,
  l: call.tensors,
  v: call.ints,
  V: call.ints,
  s: (...at) => call.scalarWord(call.scalarArg(...at)),
  S: (...at) => call.scalarWord(call.optionalScalarArg(...at)),
  i: call.intArg,
  I: call.optionalIntArg,
  f: call.floatArg,
  b: call.boolArg,
  B: call.optionalBoolArg,
  d: call.dtypeArg,
  // an address in the core must come from a Generator, never from a number
  g: call.generatorArg,
};

function argumentOf(form: string, op: string, parameter: Parameter, position: number): Argument {
  const { name, kind, required, value: usual, choices } = parameter;
  let absent: number | undefined;
  let convert = CONVERT[kind]!;
  if (kind === "e" || kind === "E") {
    const error = CHOICE_ERRORS[`${op}.${name}`] ?? CHOICE_ERRORS[name];
    const index = choices.indexOf(usual as string);
    if (!required || kind === "E") absent = index;
    convert = (value, ...at) => (value === null && kind === "E" ? index : call.enumArg(value, choices, ...at, error));
  } else if (kind === "v" && required) {
    convert = (value, ...at) => call.ints(value ?? call.wrongType(value, ...at, "tuple of ints"), ...at);
  } else if (kind === "s" && Number.isInteger(usual)) absent = call.scalarWord(usual as number);
  else if (typeof usual === "object" || kind === "s" || kind === "S") {
    // it takes memory of the core: anew for each call
    const convertGiven = convert;
    if (usual !== undefined) convert = (value, ...at) => convertGiven(value === undefined ? usual : value, ...at);
  } else if (usual !== undefined) absent = Number(usual);
  if (kind === "T" || kind === "O") absent = 0;
  return { op: form, name, position, isTensor: "tToO".includes(kind), absent, convert };
}

const RECEIVER: Argument = {
  op: "",
  name: "",
  position: 0,
  isTensor: true,
  absent: undefined,
  convert: (value) => live(value as Tensor),
};

function word(argument: Argument, value: unknown): number {
  if (argument.isTensor && value instanceof Tensor && value.handle !== 0) return value.handle;
  if (value === undefined && argument.absent !== undefined) return argument.absent;
  return argument.convert(value, argument.op, argument.name, argument.position);
}

/** `owner`: whose function or method it is, for messages. */
function formOf(owner: string, name: string, op: string, receiver: number, inplace: boolean, extra?: string): Form {
  const signature = signatureOf(op);
  const { flags, results } = signature;
  const isMethod = receiver >= 0;
  const written = inplace && flags.includes("I");
  const key = `op_${op}${written ? "_" : ""}` as "op_abs";
  const parameters = signature.parameters.filter((_, i) => i !== receiver);
  const args = parameters.map((p, i) => argumentOf(name, op, p, i + 1));
  // PyTorch's required arguments can be named, too; but an elementwise op is too short a call for a look at its operands
  const setting = parameters.findIndex((p) => !p.required || !"tTolO".includes(p.kind));
  const afterOperands = setting < 0 ? parameters.length : setting;
  const afterFirst = isMethod || !parameters[0]?.required ? 0 : 1;
  const operands = parameters.filter((p) => p.kind === "t" || p.kind === "o");
  const isMixed = !isMethod && !flags.includes("N") && operands.some((p) => p.kind === "o");
  const fresh = /[EW]/.test(flags) ? "fresh" : "tensor";
  const all = isMethod ? [RECEIVER, ...args] : args;
  const form: Form = {
    name,
    signature,
    arguments: all,
    p: all[0]!,
    q: all[1]!,
    r: all[2]!,
    s: all[3]!,
    names: [...(isMethod ? [""] : []), ...parameters.map((p) => p.name), ...(extra === undefined ? [] : [extra])],
    extra,
    first: (isMethod ? 1 : 0) + (flags.includes("E") ? afterOperands : afterFirst),
    receiver,
    mixed: isMixed ? operands[0]!.kind : undefined,
    answers: inplace ? (written ? "mutated" : "replaced") : results === undefined ? fresh : "results",
    run: find,
  };
  function find(...words: number[]): number {
    const run = core[key] as (...words: number[]) => number;
    form.run = flags.includes("R") ? (...all) => reading(`${owner}.${name}`, () => run(...all)) : run;
    found.push(() => (form.run = find));
    return form.run(...words);
  }
  return form;
}

const found: (() => void)[] = [];

/** Forms look for their exports anew: others have come into their place. */
export function forgetExports(): void {
  for (const forget of found.splice(0)) forget();
}

/** Where numbers may stand for tensors PyTorch has several overloads, and names none of the arguments that fit no overload. */
function checkMixed({ name, signature: { parameters }, mixed }: Form, args: readonly unknown[]): void {
  const operands = args.filter((_, i) => parameters[i]?.kind === "t" || parameters[i]?.kind === "o");
  if (mixed === "t" ? !call.isTensor(operands[0]) : !operands.some(call.isTensor))
    call.wrongCombination(name, ...operands);
}

// ---- calls

/** `input`: the first argument, which an op may give back. */
function finish(form: Form, answer: number, input: unknown): unknown {
  switch (form.answers) {
    case "fresh":
      return new Tensor(answer);
    case "tensor":
      return call.wrapOr(input as Tensor, answer);
    case "mutated":
      return call.mutated(input as Tensor);
    case "replaced":
      return replace(input as Tensor, call.wrap(answer));
    case "results":
      return resultsOf(form.signature.results!, answer);
  }
}

function resultsOf(results: readonly string[], answer: number): unknown {
  switch (results[0]) {
    case "*":
      return call.wrapList(answer);
    case "bool":
      return answer !== 0;
    case "number":
      return answer;
    default:
      return call.wrapNamed(answer, results);
  }
}

/** A list and a spread would cost more than all else of a short call. */
function run(form: Form, a: readonly unknown[]): number {
  const [p, q, r, s, t, u, v, w] = form.arguments as Argument[];
  switch (form.receiver > 0 ? 0 : form.arguments.length) {
    case 1:
      return form.run(word(p!, a[0]));
    case 2:
      return form.run(word(p!, a[0]), word(q!, a[1]));
    case 3:
      return form.run(word(p!, a[0]), word(q!, a[1]), word(r!, a[2]));
    case 4:
      return form.run(word(p!, a[0]), word(q!, a[1]), word(r!, a[2]), word(s!, a[3]));
    case 5:
      return form.run(word(p!, a[0]), word(q!, a[1]), word(r!, a[2]), word(s!, a[3]), word(t!, a[4]));
    case 6:
      return form.run(word(p!, a[0]), word(q!, a[1]), word(r!, a[2]), word(s!, a[3]), word(t!, a[4]), word(u!, a[5]));
    case 7:
      return form.run(
        word(p!, a[0]),
        word(q!, a[1]),
        word(r!, a[2]),
        word(s!, a[3]),
        word(t!, a[4]),
        word(u!, a[5]),
        word(v!, a[6]),
      );
    case 8:
      return form.run(
        word(p!, a[0]),
        word(q!, a[1]),
        word(r!, a[2]),
        word(s!, a[3]),
        word(t!, a[4]),
        word(u!, a[5]),
        word(v!, a[6]),
        word(w!, a[7]),
      );
  }
  const words = form.arguments.map((argument, i) => word(argument, a[i]));
  if (form.receiver > 0) words.splice(form.receiver, 0, words.shift()!);
  return form.run(...words);
}

/** A call of any form with any arguments, options among them. */
function general(form: Form, args: readonly unknown[]): unknown {
  const { names, extra } = form;
  let at = form.first;
  while (at < names.length && !call.isOptions(args[at])) at++;
  const options = at < names.length ? (args[at] as Record<string, unknown>) : undefined;
  if (options !== undefined) {
    call.checkOptions(options, names, form.name, at);
    args = names.map((name, i) => (i < at ? args[i] : options[name]));
  }
  if (form.mixed !== undefined) checkMixed(form, args);
  const last = args[form.arguments.length];
  if (extra === "inplace" && last === true) {
    run(inplaceOf(form), args);
    return call.mutated(args[0] as Tensor);
  }
  const result = finish(form, run(form, args), args[0]);
  // only by name: in xs.map(torch.abs) the index stands in its place
  if (extra !== "out" || options === undefined) return result;
  return into(last, result as Tensor | Tensor[], form.name, form.signature.flags.includes("E"));
}

/** The same with the export that overwrites the input. */
const inplaceOf = (form: Form): Form => ({ ...form, run: core[`op_${form.signature.op}_` as "op_abs"] });

/** True where `value`, at place `i`, is an object of named arguments. */
const isNamed = (form: Form, i: number, value: unknown): boolean =>
  typeof value === "object" && i >= form.first && call.isOptions(value);

/** True where a function of first argument `a` and extra argument `x` is nothing out of the ordinary. */
const isPlain = (form: Form, a: unknown, x: unknown): boolean =>
  (x === undefined || (form.extra !== "inplace" && !call.isOptions(x))) &&
  (form.mixed === undefined || a instanceof Tensor);

const answer = (form: Form, handle: number, input: unknown): unknown =>
  form.answers === "fresh" ? new Tensor(handle) : finish(form, handle, input);

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Callable = (...args: any[]) => unknown;

/** The function of `count` parameters that `make` describes, once it is called. */
function functionOf(count: number, make: () => Form): Callable {
  let known: Form | undefined;
  switch (count) {
    case 1:
      return (a, x) => {
        const form = (known ??= make());
        return isNamed(form, 0, a) || !isPlain(form, a, x)
          ? general(form, [a, x])
          : answer(form, form.run(word(form.p, a)), a);
      };
    case 2:
      return (a, b, x) => {
        const form = (known ??= make());
        return isNamed(form, 1, b) || !isPlain(form, a, x)
          ? general(form, [a, b, x])
          : answer(form, form.run(word(form.p, a), word(form.q, b)), a);
      };
    case 3:
      return (a, b, c, x) => {
        const form = (known ??= make());
        return isNamed(form, 1, b) || isNamed(form, 2, c) || !isPlain(form, a, x)
          ? general(form, [a, b, c, x])
          : answer(form, form.run(word(form.p, a), word(form.q, b), word(form.r, c)), a);
      };
    default:
      return (...args) => general((known ??= make()), args);
  }
}

/** The same for a method; its receiver is one of the parameters, and `isFirst` if it is the first. */
function methodOf(count: number, isFirst: boolean, make: () => Form): Callable {
  let known: Form | undefined;
  switch (isFirst ? count : 0) {
    case 1:
      return function (this: Tensor) {
        const form = (known ??= make());
        return answer(form, form.run(live(this)), this);
      };
    case 2:
      return function (this: Tensor, b) {
        const form = (known ??= make());
        return isNamed(form, 1, b)
          ? general(form, [this, b])
          : answer(form, form.run(live(this), word(form.q, b)), this);
      };
    case 3:
      return function (this: Tensor, b, c) {
        const form = (known ??= make());
        return isNamed(form, 1, b) || isNamed(form, 2, c)
          ? general(form, [this, b, c])
          : answer(form, form.run(live(this), word(form.q, b), word(form.r, c)), this);
      };
    case 4:
      return function (this: Tensor, b, c, d) {
        const form = (known ??= make());
        return isNamed(form, 1, b) || isNamed(form, 2, c) || isNamed(form, 3, d)
          ? general(form, [this, b, c, d])
          : answer(form, form.run(live(this), word(form.q, b), word(form.r, c), word(form.s, d)), this);
      };
    default:
      return function (this: Tensor, ...args) {
        return general((known ??= make()), [this, ...args]);
      };
  }
}

/** x.view(2, 3) for x.view([2, 3]) */
const variadic = (method: Callable): Callable =>
  function (this: Tensor, ...args) {
    return typeof args[0] === "number" && args.length > 1 ? method.call(this, args) : method.apply(this, args);
  };

/** The function `name` of torch and its namespaces but nn.functional, which is op `op`. */
export function op<Signatures>(name: string, op = name): Signatures {
  const [count, flags] = headOf(op);
  return functionOf(count, () =>
    formOf("torch", name, op, -1, false, flags.includes("O") ? "out" : undefined),
  ) as Signatures;
}

/** The function `name` of nn.functional, which takes `inplace` where the op has an in-place form. */
export function functional<Signatures>(name: string, op = name): Signatures {
  const [count, flags] = headOf(op);
  const extra = flags.includes("F") ? "inplace" : undefined;
  return functionOf(count, () => formOf("torch.nn.functional", name, op, -1, false, extra)) as Signatures;
}

/** The second form of a function that reads values: a promise of its result. */
export function later<Signatures>(fn: Callable): Signatures {
  return ((...args: unknown[]) => resolve(() => fn(...args))) as Signatures;
}

/** Gives Tensor its methods: "name" or "name=op", separated by spaces; a name that ends in `_` is the in-place form. */
export function defineOps(list: string): void {
  for (const item of list.split(" ")) {
    const equals = item.indexOf("=");
    const name = equals < 0 ? item : item.slice(0, equals);
    const inplace = name.endsWith("_");
    const op = equals >= 0 ? item.slice(equals + 1) : inplace ? name.slice(0, -1) : name;
    const [count, flags] = headOf(op);
    const receiver = Number(flags.at(-1)) || 0;
    const method = methodOf(count, receiver === 0, () => formOf("x", name, op, receiver, inplace));
    call.defineMethod(Tensor, name, flags.includes("X") ? variadic(method) : method);
    if (!flags.includes("R") || inplace) continue;
    call.defineMethod(Tensor, `${name}Async`, function (this: Tensor, ...args: unknown[]) {
      return resolve(() => method.apply(this, args));
    });
  }
}
