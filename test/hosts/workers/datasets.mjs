// Datasets that the workers of test/hosts/loader.test.ts make.
import * as torch from "flambeau";

const { Dataset, IterableDataset, getWorkerInfo } = torch.utils.data;

/** Samples { x: float32 [2], label, worker }. */
export default class Squares extends Dataset {
  constructor(length, ready) {
    super();
    this.length = length;
    this.ready = ready ?? true;
  }
  get(index) {
    return {
      x: torch.tensor([index, index * index]),
      label: index,
      worker: getWorkerInfo()?.id ?? -1,
      name: `sample ${index}`,
    };
  }
}

/** What each worker draws and knows. */
export class Facts extends Dataset {
  length = 4;
  get() {
    const { id, numWorkers, seed, dataset } = getWorkerInfo();
    return { id, numWorkers, seed, own: dataset === this, drawn: torch.rand(1), initial: torch.initialSeed() };
  }
}

/** A factory, asynchronous; the last sample comes late or never. */
export const slow = async (seconds) => ({
  length: 3,
  get: (index) => new Promise((resolve) => setTimeout(resolve, index === 2 ? seconds * 1000 : 0, index)),
});

export class Failing extends Dataset {
  length = 6;
  get(index) {
    if (index === 3) torch.zeros(2, 3).matmul(torch.zeros(2, 3));
    return index;
  }
}

export class Unsendable extends Dataset {
  length = 2;
  get(index) {
    return index === 0 ? torch.ones(2, { requiresGrad: true }).mul(2) : () => index;
  }
}

export function broken() {
  if (getWorkerInfo() !== null) throw new RangeError("no such folder");
  return { length: 2, get: (index) => index };
}

export class Dying extends Dataset {
  length = 4;
  get(index) {
    if (index === 1) process.exit(3);
    return index;
  }
}

/** 0 … n-1, shared among the workers; the samples of `stream` come asynchronously. */
export class Counting extends IterableDataset {
  constructor(count) {
    super();
    this.count = count;
  }
  *[Symbol.iterator]() {
    const { id = 0, numWorkers = 1 } = getWorkerInfo() ?? {};
    for (let i = id; i < this.count; i += numWorkers) yield i;
  }
}
export class Streaming extends IterableDataset {
  constructor(count) {
    super();
    this.count = count;
  }
  async *[Symbol.asyncIterator]() {
    for (let i = 0; i < this.count; i++) yield i;
  }
}

export const sumOf = (samples) => samples.reduce((sum, { label }) => sum + label, 0);

let greeting = "none";
export const greet = (id) => {
  greeting = `hello from ${id}`;
};
export const Greetings = () => ({ length: 2, get: () => greeting });

const { datasets, transforms } = torch.vision;
export const Pictures = (folder) => new datasets.ImageFolder(folder, { transform: new transforms.ToTensor() });
