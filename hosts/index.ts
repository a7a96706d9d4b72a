// For registries whose packages have one entry for every host, as JSR's: it finds out where it is.
const found = globalThis as { Deno?: unknown; Bun?: unknown; process?: { versions?: { node?: string } } };
if (found.Deno !== undefined) await import("./deno-boot.ts");
else if (found.Bun !== undefined) await import("./bun-boot.ts");
else if (found.process?.versions?.node !== undefined) await import("./node-boot.ts");
else await import("./browser-boot.ts");

export * from "../bindings/index.ts";
