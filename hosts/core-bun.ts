import "./bun-boot.ts";

export * from "../bindings/essential/index.ts";
