// How asc is called.

export const FEATURES = { simd: ["simd"], relaxed: ["simd", "relaxed-simd"] };

/** asc's arguments for a build of the core. */
export function compilerArguments(build, out, optimized = true) {
  const args = ["core-wasm/assembly/index.ts", "--runtime", "stub", "--noAssert", "--use", "abort=", "--outFile", out];
  args.push("--transform", "./core-wasm/text.mjs", "--transform", "./core-wasm/split/raw.mjs", "--enable", "threads");
  // bindings/core.ts makes the memory, of the same size
  args.push("--importMemory", "--initialMemory", "16", "--maximumMemory", "65536");
  for (const feature of FEATURES[build]) args.push("--enable", feature);
  return optimized ? [...args, "-O3s", "--debug"] : args;
}
