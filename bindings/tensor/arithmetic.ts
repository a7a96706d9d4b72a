// The methods that programs call most, once more by hand: with call sites of their own the engine inlines what they call,
// which makes an `add` of one element a tenth faster than the closures of op.ts. Whatever else may be given goes there.

import { core } from "../core.ts";
import "../gen/methods.ts";
import { defineMethods, mutated, operandArg, scalarWord } from "./call.ts";
import { live, Tensor } from "./tensor.ts";

type Method = (this: Tensor, other: unknown, option: unknown) => Tensor;

const ONE = scalarWord(1);
const NO_ROUNDING = -1;
const { add, sub, div, add_, sub_, div_ } = Tensor.prototype as unknown as Record<string, Method>;

defineMethods(Tensor, {
  add(this: Tensor, other: unknown, alpha: unknown): Tensor {
    if (alpha !== undefined) return add!.call(this, other, alpha);
    return new Tensor(core.op_add(live(this), operandArg(other, "add", "other", 1), ONE));
  },
  sub(this: Tensor, other: unknown, alpha: unknown): Tensor {
    if (alpha !== undefined) return sub!.call(this, other, alpha);
    return new Tensor(core.op_sub(live(this), operandArg(other, "sub", "other", 1), ONE));
  },
  mul(this: Tensor, other: unknown): Tensor {
    return new Tensor(core.op_mul(live(this), operandArg(other, "mul", "other", 1)));
  },
  div(this: Tensor, other: unknown, roundingMode: unknown): Tensor {
    if (roundingMode !== undefined) return div!.call(this, other, roundingMode);
    return new Tensor(core.op_div(live(this), operandArg(other, "div", "other", 1), NO_ROUNDING));
  },
  add_(this: Tensor, other: unknown, alpha: unknown): Tensor {
    if (alpha !== undefined) return add_!.call(this, other, alpha);
    core.op_add_(live(this), operandArg(other, "add_", "other", 1), ONE);
    return mutated(this);
  },
  sub_(this: Tensor, other: unknown, alpha: unknown): Tensor {
    if (alpha !== undefined) return sub_!.call(this, other, alpha);
    core.op_sub_(live(this), operandArg(other, "sub_", "other", 1), ONE);
    return mutated(this);
  },
  mul_(this: Tensor, other: unknown): Tensor {
    core.op_mul_(live(this), operandArg(other, "mul_", "other", 1));
    return mutated(this);
  },
  div_(this: Tensor, other: unknown, roundingMode: unknown): Tensor {
    if (roundingMode !== undefined) return div_!.call(this, other, roundingMode);
    core.op_div_(live(this), operandArg(other, "div_", "other", 1), NO_ROUNDING);
    return mutated(this);
  },
});
