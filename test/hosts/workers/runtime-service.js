// A service worker that holds a runtime.
import * as torch from "../../../dist/inline.js";
import { answer } from "./runtime.mjs";

globalThis.addEventListener("message", ({ data, source }) => source.postMessage(...answer(torch, data)));
