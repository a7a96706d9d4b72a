// Strided copies with any pair of dtypes, and fills.

import { type Call, Compute, computeOf, DType, floatBits } from "../call.ts";
import { coalesce } from "../geometry.ts";
import { linear, type Stream } from "../stream.ts";

const GROUP = 256;

/** Operand 0: the destination, any strides and dtype. Operand 1: the source, broadcast to its shape. */
export function copy(call: Call, stream: Stream): void {
  const to = call.operand(0);
  const from = call.operand(1);
  const n = to.numel;
  if (n === 0) return;
  if (from.device === 0) {
    fillWith(
      call,
      stream,
      computeOf(from.dtype),
      from.scalar(),
      computeOf(from.dtype) === Compute.I64 ? from.scalarInt() : 0n,
    );
    return;
  }
  const compute = computeOf(from.dtype);
  const { ndim, sizes, strides } = coalesce(to, from);
  stream.dispatch({
    key: `copy${ndim}`,
    operands: [to, from],
    outputs: 1,
    words: [n, ...sizes, ...strides[0]!, ...strides[1]!],
    groups: linear(n, GROUP),
    code: (w) => {
      const target = w.locate("targetAt", ndim, 1, 1 + ndim);
      const source = w.locate("sourceAt", ndim, 1, 1 + 2 * ndim);
      w.main(
        GROUP,
        `if (i < ${w.u32(0)}) { ${w.store(0, compute)}(${target}(i), ${w.load(1, compute)}(${source}(i))); }`,
      );
    },
  });
}

/** Operand 0 takes param(0), or for int64 the value int(0) (low half), int(1) (high half) where int(2) is 1. */
export function fill(call: Call, stream: Stream): void {
  if (call.operand(0).numel === 0) return;
  const wide = call.int(2) === 1;
  const int = (BigInt(call.int(1)) << 32n) | BigInt(call.int(0) >>> 0);
  fillWith(call, stream, wide ? Compute.I64 : Compute.F32, call.param(0), int);
}

function fillWith(call: Call, stream: Stream, kind: Compute, value: number, int: bigint): void {
  const to = call.operand(0);
  // numbers that float32 cannot hold must reach integers whole
  const whole = kind !== Compute.F32 || (computeOf(to.dtype) !== Compute.F32 && Number.isInteger(value));
  const exact = kind === Compute.I64 ? int : whole ? BigInt(Math.trunc(value)) : 0n;
  const compute = computeOf(to.dtype) === Compute.F32 ? Compute.F32 : whole ? Compute.I64 : Compute.F32;
  const bits = Number(BigInt.asIntN(32, exact));
  const high = Number(BigInt.asIntN(32, exact >> 32n));
  const float = floatBits(kind === Compute.I64 ? Number(int) : value);
  const { ndim, sizes, strides } = coalesce(to);
  const asBool = to.dtype === DType.Bool && !whole;
  stream.dispatch({
    key: `fill${ndim}.${compute}.${asBool}`,
    operands: [to],
    outputs: 1,
    words: [to.numel, compute === Compute.F32 ? float : bits, high, ...sizes, ...strides[0]!],
    groups: linear(to.numel, GROUP),
    code: (w) => {
      const target = w.locate("targetAt", ndim, 3, 3 + ndim);
      const constant = compute === Compute.F32 ? w.f32(1) : `vec2<u32>(${w.u32(1)}, ${w.u32(2)})`;
      w.main(GROUP, `if (i < ${w.u32(0)}) { ${w.store(0, compute)}(${target}(i), ${constant}); }`);
    },
  });
}
