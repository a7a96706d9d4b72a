// Vercel's edge functions, and npm's edge-runtime. README.md says how it is bundled.
import weights from "./model/mnist.safetensors";
import { digitService } from "./service.ts";

export const config = { runtime: "edge" };

// a promise, since bundles for edge functions are scripts, which cannot await at their top level
const service = digitService(weights);

export default async (request: Request): Promise<Response> => (await service)(request);
