export const HOSTS: readonly string[];
export function command(host: string, file: string, args?: readonly string[]): [string, string[]];
export const node24: () => string;
export const deno: () => string;
export const bun: () => string;
export function gpuEnvironment(): Record<string, string>;
export function noGpu(): string | null;
