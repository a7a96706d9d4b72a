// Times one library on one device, in a worker of its own that loads nothing else.
import type { Opening, System, Workload } from "./workloads.ts";
import { sizesFor } from "./workloads.ts";

const SYSTEMS: Record<string, () => Promise<{ open(options: Opening): Promise<System> }>> = {
  flambeau: () => import("./systems/flambeau.ts"),
  jax: () => import("./systems/jax.ts"),
  tfjs: () => import("./systems/tfjs.ts"),
  ort: () => import("./systems/ort.ts"),
};

export interface Timing {
  /** the median of the rounds, in milliseconds */
  ms: number;
  check: number;
  rounds: number;
}

let system: System;

// #region measure
/** Rounds of some milliseconds each, as many as there is time for, of which the median counts. */
async function measure(workload: Workload, size: number, seconds: number): Promise<Timing | string> {
  const prepared = await system.cases[workload](sizesFor(size));
  if (typeof prepared === "string") return prepared;
  const check = await prepared.check();
  const round = async (times: number): Promise<number> => {
    const before = performance.now();
    for (let i = 0; i < times; i++) await prepared.run();
    await system.sync();
    return (performance.now() - before) / times;
  };
  // what is compiled at the first use is compiled here, and threads start
  await round(2);
  let once = await round(1);
  for (const end = performance.now() + 100 * seconds; performance.now() < end;) once = Math.min(once, await round(1));
  const times = Math.max(1, Math.min(200, Math.round((1000 * seconds) / 12 / once)));
  const rounds: number[] = [];
  for (const end = performance.now() + 1000 * seconds; performance.now() < end || rounds.length < 3;)
    rounds.push(await round(times));
  return { ms: rounds.toSorted((a, b) => a - b)[rounds.length >> 1]!, check, rounds: rounds.length };
}
// #endregion

export const calls = {
  /** Loads a library. @returns what it says of itself */
  async open({ name, ...options }: Opening & { name: string }): Promise<string> {
    system = await (await SYSTEMS[name]!()).open(options);
    return system.note;
  },
  measure: (wish: { workload: Workload; size: number; seconds: number }): Promise<Timing | string> =>
    measure(wish.workload, wish.size, wish.seconds),
};
export type BenchmarkCalls = typeof calls;
