import "./browser-boot.ts";

export * from "../bindings/index.ts";
