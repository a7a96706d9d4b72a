// Named stretches of a program, which a profiler sees while one runs.

/** What the running profiler does when a stretch begins; it gives what ends it. */
export const recorder: { begin: ((name: string) => () => void) | undefined } = { begin: undefined };

/**
 * Runs `fn`, sync or async, under a name in the profile; without a profiler it just runs. Follows
 * torch.profiler.record_function.
 * @example
 * const run = () => torch.profiler.recordFunction("encoder", () => torch.ones(2).add(1));
 * const profile = await torch.profiler.profile(run);
 * profile.events.some(({ name }) => name === "encoder"); // true
 */
export function recordFunction<T>(name: string, fn: () => T): T {
  const end = recorder.begin?.(name);
  if (end === undefined) return fn();
  let result: T;
  try {
    result = fn();
  } catch (error) {
    end();
    throw error;
  }
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then === "function") {
    return Promise.resolve(result).finally(end) as T;
  }
  end();
  return result;
}
