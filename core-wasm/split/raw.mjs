// A transform of asc: writes the core as the compiler has made it, before the optimizer, with names, to the file that RAW_CORE
// names. With RAW_CORE_ONLY the compiler stops there.
import { writeFileSync } from "node:fs";
import { Transform } from "assemblyscript/transform";
import binaryen from "binaryen";

export default class WriteRaw extends Transform {
  afterCompile(module) {
    if (!process.env.RAW_CORE) return;
    const before = binaryen.getDebugInfo();
    binaryen.setDebugInfo(true);
    writeFileSync(process.env.RAW_CORE, module.emitBinary());
    binaryen.setDebugInfo(before);
    if (process.env.RAW_CORE_ONLY) process.exit(0);
  }
}
