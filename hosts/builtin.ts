// Node's modules, each when it is first used: a static import of one reads all its exports, which loads others behind it, and
// six of them take longer than compiling the core.
import { createRequire } from "node:module";

type Builtin = typeof process.getBuiltinModule;

/** Node before 20.16 has no such function. */
export const builtin: Builtin =
  (process.getBuiltinModule as Builtin | undefined) ?? (createRequire(process.execPath) as Builtin);
