import "./workerd-boot.ts";

export * from "../bindings/essential/index.ts";
