import "./edge-light-boot.ts";

export * from "../bindings/essential/index.ts";
