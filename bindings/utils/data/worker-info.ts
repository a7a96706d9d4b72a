// What code in a worker of a DataLoader knows about itself.

/** Follows torch.utils.data._utils.worker.WorkerInfo. */
export interface WorkerInfo {
  /** 0 ≤ id < numWorkers */
  readonly id: number;
  readonly numWorkers: number;
  /** what this worker's default generator was seeded with: the epoch's base seed + id */
  readonly seed: bigint;
  /** this worker's own dataset; undefined while that is being made */
  readonly dataset: unknown;
}

let info: WorkerInfo | null = null;

/**
 * In a worker of a DataLoader, which of them it is; null elsewhere. Follows torch.utils.data.get_worker_info.
 * @example
 * class Shards extends torch.utils.data.IterableDataset {
 *   *[Symbol.iterator]() {
 *     const { id = 0, numWorkers = 1 } = torch.utils.data.getWorkerInfo() ?? {};
 *     for (let i = id; i < 4; i += numWorkers) yield i;
 *   }
 * }
 * [...new Shards()]; // [0, 1, 2, 3]
 */
export const getWorkerInfo = (): WorkerInfo | null => info;

/** @internal */
export function setWorkerInfo(value: WorkerInfo): void {
  info = value;
}
