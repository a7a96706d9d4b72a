/** torch.vision.io: image files. What reads and writes them is loaded at the first use. */

import type { Tensor } from "../../tensor/tensor.ts";
import type * as codec from "./codec.ts";

/** How many channels an image is given; "unchanged" leaves the file's. Follows torchvision.io.ImageReadMode. */
export type ImageReadMode = "unchanged" | "gray" | "grayAlpha" | "rgb" | "rgbAlpha";

/** @internal A function of codec.ts that loads it. */
export const lazily =
  (name: keyof typeof codec) =>
  async (...args: unknown[]): Promise<never> =>
    ((await import("./codec.ts"))[name] as (...args: unknown[]) => Promise<never>)(...args);

/**
 * The image in a PNG, JPEG, PGM or PPM file as uint8 [C, H, W]. PNG needs the package fast-png and JPEG jpeg-js; browsers read
 * whatever they show. Follows torchvision.io.read_image.
 * @param path a path, or in browsers a URL
 * @throws RuntimeError for a damaged file or one of another format
 * @example const image = await torch.vision.io.readImage("dog.jpg", "rgb");
 */
export const readImage: (path: string | URL, mode?: ImageReadMode) => Promise<Tensor> =
  /* @__PURE__ */ lazily("readImage");

/**
 * As `readImage`, of the bytes of a file. Follows torchvision.io.decode_image.
 * @example
 * const file = new TextEncoder().encode("P5 2 1 255\nAB");
 * (await torch.vision.io.decodeImage(file)).tolist(); // [[[65, 66]]]
 */
export const decodeImage: (input: Uint8Array | Tensor, mode?: ImageReadMode) => Promise<Tensor> =
  /* @__PURE__ */ lazily("decodeImage");

/**
 * The bytes of a PNG file of a uint8 image [1 to 4, H, W]; browsers write four channels always. Follows
 * torchvision.io.encode_png.
 * @example
 * const bytes = await torch.vision.io.encodePng(torch.zeros([3, 8, 8], { dtype: "uint8" }));
 * bytes.slice(1, 4); // [80, 78, 71]
 */
export const encodePng: (image: Tensor) => Promise<Uint8Array> = /* @__PURE__ */ lazily("encodePng");

/**
 * The bytes of a JPEG file of a uint8 image [1 or 3, H, W]. Follows torchvision.io.encode_jpeg.
 * @param quality 1 to 100
 * @example
 * const bytes = await torch.vision.io.encodeJpeg(torch.zeros([3, 8, 8], { dtype: "uint8" }), 90);
 */
export const encodeJpeg: (image: Tensor, quality?: number) => Promise<Uint8Array> =
  /* @__PURE__ */ lazily("encodeJpeg");

/**
 * Writes a uint8 image [1 to 4, H, W] as a PNG file. Follows torchvision.io.write_png.
 * @example await torch.vision.io.writePng(image, "image.png");
 */
export const writePng: (image: Tensor, path: string | URL) => Promise<void> = /* @__PURE__ */ lazily("writePng");

/**
 * Writes a uint8 image [1 or 3, H, W] as a JPEG file. Follows torchvision.io.write_jpeg.
 * @example await torch.vision.io.writeJpeg(image, "image.jpg", 90);
 */
export const writeJpeg: (image: Tensor, path: string | URL, quality?: number) => Promise<void> =
  /* @__PURE__ */ lazily("writeJpeg");
