// What the package does in workerd, at a date with everything and at one without finalizers and AsyncLocalStorage.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildWorkerd, workerdConfig } from "../../examples/edge/build.mjs";
import { type Server, startWorkerd } from "./servers.ts";

const hasNumerics = existsSync(fileURLToPath(new URL("../../dist/flambeau.numerics.wasm", import.meta.url)));

describe.each([
  ["2026-11-01", "function"],
  ["2024-01-01", "undefined"],
])("compatibility date %s", (date, finalizers) => {
  const folder = mkdtempSync(join(tmpdir(), "flambeau-workerd-"));
  let server: Server;
  const get = async (path: string): Promise<any> => (await fetch(`${server.url}${path}`)).json();

  beforeAll(async () => {
    const unused = hasNumerics ? [] : ["workerd-numerics"];
    const names = await buildWorkerd(folder, fileURLToPath(new URL("worker.ts", import.meta.url)), unused);
    const config = join(folder, "config.capnp");
    writeFileSync(config, workerdConfig(names, date));
    server = await startWorkerd(config);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  test("the global scope may make tensors, but no seeds", async () => {
    const start = await get("/start");
    expect(start.atStart[0]).toBeCloseTo(0.4963, 4);
    expect(start.seedAtStart).toMatch(/Disallowed operation called within global scope/);
    expect(start.finalizers).toBe(finalizers);
    expect(await get("/seed")).toBe("bigint");
  });

  test("one thread, relaxed SIMD, no WebGPU", async () => {
    expect(await get("/backends")).toMatchObject({ cpu: { build: "relaxed", threads: 1 }, webgpu: false });
    const [module, compiled, gpu] = await get("/bytes");
    expect(module).toMatch(/Wasm code generation disallowed by embedder/);
    expect(compiled).toMatch(/Wasm code generation disallowed by embedder/);
    expect(gpu).toMatch(/no WebGPU/);
  });

  test("trains", async () => {
    const losses = await get("/train");
    expect(losses.at(-1)).toBeLessThan(losses[0] / 4);
  });

  test.runIf(hasNumerics)("linear algebra is there when it is asked for", async () => {
    const rows = await get("/linalg");
    [0.6, -0.2, -0.2, 0.4].forEach((value, i) => expect(rows.flat()[i]).toBeCloseTo(value, 6));
  });

  test("asynchronous scopes of different requests release what is theirs", async () => {
    const { while: open, after } = await get("/overlap");
    // without AsyncLocalStorage what is made after an await waits for the last scope
    expect(open).toBe(finalizers === "function" ? 1 : 3);
    expect(after).toBe(0);
  });

  test.runIf(finalizers === "function")(
    "dropped tensors are collected before an isolate's 128 MB are full",
    async () => {
      const { after } = await get("/drop");
      expect(after).toBeLessThan(128 * 2 ** 20);
    },
  );
});
