// Images in folders, one folder for each class.

import { host } from "../../boot.ts";
import { RuntimeError, ValueError } from "../../error.ts";
import type { Image } from "../image.ts";
import { checkDataset, type Sample, type TransformOptions, VisionDataset } from "./base.ts";

/** What makes a sample of a file's bytes. */
export type Loader = (bytes: Uint8Array, path: string) => unknown;

export interface FolderOptions extends TransformOptions {
  /** which files are samples, by their paths below `root` */
  isValidFile?: ((path: string) => boolean) | null;
  /** default: decodes PNG and JPEG to an RGB `vision.Image` */
  loader?: Loader;
  /** the files below `root`, as "cat/1.png"; needed where the host cannot list folders, as in browsers, `root` being a URL */
  files?: readonly string[];
}

export interface DatasetFolderOptions extends FolderOptions {
  loader: Loader;
  /** endings of the files that are samples, as ".npy"; or give `isValidFile` */
  extensions?: readonly string[] | null;
}

const IMAGES = [".jpg", ".jpeg", ".png", ".ppm", ".pgm", ".webp", ".bmp", ".gif"];

/** The default loader: an RGB image, as torchvision's of PIL. */
const decodeRgb: Loader = async (bytes): Promise<Image> => (await import("../io/codec.ts")).decodeRgb(bytes);

/** In the order of Python's walk: folder by folder, then by name. */
function byFolder(a: string, b: string): number {
  const split = (path: string): [string, string] => {
    const at = path.lastIndexOf("/");
    return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
  };
  const [[x, p], [y, q]] = [split(a), split(b)];
  const order = (s: string, t: string): number => (s < t ? -1 : s > t ? 1 : 0);
  return order(x, y) || order(p, q);
}

/**
 * Files in folders, each named for a class: root/cat/1.npy, root/dog/2.npy. A sample is a promise of [what the loader makes,
 * class index]. Follows torchvision.datasets.DatasetFolder.
 * @throws RuntimeError if there are no folders, or one without a file
 * @example
 * const { DatasetFolder } = torch.vision.datasets;
 * const files = ["cat/1.txt", "cat/b/2.txt", "dog/3.txt"];
 * new DatasetFolder("pets", { loader: (bytes) => bytes.length, extensions: [".txt"], files }).classes; // ["cat", "dog"]
 */
export class DatasetFolder extends VisionDataset<Promise<Sample>> {
  readonly root: string;
  /** the names of the classes, in order */
  readonly classes: readonly string[];
  readonly classToIdx: Readonly<Record<string, number>>;
  /** path and class index of every file */
  readonly samples: readonly (readonly [path: string, target: number])[];
  readonly targets: readonly number[];
  readonly loader: Loader;

  constructor(root: string | URL, options: DatasetFolderOptions) {
    checkDataset(new.target.name, options, ["loader", "extensions", "isValidFile", "files"]);
    super(options);
    const { extensions = null, isValidFile = null, loader } = options;
    if ((extensions === null) === (isValidFile === null))
      throw new ValueError("Both extensions and is_valid_file cannot be None or not None at the same time");
    this.root = String(root).replace(/\/$/, "");
    this.loader = loader;
    const list = options.files ?? host().listFiles?.(this.root);
    if (list === undefined)
      throw new RuntimeError("this host cannot list folders: give the option files, the paths below the root");
    const nested = list.filter((path) => path.includes("/"));
    const classes = [...new Set(nested.map((path) => path.slice(0, path.indexOf("/"))))].sort();
    if (classes.length === 0) throw new RuntimeError(`Couldn't find any class folder in ${this.root}.`);
    const classToIdx: Record<string, number> = Object.fromEntries(classes.map((name, i) => [name, i]));
    const valid = isValidFile ?? ((path) => extensions!.some((ending) => path.toLowerCase().endsWith(ending)));
    const found = nested.filter(valid).sort(byFolder);
    const classOf = (path: string): string => path.slice(0, path.indexOf("/"));
    const empty = classes.filter((name) => !found.some((path) => classOf(path) === name));
    if (empty.length > 0)
      throw new RuntimeError(
        `Found no valid file for the classes ${empty.join(", ")}. ` +
          (extensions === null ? "" : `Supported extensions are: ${extensions.join(", ")}`),
      );
    this.classes = classes;
    this.classToIdx = classToIdx;
    // the classes' order comes first, since "a-b" is before "a/b"
    this.samples = found
      .map((path) => [`${this.root}/${path}`, classToIdx[classOf(path)]!] as const)
      .sort(([, a], [, b]) => a - b);
    this.targets = this.samples.map(([, target]) => target);
  }

  get length(): number {
    return this.samples.length;
  }

  async get(index: number): Promise<Sample> {
    const [path, target] = this.samples[index]!;
    const sample = await this.loader(await host().readFile(path), path);
    return this.transformed(sample, target);
  }
}

/**
 * Images in folders, each named for a class: root/cat/1.png, root/dog/2.jpg. A sample is a promise of [image, class index], so
 * iterate a loader with `for await`. PNG and JPEG are decoded by the packages fast-png and jpeg-js, in browsers by the browser.
 * Follows torchvision.datasets.ImageFolder.
 * @throws RuntimeError if there are no folders, or one without an image
 * @example
 * const { ImageFolder } = torch.vision.datasets;
 * new ImageFolder("https://example.org/pets", { files: ["dog/1.png", "cat/2.jpg"] }).classToIdx; // { cat: 0, dog: 1 }
 */
export class ImageFolder extends DatasetFolder {
  constructor(root: string | URL, options: FolderOptions = {}) {
    checkDataset("ImageFolder", options, ["loader", "isValidFile", "files"]);
    const extensions = options.isValidFile ? null : IMAGES;
    super(root, { ...options, loader: options.loader ?? decodeRgb, extensions });
  }

  /** path and class index of every image */
  get imgs(): DatasetFolder["samples"] {
    return this.samples;
  }
}
