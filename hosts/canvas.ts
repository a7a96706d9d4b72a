// Image files by the browser's own decoders.
import type { Host, RgbaImage } from "./host.ts";

function context(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const made = new OffscreenCanvas(width, height).getContext("2d", { colorSpace: "srgb", willReadFrequently: true });
  if (made === null) throw new Error(`there is no canvas of ${width} × ${height} pixels`);
  return made;
}

export const canvas: Required<Pick<Host, "decodeImage" | "encodeImage">> = {
  async decodeImage(bytes) {
    const blob = new Blob([bytes.slice()]);
    const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    try {
      const { width, height } = bitmap;
      const drawn = context(width, height);
      drawn.drawImage(bitmap, 0, 0);
      return drawn.getImageData(0, 0, width, height) as RgbaImage;
    } finally {
      bitmap.close();
    }
  },
  async encodeImage({ width, height, data }, type, quality) {
    const drawn = context(width, height);
    drawn.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
    const blob = await drawn.canvas.convertToBlob({ type, ...(quality !== undefined && { quality }) });
    return new Uint8Array(await blob.arrayBuffer());
  },
};
