// Bundlers for edge functions make a compiled module of a .wasm file that is imported with ?module. They compile it whether it
// is needed or not, so it is the build that every engine has.
import simd from "./flambeau.simd.wasm?module";
export default simd;
