import "./edge-light-boot.ts";

export * from "../bindings/index.ts";
