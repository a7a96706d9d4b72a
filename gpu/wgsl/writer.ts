// Writes the WGSL of one pipeline: bindings, parameters, accessor functions that give every dtype as one of the three compute
// types, and whatever functions of the library (library.ts) the code names. Kernels reach memory through the accessors, which also hide that a large buffer is bound in pieces.

import { Compute, DType } from "../call.ts";
import { libraryFor } from "./library.ts";

/** An operand as the shader sees it. */
export interface WriterOperand {
  readonly dtype: number;
  /** index of the buffer among the distinct buffers of the dispatch */
  readonly slot: number;
}

/** A buffer as it is bound. */
export interface Slot {
  readonly writable: boolean;
  /** how many bindings it is split into; 1 nearly always */
  readonly windows: number;
}

const ELEMENT: Record<number, string> = {
  [DType.Int64]: "vec2<u32>",
  [DType.Float16]: "f16",
  [DType.Float32]: "f32",
  [DType.BFloat16]: "f32",
};
const elementOf = (dtype: number): string => ELEMENT[dtype] ?? "i32";

/** WGSL's name of a compute type. */
export function computeName(compute: Compute): string {
  return compute === Compute.F32 ? "f32" : compute === Compute.I32 ? "i32" : "vec2<u32>";
}

const VECTOR_LANES = "xyzw";
/** name of the binding of the fault words */
const FAULT = "fault_words";

export class Writer {
  readonly features: ReadonlySet<string>;
  readonly #operands: readonly WriterOperand[];
  readonly #slots: readonly Slot[];
  readonly #windowBytes: number;
  readonly #faults: boolean;
  readonly #functions = new Map<string, string>();
  readonly #elements: (string | undefined)[];
  readonly #declarations: string[] = [];
  #body = "";
  #size: readonly number[] = [256];

  constructor(
    operands: readonly WriterOperand[],
    slots: readonly Slot[],
    windowBytes: number,
    faults: boolean,
    features: ReadonlySet<string>,
  ) {
    this.#operands = operands;
    this.#slots = slots;
    this.#windowBytes = windowBytes;
    this.#faults = faults;
    this.features = features;
    this.#elements = slots.map(() => undefined);
  }

  /** The operands' dtypes. */
  get dtypes(): readonly number[] {
    return this.#operands.map(({ dtype }) => dtype);
  }

  // ---- parameters

  /** Word j of the dispatch's `words`, as u32. */
  u32(j: number): string {
    const at = j + this.#operands.length;
    return `params.v${at >> 2}.${VECTOR_LANES[at & 3]}`;
  }
  i32(j: number): string {
    return `bitcast<i32>(${this.u32(j)})`;
  }
  f32(j: number): string {
    return `bitcast<f32>(${this.u32(j)})`;
  }
  /** The storage offset of operand k, in elements. */
  offset(k: number): string {
    return `params.v${k >> 2}.${VECTOR_LANES[k & 3]}`;
  }

  // ---- memory

