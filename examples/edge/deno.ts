// deno run --allow-net --allow-read examples/edge/deno.ts [--port 8787]
import { numberOption } from "../lib/main.ts";
import { digitService, type Service } from "./service.ts";

declare const Deno: {
  readFile(path: URL): Promise<Uint8Array>;
  serve(options: { hostname: string; port: number }, service: Service): unknown;
};

const weights = await Deno.readFile(new URL("./model/mnist.safetensors", import.meta.url));
Deno.serve({ hostname: "127.0.0.1", port: numberOption("port", 8787) }, await digitService(weights));
