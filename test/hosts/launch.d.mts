export const HOSTS: readonly string[];
export function command(host: string, file: string, args?: readonly string[]): [string, string[]];
export const node24: () => string | undefined;
export const deno: () => string | undefined;
export const bun: () => string | undefined;
