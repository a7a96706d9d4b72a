// node --import tsx examples/edge/node.ts [--port 8787]
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { numberOption } from "../lib/main.ts";
import { digitService, type Service } from "./service.ts";

/** Node's request as the standard has it. @throws TypeError for what the standard does not allow */
function asRequest(incoming: IncomingMessage): Request {
  const { method = "GET", headers, url = "/" } = incoming;
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(new URL(url, "http://localhost"), {
    method,
    headers: pairs,
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: "half" }),
  });
}

async function respond(service: Service, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  let request: Request;
  try {
    request = asRequest(incoming);
  } catch (error) {
    outgoing.writeHead(400, { "content-type": "application/json" });
    outgoing.end(JSON.stringify({ error: (error as Error).message }));
    return;
  }
  const response = await service(request);
  const body = new Uint8Array(await response.arrayBuffer());
  // a body that was refused is not read: the connection ends with the answer
  const isRead = incoming.readableEnded || request.body === null;
  outgoing.writeHead(response.status, {
    ...Object.fromEntries(response.headers),
    ...(!isRead && { connection: "close" }),
  });
  outgoing.end(body);
}

const weights = await readFile(new URL("./model/mnist.safetensors", import.meta.url));
const service = await digitService(weights);
const server = createServer((incoming, outgoing) => void respond(service, incoming, outgoing));
server.listen(numberOption("port", 8787), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
