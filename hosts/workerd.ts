import "./workerd-boot.ts";

export * from "../bindings/index.ts";
