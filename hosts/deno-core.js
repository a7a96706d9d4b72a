// A source-phase import needs no permission to read files, and every Deno that knows it has relaxed SIMD. The file is
// copied as it stands: bundlers and type checkers do not all know this syntax.
import source core from "./flambeau.relaxed.threads.core.wasm";
import source rest from "./flambeau.relaxed.threads.rest.wasm";
export { core, rest };
