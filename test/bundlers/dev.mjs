// Vite's development server, until standard input ends: node dev.mjs PROJECT
import { join } from "node:path";
import { createServer } from "vite";

const root = process.argv[2];
const server = await createServer({
  root,
  logLevel: "silent",
  cacheDir: join(root, ".vite"),
  server: { port: 0, host: "127.0.0.1", watch: null },
});
await server.listen();
console.log(server.resolvedUrls.local[0]);
process.stdin.resume().on("end", () => process.exit(0));
