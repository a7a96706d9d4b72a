// What the core entry (essential/index.ts) knows of but has not got: functions of the other parts of the package, which give them
// here when they are loaded.
import { NotImplementedError } from "./error.ts";
import { defineMethods } from "./tensor/call.ts";
import { Tensor } from "./tensor/tensor.ts";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyFunction = (...args: any[]) => any;

const parts: Record<string, AnyFunction> = {};

export const givePart = (name: string, run: AnyFunction): void => void (parts[name] = run);

const missing = (what: string): never => {
  throw new NotImplementedError(`${what} is not in flambeau/core: import "flambeau" beside it or in its place`);
};

/** A function of another part. @throws NotImplementedError if that has not been imported */
export const partOf = <F extends AnyFunction>(name: string, what: string): F => (parts[name] as F) ?? missing(what);

/** Methods that other parts bring. */
const ABSENT =
  "inverse pinverse det logdet slogdet matrixExp matrixPower cholesky choleskySolve choleskyInverse qr svd triangularSolve lu luSolve geqrf orgqr ormqr stft istft";

export function defineAbsentMethods(): void {
  const methods = ABSENT.split(" ").map((name) => [name, () => missing(`Tensor.${name}`)]);
  defineMethods(Tensor, Object.fromEntries(methods) as Record<string, unknown>);
}
