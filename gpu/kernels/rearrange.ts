// Copies in another order or with parts left out: tril, triu, flip.

import { type Call, computeOf } from "../call.ts";
import { linear, type Stream } from "../stream.ts";
import { computeName } from "../wgsl/writer.ts";

const GROUP = 256;

/** Operands: 0 out, contiguous, 1 input of the same shape. ints: 0 diagonal, 1 upper (triu) or lower (tril). */
export function triangle(call: Call, stream: Stream): void {
  const out = call.operand(0);
  const input = call.operand(1);
  const n = out.numel;
  if (n === 0) return;
  const { ndim } = out;
  const sizes = Array.from({ length: ndim }, (_, d) => out.shape(d));
  const strides = sizes.map((_, d) => input.stride(d));
  const compute = computeOf(out.dtype);
  const upper = call.int(1) !== 0;
  stream.dispatch({
    key: `triangle${ndim}.${upper}`,
    operands: [out, input],
    outputs: 1,
    words: [n, Math.min(Math.max(call.int(0), -sizes[ndim - 2]!), sizes[ndim - 1]!), ...sizes, ...strides],
    groups: linear(n, GROUP),
    code: (w) => {
      const inputAt = w.locate("inputAt", ndim, 2, 2 + ndim);
      const columns = w.u32(1 + ndim);
      const rows = w.u32(ndim);
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
let row = i / ${columns};
let beyond = i32(i - row * ${columns}) - i32(row % ${rows}) - ${w.i32(1)};
var value = ${computeName(compute)}();
if (beyond ${upper ? ">=" : "<="} 0) { value = ${w.load(1, compute)}(${inputAt}(i)); }
${w.store(0, compute)}(i, value);`,
      );
    },
  });
}

/** Operands: 0 out, contiguous, 1 input of the same shape. int 0: the dims to reverse, a bit each. */
export function flip(call: Call, stream: Stream): void {
  const out = call.operand(0);
  const input = call.operand(1);
  const n = out.numel;
  if (n === 0) return;
  const { ndim } = out;
  const dims = call.int(0);
  const compute = computeOf(out.dtype);
  let corner = 0;
  const sizes: number[] = [];
  const strides: number[] = [];
  for (let d = 0; d < ndim; d++) {
    const stride = input.stride(d);
    const reversed = (dims & (1 << d)) !== 0;
    sizes.push(out.shape(d));
    // steps backwards are sums modulo 2³²
    strides.push(reversed ? -stride : stride);
    if (reversed) corner += (out.shape(d) - 1) * stride;
  }
  stream.dispatch({
    key: `flip${ndim}`,
    operands: [out, input],
    outputs: 1,
    words: [n, corner, ...sizes, ...strides],
    groups: linear(n, GROUP),
    code: (w) => {
      const inputAt = w.locate("inputAt", ndim, 2, 2 + ndim);
      w.main(
        GROUP,
        `if (i < ${w.u32(0)}) { ${w.store(0, compute)}(i, ${w.load(1, compute)}(${w.u32(1)} + ${inputAt}(i))); }`,
      );
    },
  });
}
