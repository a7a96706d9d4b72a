// torch.vision's transforms beside torchvision's: vision.json is what vision.py has written with it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as torch from "flambeau";

const T = torch.vision.transforms;
const F = T.functional;
const { makeGrid } = torch.vision.utils;

type Plain = [shape: number[], values: (number | boolean)[]];
type Case = Plain | Plain[];
const want = JSON.parse(readFileSync(new URL("./vision.json", import.meta.url), "utf8")) as {
  functional: Record<string, Case>;
  random: Record<string, [results: Case[], after: number]>;
  floats: Record<string, Plain>;
  printed: Record<string, string>;
};

torch.manualSeed(7);
const x = torch.keep(torch.randint(0, 256, [3, 11, 14], { dtype: "uint8" }));
const gray = x.narrow(0, 0, 1);
const f = x.to("float32").div(255);
const batch = torch.stack([f, f.neg().add(1)]);

const functional: Record<string, () => torch.Tensor | torch.Tensor[]> = {
  "crop outside": () => F.crop(x, -2, 9, 6, 8),
  "center crop": () => F.centerCrop(x, [5, 20]),
  "five crop": () => F.fiveCrop(x, [4, 6]),
  "pad edge": () => F.pad(x, [1, 2, 3, 0], 0, "edge"),
  "pad reflect": () => F.pad(f, [3, 2], 0, "reflect"),
  "pad symmetric": () => F.pad(x, [2, 1, 3, 4], 0, "symmetric"),
  "pad constant": () => F.pad(f, 1, 0.5),
  resize: () => F.resize(x, [7, 5]),
  "resize up": () => F.resize(f, 16),
  "resize plain": () => F.resize(x, [7, 20], "bilinear", null, false),
  "resize cubic": () => F.resize(x, [5, 9], "bicubic"),
  "resize cubic plain": () => F.resize(x, [20, 9], "bicubic", null, false),
  "resize nearest": () => F.resize(x, 6, "nearest"),
  "resize max": () => F.resize(f, 9, "bilinear", 10),
  rotate: () => F.rotate(x, 30),
  "rotate fill": () => F.rotate(f, -50, "bilinear", false, null, [0.2, 0.4, 0.6]),
  "rotate expand": () => F.rotate(x, 33, "bilinear", true, null, [9]),
  "rotate center": () => F.rotate(batch, 15, "bilinear", false, [2, 3]),
  affine: () => F.affine(x, 20, [2, -1], 1.2, [10, 5], "nearest", [7]),
  "affine bilinear": () => F.affine(f, -20, [1, 3], 0.8, [0, 15], "bilinear"),
  grayscale: () => F.rgbToGrayscale(x, 3),
  brightness: () => F.adjustBrightness(x, 1.4),
  contrast: () => F.adjustContrast(x, 0.3),
  "contrast gray": () => F.adjustContrast(gray, 1.7),
  saturation: () => F.adjustSaturation(f, 2),
  hue: () => F.adjustHue(x, 0.2),
  "hue float": () => F.adjustHue(f, -0.4),
  gamma: () => F.adjustGamma(x, 0.7, 1.1),
  sharpness: () => F.adjustSharpness(x, 2.5),
  blur: () => F.gaussianBlur(x, [3, 5], [0.8, 1.5]),
  "blur default": () => F.gaussianBlur(f, 3),
  invert: () => F.invert(x),
  posterize: () => F.posterize(x, 3),
  solarize: () => F.solarize(f, 0.5),
  autocontrast: () => F.autocontrast(torch.div(x, 2, { roundingMode: "floor" }).add(30)),
  normalize: () => F.normalize(f, [0.4, 0.5, 0.6], [0.2, 0.3, 0.4]),
  "to uint8": () => F.convertImageDtype(f, "uint8"),
  "to int16": () => F.convertImageDtype(x, "int16"),
  "from int16": () => F.convertImageDtype(F.convertImageDtype(x, "int16").add(77), "uint8"),
  grid: () => makeGrid(batch, { nrow: 2, padding: 1, padValue: 0.3 }),
  "grid normalized": () => {
    const times = (k: number) => gray.to("float32").mul(k);
    return makeGrid([times(1), times(2), times(3)], 2, { normalize: true, scaleEach: true });
  },
  "grid range": () => makeGrid(batch.mul(3).sub(1), { normalize: true, valueRange: [-1, 1], padding: 0 }),
};

