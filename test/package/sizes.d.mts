export function gzipSize(file: string): number;
export function imported(entry: string): string[];
export function pageFiles(entry: string, build?: "simd" | "relaxed"): string[];
export function total(files: readonly string[]): number;
