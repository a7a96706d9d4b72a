export interface Browser {
  /** What a page logs first as a result or failure, or the error that ends it. */
  firstLine(url: string): Promise<string>;
  /** The address of the extension. */
  readonly extension: string | undefined;
  close(): Promise<void>;
}

export function launch(name: string, extension?: string): Promise<Browser>;
