// An HTTP function that says which digit a picture shows. It is made of web standards only, so every server runs this same file:
// workerd.ts, edge-light.ts, deno.ts, bun.ts and node.ts hand it the weights and serve it.
//   POST /classify  image/png, application/octet-stream (28 × 28 bytes) or application/json (784 numbers from 0 to 255)
//   GET /health     the runtime, and what it holds in memory
import * as torch from "flambeau";
import { asDigit, classifier } from "../lib/classifier.ts";
import type { GrayImage } from "../lib/png.ts";
import { readPicture, Refusal } from "./request.ts";

export type Service = (request: Request) => Promise<Response>;

export interface Answer {
  class: number;
  probability: number;
  /** of the ten digits */
  probabilities: number[];
}

/**
 * Loads the classifier, once, and makes the function that answers requests.
 * @param weights a safetensors file that examples/mnist.ts has written: bytes, a path, a URL or a Response
 */
export async function digitService(weights: Uint8Array | ArrayBuffer | Response | URL | string): Promise<Service> {
  const model = classifier();
  const state = await torch.safetensors.loadFile(weights);
  model.loadStateDict(state);
  for (const tensor of Object.values(state)) tensor.dispose();
  model.eval();

  // Between the picture and the numbers nothing waits, so the scope releases all that is made for this request.
  const classify = ({ width, height, levels }: GrayImage): Answer =>
    torch.scope(() =>
      torch.inferenceMode(() => {
        const image = asDigit(torch.tensor(levels).view([height, width]))
          .sub(0.1307)
          .div(0.3081);
        const [probabilities] = torch.softmax(model(image), 1).tolist() as [number[]];
        const probability = Math.max(...probabilities);
        return { class: probabilities.indexOf(probability), probability, probabilities };
      }),
    );

  const health = () => {
    const { tensors, bytes, memoryBytes } = torch.memoryStats();
    return { status: "ok", runtime: torch.backends().description, tensors, bytes, memoryBytes };
  };

  const routes: Record<string, { methods: string[]; answer: (request: Request) => Promise<object> | object }> = {
    "/classify": { methods: ["POST"], answer: async (request) => classify(await readPicture(request)) },
    "/health": { methods: ["GET", "HEAD"], answer: health },
  };

  return async (request) => {
    try {
      const { pathname } = new URL(request.url);
      if (!Object.hasOwn(routes, pathname))
        throw new Refusal(404, `there is no ${pathname}, but ${Object.keys(routes).join(" and ")}`);
      const { methods, answer } = routes[pathname]!;
      const allow = methods.join(", ");
      if (!methods.includes(request.method))
        throw new Refusal(405, `${pathname} takes ${allow}, not ${request.method}`, { allow });
      return json(200, await answer(request), {}, request.method === "HEAD");
    } catch (error) {
      if (error instanceof Refusal) return json(error.status, { error: error.message }, error.headers);
      console.error(error);
      return json(500, { error: "internal error" });
    }
  };
}

function json(status: number, value: object, headers: Record<string, string> = {}, headOnly = false): Response {
  return new Response(headOnly ? null : JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}