  /** The name of a function (u32) → compute type that reads an element of operand k. */
  load(k: number, compute: Compute): string {
    const { dtype, slot } = this.#operands[k]!;
    const name = `load${k}_${"fxil"[compute]}`;
    if (this.#functions.has(name)) return name;
    const element = this.#slotElement(slot, elementOf(dtype));
    const value = asElement(this.#read(slot, `i + ${this.offset(k)}`), element, elementOf(dtype));
    this.define(
      name,
      `fn ${name}(i: u32) -> ${computeName(compute)} { return ${this.#fromElement(value, dtype, compute)}; }`,
    );
    return name;
  }

  /** The name of a function (u32, compute type) that writes an element of operand k, converted to its dtype. */
  store(k: number, compute: Compute): string {
    const { dtype, slot } = this.#operands[k]!;
    const name = `store${k}_${"fxil"[compute]}`;
    if (this.#functions.has(name)) return name;
    const element = this.#slotElement(slot, elementOf(dtype));
    const value = asElement(this.#toElement("value", dtype, compute), elementOf(dtype), element);
    const at = `i + ${this.offset(k)}`;
    this.define(name, `fn ${name}(i: u32, value: ${computeName(compute)}) { ${this.#write(slot, at, value)} }`);
    return name;
  }

  /** Name of the array of operand k's buffer, for kernels that index it themselves (buffers of one binding only). */
  raw(k: number): string {
    const { dtype, slot } = this.#operands[k]!;
    this.#slotElement(slot, elementOf(dtype));
    return `slot${slot}`;
  }

  /** As `raw`, with the buffer seen as vectors of four elements. Nothing else may access that buffer otherwise. */
  vec4(k: number): string {
    const { dtype, slot } = this.#operands[k]!;
    this.#elements[slot] = `vec4<${elementOf(dtype)}>`;
    return `slot${slot}`;
  }

  /** As `raw`, with the buffer's 4-byte words (two for an int64) as atomic u32. Nothing else may access that buffer. */
  atomic(k: number): string {
    this.#elements[this.#operands[k]!.slot] = "atomic<u32>";
    return `slot${this.#operands[k]!.slot}`;
  }

  /**
   * A function (linear: u32) → u32: the element offset of a linear index over `ndim` dims, whose sizes are words
   * `sizes`, `sizes + 1` … and whose strides are words `strides` …
   */
  locate(name: string, ndim: number, sizes: number, strides: number): string {
    const steps: string[] = [];
    for (let d = ndim - 1; d >= 0; d--) {
      if (d === 0) steps.push(`at += rest * ${this.u32(strides)};`);
      else
        steps.push(
          `q = rest / ${this.u32(sizes + d)}; at += (rest - q * ${this.u32(sizes + d)}) * ${this.u32(strides + d)}; rest = q;`,
        );
    }
    const variables = ndim > 1 ? "var rest = linear; var q = 0u; var at = 0u;" : "let rest = linear; var at = 0u;";
    return this.define(name, `fn ${name}(linear: u32) -> u32 { ${variables} ${steps.join(" ")} return at; }`);
  }

  /** Records a fault that rejects the next read: `fault(code, a, b)` (faults.ts); the first one wins. */
  fault(): string {
    if (!this.#faults) throw new Error("a dispatch that faults must say so");
    return this.define(
      "fault",
      `fn fault(code: u32, a: u32, b: u32) {
  if (atomicCompareExchangeWeak(&${FAULT}[0], 0u, code).exchanged) { atomicStore(&${FAULT}[1], a); atomicStore(&${FAULT}[2], b); }
}`,
    );
  }

  // ---- code

  /** Adds a function or any module-scope declaration once; returns its name. */
  define(name: string, text: string): string {
    if (!this.#functions.has(name)) this.#functions.set(name, text);
    return name;
  }

  /** Adds a declaration such as `var<workgroup> tile: array<f32, 1024>;`. */
  declare(text: string): void {
    this.#declarations.push(text);
  }

  /**
   * The entry point: workgroup size and body. The body sees `i` (linear index over a dispatch of `linear(n, size)`
   * groups), `local` (index in the workgroup), `lid`, `group` and `gid` (vec3<u32>).
   */
  main(size: number | readonly number[], body: string): string {
    this.#size = typeof size === "number" ? [size] : size;
    this.#body = body;
    return body;
  }

  /** The whole module. */
  finish(words: number, immediates: boolean): string {
    const [x = 1, y = 1, z = 1] = this.#size;
    const lines: string[] = [];
    if (this.#elements.some((element) => element?.includes("f16"))) lines.push("enable f16;");
    if (immediates) lines.push("requires immediate_address_space;");
    const vectors = (words + this.#operands.length + 3) >> 2;
    if (vectors > 0) {
      const members = Array.from({ length: vectors }, (_, v) => `v${v}: vec4<u32>`).join(", ");
      lines.push(`struct Params { ${members} }`);
      lines.push(`${immediates ? "var<immediate>" : "@group(1) @binding(0) var<uniform>"} params: Params;`);
    }
    let binding = 0;
    this.#slots.forEach((slot, s) => {
      for (let w = 0; w < slot.windows; w++) {
        const access = slot.writable ? "read_write" : "read";
        const name = slot.windows === 1 ? `slot${s}` : `slot${s}_${w}`;
        const element = this.#elements[s] ?? "u32";
        lines.push(`@group(0) @binding(${binding++}) var<storage, ${access}> ${name}: array<${element}>;`);
      }
    });
    if (this.#faults) {
      lines.push(`@group(0) @binding(${binding}) var<storage, read_write> ${FAULT}: array<atomic<u32>>;`);
    }
    const code = [...this.#declarations, ...this.#functions.values()].join("\n");
    lines.push(libraryFor(`${code}\n${this.#body}`), code);
    const total = x * y * z;
    lines.push(`@compute @workgroup_size(${x}, ${y}, ${z})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) lid: vec3<u32>, @builtin(local_invocation_index) local: u32, @builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
let i = (group.y * groups.x + group.x) * ${total}u + local;
${this.#body}
}`);
    return lines.join("\n");
  }

  // ---- elements

  #slotElement(slot: number, element: string): string {
    return (this.#elements[slot] ??= element);
  }

  #read(slot: number, at: string): string {
    const { windows } = this.#slots[slot]!;
    if (windows === 1) return `slot${slot}[${at}]`;
    const { element, per } = this.#window(slot);
    let text = `fn read${slot}(at: u32) -> ${element} { switch at / ${per}u {`;
    for (let w = 1; w < windows; w++) text += ` case ${w}u: { return slot${slot}_${w}[at - ${w * per}u]; }`;
    text += ` default: { return slot${slot}_0[at]; } } }`;
    return `${this.define(`read${slot}`, text)}(${at})`;
  }

  #write(slot: number, at: string, value: string): string {
    const { windows } = this.#slots[slot]!;
    if (windows === 1) return `slot${slot}[${at}] = ${value};`;
    const { element, per } = this.#window(slot);
    let text = `fn write${slot}(at: u32, value: ${element}) { switch at / ${per}u {`;
    for (let w = 1; w < windows; w++) text += ` case ${w}u: { slot${slot}_${w}[at - ${w * per}u] = value; }`;
    text += ` default: { slot${slot}_0[at] = value; } } }`;
    return `${this.define(`write${slot}`, text)}(${at}, ${value});`;
  }

  #window(slot: number): { element: string; per: number } {
    const element = this.#elements[slot]!;
    const bytes = element === "f16" ? 2 : element === "vec2<u32>" ? 8 : element === "vec4<f32>" ? 16 : 4;
    return { element, per: this.#windowBytes / bytes };
  }

  #fromElement(value: string, dtype: number, compute: Compute): string {
    switch (elementOf(dtype)) {
      case "f16":
      case "f32": {
        const float = dtype === DType.Float16 ? `f32(${value})` : value;
        if (compute === Compute.F32) return float;
        return compute === Compute.I32 ? `i32_from_f32(${float})` : `i64_from_f32(${float})`;
      }
      case "vec2<u32>":
        if (compute === Compute.I64) return value;
        return compute === Compute.I32 ? `bitcast<i32>((${value}).x)` : `f32_from_i64(${value})`;
      default:
        if (compute === Compute.I32) return value;
        return compute === Compute.F32 ? `f32(${value})` : `i64_from_i32(${value})`;
    }
  }

  #toElement(value: string, dtype: number, compute: Compute): string {
    switch (dtype) {
      case DType.Float32:
      case DType.Float16:
      case DType.BFloat16: {
        const float =
          compute === Compute.F32 ? value : compute === Compute.I32 ? `f32(${value})` : `f32_from_i64(${value})`;
        if (dtype === DType.Float32) return float;
        return dtype === DType.Float16 ? `f16(${float})` : `f32_bfloat16(${float})`;
      }
      case DType.Int64:
        if (compute === Compute.I64) return value;
        return `${compute === Compute.I32 ? "i64_from_i32" : "i64_from_f32"}(${value})`;
      case DType.Bool:
        if (compute === Compute.I64) return `select(0, 1, any(${value} != vec2<u32>(0u)))`;
        return `select(0, 1, ${compute === Compute.F32 ? `f32_nonzero(${value})` : `${value} != 0`})`;
      default: {
        const int =
          compute === Compute.I32
            ? value
            : compute === Compute.I64
              ? `bitcast<i32>((${value}).x)`
              : `${dtype === DType.Int32 ? "i32_from_f32" : "i32_wrapped_f32"}(${value})`;
        if (dtype === DType.UInt8) return `(${int} & 255)`;
        if (dtype === DType.Int8) return `((${int} << 24u) >> 24u)`;
        return dtype === DType.Int16 ? `((${int} << 16u) >> 16u)` : int;
      }
    }
  }
}

/** A value of one 4-byte element type as another. */
function asElement(value: string, from: string, to: string): string {
  return from === to ? value : `bitcast<${to}>(${value})`;
}
