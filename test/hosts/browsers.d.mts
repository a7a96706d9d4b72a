export const BROWSERS: readonly string[];
/** How long a browser may take to start, or a page to be as it is waited for, in ms. */
export const PATIENCE: number;
/** Why there is no such browser here, or null. */
export function noBrowser(name: string): string | null;
/** puppeteer's Browser, which is installed beside the hosts and not known to the compiler. */
export function openBrowser(name: string, options?: { enableExtensions?: string[]; pipe?: boolean }): Promise<any>;
