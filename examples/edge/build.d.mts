export function buildWorkerd(outdir: string, entry?: string, unused?: readonly string[]): Promise<string[]>;
export function workerdConfig(names: readonly string[], date?: string, flags?: readonly string[]): string;
export function wasmGlobal(path: string): string;
export function buildEdgeLight(outdir: string, entry?: string): Promise<void>;
