// The worker's part of the page: one training at a time.
import * as torch from "flambeau";
import { emit } from "../lib/channel.ts";
import { type Split, digits } from "./data.ts";
import { type Check, type Progress, Training } from "./training.ts";

export interface Events {
  /** bytes of the training images that have come */
  loading: number;
  progress: Progress;
  check: Check & { samples: number[][] };
}

const SAMPLES = 24;
let base = "";
let testing: Split;
let training: Split | undefined;
let current: Training;
let running: Promise<void> | undefined;

async function checked(check: Check): Promise<void> {
  const samples = await current.classify(testing.images.narrow(0, 0, SAMPLES));
  emit("check", { ...check, samples } satisfies Events["check"]);
}

export const calls = {
  /** Fetches the test images. @returns the bytes of the first ones, 784 each */
  async open({ address, images }: { address: string; images: number }): Promise<Uint8Array> {
    base = address;
    testing = await digits(base, "test", images, () => {});
    torch.manualSeed(0);
    current = new Training(testing);
    return testing.images.narrow(0, 0, 200).clone().data() as Uint8Array;
  },

  /** Trains, as far as it is not stopped. @returns whether it went to the end */
  async train({ epochs, images }: { epochs: number; images: number }): Promise<boolean> {
    let bytes = 0;
    training ??= await digits(base, "train", images, (more) => emit("loading", (bytes += more)));
    const mine = current;
    running = mine.run(
      training,
      epochs,
      (progress) => emit("progress", progress),
      // what fails in it fails in the training, too
      (check) => void checked(check).catch(() => {}),
    );
    await running;
    return mine === current;
  },
  hold: (): void => current.gate.hold(),
  resume: (): void => current.gate.resume(),

  /** Forgets everything that was learned. */
  async reset(): Promise<void> {
    const device = current.device;
    current.gate.stop();
    await running?.catch(() => {});
    torch.manualSeed(0);
    current = new Training(testing);
    await current.use(device);
  },

  async use({ device, threads }: { device: "cpu" | "webgpu"; threads: number }): Promise<void> {
    torch.setNumThreads(threads);
    if (device === "webgpu") await torch.webgpu.init();
    await current.use(device);
  },

  /**
   * To be called after an error: if the device was lost, the training goes back to its newest copy on the CPU.
   * @returns the step of that copy
   */
  async rescue(): Promise<number | undefined> {
    if (!torch.webgpu.isLost()) return undefined;
    await current.rescue();
    return current.step;
  },

  /** Probabilities of the ten digits for an image of 784 bytes. */
  async classify(image: Uint8Array): Promise<number[]> {
    const pixels = torch.tensor(image).view([1, 28, 28]);
    const [probabilities] = await current.classify(pixels);
    pixels.dispose();
    return probabilities!;
  },

  weights: (): Promise<Uint8Array> => current.weights(),
  /** Takes the weights of a file over and asks about all test images. */
  async loadWeights(file: Blob): Promise<void> {
    await current.loadWeights(file);
    await checked(await current.check());
  },
};
export type MnistCalls = typeof calls;
