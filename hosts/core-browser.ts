import "./browser-boot.ts";

export * from "../bindings/essential/index.ts";
