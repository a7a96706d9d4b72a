// Images unfolded into columns, and their transpose (core-wasm/assembly/kernels/fold.ts): a thread an element of the result.
// Contiguous image [N, C, H, W] and columns [N, C * kh * kw, L].

import { type Call, Compute } from "../call.ts";
import { linear, type Stream } from "../stream.ts";

const GROUP = 256;
/** kernel size, stride, padding, dilation and positions, each for height and width */
const SETTINGS = 10;

const settings = (call: Call): number[] => Array.from({ length: SETTINGS }, (_, i) => call.int(i));

/** Operand 0: columns, 1: image. */
export function unfoldImage(call: Call, stream: Stream): void {
  const columns = call.operand(0);
  if (columns.numel === 0) return;
  const image = call.operand(1);
  stream.dispatch({
    key: "unfold",
    operands: [columns, image],
    outputs: 1,
    words: [columns.numel, image.shape(2), image.shape(3), ...settings(call)],
    groups: linear(columns.numel, GROUP),
    code: (w) => {
      const [kh, kw, sh, sw, ph, pw, dh, dw, rows, across] = names(w.u32.bind(w), 3);
      const [height, width] = [w.u32(1), w.u32(2)];
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
var rest = i;
let x = rest % ${across}; rest /= ${across};
let y = rest % ${rows}; rest /= ${rows};
let kx = rest % ${kw}; rest /= ${kw};
let ky = rest % ${kh}; rest /= ${kh};
// what lies before the image is beyond its end as an unsigned number
let iy = y * ${sh} + ky * ${dh} - ${ph};
let ix = x * ${sw} + kx * ${dw} - ${pw};
var value = 0.0;
if (iy < ${height} && ix < ${width}) { value = ${w.load(1, Compute.F32)}((rest * ${height} + iy) * ${width} + ix); }
${w.store(0, Compute.F32)}(i, value);`,
      );
    },
  });
}

/** Operand 0: image, the sum of all columns' elements at each place; 1: columns. */
export function foldImage(call: Call, stream: Stream): void {
  const image = call.operand(0);
  if (image.numel === 0) return;
  stream.dispatch({
    key: "fold",
    operands: [image, call.operand(1)],
    outputs: 1,
    words: [image.numel, image.shape(2), image.shape(3), ...settings(call)],
    groups: linear(image.numel, GROUP),
    code: (w) => {
      const [kh, kw, sh, sw, ph, pw, dh, dw, rows, across] = names(w.u32.bind(w), 3);
      const [height, width] = [w.u32(1), w.u32(2)];
      w.main(
        GROUP,
        `if (i >= ${w.u32(0)}) { return; }
let ix = i % ${width};
let iy = i / ${width} % ${height};
let plane = i / ${width} / ${height};
var sum = 0.0;
for (var ky = 0u; ky < ${kh}; ky++) {
  let fromY = iy + ${ph} - ky * ${dh};
  let y = fromY / ${sh};
  if (y >= ${rows} || y * ${sh} != fromY) { continue; }
  for (var kx = 0u; kx < ${kw}; kx++) {
    let fromX = ix + ${pw} - kx * ${dw};
    let x = fromX / ${sw};
    if (x >= ${across} || x * ${sw} != fromX) { continue; }
    sum += ${w.load(1, Compute.F32)}((((plane * ${kh} + ky) * ${kw} + kx) * ${rows} + y) * ${across} + x);
  }
}
${w.store(0, Compute.F32)}(i, sum);`,
      );
    },
  });
}

function names(word: (i: number) => string, first: number): string[] {
  return Array.from({ length: SETTINGS }, (_, i) => word(first + i));
}
