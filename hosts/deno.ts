import "./deno-boot.ts";

export * from "../bindings/index.ts";
