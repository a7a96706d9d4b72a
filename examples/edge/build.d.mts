export function buildWorkerd(outdir: string, entry?: string): Promise<string[]>;
export function workerdConfig(names: readonly string[], date?: string): string;
export function wasmGlobal(path: string): string;
export function buildEdgeLight(outdir: string, entry?: string): Promise<void>;
