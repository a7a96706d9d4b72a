// From indices to a batch, in the main thread as in workers.

import { defaultCollate, defaultConvert } from "./collate.ts";
import { IterableDataset, type MapDataset, sampleOf } from "./dataset.ts";

/** What a DataLoader reads from. */
export type Source<T = unknown> = MapDataset<T> | IterableDataset<T> | readonly T[];

export interface FetchOptions {
  /** whether samples are put together in batches */
  readonly batched: boolean;
  readonly dropLast: boolean;
  /** makes a batch of samples, or converts a single one; undefined for the default */
  readonly collate: ((samples: never) => unknown) | undefined;
}

/** Indices of a map-style dataset, one or a batch of them. From an iterable one, as many samples are read. */
export type Wanted = number | readonly number[];

/** Comes in place of a batch when an iterable dataset has ended. */
export const END = Symbol("end");

export function isPromise(x: unknown): x is Promise<unknown> {
  return typeof x === "object" && x !== null && typeof (x as { then?: unknown }).then === "function";
}

/** `fn` of a value that may have to be waited for. */
const then = (value: unknown, fn: (value: never) => unknown): unknown =>
  isPromise(value) ? value.then(fn as (value: unknown) => unknown) : fn(value as never);

const all = (values: unknown[]): unknown => (values.some(isPromise) ? Promise.all(values) : values);

/** A function that makes batches; what it gives is a promise where samples are. */
export function fetcher(source: Source, { batched, dropLast, collate }: FetchOptions): (wanted: Wanted) => unknown {
  const finish = collate ?? (batched ? defaultCollate : defaultConvert);
  if (source instanceof IterableDataset) return streamed(source, dropLast, finish);
  const { getBatch } = source as MapDataset;
  if (batched && collate === undefined && getBatch !== undefined)
    return (wanted) => getBatch.call(source, wanted as number[]);
  return (wanted) =>
    then(
      Array.isArray(wanted) ? all(wanted.map((i) => sampleOf(source, i))) : sampleOf(source, wanted as number),
      finish,
    );
}

function streamed(
  source: IterableDataset,
  dropLast: boolean,
  finish: (samples: never) => unknown,
): (wanted: Wanted) => unknown {
  let ended = false;
  const batch = (samples: readonly unknown[], wanted: readonly unknown[]): unknown =>
    samples.length === 0 || (dropLast && samples.length < wanted.length) ? END : then(all([...samples]), finish);
  if (source[Symbol.iterator] !== undefined) {
    const iterator = source[Symbol.iterator]!();
    const next = (): unknown => {
      const { done, value } = ended ? { done: true, value: undefined } : iterator.next();
      ended ||= done === true;
      return ended ? END : value;
    };
    return (wanted) => {
      if (!Array.isArray(wanted)) return then(next(), (value) => (value === END ? END : finish(value)));
      const samples: unknown[] = [];
      for (let value; samples.length < wanted.length && (value = next()) !== END;) samples.push(value);
      return batch(samples, wanted);
    };
  }
  const iterator = source[Symbol.asyncIterator]!();
  const next = async (): Promise<unknown> => {
    const { done, value } = ended ? { done: true, value: undefined } : await iterator.next();
    ended ||= done === true;
    return ended ? END : value;
  };
  return async (wanted) => {
    if (!Array.isArray(wanted)) return next().then((value) => (value === END ? END : finish(value as never)));
    const samples: unknown[] = [];
    for (let value; samples.length < wanted.length && (value = await next()) !== END;) samples.push(value);
    return batch(samples, wanted);
  };
}
