export const PYTHON: string;
export function noPytorch(): string | null;
