// Image files. PNG is decoded by fast-png and JPEG by jpeg-js, which are loaded when they are needed; browsers decode themselves.

import { host } from "../../boot.ts";
import { RuntimeError, TypeError, ValueError } from "../../error.ts";
import { noGrad } from "../../autograd/mode.ts";
import { full } from "../../factories.ts";
import { cat } from "../../gen/functions.ts";
import { fromTypedArray } from "../../tensor/create.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { Image } from "../image.ts";
import { rgbToGrayscale } from "../transforms/functional/color.ts";
import { makeGrid, type GridRest } from "../utils.ts";
import type { ImageReadMode } from "./index.ts";

/** Rows of interleaved 8-bit pixels. */
interface Pixels {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

const CHANNELS = { gray: 1, grayAlpha: 2, rgb: 3, rgbAlpha: 4 } as const;

/** uint8 [C, H, W] of the bytes of a PNG, JPEG, PGM or PPM file, and in browsers of whatever the browser knows. */
export async function decodeImage(input: Uint8Array | Tensor, mode: ImageReadMode = "unchanged"): Promise<Tensor> {
  const bytes = input instanceof Tensor ? bytesOf(input) : input;
  if (mode !== "unchanged" && !(mode in CHANNELS)) throw new ValueError(`unknown image read mode ${String(mode)}`);
  let pixels: Pixels;
  try {
    pixels = await decode(bytes);
  } catch (error) {
    if (error instanceof RuntimeError) throw error;
    throw new RuntimeError(`decode_image: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { width, height, channels, data } = pixels;
  const image = fromTypedArray(data, [height, width, channels]).permute([2, 0, 1]).contiguous();
  return mode === "unchanged" ? image : withChannels(image, CHANNELS[mode]);
}

/** The bytes as an RGB image, which the loader of image folders gives. */
export async function decodeRgb(bytes: Uint8Array): Promise<Image> {
  return new Image(await decodeImage(bytes, "rgb"));
}

export async function readImage(path: string | URL, mode: ImageReadMode = "unchanged"): Promise<Tensor> {
  return decodeImage(await host().readFile(path), mode);
}

function bytesOf(tensor: Tensor): Uint8Array {
  if (tensor.dtype !== "uint8" || tensor.dim() !== 1)
    throw new RuntimeError("Expected a torch.uint8 tensor of one dim with the bytes of a file");
  return tensor.data() as Uint8Array;
}

/** Colours become gray by their luminance, gray ones become coloured; opacity is left out or full. */
function withChannels(image: Tensor, channels: number): Tensor {
  const given = image.size(0);
  if (given === channels) return image;
  const colours = image.narrow(0, 0, given > 2 ? 3 : 1);
  const wanted = channels > 2 ? 3 : 1;
  const seen =
    wanted === colours.size(0)
      ? colours
      : wanted === 1
        ? rgbToGrayscale(colours)
        : colours.expand(3, -1, -1).contiguous();
  if (channels % 2 === 1) return seen.contiguous();
  const opacity =
    given % 2 === 0 ? image.narrow(0, given - 1, 1) : full([1, ...image.shape.slice(1)], 255, { dtype: "uint8" });
  return cat([seen, opacity], 0);
}

async function decode(bytes: Uint8Array): Promise<Pixels> {
  const begins = (...start: number[]): boolean => start.every((byte, i) => bytes[i] === byte);
  const png = begins(0x89, 0x50, 0x4e, 0x47);
  const jpeg = begins(0xff, 0xd8);
  if (begins(0x50, 0x35) || begins(0x50, 0x36)) return decodePnm(bytes);
  const { decodeImage: own } = host();
  if (own !== undefined) {
    const { width, height, data } = await own(bytes);
    const rgba = { width, height, channels: 4, data: new Uint8Array(data.buffer) };
    // what a canvas gives always has four channels
    return narrowed(rgba, png ? pngChannels(bytes) : jpeg ? jpegChannels(bytes) : 4);
  }
  if (png) return decodePng(bytes);
  if (jpeg) return decodeJpeg(bytes);
  throw new RuntimeError("Unsupported image file. Only jpeg and png are currently supported.");
}

/** The first channels of RGBA pixels, or gray ones. */
function narrowed({ width, height, data }: Pixels, channels: number): Pixels {
  const picked = { 1: [0], 2: [0, 3], 3: [0, 1, 2], 4: [0, 1, 2, 3] }[channels]!;
  const out = new Uint8Array(width * height * channels);
  for (let i = 0, at = 0; i < data.length; i += 4) for (const channel of picked) out[at++] = data[i + channel]!;
  return { width, height, channels, data: out };
}

/** What stands in the header; a palette is of colours. */
const pngChannels = (bytes: Uint8Array): number => [1, 0, 3, 3, 2, 0, 4][bytes[25]!] || 4;

/** The number of components, from the frame's header. */
function jpegChannels(bytes: Uint8Array): number {
  for (let at = 2; at + 9 < bytes.length;) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff) break;
    if (marker >= 0xc0 && marker <= 0xc3) return bytes[at + 9] === 1 ? 1 : 3;
    at += 2 + bytes[at + 2]! * 256 + bytes[at + 3]!;
  }
  return 3;
}

async function library(name: string, what: string): Promise<unknown> {
  try {
    return await host().optionalPackage!(name);
  } catch (cause) {
    throw new RuntimeError(`${what} files need the npm package ${name} here: npm install ${name}`, { cause });
  }
}
const pngLibrary = async () => (await library("fast-png", "PNG")) as typeof import("fast-png");

/**
 * The most bytes and pixels that a byte of a file can stand for: deflate packs no more into one, and JPEG takes a bit or more for
 * a block of 64 pixels, here with room to spare. Decoders make room for what a header claims before they read any further.
 */
const PNG_RATIO = 1032;
const JPEG_RATIO = 1024;

async function decodePng(bytes: Uint8Array): Promise<Pixels> {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length > 33) {
    const isIndexed = bytes[25] === 3;
    const bits = header.getUint8(24) * (isIndexed ? 1 : pngChannels(bytes));
    if ((header.getUint32(16) * header.getUint32(20) * bits) / 8 > PNG_RATIO * bytes.length)
      throw new RuntimeError("decode_image: the PNG file claims more pixels than it can hold");
  }
  const png = await pngLibrary();
  const image = png.decode(bytes);
  const { width, height, depth } = image;
  if (image.palette !== undefined) {
    const data = png.convertIndexedToRgb(image);
    return { width, height, channels: data.length / (width * height), data };
  }
  const { channels } = image;
  if (depth === 16) {
    // the eight high bits, as libpng strips them
    return { width, height, channels, data: Uint8Array.from(image.data, (value) => value >> 8) };
  }
  const data = depth === 8 ? (image.data as Uint8Array) : unpacked(image.data as Uint8Array, width, height, depth);
  return { width, height, channels, data };
}

/** Gray levels of less than 8 bits, which every row packs into whole bytes. */
function unpacked(data: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const most = 2 ** depth - 1;
  const row = Math.ceil((width * depth) / 8);
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const level = (data[y * row + (bit >> 3)]! >> (8 - depth - (bit & 7))) & most;
      out[y * width + x] = (level * 255) / most;
    }
  return out;
}

async function jpegLibrary(): Promise<typeof import("jpeg-js")> {
  const jpeg = (await library("jpeg-js", "JPEG")) as typeof import("jpeg-js");
  // a CommonJS module, whose names not every host finds
  return (jpeg as { default?: typeof import("jpeg-js") }).default ?? jpeg;
}

async function decodeJpeg(bytes: Uint8Array): Promise<Pixels> {
  const { decode } = await jpegLibrary();
  const options = {
    useTArray: true,
    formatAsRGBA: true,
    tolerantDecoding: false,
    maxMemoryUsageInMB: 2048,
    maxResolutionInMP: (JPEG_RATIO * bytes.length) / 1e6,
  } as const;
  const { width, height, data } = decode(bytes, options);
  return narrowed({ width, height, channels: 4, data }, jpegChannels(bytes));
}

/** Netpbm's binary gray and colour maps. */
function decodePnm(bytes: Uint8Array): Pixels {
  const header: number[] = [];
  let at = 2;
  while (header.length < 3 && at < bytes.length) {
    const c = bytes[at]!;
    if (c === 0x23) while (at < bytes.length && bytes[at] !== 0x0a) at++;
    else if (c >= 0x30 && c <= 0x39) {
      let number = 0;
      for (; bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at++) number = number * 10 + bytes[at]! - 0x30;
      header.push(number);
    } else at++;
  }
  const [width, height, most] = header as [number, number, number];
  const channels = bytes[1] === 0x36 ? 3 : 1;
  const data = bytes.slice(at + 1, at + 1 + width * height * channels);
  if (header.length < 3 || most !== 255 || data.length !== width * height * channels)
    throw new RuntimeError("decode_image: the PNM file is cut off, or not of 8 bits");
  return { width, height, channels, data };
}

// ---- writing

function pixelsOf(image: Tensor, most: number): Pixels {
  if (!(image instanceof Tensor) || image.dtype !== "uint8")
    throw new RuntimeError("Input tensor dtype should be uint8");
  if (image.dim() !== 3) throw new RuntimeError("Input data should be a 3-dimensional tensor");
  const [channels, height, width] = image.shape as [number, number, number];
  if (channels < 1 || channels > most)
    throw new RuntimeError(`The number of channels should be 1 or 3, got: ${channels}`);
  return { width, height, channels, data: image.permute([1, 2, 0]).contiguous().data() as Uint8Array };
}

/** With four channels, as browsers and jpeg-js take them. */
function rgbaOf({ width, height, channels, data }: Pixels): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(width * height * 4).fill(255);
  const colours = channels > 2 ? [0, 1, 2] : [0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    colours.forEach((from, to) => (out[4 * i + to] = data[i * channels + from]!));
    if (channels % 2 === 0) out[4 * i + 3] = data[(i + 1) * channels - 1]!;
  }
  return out;
}

export async function encodePng(image: Tensor): Promise<Uint8Array> {
  const pixels = pixelsOf(image, 4);
  const { encodeImage } = host();
  if (encodeImage !== undefined) return encodeImage({ ...pixels, data: rgbaOf(pixels) }, "image/png");
  const { encode } = await pngLibrary();
  return encode({ ...pixels, depth: 8 });
}

export async function encodeJpeg(image: Tensor, quality = 75): Promise<Uint8Array> {
  if (!(quality >= 1 && quality <= 100))
    throw new ValueError("Image quality should be a positive number between 1 and 100");
  const pixels = pixelsOf(image, 3);
  const rgba = { ...pixels, data: rgbaOf(pixels) };
  const { encodeImage } = host();
  if (encodeImage !== undefined) return encodeImage(rgba, "image/jpeg", quality / 100);
  const { encode } = await jpegLibrary();
  return encode(rgba, quality).data;
}

export async function writePng(image: Tensor, path: string | URL): Promise<void> {
  await host().writeFile(path, await encodePng(image));
}

export async function writeJpeg(image: Tensor, path: string | URL, quality = 75): Promise<void> {
  await host().writeFile(path, await encodeJpeg(image, quality));
}

export async function saveImage(
  tensor: Tensor | readonly Tensor[],
  path?: string | URL | null,
  ...rest: GridRest
): Promise<Blob | undefined> {
  const image = noGrad(() =>
    makeGrid(tensor, ...rest)
      .mul(255)
      .add(0.5)
      .clamp(0, 255)
      .to("uint8"),
  );
  const jpeg = /\.jpe?g$/i.test(String(path ?? ""));
  if (path !== undefined && path !== null && !jpeg && !/\.png$/i.test(String(path)))
    throw new TypeError(`unknown file extension: ${String(path)}; images are saved as .png or .jpg`);
  const bytes = await (jpeg ? encodeJpeg(image) : encodePng(image));
  if (path === undefined || path === null) return new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "image/png" });
  await host().writeFile(path, bytes);
  return undefined;
}
