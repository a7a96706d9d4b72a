// The methods and functions that the parts outside of the core entry give to those inside (parts.ts).
import { addMethods as addStftMethods } from "../fft/stft.ts";
import { matrixNorm, qr } from "../linalg/functions.ts";
import { addMethods as addLinalgMethods } from "../linalg/torch.ts";
import { givePart } from "../parts.ts";
import { addMethods as addMatrixMethods } from "./matrices.ts";

addLinalgMethods();
addStftMethods();
addMatrixMethods();
givePart("matrixNorm", matrixNorm);
givePart("qr", qr);
