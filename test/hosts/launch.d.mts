export const HOSTS: readonly string[];
export const WEB_HOSTS: readonly string[];
export function command(host: string, file: string, args?: readonly string[]): [string, string[]];
export const binary: (path: string, name: string) => string;
export const node24: () => string;
export const node26: () => string;
export const deno: () => string;
export const bun: () => string;
