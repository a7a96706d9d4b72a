// Sequences of int64. Those of floats are formed in double precision, hence by the CPU (ops/factories.ts).

import { type Call, Compute } from "../call.ts";
import { linear, type Stream } from "../stream.ts";

const GROUP = 256;

/** Operand 0: int64, contiguous. ints: 2..3 start, 4..5 step (low word first). */
export function range(call: Call, stream: Stream): void {
  const out = call.operand(0);
  const n = out.numel;
  if (n === 0) return;
  stream.dispatch({
    key: "range",
    operands: [out],
    outputs: 1,
    words: [n, call.int(2), call.int(3), call.int(4), call.int(5)],
    groups: linear(n, GROUP),
    code: (w) => {
      const start = `vec2<u32>(${w.u32(1)}, ${w.u32(2)})`;
      const step = `vec2<u32>(${w.u32(3)}, ${w.u32(4)})`;
      const value = `i64_add(${start}, i64_mul(vec2<u32>(i, 0u), ${step}))`;
      w.main(GROUP, `if (i < ${w.u32(0)}) { ${w.store(0, Compute.I64)}(i, ${value}); }`);
    },
  });
}
