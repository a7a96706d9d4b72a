// As edge-light-core.js; a module of its own, since the file is there only in builds that had emscripten.
import numerics from "./flambeau.numerics.wasm?module";
export default numerics;
