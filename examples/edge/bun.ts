// bun run examples/edge/bun.ts [--port 8787]
import { numberOption } from "../lib/main.ts";
import { digitService, type Service } from "./service.ts";

declare const Bun: {
  file(path: URL): { arrayBuffer(): Promise<ArrayBuffer> };
  serve(options: { hostname: string; port: number; fetch: Service }): { url: URL };
};

const weights = await Bun.file(new URL("./model/mnist.safetensors", import.meta.url)).arrayBuffer();
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: numberOption("port", 8787),
  fetch: await digitService(weights),
});
console.log(`Listening on ${server.url}`);