const random: Record<string, (image: torch.Tensor) => unknown> = {
  RandomCrop: new T.RandomCrop(5),
  "RandomCrop padded": new T.RandomCrop([12, 9], { padding: [2, 1], paddingMode: "reflect" }),
  "RandomCrop if needed": new T.RandomCrop(16, null, true, 3),
  RandomResizedCrop: new T.RandomResizedCrop(6),
  "RandomResizedCrop wide": new T.RandomResizedCrop([5, 8], [0.5, 0.6], [4, 5], { interpolation: "nearest" }),
  RandomHorizontalFlip: new T.RandomHorizontalFlip(),
  RandomVerticalFlip: new T.RandomVerticalFlip(0.3),
  RandomRotation: new T.RandomRotation(40),
  "RandomRotation expand": new T.RandomRotation([10, 80], "bilinear", { expand: true, fill: 20 }),
  RandomAffine: new T.RandomAffine(30, [0.2, 0.3], [0.7, 1.3], [5, 10, -10, 10], "bilinear", { fill: 5 }),
  RandomGrayscale: new T.RandomGrayscale(0.5),
  ColorJitter: new T.ColorJitter(0.4, [0.5, 1.2], 0.3),
  "ColorJitter some": new T.ColorJitter({ contrast: 0.9 }),
  GaussianBlur: new T.GaussianBlur([5, 3]),
  RandomErasing: new T.RandomErasing(0.9, { value: [3, 4, 5] }),
  RandomApply: new T.RandomApply([new T.RandomHorizontalFlip(), new T.Grayscale(3)], { p: 0.6 }),
  FiveCrop: new T.FiveCrop(4),
  TenCrop: new T.TenCrop([4, 5], true),
  Compose: new T.Compose([new T.Pad(2, { paddingMode: "edge" }), new T.CenterCrop(9), new T.Resize(6)]) as never,
};

function same(got: unknown, expected: Case, name: string, slack = 2e-5): void {
  if (Array.isArray(got)) {
    got.forEach((tensor, i) => same(tensor, expected[i] as Plain, `${name} ${i}`, slack));
    return;
  }
  const tensor = got as torch.Tensor;
  const [shape, values] = expected as Plain;
  expect(tensor.shape, name).toEqual(shape);
  const flat = tensor.flatten().tolist() as number[];
  const apart = flat.map((value, i) => Math.abs(value - (values[i] as number)));
  if (tensor.isFloatingPoint()) return expect(Math.max(...apart), name).toBeLessThanOrEqual(slack);
  // integers may fall to the other side of a half
  expect(Math.max(...apart), name).toBeLessThanOrEqual(1);
  expect(apart.filter((x) => x > 0).length / apart.length, name).toBeLessThanOrEqual(0.01);
}

test("functional transforms and grids are torchvision's", () => {
  for (const [name, expected] of Object.entries(want.functional)) same(functional[name]!(), expected, name);
});

test("random transforms draw as torchvision's do", () => {
  for (const [name, [results, after]] of Object.entries(want.random)) {
    torch.manualSeed(11);
    results.forEach((expected, i) => same(random[name]!(x), expected, `${name}, draw ${i}`));
    expect(torch.rand(1).item() as number, name).toBeCloseTo(after, 4);
  }
  const floats: Record<string, (image: torch.Tensor) => torch.Tensor> = {
    noise: new T.RandomErasing(1, { value: "random" }),
    jitter: new T.ColorJitter(0.4, [0.5, 1.2], 0.3, 0.1),
  };
  for (const [name, expected] of Object.entries(want.floats)) {
    torch.manualSeed(11);
    same(floats[name]!(f), expected, name);
  }
});

test("transforms print as torchvision's", () => {
  // tuples for lists, and one parenthesis less than in version 0.14
  const differs = new Set([
    "RandomResizedCrop",
    "RandomResizedCrop wide",
    "RandomCrop padded",
    "ColorJitter",
    "ColorJitter some",
  ]);
  for (const [name, printed] of Object.entries(want.printed))
    if (!differs.has(name)) expect(String(random[name]).replaceAll(" ", ""), name).toBe(printed.replaceAll(" ", ""));
  expect(String(random.ColorJitter)).toBe(
    "ColorJitter(brightness=(0.6, 1.4), contrast=(0.5, 1.2), saturation=(0.7, 1.3), hue=None)",
  );
  expect(String(random.RandomResizedCrop)).toBe(
    "RandomResizedCrop(size=(6, 6), scale=(0.08, 1.0), ratio=(0.75, 1.3333), interpolation=bilinear, antialias=True)",
  );
});

