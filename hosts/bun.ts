import "./bun-boot.ts";

export * from "../bindings/index.ts";
