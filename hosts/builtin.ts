// Node's modules, each when it is first used: a static import of one reads all its exports, which loads others behind it, and
// six of them take longer than compiling the core. In Deno `process` does so, too: the first look at it takes 15 ms.
type Builtin = typeof process.getBuiltinModule;

let older: Builtin | undefined;

/** For Node before 20.16, which has no `getBuiltinModule`: the entries that it may run say how modules are found there. */
export function findBuiltins(createRequire: (file: string) => unknown): void {
  if (process.getBuiltinModule === undefined) older = createRequire(process.execPath) as Builtin;
}

export const builtin = ((name: string) => (older ?? process.getBuiltinModule)(name)) as Builtin;