test("images of datasets stay images until ToTensor", () => {
  const image = new T.Image(x);
  const cropped = new T.Compose([new T.CenterCrop(6), new T.RandomHorizontalFlip(1)])(image) as torch.vision.Image;
  expect(cropped).toBeInstanceOf(T.Image);
  expect([cropped.width, cropped.height, cropped.channels, cropped.data.length]).toEqual([6, 6, 3, 108]);
  const tensor = new T.Compose([new T.Resize(4), new T.ToTensor(), new T.Normalize(0.5, 0.5)])(image) as torch.Tensor;
  expect([tensor.shape, tensor.dtype]).toEqual([[3, 4, 5], "float32"]);
  expect(new T.FiveCrop(3)(image).every((part: unknown) => part instanceof T.Image)).toBe(true);
  // rows of interleaved pixels, as of a browser's ImageData
  const raw = { width: 2, height: 1, data: new Uint8ClampedArray([0, 51, 102, 255, 255, 204, 153, 255]) };
  const pixels = new T.ToTensor()(raw).mul(5).round().tolist();
  expect(pixels).toEqual([[[0, 5]], [[1, 4]], [[2, 3]], [[5, 5]]]);
  expect((new T.Grayscale()(new T.Image(x)) as torch.vision.Image).channels).toBe(1);
  expect(T.functional.toPilImage(f).tensor.equal(x)).toBe(true);
});

test("wrong arguments are refused with torchvision's words", () => {
  const refused: [() => unknown, string | RegExp][] = [
    [() => new T.RandomCrop(20)(x), "Required crop size (20, 20) is larger than input image size (11, 14)"],
    [() => new T.Resize([4, 5], { maxSize: 9 })(x), "max_size should only be passed if size specifies the length"],
    [() => new T.Resize(8, { maxSize: 8 })(x), "max_size = 8 must be strictly greater than the requested size"],
    [() => new T.Pad([1, 2, 3]), "Padding must be an int or a 1, 2, or 4 element tuple, not a 3 element tuple"],
    [() => new T.Pad(1, 0, "wrap" as never), "Padding mode should be either constant, edge, reflect or symmetric"],
    [() => new T.RandomRotation(-3), "If degrees is a single number, it must be positive."],
    [() => new T.RandomAffine(3, [2, 0]), "translation values should be between 0 and 1"],
    [() => new T.ColorJitter(-1), "If brightness is a single number, it must be non negative."],
    [() => new T.ColorJitter({ hue: 0.7 }), /hue values should be between/],
    [() => new T.GaussianBlur(4), "Kernel size value should be an odd and positive number."],
    [() => new T.RandomErasing({ p: 2 }), "Random erasing probability should be between 0 and 1"],
    [() => new T.RandomErasing({ value: [1, 2], p: 1 })(x), "it should have either a single value or 3"],
    [() => new T.Normalize(0, 0), "std evaluated to zero after conversion, leading to division by zero."],
    [() => new T.Normalize(0, 1)(x), "Input tensor should be a float tensor. Got torch.uint8."],
    [() => F.adjustHue(x, 0.6), "hue_factor (0.6) is not in [-0.5, 0.5]."],
    [() => F.convertImageDtype(f, "int32"), "The cast from torch.float32 to torch.int32 cannot be performed safely."],
    [() => F.fiveCrop(x, 20), "Requested crop size (20, 20) is bigger than input size (11, 14)"],
    [() => F.rotate(x, 10, "bicubic"), "Interpolation mode 'bicubic' is unsupported with Tensor input"],
    [() => new T.Lambda(3 as never), "Argument lambd should be callable, got number"],
    [() => new T.RandomCrop(4, { pading: 3 } as never), "got an unexpected keyword argument 'pading'"],
    [() => makeGrid(3 as never), "tensor or list of tensors expected"],
  ];
  for (const [call, message] of refused) expect(call).toThrow(message);
});
