import "./inline-system-boot.ts";

export * from "../bindings/index.ts";
