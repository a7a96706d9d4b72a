import "./node-boot.ts";

export * from "../bindings/essential/index.ts";
