// The methods and functions that the parts outside of the core entry give to those inside (parts.ts).
import { addMethods as addStftMethods } from "../fft/stft.ts";
import { matrixNorm, qr } from "../linalg/functions.ts";
import { addMethods as addLinalgMethods } from "../linalg/torch.ts";
import { givePart } from "../parts.ts";

addLinalgMethods();
addStftMethods();
givePart("matrixNorm", matrixNorm);
givePart("qr", qr);
