import "./inline-boot.ts";
import { Tensor } from "../bindings/index.ts";
import { installFormatter } from "./devtools.ts";

installFormatter(Tensor);

export * from "../bindings/index.ts";
