// The dtype that creation uses when none is asked for.

import { core } from "../core.ts";
import { TypeError } from "../error.ts";
import { dtypeCode, DTYPES, isFloatingCode, type DType } from "./dtype.ts";

let defaultCode = dtypeCode("float32");

/**
 * Sets the floating dtype that numbers become; follows torch.set_default_dtype.
 * @throws TypeError for a dtype that is not floating
 * @example
 * torch.setDefaultDtype("float64");
 * torch.zeros(1).dtype; // "float64"
 * torch.setDefaultDtype("float32");
 */
export function setDefaultDtype(dtype: DType): void {
  const code = dtypeCode(dtype);
  if (!isFloatingCode(code)) {
    throw new TypeError("only floating-point types are supported as the default type");
  }
  defaultCode = code;
  core.setDefaultDType(code);
}

/**
 * The floating dtype that numbers become, `"float32"` unless set otherwise; follows torch.get_default_dtype.
 * @example
 * torch.getDefaultDtype(); // "float32"
 */
export function getDefaultDtype(): DType {
  return DTYPES[defaultCode]!;
}

/** @internal */
export function defaultDtypeCode(): number {
  return defaultCode;
}
