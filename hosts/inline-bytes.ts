// A wasm module that core-wasm/inline.mjs has made a text of.
import { inflate } from "./inflate.ts";

export const inlineModule = (text: string): WebAssembly.Module =>
  new WebAssembly.Module(inflate(Uint8Array.from(atob(text), (c) => c.charCodeAt(0))));

export async function inlineNumerics(): Promise<WebAssembly.Module | undefined> {
  const { default: text } = await import("./inline-numerics.js");
  return text === "" ? undefined : inlineModule(text);
}
