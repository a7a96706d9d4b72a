export const root: string;
export function bundle(file: string, condition: string, base: string): Promise<string>;
export function serve(options?: {
  program?: string;
  isolated?: boolean;
}): Promise<{ address: string; exit: Promise<number>; close(): void }>;
