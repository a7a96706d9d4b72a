export interface Served {
  readonly url: string;
  readonly requests: string[];
  close(): void;
}

export interface ServeOptions {
  isolated?: boolean;
  wasmType?: string;
  without?: RegExp;
  headers?: Record<string, string>;
}

export function serve(folder: string, options?: ServeOptions): Promise<Served>;
