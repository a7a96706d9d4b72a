// The MNIST family: 28 × 28 gray images in ten classes, in IDX files.

import { host } from "../../boot.ts";
import { RuntimeError } from "../../error.ts";
import { keep } from "../../memory/scope.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkDownloaded, type DownloadOptions, type Sample, type SplitOptions, VisionDataset } from "./base.ts";
import { fetchFile, onMirror } from "./download.ts";
import { isGzip, readIdx, unpackedSize } from "./idx.ts";

interface Sources {
  readonly folder: string;
  readonly mirrors: readonly string[];
  readonly checksums: Readonly<Record<string, string>>;
}

const IMAGES = { train: "train-images-idx3-ubyte", test: "t10k-images-idx3-ubyte" };
const LABELS = { train: "train-labels-idx1-ubyte", test: "t10k-labels-idx1-ubyte" };

/**
 * The handwritten digits of MNIST (LeCun, Cortes, Burges). A sample is [image, label]; `root` holds the IDX files, gzipped or not,
 * itself or in MNIST/raw as torchvision lays them. `new MNIST(root)` reads files synchronously where the host can;
 * `await MNIST.load(root, { download: true })` works everywhere and fetches what is missing.
 * Follows torchvision.datasets.MNIST.
 * @throws RuntimeError if files are missing
 * @example const train = new torch.vision.datasets.MNIST("data", { transform: new torch.vision.transforms.ToTensor() });
 */
export class MNIST extends VisionDataset {
  protected static readonly sources: Sources = {
    folder: "MNIST/raw",
    mirrors: ["https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"],
    checksums: {
      "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
      "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
      "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
      "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
    },
  };
  static readonly classes: readonly string[] = [
    "0 - zero",
    "1 - one",
    "2 - two",
    "3 - three",
    "4 - four",
    "5 - five",
    "6 - six",
    "7 - seven",
    "8 - eight",
    "9 - nine",
  ];

  readonly train: boolean;
  /** all images, uint8 [N, 28, 28] */
  readonly data: Tensor;
  /** all labels, int64 [N] */
  readonly targets: Tensor;
  private readonly labels: readonly number[];

  constructor(root: string, options: SplitOptions = {}, files?: { images: Uint8Array; labels: Uint8Array }) {
    checkDownloaded(new.target.name, options);
    super(options);
    this.train = options.train ?? true;
    const part = this.train ? "train" : "test";
    const sources = (new.target as typeof MNIST).sources;
    const images = readIdx(files?.images ?? readSync(root, sources.folder, IMAGES[part]), IMAGES[part]);
    const labels = readIdx(files?.labels ?? readSync(root, sources.folder, LABELS[part]), LABELS[part]);
    if (images.shape.length !== 3 || labels.shape.length !== 1 || images.shape[0] !== labels.shape[0])
      throw new RuntimeError(
        `${IMAGES[part]} holds ${images.shape.join(" × ")} elements and ${LABELS[part]} ${labels.shape.join(" × ")}: they do not belong together`,
      );
    this.data = keep(tensor(images.data).view([...images.shape]));
    this.targets = keep(tensor(labels.data).to("int64"));
    this.labels = Array.from(labels.data);
  }

  /** Reads the dataset on any host; with `download` it fetches the files that are missing, checks and keeps them. */
  static async load<D extends MNIST>(
    this: { new (root: string, options: SplitOptions, files: { images: Uint8Array; labels: Uint8Array }): D },
    root: string = `${host().cacheDir()}/datasets`,
    options: DownloadOptions = {},
  ): Promise<D> {
    checkDownloaded(this.name, options);
    const sources = (this as unknown as { sources: Sources }).sources;
    const part = (options.train ?? true) ? "train" : "test";
    const read = async (name: string): Promise<Uint8Array> => {
      const found = await firstExisting(root, sources.folder, name);
      if (found !== undefined) {
        const bytes = await host().readFile(found);
        if (!isGzip(bytes)) return bytes;
        return host()
          .gunzip(bytes, unpackedSize(bytes))
          .catch((cause: unknown) => damaged(found, cause));
      }
      if (!options.download) throw missing(root);
      const file = { name: `${name}.gz`, md5: sources.checksums[name]! };
      const urls = (options.mirrors ?? sources.mirrors).map((mirror) => onMirror(mirror, file.name));
      return host().gunzip(await fetchFile(file, urls, `${root}/${sources.folder}`));
    };
    return new this(root, options, { images: await read(IMAGES[part]), labels: await read(LABELS[part]) });
  }

  get length(): number {
    return this.labels.length;
  }

  get(index: number): Sample {
    return this.transformed(this.data.select(0, index), this.labels[index]!);
  }
}

/**
 * Articles of Zalando's in MNIST's form (Xiao, Rasul, Vollgraf 2017). Follows torchvision.datasets.FashionMNIST.
 * @example
 * const train = await torch.vision.datasets.FashionMNIST.load("data", { download: true });
 */
export class FashionMNIST extends MNIST {
  protected static override readonly sources: Sources = {
    folder: "FashionMNIST/raw",
    mirrors: ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
    checksums: {
      "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
      "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
      "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
      "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
    },
  };
  static override readonly classes: readonly string[] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
  ];
}

/**
 * Ten characters of cursive Japanese in MNIST's form (Clanuwat et al. 2018). Follows torchvision.datasets.KMNIST.
 * @example
 * const train = await torch.vision.datasets.KMNIST.load("data", { download: true });
 */
export class KMNIST extends MNIST {
  protected static override readonly sources: Sources = {
    folder: "KMNIST/raw",
    mirrors: ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
    checksums: {
      "train-images-idx3-ubyte": "bdb82020997e1d708af4cf47b453dcf7",
      "train-labels-idx1-ubyte": "e144d726b3acfaa3e44228e80efcd344",
      "t10k-images-idx3-ubyte": "5c965bf0a639b31b8f53240b1b52f4d7",
      "t10k-labels-idx1-ubyte": "7320c461ea6c1c855c0b718fb2a4b134",
    },
  };
  static override readonly classes: readonly string[] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"];
}

const candidates = (root: string, folder: string, name: string): string[] =>
  [`${root}/${folder}/${name}`, `${root}/${name}`].flatMap((path) => [path, `${path}.gz`]);

async function firstExisting(root: string, folder: string, name: string): Promise<string | undefined> {
  for (const path of candidates(root, folder, name)) if (await host().exists(path)) return path;
  return undefined;
}

function missing(root: string): RuntimeError {
  return new RuntimeError(`Dataset not found in ${root}. You can use download: true with load() to download it`);
}

function readSync(root: string, folder: string, name: string): Uint8Array {
  const { existsSync, readFileSync, gunzipSync } = host();
  if (existsSync === undefined || readFileSync === undefined)
    throw new RuntimeError("this host reads no files synchronously: use `await MNIST.load(root)`");
  const path = candidates(root, folder, name).find((p) => existsSync(p));
  if (path === undefined) throw missing(root);
  const bytes = readFileSync(path);
  if (!isGzip(bytes)) return bytes;
  if (gunzipSync === undefined)
    throw new RuntimeError("this host inflates asynchronously only: use `await MNIST.load(root)`");
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    return damaged(path, cause);
  }
}

function damaged(path: string, cause: unknown): never {
  throw new RuntimeError(`${path} is damaged, or larger than it claims`, { cause });
}
