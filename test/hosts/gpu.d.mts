export function gpuEnvironment(): Record<string, string>;
export function noGpu(): string | null;
