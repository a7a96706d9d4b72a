// torch.linalg: the functions behind checks of their arguments.

import * as functions from "./functions.ts";
import { guard } from "./guard.ts";

export { LinAlgError, load } from "./functions.ts";
export { cross, diagonal, matmul, multiDot, vecdot, vectorNorm } from "../gen/linalg.ts";

export const inv = /* @__PURE__ */ guard(functions.inv, "linalg.inv", "A:Tensor");
export const invEx = /* @__PURE__ */ guard(functions.invEx, "linalg.inv_ex", "A:Tensor");
export const solve = /* @__PURE__ */ guard(functions.solve, "linalg.solve", "A:Tensor B:Tensor left:bool?");
export const cholesky = /* @__PURE__ */ guard(functions.cholesky, "linalg.cholesky", "A:Tensor upper:bool?");
export const choleskyEx = /* @__PURE__ */ guard(functions.choleskyEx, "linalg.cholesky_ex", "A:Tensor upper:bool?");
export const qr = /* @__PURE__ */ guard(functions.qr, "linalg.qr", "A:Tensor mode:str?");
export const svd = /* @__PURE__ */ guard(functions.svd, "linalg.svd", "A:Tensor fullMatrices:bool?");
export const svdvals = /* @__PURE__ */ guard(functions.svdvals, "linalg.svdvals", "A:Tensor");
export const eigh = /* @__PURE__ */ guard(functions.eigh, "linalg.eigh", "A:Tensor UPLO:str?");
export const eigvalsh = /* @__PURE__ */ guard(functions.eigvalsh, "linalg.eigvalsh", "A:Tensor UPLO:str?");
export const det = /* @__PURE__ */ guard(functions.det, "linalg.det", "A:Tensor");
export const slogdet = /* @__PURE__ */ guard(functions.slogdet, "linalg.slogdet", "A:Tensor");
export const matrixExp = /* @__PURE__ */ guard(functions.matrixExp, "linalg.matrix_exp", "A:Tensor");
export const matrixPower = /* @__PURE__ */ guard(functions.matrixPower, "linalg.matrix_power", "A:Tensor n:int");
export const matrixRank = /* @__PURE__ */ guard(
  functions.matrixRank,
  "linalg.matrix_rank",
  "A:Tensor tol:bound? hermitian:bool? atol:bound? rtol:bound?",
);
export const pinv = /* @__PURE__ */ guard(
  functions.pinv,
  "linalg.pinv",
  "A:Tensor rcond:bound? hermitian:bool? atol:bound? rtol:bound?",
);
export const solveTriangular = /* @__PURE__ */ guard(
  functions.solveTriangular,
  "linalg.solve_triangular",
  "A:Tensor B:Tensor upper:bool left:bool? unitriangular:bool?",
);
export const lstsq = /* @__PURE__ */ guard(
  functions.lstsq,
  "linalg.lstsq",
  "input:Tensor B:Tensor rcond:float? driver:str?",
);
export const matrixNorm = /* @__PURE__ */ guard(
  functions.matrixNorm,
  "linalg.matrix_norm",
  "A:Tensor ord:order? dim:ints? keepdim:bool? dtype:dtype?",
);
export const norm = /* @__PURE__ */ guard(
  functions.norm,
  "linalg.norm",
  "A:Tensor ord:order? dim:ints? keepdim:bool? dtype:dtype?",
);
export const cond = /* @__PURE__ */ guard(functions.cond, "linalg.cond", "A:Tensor p:order?");
export const tensorinv = /* @__PURE__ */ guard(functions.tensorinv, "linalg.tensorinv", "A:Tensor ind:int?");
export const tensorsolve = /* @__PURE__ */ guard(
  functions.tensorsolve,
  "linalg.tensorsolve",
  "A:Tensor B:Tensor dims:ints?",
);
export const vander = /* @__PURE__ */ guard(functions.vander, "linalg.vander", "x:Tensor N:int?");
