import { Missing, type Runtime } from "./runtime.ts";
import { camelCase, tagOf } from "./value.ts";

export interface Call {
  kind: "function" | "method" | "property" | "setitem" | "formula";
  name: string;
  cloneSelf?: boolean;
}

/** Arguments of one call, built; `root` is what paths such as "args/0" and "kwargs/weight" look into. */
export interface Arguments {
  args: any[];
  kwargs: Record<string, any>;
}

/** Python's operators with the tensor at the right: what a JavaScript program writes instead. */
const reflected: Record<string, (runtime: Runtime, x: any, other: any) => any> = {
  __radd__: (runtime, x, other) => runtime.call("add", x, other),
  __rmul__: (runtime, x, other) => runtime.call("mul", x, other),
  __rand__: (runtime, x, other) => runtime.call("bitwiseAnd", x, other),
  __ror__: (runtime, x, other) => runtime.call("bitwiseOr", x, other),
  __rxor__: (runtime, x, other) => runtime.call("bitwiseXor", x, other),
  __rsub__: (runtime, x, other) => runtime.call("rsub", x, other),
  __rdiv__: (runtime, x, other) => runtime.call("mul", runtime.call("reciprocal", x), other),
  __rmod__: (runtime, x, other) => runtime.call("remainder", other, x),
  // PyTorch makes a new tensor of the base
  __rpow__: (runtime, x, other) => runtime.call("pow", other?.detach?.() ?? other, x),
  __rmatmul__: (runtime, x, other) => runtime.call("matmul", other, x),
};

export function buildArguments(runtime: Runtime, record: { args: any[]; kwargs: Record<string, any> }): Arguments {
  const args = record.args.map((arg) => runtime.value(arg));
  return { args, kwargs: Object.assign({}, ...runtime.kwargs(record.kwargs)) };
}

/** The tensor at a path of the vectors ("args/0/2", "kwargs/running_mean"). */
export function lookup(root: Arguments, path: string): any {
  return path.split("/").reduce((value: any, key) => value[Array.isArray(value) ? Number(key) : camelCase(key)], root);
}

/**
 * Index of `at` and `put`: the parts of a tuple, or one part. A list that holds more than numbers is a tuple for PyTorch 1.13 too.
 */
function indexParts(encoded: any, built: any): any[] {
  if (tagOf(encoded) === "$tuple") return built;
  if (Array.isArray(encoded) && encoded.some((part) => typeof part === "object")) return built;
  return [built];
}

/** What JavaScript calls, where Python writes an operator. */
const operators: Record<string, string> = {
  __getitem__: "Tensor.at",
  __radd__: "torch.add",
  __rmul__: "torch.mul",
  __rand__: "torch.bitwiseAnd",
  __ror__: "torch.bitwiseOr",
  __rxor__: "torch.bitwiseXor",
  __rsub__: "torch.rsub",
  __rdiv__: "torch.mul",
  __rmod__: "torch.remainder",
  __rpow__: "torch.pow",
  __rmatmul__: "torch.matmul",
};

/** The function a call names, as text for reports: "torch.nn.functional.logSoftmax", "Tensor.indexAdd_". */
export function calledName(call: Call): string {
  if (call.kind === "setitem") return "Tensor.put";
  if (operators[call.name]) return operators[call.name]!;
  if (call.kind === "method" || call.kind === "property") return `Tensor.${camelCase(call.name)}`;
  return call.name.split(".").map(camelCase).join(".");
}

export function execute(runtime: Runtime, call: Call, record: any, { args, kwargs }: Arguments): any {
  const last = Object.keys(kwargs).length > 0 ? [kwargs] : [];
  const self = call.cloneSelf || call.kind === "setitem" ? args[0].clone() : args[0];
  switch (call.kind) {
    case "setitem":
      runtime.method(self, "put", [...indexParts(record.args[1], args[1]), args[2]]);
      return self;
    case "property": {
      const value = self[camelCase(call.name)];
      if (value === undefined) throw new Missing(calledName(call));
      return value;
    }
    case "method":
      if (call.name === "__getitem__") return runtime.method(self, "at", indexParts(record.args[1], args[1]));
      if (reflected[call.name]) return reflected[call.name]!(runtime, self, args[1]);
      return runtime.method(self, camelCase(call.name), [...args.slice(1), ...last]);
    default:
      return runtime.path(call.name.split(".").slice(1).map(camelCase))(...args, ...last);
  }
}
