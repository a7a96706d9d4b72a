// Features that a driver offers are tried before they are used: a small kernel's result decides.

import { DType } from "./call.ts";
import type { WebGpuBackend } from "./backend.ts";

const COUNT = 64;

/** Whether 16-bit floats can be stored and loaded, odd elements too, and are rounded to nearest even. */
export async function storesFloat16(backend: WebGpuBackend): Promise<boolean> {
  const { stream } = backend;
  const wide = backend.allocate(COUNT * 4);
  const half = backend.allocate(COUNT * 2);
  const back = backend.allocate(COUNT * 4);
  // 2049 lies half way between two float16 and rounds to 2048, 2053 to 2052
  const values = Float32Array.from({ length: COUNT }, (_, i) => (i % 2 === 0 ? 2049 + 2 * (i % 4) : -i / 3));
  try {
    backend.upload(wide, 0, new Uint8Array(values.buffer));
    const convert = (to: number, toType: number, from: number, fromType: number) =>
      stream.dispatch({
        key: "probe.float16",
        operands: [
          { id: to, offset: 0, dtype: toType },
          { id: from, offset: 0, dtype: fromType },
        ],
        outputs: 1,
        words: [],
        groups: [1],
        code: (w) => w.main(COUNT, `${w.store(0, 0)}(i, ${w.load(1, 0)}(i));`),
      });
    convert(half, DType.Float16, wide, DType.Float32);
    convert(back, DType.Float32, half, DType.Float16);
    const bytes = await backend.read(back, 0, COUNT * 4);
    const got = new Float32Array(bytes.slice().buffer);
    return values.every((value, i) => {
      if (i % 2 === 0) return got[i] === (i % 4 === 0 ? 2048 : 2052);
      return Math.abs(got[i]! - value) <= Math.abs(value) * 2 ** -11;
    });
  } catch {
    return false;
  } finally {
    for (const id of [wide, half, back]) backend.free(id);
  }
}
