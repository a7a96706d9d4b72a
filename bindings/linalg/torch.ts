// The functions of linear algebra that stand in torch itself, and the methods, behind checks of their arguments.

import { defineMethods } from "../tensor/call.ts";
import { Tensor } from "../tensor/tensor.ts";
import { guard } from "./guard.ts";
import * as linalg from "./index.ts";
import * as functions from "./toplevel.ts";

export const { det, matrixExp, matrixPower, slogdet } = linalg;
export const logdet = /* @__PURE__ */ guard(functions.logdet, "logdet", "input:Tensor");
export const inverse = /* @__PURE__ */ guard(functions.inverse, "inverse", "input:Tensor");
export const pinverse = /* @__PURE__ */ guard(functions.pinverse, "pinverse", "input:Tensor rcond:float?");
export const cholesky = /* @__PURE__ */ guard(functions.cholesky, "cholesky", "input:Tensor upper:bool?");
export const choleskySolve = /* @__PURE__ */ guard(
  functions.choleskySolve,
  "cholesky_solve",
  "input:Tensor input2:Tensor upper:bool?",
);
export const choleskyInverse = /* @__PURE__ */ guard(
  functions.choleskyInverse,
  "cholesky_inverse",
  "input:Tensor upper:bool?",
);
export const qr = /* @__PURE__ */ guard(functions.qr, "qr", "input:Tensor some:bool?");
export const svd = /* @__PURE__ */ guard(functions.svd, "svd", "input:Tensor some:bool? computeUv:bool?");
export const triangularSolve = /* @__PURE__ */ guard(
  functions.triangularSolve,
  "triangular_solve",
  "b:Tensor A:Tensor upper:bool? transpose:bool? unitriangular:bool?",
);
export const vander = /* @__PURE__ */ guard(functions.vander, "vander", "x:Tensor N:int? increasing:bool?");

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** Called by whoever makes torch complete. */
export function addMethods(): void {
  const functionsAsMethods: Record<string, AnyFunction> = {
    inverse,
    pinverse,
    det,
    logdet,
    slogdet,
    matrixExp,
    matrixPower,
    cholesky,
    choleskySolve,
    choleskyInverse,
    qr,
    svd,
    triangularSolve,
  };
  const methods = Object.entries(functionsAsMethods).map(([name, run]) => [
    name,
    function (this: Tensor, ...args: unknown[]) {
      return run(this, ...args);
    },
  ]);
  defineMethods(Tensor, Object.fromEntries(methods) as Record<string, unknown>);
}
