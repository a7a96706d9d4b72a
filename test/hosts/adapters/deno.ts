declare const Deno: { test(definition: { name: string; fn: () => void | Promise<void>; sanitizeOps: boolean }): void };

/** Timers for memory pressure may outlive a test, which Deno's sanitizer would report. */
export const test = (name: string, fn: () => void | Promise<void>): void => Deno.test({ name, fn, sanitizeOps: false });
