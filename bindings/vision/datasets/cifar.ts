// CIFAR-10 and CIFAR-100 in their binary versions: records of label bytes and 3 × 32 × 32 pixel bytes.

import { host } from "../../boot.ts";
import { RuntimeError } from "../../error.ts";
import { keep } from "../../memory/scope.ts";
import { fromTypedArray } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Image } from "../image.ts";
import { checkDownloaded, type DownloadOptions, type Sample, type SplitOptions, VisionDataset } from "./base.ts";
import { fetchFile, onMirror } from "./download.ts";
import { untar } from "./tar.ts";

interface Sources {
  readonly folder: string;
  readonly archive: string;
  readonly md5: string;
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** the file with the names of the classes */
  readonly names: string;
  /** label bytes of a record; the last one counts */
  readonly labels: number;
}

const MIRRORS = ["https://www.cs.toronto.edu/~kriz/"];
const PIXELS = 3 * 32 * 32;

/**
 * 32 × 32 photographs of ten classes (Krizhevsky 2009). A sample is [image, label], the image being a `vision.Image` of the bytes;
 * `root` holds cifar-10-batches-bin with the files of the binary version. `new CIFAR10(root)` reads files synchronously where the
 * host can; `await CIFAR10.load(root, { download: true })` works everywhere and fetches what is missing.
 * Follows torchvision.datasets.CIFAR10.
 * @throws RuntimeError if files are missing or damaged
 * @example
 * const { datasets, transforms } = torch.vision;
 * const train = await datasets.CIFAR10.load("data", { download: true, transform: new transforms.ToTensor() }); // from https://…
 */
export class CIFAR10 extends VisionDataset {
  protected static readonly sources: Sources = {
    folder: "cifar-10-batches-bin",
    archive: "cifar-10-binary.tar.gz",
    md5: "c32a1d4ab5d03f1284b67883e8d87530",
    train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
    test: ["test_batch.bin"],
    names: "batches.meta.txt",
    labels: 1,
  };

  readonly train: boolean;
  /** all images, uint8 [N, 3, 32, 32] */
  readonly data: Tensor;
  readonly targets: readonly number[];
  /** the names of the classes */
  readonly classes: readonly string[];

  constructor(root: string, options: SplitOptions = {}, files?: ReadonlyMap<string, Uint8Array>) {
    checkDownloaded(new.target.name, options);
    super(options);
    this.train = options.train ?? true;
    const { folder, train, test, names, labels } = (new.target as typeof CIFAR10).sources;
    const read = (name: string): Uint8Array => files?.get(name) ?? readSync(`${root}/${folder}/${name}`);
    const size = PIXELS + labels;
    const targets: number[] = [];
    const records = (this.train ? train : test).map((name) => {
      const bytes = read(name);
      if (bytes.length === 0 || bytes.length % size !== 0)
        throw new RuntimeError(`${name}: ${bytes.length} bytes are not a whole number of ${size}-byte records`);
      return bytes;
    });
    const count = records.reduce((sum, bytes) => sum + bytes.length / size, 0);
    const pixels = new Uint8Array(count * PIXELS);
    for (const bytes of records)
      for (let at = 0; at < bytes.length; at += size) {
        pixels.set(bytes.subarray(at + labels, at + size), targets.length * PIXELS);
        targets.push(bytes[at + labels - 1]!);
      }
    this.data = keep(fromTypedArray(pixels, [count, 3, 32, 32]));
    this.targets = targets;
    this.classes = new TextDecoder().decode(read(names).slice()).split("\n").filter(Boolean);
  }

  /**
   * Reads the dataset on any host; with `download` it fetches the archive if files are missing, checks and unpacks it.
   * Follows torchvision.datasets.CIFAR10.
   * @example
   * await torch.vision.datasets.CIFAR10.load("data", { download: true }); // from https://…
   */
  static async load<D extends CIFAR10>(
    this: { new (root: string, options: SplitOptions, files: ReadonlyMap<string, Uint8Array>): D },
    root: string = `${host().cacheDir()}/datasets`,
    options: DownloadOptions = {},
  ): Promise<D> {
    checkDownloaded(this.name, options);
    const { folder, archive, md5, train, test, names } = (this as unknown as { sources: Sources }).sources;
    const wanted = [...((options.train ?? true) ? train : test), names];
    const path = (name: string): string => `${root}/${folder}/${name}`;
    const there = await Promise.all(wanted.map((name) => host().exists(path(name))));
    const files = new Map<string, Uint8Array>();
    if (there.every(Boolean)) for (const name of wanted) files.set(name, await host().readFile(path(name)));
    else {
      if (!options.download) throw missing(root);
      const urls = (options.mirrors ?? MIRRORS).map((mirror) => onMirror(mirror, archive));
      const packed = await fetchFile({ name: archive, md5 }, urls, root);
      for (const [member, bytes] of untar(await host().gunzip(packed))) {
        files.set(member.slice(member.lastIndexOf("/") + 1), bytes);
        if (host().appendFile !== undefined) await host().writeFile(`${root}/${member}`, bytes);
      }
    }
    return new this(root, options, files);
  }

  get length(): number {
    return this.targets.length;
  }

  get(index: number): Sample {
    return this.transformed(new Image(this.data.select(0, index)), this.targets[index]!);
  }
}

/**
 * As CIFAR10, with 100 classes; `root` holds cifar-100-binary. Follows torchvision.datasets.CIFAR100.
 * @example
 * await torch.vision.datasets.CIFAR100.load("data", { download: true }); // from https://…
 */
export class CIFAR100 extends CIFAR10 {
  protected static override readonly sources: Sources = {
    folder: "cifar-100-binary",
    archive: "cifar-100-binary.tar.gz",
    md5: "03b5dce01913d631647c71ecec9e9cb8",
    train: ["train.bin"],
    test: ["test.bin"],
    names: "fine_label_names.txt",
    labels: 2,
  };
}

const missing = (root: string): RuntimeError =>
  new RuntimeError(`Dataset not found or corrupted in ${root}. You can use download: true with load() to download it`);

function readSync(path: string): Uint8Array {
  const { existsSync, readFileSync } = host();
  if (existsSync === undefined || readFileSync === undefined)
    throw new RuntimeError("this host reads no files synchronously: use `await CIFAR10.load(root)`");
  if (!existsSync(path)) throw missing(path);
  return readFileSync(path);
}
