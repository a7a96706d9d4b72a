/** Why programs cannot run in Chromium here, or null. */
export function noChromium(): string | null;
