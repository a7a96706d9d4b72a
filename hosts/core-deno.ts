import "./deno-boot.ts";

export * from "../bindings/essential/index.ts";
