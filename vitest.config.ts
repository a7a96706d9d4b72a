import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  // tests run what users get: the built package
  resolve: { alias: { flambeau: fileURLToPath(new URL("./dist/node.js", import.meta.url)) } },
  test: {
    include: ["test/**/*.test.ts", "examples/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/bench/**"],
    testTimeout: 600_000,
    // browsers take their time to close, too
    hookTimeout: 600_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
