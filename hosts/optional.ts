/**
 * A package that the program may have installed, by a name that bundlers don't see: they would fail where it is not installed, and
 * one of them is native code.
 */
export const optionalPackage = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ name);
