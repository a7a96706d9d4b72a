import "./browser-boot.ts";
import { Tensor } from "../bindings/index.ts";
import { installFormatter } from "./devtools.ts";
import { loadRestAhead } from "./web-rest.ts";

loadRestAhead();
installFormatter(Tensor);

export * from "../bindings/index.ts";
