/**
 * Op records: an op is declared here (core-wasm/ops/*.ts) and only here. The kind says what supplies the shape rule, the kernel
 * and the gradient; the generator makes everything else from the record.
 */
import type { Expression, Value } from "./expression.ts";
import { type Signature, parseSignature } from "./signature.ts";

export type Variant = "function" | "method" | "inplace";
export type Namespace = "torch" | "nn.functional" | "special" | "linalg" | "fft";
/** Groups of dtypes that an op may refuse. */
export type DTypeGroup = "bool" | "integral" | "floating";
/**
 * The dtype of an elementwise result.
 * promote: the promotion of the inputs. float: the same, but integral inputs give float32. compare: computed in the promotion, the
 * result is bool. logical: inputs are read as truth values, the result is bool. integral: as promote, floating inputs are refused.
 */
export type DTypeRule = "promote" | "float" | "compare" | "logical" | "integral";

export type Refusals = Partial<Record<DTypeGroup, string>>;

export interface Declaration {
  /** see signature.ts */
  readonly signature: string;
  /** the PyTorch function whose behaviour this op has */
  readonly follows: string;
  readonly doc: string;
  readonly shapes?: string;
  readonly errors?: string;
  readonly example?: string;
  /** default: function and method (function alone in nn.functional, special, linalg and fft) */
  readonly variants?: readonly Variant[];
  readonly namespace?: Namespace;
  /** the parameter that is `this` in the method; default: the first */
  readonly self?: string;
  /** other names: `absolute`, or with a namespace `special.expm1` */
  readonly aliases?: readonly string[];
  /** By parameter, the error for a string that is none of its alternatives: "RuntimeError: … {value} …". */
  readonly choiceErrors?: Record<string, string>;
  /** true if all of its tensor arguments may be numbers */
  readonly numbersOnly?: boolean;
  /**
   * The result depends on values that the CPU must know. On WebGPU those have to be awaited, so that the op has a second form,
   * `nonzeroAsync`, for every device; this one then works inside torch.webgpu.resolve only.
   */
  readonly readsValues?: boolean;
  /** usable in derivatives and composites, absent from the API */
  readonly internal?: boolean;
}

/** What an expression is given by name: params as values, enums and flags as what they are, absent optionals as null. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Given = any;

export interface ElementwiseDeclaration extends Declaration {
  /** Called once for every form of the op with its tensor inputs in order (null if absent) and the other arguments by name. */
  readonly expression: (...inputs: Given[]) => Expression;
  /** default "promote"; a function if it depends on enums and flags */
  readonly dtype?: DTypeRule | ((given: Given) => DTypeRule);
  /** the dtype of the result, whatever the inputs */
  readonly resultDType?: "int32" | "bool" | "float64";
  /** inputs that are read as truth values and take no part in promotion */
  readonly masks?: readonly string[];
  /** the expression for integers, where it differs */
  readonly integral?: (...inputs: Given[]) => Expression;
  /** the expression for bool, where it differs from that for integers */
  readonly bool?: (...inputs: Given[]) => Expression;
  /** By input, in place of the symbolic derivative; it is given everything by name, with `grad` and `result`. null: not differentiable. */
  readonly derivative?: Record<string, ((given: Given) => Value) | null>;
  readonly differentiable?: false;
  /** messages; {dtype} stands for the dtype's name */
  readonly refuses?: Refusals | ((given: Given) => Refusals);
  /**
   * A function of assembly/ops, "file.name", that is called first with all arguments and raises what is wrong with them. It gets a Scalar as
   * the word of tensor/scalar.ts.
   */
  readonly check?: string;
  /** values of numbers for which a form of its own is worth having: [{ alpha: 1 }] */
  readonly specialize?: readonly Record<string, number>[];
}

export interface ImplementedDeclaration extends Declaration {
  /** "file.name": function `name` of assembly/ops/file.ts */
  readonly implementation: string;
  /** PyTorch's in-place form gives the tensor the result's shape: the bindings do that, the core has no such form. */
  readonly inplaceResizes?: boolean;
  /** a function like `implementation` that raises what only the in-place form forbids */
  readonly inplaceCheck?: string;
  /**
   * By parameter, an AssemblyScript expression over recorded ops and autograd/formulas.ts. In scope: every parameter, `grad` (grad0,
   * grad1 … if there are several results), `result` (result0 …), `<param>Shape`, `<param>Dtype`. A key "input, weight" states
   * several gradients that are computed together: its expression gives a list of tensors.
   */
  readonly derivative?: Record<string, string>;
}

export type Kind = "elementwise" | "reduction" | "view" | "contraction" | "routine" | "composite";

interface Common {
  readonly name: string;
  readonly signature: Signature;
  readonly variants: readonly Variant[];
  readonly namespace: Namespace;
  readonly aliases: readonly string[];
  readonly internal: boolean;
  readonly numbersOnly: boolean;
  readonly self: string | undefined;
}

export type ElementwiseRecord = Common & { readonly kind: "elementwise"; readonly declaration: ElementwiseDeclaration };
export type ImplementedRecord = Common & {
  readonly kind: Exclude<Kind, "elementwise">;
  readonly declaration: ImplementedDeclaration;
};
export type OpRecord = ElementwiseRecord | ImplementedRecord;

function common(d: Declaration): Common {
  const signature = parseSignature(d.signature);
  const namespace = d.namespace ?? "torch";
  return {
    name: signature.name,
    signature,
    namespace,
    variants: d.internal ? [] : (d.variants ?? (namespace === "torch" ? ["function", "method"] : ["function"])),
    aliases: d.aliases ?? [],
    internal: d.internal ?? false,
    numbersOnly: d.numbersOnly ?? false,
    self: d.self ?? signature.parameters[0]?.name,
  };
}

/** One output element from the input elements at the same place, inputs broadcast. */
export const elementwise = (d: ElementwiseDeclaration): ElementwiseRecord => ({
  ...common(d),
  kind: "elementwise",
  declaration: d,
});

const implemented =
  (kind: ImplementedRecord["kind"]) =>
  (d: ImplementedDeclaration): ImplementedRecord => {
    if (kind === "composite" && d.derivative)
      throw new Error(`${d.signature}: a composite has the derivative of its parts`);
    return { ...common(d), kind, declaration: d };
  };

/** Over dims of one tensor. */
export const reduction = implemented("reduction");
/** Metadata only; the result shares the input's storage. */
export const view = implemented("view");
/** The matmul family and convolutions. */
export const contraction = implemented("contraction");
/** Anything with a kernel of its own. */
export const routine = implemented("routine");
/** Made of other ops. */
export const composite = implemented("composite");

export const inplace: readonly Variant[] = ["function", "method", "inplace"];
export const methodOnly: readonly Variant[] = ["method"];

/** PyTorch's message for a dtype that a kernel lacks. */
export const unimplemented = (kernel: string): string => `"${kernel}" not implemented for '{dtype}'`;

/** For kernels that take floating dtypes only. */
export const floatingOnly = (kernel: string): Refusals => ({
  bool: unimplemented(kernel),
  integral: unimplemented(kernel),
});
