// workerd refuses to compile bytes, but gives a .wasm file that is imported as a compiled module.
import relaxed from "./flambeau.relaxed.wasm";
export default relaxed;
