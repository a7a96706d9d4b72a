// torch.profiler: what a program's ops take. The profiler itself is a chunk that the first use loads.

import type { ProfileOptions, Profile } from "./profile.ts";

export { recordFunction } from "./record.ts";
export type { Profile, ProfileOptions };
export type { AveragedEvent, EventAverages, ProfileEvent, TableOptions } from "./report.ts";

/**
 * Measures each op that runs while `fn`, sync or async, does: times of the host, calls, bytes. On WebGPU ops are queued: `fn` is
 * followed by `webgpu::synchronize`, in which the device catches up. Without a function it measures until `stop`.
 * Follows torch.profiler.profile.
 * @example
 * const profile = await torch.profiler.profile(() => torch.ones(2, 2).matmul(torch.ones(2, 2)));
 * profile.keyAverages().some(({ key }) => key === "aten::matmul"); // true
 */
export async function profile(fn: () => unknown, options?: ProfileOptions): Promise<Profile>;
export async function profile(options?: ProfileOptions): Promise<Profile>;
export async function profile(first?: (() => unknown) | ProfileOptions, second?: ProfileOptions): Promise<Profile> {
  const { runProfile, Profile } = await import("./profile.ts");
  return typeof first === "function" ? runProfile(first, second ?? {}) : new Profile(first ?? {});
}
