// Gray levels of PNG files, decoded by fast-png.
import { convertIndexedToRgb, decode, type DecodedPng } from "fast-png";

export interface GrayImage {
  width: number;
  height: number;
  /** rows of gray levels in [0, 1] */
  levels: Float32Array;
}

/** Colours are averaged, and what is transparent lies on a white page. @throws Error for a file that is damaged */
export function grayPng(bytes: Uint8Array): GrayImage {
  const image = decode(bytes);
  const { width, height } = image;
  const { data, channels, white } = samples(image);
  const colours = channels <= 2 ? 1 : 3;
  const levels = new Float32Array(width * height);
  for (let i = 0, at = 0; i < levels.length; i++, at += channels) {
    let sum = 0;
    for (let c = 0; c < colours; c++) sum += data[at + c]!;
    const gray = sum / (colours * white);
    levels[i] = channels === colours ? gray : 1 - (1 - gray) * (data[at + colours]! / white);
  }
  return { width, height, levels };
}

/** Interleaved samples, and the value that stands for white. */
function samples(image: DecodedPng): { data: ArrayLike<number>; channels: number; white: number } {
  const { width, height, depth, channels, data } = image;
  if (image.palette !== undefined) {
    const colours = convertIndexedToRgb(image);
    return { data: colours, channels: colours.length / (width * height), white: 255 };
  }
  const white = 2 ** depth - 1;
  if (depth >= 8) return { data, channels, white };
  // rows of less than 8 bits a sample begin with a byte of their own
  const row = Math.ceil((width * depth) / 8);
  const unpacked = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      unpacked[y * width + x] = (data[y * row + (bit >> 3)]! >> (8 - depth - (bit & 7))) & white;
    }
  return { data: unpacked, channels, white };
}
