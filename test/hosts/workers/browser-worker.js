// A worker that a page starts itself, as bundlers want it.
import * as torch from "../../../dist/browser.js";
import * as module from "./browser-dataset.js";

torch.utils.data.serveWorkers(module);
