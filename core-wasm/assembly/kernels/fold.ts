// Unfolding of images into columns and its transpose (torch.nn.functional.unfold and fold). Memory-bound: one write (or
// addition) per column element. Contiguous float32, float64; image [N, C, H, W], columns [N, C*kh*kw, L].
// ints: kernel size, stride, padding, dilation, positions, each for height and width.
import { Args } from "../dispatch/args";
import { DType } from "../tensor/dtype";

function moveColumns<T>(args: Args, fold: bool): void {
  const columns = args.operand(fold ? 1 : 0);
  const image = args.operand(fold ? 0 : 1);
  const height = image.shape(2);
  const width = image.shape(3);
  const kh = args.int(0);
  const kw = args.int(1);
  const sh = args.int(2);
  const sw = args.int(3);
  const ph = args.int(4);
  const pw = args.int(5);
  const dh = args.int(6);
  const dw = args.int(7);
  const rows = args.int(8);
  const across = args.int(9);
  let at = columns.data;
  let plane = image.data;
  if (fold) memory.fill(plane, 0, <usize>image.numel * sizeof<T>());
  for (let p = image.shape(0) * image.shape(1); p > 0; p--) {
    for (let ky = 0; ky < kh; ky++) {
      for (let kx = 0; kx < kw; kx++) {
        for (let y = 0; y < rows; y++) {
          const iy = y * sh - ph + ky * dh;
          const row = plane + <usize>(iy * width) * sizeof<T>();
          let ix = kx * dw - pw;
          for (let x = 0; x < across; x++) {
            const inside = iy >= 0 && iy < height && ix >= 0 && ix < width;
            const pixel = row + <usize>ix * sizeof<T>();
            if (fold) {
              if (inside) store<T>(pixel, <T>(load<T>(pixel) + load<T>(at)));
            } else {
              store<T>(at, inside ? load<T>(pixel) : <T>0);
            }
            at += sizeof<T>();
            ix += sw;
          }
        }
      }
    }
    plane += <usize>(height * width) * sizeof<T>();
  }
}

/** Operand 0 columns, 1 image. */
export function unfoldImage(args: Args): void {
  if (args.operand(0).dtype == DType.Float64) moveColumns<f64>(args, false);
  else moveColumns<f32>(args, false);
}

/** Operand 0 image, the sum of all columns' elements at each place; 1 columns. */
export function foldImage(args: Args): void {
  if (args.operand(0).dtype == DType.Float64) moveColumns<f64>(args, true);
  else moveColumns<f32>(args, true);
}
