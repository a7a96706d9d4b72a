// Reading pictures: PNG by a library, PGM (the "netpbm" gray format, binary or text) here.
import * as torch from "flambeau";
import { grayPng } from "./png.ts";

/** Gray pixels float32 [H, W] in [0, 1]. */
export function readImage(bytes: Uint8Array, name: string): torch.Tensor {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return readPng(bytes);
  if (bytes[0] === 0x50 && (bytes[1] === 0x35 || bytes[1] === 0x32)) return readPgm(bytes, name);
  throw new Error(`${name} is neither a PNG nor a PGM file`);
}

function readPng(bytes: Uint8Array): torch.Tensor {
  const { width, height, levels } = grayPng(bytes);
  return torch.tensor(levels).view([height, width]);
}

function readPgm(bytes: Uint8Array, name: string): torch.Tensor {
  const header: number[] = [];
  let at = 2;
  while (header.length < 3 && at < bytes.length) {
    const c = String.fromCharCode(bytes[at]!);
    if (c === "#") while (at < bytes.length && bytes[at] !== 10) at++;
    else if (/\d/.test(c)) {
      let digits = "";
      while (at < bytes.length && /\d/.test(String.fromCharCode(bytes[at]!)))
        digits += String.fromCharCode(bytes[at++]!);
      header.push(Number(digits));
      continue;
    }
    at++;
  }
  const [width, height, maximum] = header as [number, number, number];
  const binary = bytes[1] === 0x35;
  const body = bytes.subarray(at + 1);
  const values = binary
    ? maximum > 255
      ? Array.from({ length: body.length >> 1 }, (_, i) => body[2 * i]! * 256 + body[2 * i + 1]!)
      : [...body]
    : new TextDecoder().decode(bytes.subarray(at)).trim().split(/\s+/).map(Number);
  if (header.length < 3 || !(maximum > 0) || values.length < width * height)
    throw new Error(`${name} is cut off or no valid PGM file`);
  return torch
    .tensor(Float32Array.from(values.slice(0, width * height)))
    .div(maximum)
    .view([height, width]);
}
