import "./node-boot.ts";

export * from "../bindings/index.ts";
